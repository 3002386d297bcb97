"""A server that was started without a molecule asks which it is to be."""

import pytest
from page_visitor import wait_for

from atomtug.core.systems import BUILT_IN, load_system
from atomtug.server.app import ServerOptions, running_server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    systems = [load_system(each.name) for each in BUILT_IN]
    folder = tmp_path_factory.mktemp("runs")
    with running_server(ServerOptions(systems, web_port=0, choose=True, recordings=folder)) as running:
        yield running


def test_a_molecule_is_chosen_by_its_picture_once_for_everybody(server, open_page, picture):
    page, other = open_page(server.page), open_page(server.page)
    for each in (page, other):
        wait_for(each, "!document.getElementById('start').hidden")
    text = page.inner_text("#start")
    assert "CH₄ + CN" in text
    assert "Two carbons" in text
    drawn = "[...document.querySelectorAll('#start canvas')].map((one) => one.toDataURL().length)"
    assert min(page.evaluate(drawn)) > 2000
    picture(page, "page-start")
    page.click("#start button:has(b:text-is('ethane'))")
    for each in (page, other):
        wait_for(each, "atomtug.molecule.count === 10 && document.getElementById('start').hidden")
    assert server.session.system.name == "ethane"
    late = open_page(server.page)
    wait_for(late, "atomtug.connection.state.get('system.choice') === false")
    assert not late.is_visible("#start")

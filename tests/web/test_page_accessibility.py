"""axe-core finds nothing serious on the page: live, at a phone, with its dialogs, and while a recording plays."""

import shutil
from pathlib import Path

import pytest
from page_visitor import wait_for
from playwright.sync_api import Page

from atomtug.core.systems import load_system
from atomtug.server.app import ServerOptions, run_in_thread, running_server
from atomtug.server.listening import ListenOptions
from atomtug.server.session.session import Session

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
SAMPLE = ROOT / "recordings" / "sample.h5"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recordings")
    shutil.copy(SAMPLE, folder / "sample.h5")
    options = ServerOptions(
        [load_system("methane"), load_system("ethane")],
        web_port=0,
        recordings=folder,
        paused=True,
        allow_delete=True,
        allow_systems=True,
    )
    with running_server(options) as running:
        yield running


@pytest.fixture
def checked(open_page):
    """Opens a page into which axe-core is put."""
    if not AXE.is_file():
        pytest.skip("axe-core is not here (cd web && npm ci)")
    return lambda address, **options: open_page(
        address, scripts=(AXE.read_text(encoding="utf-8"),), **options
    )


def findings(page: Page) -> list[str]:
    """What axe-core calls serious or critical: the rule, and the element."""
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    assert len(found["passes"]) > 10
    return [
        f"{each['id']} ({each['impact']}): {node['html'][:150]} {node['failureSummary']}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


def test_the_live_page_with_all_settings_and_the_list_of_recordings(server, checked):
    page = checked(server.page)
    wait_for(page, "!document.getElementById('shelf').hidden")
    page.evaluate("document.querySelectorAll('details').forEach(each => (each.open = true))")
    wait_for(page, "document.getElementById('hint').textContent !== ''")
    page.evaluate("atomtug.figures.say('C–H1 broke', 'broke')")
    assert findings(page) == []
    page.click("#shelf")
    wait_for(page, "document.querySelectorAll('#recordings-list li').length > 0")
    page.get_by_role("button", name="Rename sample.h5").click()
    assert findings(page) == []
    page.evaluate("document.documentElement.dataset.theme = 'light'")
    assert findings(page) == []


def test_the_page_while_a_recording_plays(server, checked):
    page = checked(server.page + "/#play=sample.h5")
    wait_for(page, "document.getElementById('track-energy').getAttribute('d')?.length > 100")
    for theme in ("dark", "light"):
        page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
        assert findings(page) == []


def test_a_phone_and_the_door(server, checked):
    phone = checked(server.page, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    phone.click("#more")
    phone.wait_for_selector("#plots canvas", state="visible")
    assert findings(phone) == []
    with run_in_thread(Session, ListenOptions(port=0, web_port=0, token="a long and secret word")) as guarded:
        door = checked(guarded.page, drawn=False)
        door.wait_for_selector("#door[open]")
        assert findings(door) == []


def test_the_start_screen(checked, tmp_path):
    options = ServerOptions(
        [load_system("methane"), load_system("ethane")],
        web_port=0,
        recordings=tmp_path,
        paused=True,
        choose=True,
    )
    with running_server(options) as asking:
        page = checked(asking.page, drawn=False)
        wait_for(page, "document.body.classList.contains('starting')")
        assert findings(page) == []

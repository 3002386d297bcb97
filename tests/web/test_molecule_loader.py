"""A molecule of the visitor's own in the page: chosen, dropped, refused."""

from pathlib import Path

import pytest
from page_visitor import wait_for

from atomtug.core.systems import load_system
from atomtug.server.app import ServerOptions, run_in_thread, running_server
from atomtug.server.listening import ListenOptions
from atomtug.server.session.session import Session

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

STRUCTURES = Path(__file__).parents[1] / "core" / "structures"
DRAG = """([kind, text, name]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name));
  const event = new DragEvent(kind, { dataTransfer: data, cancelable: true, bubbles: true });
  document.body.dispatchEvent(event);
  return event.defaultPrevented;
}"""


def test_a_file_is_chosen_with_a_multiplicity_and_what_is_wrong_is_said_beside_the_field(tmp_path, open_page):
    options = ServerOptions(
        [load_system("methane")], web_port=0, recordings=tmp_path, allow_systems=True, paused=True
    )
    with running_server(options) as running:
        page = open_page(running.page)
        wait_for(page, "!document.getElementById('load-row').hidden")
        page.click("#settings summary")
        page.click("#load-more summary")
        page.set_input_files("#load-file", {"name": "a.sdf", "mimeType": "", "buffer": b"nonsense"})
        said = "document.getElementById('load-status').textContent"
        wait_for(page, f'{said}.includes("a.sdf can\'t be read as a structure")')
        assert page.evaluate("document.getElementById('load-status').className") == "note trouble"
        assert page.inner_text("#molecule") == "methane"
        page.fill("#load-multiplicity", "3")
        page.set_input_files("#load-file", STRUCTURES / "m.sdf")
        wait_for(page, "atomtug.connection.frame['system.simulation.name'] === 'm'")
        wait_for(page, "atomtug.figures.said.includes('Loaded m: charge 0, multiplicity 3')")
        wait_for(page, "document.getElementById('load-status').hidden")
        assert page.evaluate("atomtug.connection.run('engine/status')")["multiplicity"] == 3
        page.set_input_files("#load-file", {"name": "b.xyz", "mimeType": "", "buffer": b"x" * (2**20 + 1)})
        wait_for(page, f"{said}.includes('too large')")
        assert page.evaluate(DRAG, ["dragover", "", "m.xyz"])
        assert page.inner_text("#drop") == "Let go, and this molecule is simulated."
        page.evaluate(DRAG, ["drop", (STRUCTURES / "m.sdf").read_text(), "dropped.sdf"])
        wait_for(page, f"{said}.startsWith('dropped.sdf is read')")
        assert page.evaluate("document.getElementById('drop').hidden")


def test_a_file_that_is_dropped_where_it_is_not_allowed_leaves_the_page_as_it_is(open_page):
    with run_in_thread(Session, ListenOptions(port=0, web_port=0)) as server:
        page = open_page(server.page, drawn=False)
        wait_for(page, "atomtug.connection.isOpen")
        assert page.evaluate(DRAG, ["dragover", "", "m.xyz"])
        assert "--allow-systems" in page.inner_text("#drop")
        assert page.evaluate(
            DRAG, ["drop", "text", "m.xyz"]
        )  # or the browser would show the file in its place
        assert page.evaluate("document.getElementById('drop').hidden")
        assert page.evaluate("atomtug.connection.isOpen")

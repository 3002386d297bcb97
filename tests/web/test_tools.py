"""Settings of the dynamics, keys, pictures, light and the phone's panel."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread
from page_visitor import frame, pulls, state, wait_for

from atomtug.core.systems import load_system
from atomtug.server.app import ServerOptions, running_server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recordings")
    options = ServerOptions([load_system("methane")], web_port=0, recordings=folder, paused=True)
    with running_server(options) as running:
        yield running


@pytest.fixture
def page(server, open_page):
    made = open_page(server.page)
    wait_for(made, "!document.getElementById('dynamics').hidden")
    return made


def slide(page, name: str, place: float) -> None:
    """Move a slider as a person does: what it fires when it is let go."""
    script = "([id, place]) => { const one = document.getElementById(id); one.value = place; "
    page.evaluate(script + "one.dispatchEvent(new Event('change')); }", [f"set-{name}", place])


def test_temperature_friction_speed_motion_and_forces_are_set_and_shown_to_everybody(server, page, open_page):
    other = open_page(server.page)
    page.click("#dynamics summary")
    slide(page, "temperature", 450)
    slide(page, "friction", 1)
    slide(page, "steps_per_frame", 12)
    slide(page, "force_cap", 4)
    page.select_option("#set-force_law", "nanover-2026")
    page.select_option("#set-thermostat", "nve")
    wait_for(page, "atomtug.connection.state.get('dynamics.thermostat') === 'nve'")
    told = state(page)
    assert told["dynamics.settings"] == {
        "temperature": 450,
        "friction": 10,
        "timestep": 0.5,
        "steps_per_frame": 12,
    }
    assert (told["imd.force_law"], told["imd.force_cap"]) == ("nanover-2026", 10000)
    wait_for(other, "document.getElementById('set-thermostat').value === 'nve'")
    shown = other.evaluate("Array.from(document.querySelectorAll('#dynamics output'), one => one.value)")
    assert shown == ["450 K", "10 per ps", "12 steps a frame", "16.61 nN"]
    before = frame(page, "system.simulation.step")
    page.evaluate("atomtug.connection.run('playback/step')")
    wait_for(page, f"atomtug.connection.frame['system.simulation.step'] === {before + 12}")
    page.select_option("#set-thermostat", "langevin")
    slide(page, "steps_per_frame", 5)
    slide(page, "force_cap", 4.3)
    page.select_option("#set-force_law", "narupa")
    wait_for(page, "atomtug.connection.state.get('imd.force_law') === 'narupa'")


def test_everything_is_done_by_keyboard_pulling_included(page):
    page.focus("#stage")
    said = "document.getElementById('spoken').textContent"
    page.keyboard.press("Tab")
    wait_for(page, f"{said}.startsWith('C, carbon, bonded to')")
    page.keyboard.press("Tab")
    wait_for(page, f"{said} === 'H1, hydrogen, bonded to C.'")
    wait_for(page, "document.getElementById('atom').textContent.includes('hydrogen')")
    start = page.evaluate("atomtug.molecule.place(1).toArray()")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    wait_for(page, "atomtug.pulls.held.get('keys')?.atom === 1")
    assert page.evaluate(said).startswith("H1 is pulled: the hand is 0.6 Å from it")
    wait_for(page, "[...atomtug.connection.state.keys()].some(key => key.startsWith('interaction.'))")
    [key] = pulls(page)
    right = page.evaluate("atomtug.view.camera.matrixWorld.elements.slice(0, 3)")
    moved = "atomtug.pulls.held.get('keys').point.toArray()"
    assert np.array(page.evaluate(moved)) - start == pytest.approx(0.06 * np.array(right), abs=1e-6)
    assert state(page)[key]["particles"] == [1]
    page.keyboard.press("Enter")
    wait_for(page, "atomtug.pulls.held.size === 0")
    wait_for(page, f"!atomtug.connection.state.has('{key}')")
    page.keyboard.press("p")  # the atom that the keyboard points at
    wait_for(page, "atomtug.pulls.pinned.has(1)")
    page.keyboard.press("p")
    page.keyboard.press("Escape")
    wait_for(page, "document.getElementById('atom').hidden")
    before = page.evaluate("atomtug.view.camera.position.toArray()")
    page.keyboard.press("ArrowLeft")
    after = page.evaluate("atomtug.view.camera.position.toArray()")
    assert np.linalg.norm(np.subtract(after, before)) > 0.01
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") != "stage"  # nobody is caught


def test_behind_the_last_atom_the_focus_goes_on(page):
    page.focus("#stage")
    for _ in range(7):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "stage"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") != "stage"


def test_a_question_mark_shows_the_keys(page):
    page.keyboard.press("?")
    page.wait_for_selector("#keys[open]")
    assert "pull the atom" in page.inner_text("#keys")
    page.keyboard.press("Escape")
    wait_for(page, "!document.getElementById('keys').open")


def test_a_picture_is_saved_with_the_molecule_in_it(page, tmp_path):
    with page.expect_download() as waited:
        page.keyboard.press("s")
    saved = waited.value
    assert saved.suggested_filename.startswith("methane-")
    assert saved.suggested_filename.endswith(".png")
    saved.save_as(tmp_path / "picture.png")
    image = imread(tmp_path / "picture.png")
    assert image.shape[:2] == (800, 1280)
    middle = image[200:600, 300:900, :3]
    assert np.ptp(middle.max(axis=2)) > 0.5  # bright atoms on dark ground


def test_light_stays_as_it_was_left(page, server):
    ground = "getComputedStyle(document.body).backgroundImage"
    dark = page.evaluate(ground)
    page.keyboard.press("l")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    assert page.evaluate(ground) != dark
    page.reload()
    wait_for(page, "document.documentElement.dataset.theme === 'light'")
    page.click("#tool-light")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


@pytest.mark.parametrize("size", [(390, 844), (844, 390)], ids=["upright", "lying"])
def test_a_phones_panel_covers_no_atom(server, open_page, size):
    width, height = size
    phone = open_page(
        server.page, viewport={"width": width, "height": height}, has_touch=True, is_mobile=True
    )
    phone.tap("#more")
    phone.wait_for_selector("#side", state="visible")
    clear = """(() => Array.from({length: atomtug.molecule.count}, (_, atom) => atomtug.screen(atom)).every(
        ({x, y}) => document.elementFromPoint(x, y)?.id === "stage"))()"""
    wait_for(phone, clear)
    phone.tap("#dynamics summary")
    phone.tap("#tool-keys")
    phone.wait_for_selector("#keys[open]")
    assert phone.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_axe_finds_nothing_serious(page, theme):
    if not AXE.is_file():
        pytest.skip("axe-core is not installed (make page)")
    page.evaluate(AXE.read_text())
    if theme == "light":
        page.click("#tool-light")
    page.evaluate("document.querySelectorAll('details').forEach(one => (one.open = true))")
    found = page.evaluate("axe.run().then(result => result.violations)")
    for dialog, opens in (("keys", "#tool-keys"), ("share", "#tool-share")):
        page.click(opens)
        page.wait_for_selector(f"#{dialog}[open]")
        found += page.evaluate(f"axe.run('#{dialog}').then(result => result.violations)")
        page.evaluate(f"document.getElementById('{dialog}').close()")
    serious = [
        (one["id"], [node["target"] for node in one["nodes"]])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
    assert serious == []

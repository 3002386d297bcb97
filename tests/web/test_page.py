"""The page as a person uses it: mouse, finger, buttons; several people at once."""

from pathlib import Path

import numpy as np
import pytest
from page_visitor import at, frame, has_colour, press, pulls, state, undo, wait_for

from atomtug.core.systems import load_system
from atomtug.recordings import Recording
from atomtug.server.app import ServerOptions, run_in_thread, running_server
from atomtug.server.listening import ListenOptions
from atomtug.server.session.session import Session
from atomtug.wire.frames import bond_values, topology_values

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

STRUCTURES = Path(__file__).parents[1] / "core" / "structures"
TOKEN = "a long and secret word"
PULL, OTHERS_PULL = "#ffb454", "#5ec8c0"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    options = ServerOptions(
        systems=[load_system("methane"), load_system("ethane")],
        web_port=0,
        temperature=150.0,
        recordings=tmp_path_factory.mktemp("recordings"),
    )
    with running_server(options) as running:
        yield running


@pytest.fixture
def page(server, open_page):
    made = open_page(server.page)
    wait_for(made, "atomtug.connection.isOpen")
    made.evaluate("atomtug.connection.run('playback/load', {index: 0})")
    made.evaluate("atomtug.connection.run('playback/play')")
    wait_for(made, "atomtug.molecule.count === 7 && document.title === 'Atomtug'")
    return made


def test_a_hydrogen_is_dragged_off_methane_and_undone(server, page, picture):
    x, y = press(page, 1)  # gently first
    page.mouse.move(x - 150, y - 130, steps=4)
    wait_for(page, "atomtug.connection.frame['forces.user.index']?.includes(1)")
    wait_for(page, "document.getElementById('pull').textContent.match(/[pn]N/)")
    picture(page, "page-pull", lambda image: has_colour(image, PULL))
    page.mouse.up()
    undo(page)

    broke = "atomtug.figures.said.includes('C–H1 broke')"
    pulled = "atomtug.connection.frame['forces.user.index']?.includes(1)"
    stopped = "document.body.classList.contains('paused')"
    page.select_option("#grip", "15000", force=True)
    for _ in range(6):  # a pull that drags the molecule along or is too violent is undone, as a person would
        page.evaluate("atomtug.figures.said.splice(0)")
        x, y = press(page, 1)
        page.mouse.move(x + 330 if x < 500 else x - 330, y - 60)
        wait_for(page, f"{pulled} || {stopped}")
        if not page.evaluate(stopped):
            [key] = pulls(page)
            held = server.session.state.values[key]
            assert held["particles"] == [1]
            assert held["interaction_type"] == "spring"
            assert held["owner.id"] == page.evaluate("atomtug.person.id")
            time = frame(page, "system.simulation.time")
            over = f"atomtug.connection.frame['system.simulation.time'] > {time + 0.6}"
            wait_for(page, f"{broke} || {stopped} || {over}")
        page.mouse.up()
        wait_for(page, "![...atomtug.connection.state.keys()].some(key => key.startsWith('interaction.'))")
        if page.evaluate(broke):
            break
        undo(page)
    assert page.evaluate(broke)

    undo(page)
    wait_for(page, "atomtug.molecule.partners(0).includes(1)")  # bound again, as before


def test_the_page_says_what_to_do_and_shows_which_atom_would_be_taken(page, picture):
    assert "Drag an atom" in page.inner_text("#hint")
    page.click("#play")
    wait_for(page, "document.body.classList.contains('paused')")
    page.mouse.move(*at(page, 0))
    # A hydrogen may stand before it: then that is what would be taken.
    wait_for(page, "atomtug.pointer.hovered !== null && atomtug.pointer.hovered < 5")
    assert page.evaluate("document.getElementById('stage').style.cursor") == "grab"
    picture(page, "page-hover")
    page.mouse.move(640, 790)
    wait_for(page, "atomtug.pointer.hovered === null")
    page.click("#play")
    wait_for(page, "!document.body.classList.contains('paused')")


def test_6_the_page_says_where_charge_and_multiplicity_are_from(tmp_path, open_page):
    ammonium = load_system(str(STRUCTURES / "nh4_total.xyz"))
    with running_server(ServerOptions(systems=[ammonium], web_port=0, recordings=tmp_path)) as running:
        made = open_page(running.page)
        wait_for(made, "!document.getElementById('notes').hidden")
        made.click("#notes summary")
        assert made.locator("#notes-list li").all_inner_texts() == list(ammonium.notes)


def test_18_a_molecule_of_ones_own_is_typed_or_dropped_where_that_is_allowed(tmp_path, open_page, page):
    assert not page.locator("#load-row").is_visible()
    assert page.evaluate("document.getElementById('load-row').hidden")
    options = ServerOptions(
        systems=[load_system("methane")], web_port=0, recordings=tmp_path, allow_systems=True
    )
    with running_server(options) as running:
        made = open_page(running.page)
        wait_for(made, "!document.getElementById('load-row').hidden")
        made.evaluate("document.getElementById('load').value = 'CC + OH'")
        made.evaluate("document.getElementById('load-row').requestSubmit()")
        wait_for(made, "atomtug.connection.frame['system.simulation.name'] === 'C2H6+OH'")
        wait_for(made, "document.getElementById('system').options.length === 2")
        assert "charge 0, multiplicity 2" in made.inner_text("#events")
        made.evaluate(
            """text => {
                const data = new DataTransfer();
                data.items.add(new File([text], "mine.sdf"));
                dispatchEvent(new DragEvent("drop", { dataTransfer: data, cancelable: true }));
            }""",
            (STRUCTURES / "m.sdf").read_text(),
        )
        wait_for(made, "atomtug.connection.frame['system.simulation.name'] === 'mine'")
        wait_for(made, "!document.getElementById('load').disabled")  # frames are here before the answer
        made.evaluate("document.getElementById('load').value = 'C('")
        made.evaluate("document.getElementById('load-row').requestSubmit()")
        wait_for(made, "atomtug.figures.said.some((text) => text.includes('at position 2'))")


def test_7_the_page_shows_the_engines_warning_for_as_long_as_it_stands(server, page):
    assert not page.is_visible("#engine-warning")
    server.session.announce({"engine.warning": "ann:alkanes was trained on other charges."})
    wait_for(page, "document.getElementById('engine-warning').textContent.includes('other charges')")
    assert page.is_visible("#engine-warning")
    server.session.announce({"engine.warning": ""})
    wait_for(page, "document.getElementById('engine-warning').hidden")


def test_dragging_beside_the_molecule_looks_around_and_pulls_nothing(page):
    before = page.evaluate("atomtug.view.camera.position.toArray()")
    page.mouse.move(120, 700)
    page.mouse.down()
    page.mouse.move(260, 640, steps=5)
    assert pulls(page) == []
    page.mouse.up()
    wait_for(page, f"Math.abs(atomtug.view.camera.position.x - {before[0]}) > 0.05")


def test_buttons_play_pause_reset_and_record(server, page):
    page.keyboard.press("Space")
    wait_for(page, "atomtug.connection.frame['playback.playing'] === false")
    assert page.inner_text("#play") == "Play"
    page.click("#play")
    wait_for(page, "atomtug.connection.frame['playback.playing'] === true")
    counter = frame(page, "system.simulation.counter")
    page.click("#reset")
    wait_for(page, f"atomtug.connection.frame['system.simulation.counter'] === {counter + 1}")
    page.click("#record")
    wait_for(page, "document.getElementById('record').classList.contains('on')")
    path = server.session.recorder.path
    time = frame(page, "system.simulation.time")
    wait_for(page, f"atomtug.connection.frame['system.simulation.time'] > {time + 0.02}")
    page.click("#record")
    wait_for(page, "atomtug.figures.said.some(text => text.startsWith('Saved'))")
    with Recording(path) as recording:
        assert len(recording) > 2


def test_another_molecule_and_another_engine_are_chosen(page):
    page.click("#settings summary")
    page.select_option("#system", "ethane")
    wait_for(page, "atomtug.molecule.count === 10")
    assert page.inner_text("#molecule") == "ethane"
    page.select_option("#engine", "am1")
    wait_for(page, "document.getElementById('subtitle').textContent.includes('am1')")
    wait_for(page, "document.getElementById('engine').value === 'am1'")
    page.select_option("#engine", "pm6")
    wait_for(page, "document.getElementById('subtitle').textContent.includes('pm6')")


def test_people_see_each_others_hands(server, page, open_page, picture):
    other = open_page(server.page)
    other.evaluate("atomtug.person.colour = [0.369, 0.784, 0.753]; atomtug.person.name = 'Ada'")
    x, y = press(other, 2)
    other.mouse.move(x + 130, y - 110, steps=4)
    page.bring_to_front()
    wait_for(page, "[...atomtug.connection.state.keys()].some(key => key.startsWith('interaction.'))")
    other_id = other.evaluate("atomtug.person.id")
    wait_for(page, f"atomtug.connection.state.get('avatar.{other_id}')?.name === 'Ada'")
    picture(page, "page-people", lambda image: has_colour(image, OTHERS_PULL))
    # Whoever closes the page lets go.
    other.close()
    wait_for(page, "![...atomtug.connection.state.keys()].some(key => key.startsWith('interaction.'))")
    assert f"avatar.{other_id}" not in state(page)


def test_a_finger_pulls_on_a_phone(server, open_page, picture):
    phone = open_page(server.page, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    touch = phone.context.new_cdp_session(phone)

    def finger(kind: str, *points: tuple[float, float]) -> None:
        where = [{"x": x, "y": y, "id": 0} for x, y in points]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": where})

    for _ in range(600):  # atoms move, and may be behind others for a while
        x, y = at(phone, 3)
        finger("touchStart", (x, y))
        if phone.evaluate("atomtug.pulls.held.size"):
            break
        finger("touchEnd")
        phone.wait_for_timeout(100)
    assert phone.evaluate("atomtug.pulls.held.size") == 1
    finger("touchMove", (x + 30, y - 60))
    finger("touchMove", (x + 60, y - 120))
    wait_for(phone, "atomtug.connection.frame['forces.user.index']?.length === 1")
    picture(phone, "page-phone", lambda image: has_colour(image, PULL))
    finger("touchEnd")
    wait_for(phone, "atomtug.pulls.held.size === 0")
    phone.click("#more")
    phone.wait_for_selector("#plots canvas", state="visible")
    width = phone.evaluate("document.documentElement.scrollWidth")
    assert width <= 390


def test_what_a_narrow_window_says_is_not_cut_off_and_covers_nothing(tmp_path, open_page):
    """300 px: an old phone, or a window beside another."""
    options = ServerOptions([load_system("methane")], engine="ann:alkanes", web_port=0, recordings=tmp_path)
    inside = """id => { const {left, right} = document.getElementById(id).getBoundingClientRect();
        return left >= 0 && right <= 300 && right - left > 200; }"""
    with running_server(options) as running:
        page = open_page(running.page, viewport={"width": 300, "height": 560})
        page.keyboard.press("?")
        assert page.evaluate(inside, "keys")
        assert page.evaluate("document.querySelector('#keys td').getBoundingClientRect().width > 130")
        page.keyboard.press("Escape")
        page.evaluate("document.getElementById('door').showModal()")
        assert page.evaluate(inside, "door")
        page.evaluate("document.getElementById('door').close()")
    wait_for(page, "document.body.classList.contains('lost') && !document.getElementById('waiting').hidden")
    assert page.evaluate(inside, "waiting")
    box = "document.getElementById('{}').getBoundingClientRect().{}"
    wait_for(page, f"{box.format('head', 'bottom')} <= {box.format('waiting', 'top')}")


def test_a_server_with_a_token_asks_for_it(open_page):
    with run_in_thread(Session, ListenOptions(port=0, web_port=0, token=TOKEN)) as guarded:
        page = open_page(guarded.page, drawn=False)
        page.wait_for_selector("#door[open]")
        assert "token" in page.inner_text("#door-text")
        page.fill("#token", "wrong one")
        page.click("#door button")
        page.wait_for_selector("#door[open]")
        page.fill("#token", TOKEN)
        page.click("#door button")
        wait_for(page, "atomtug.connection.isOpen")
        assert not page.is_visible("#door")


def test_the_page_comes_back_when_the_server_does(open_page, tmp_path):
    def serve(port: int):
        methane = load_system("methane")
        return running_server(ServerOptions([methane], web_port=port, recordings=tmp_path))

    with serve(0) as first:
        port = int(first.page.rsplit(":", 1)[1])
        page = open_page(first.page)
    wait_for(page, "document.body.classList.contains('lost')")
    with serve(port):
        wait_for(page, "atomtug.connection.isOpen && atomtug.connection.frame['particle.count'] === 7")
        assert "steps/s" in page.inner_text("#subtitle") or "atoms" in page.inner_text("#subtitle")


def test_without_webgl_a_sentence_says_so_and_figures_and_buttons_work(server, open_blind_page):
    page = open_blind_page(server.page, drawn=False)
    wait_for(page, "atomtug.connection.frame['energy.potential'] !== undefined")
    assert "no picture" in page.inner_text("#no-picture")
    assert "hardware acceleration" in page.inner_text("#no-picture")
    wait_for(page, "document.getElementById('subtitle').textContent.includes('atoms')")
    wait_for(page, "document.querySelector('#plots figcaption span').textContent.includes('kJ/mol')")
    page.click("#play")
    wait_for(page, "atomtug.connection.frame['playback.playing'] === false")
    page.click("#play")
    wait_for(page, "atomtug.connection.frame['playback.playing'] === true")
    counter = frame(page, "system.simulation.counter")
    page.click("#reset")
    wait_for(page, f"atomtug.connection.frame['system.simulation.counter'] > {counter}")


class Doubtful(Session):
    """A session that stands still, as a committee of networks sees methane: unsure about one hydrogen."""

    async def start(self) -> None:
        await super().start()
        methane = load_system("methane")
        doubts = np.array([16.0, 340.0, 16.0, 16.0, 16.0, 8.0, 8.0], dtype=np.float32)
        values = {
            **topology_values(methane),
            **bond_values(np.array([[0, 1], [0, 2], [0, 3], [0, 4], [5, 6]])),
            "particle.positions": (methane.positions / 10).astype(np.float32).reshape(-1),
            "engine.uncertainty.atoms": doubts,
        }
        self.frames.publish(values, begins=True)


def test_what_a_network_is_unsure_of_is_coloured(open_page, picture):
    with run_in_thread(Doubtful, ListenOptions(port=0, web_port=0)) as server:
        page = open_page(server.page)
        page.select_option("#colour", "uncertainty")
        wait_for(page, "document.getElementById('legend-top').textContent === '≥ 400 kJ/mol/nm'")
        picture(page, "page-uncertainty", lambda image: reds(image) > 50)
        page.select_option("#colour", "element")
        picture(page, "page-elements", lambda image: reds(image) < 50)


def reds(image: np.ndarray) -> int:
    """Red pixels on the stage: the panel at the right has its legend."""
    return int(((image[:, :960, 0] > 0.6) & (image[:, :960, 1] < 0.5)).sum())

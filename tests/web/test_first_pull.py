"""A newcomer's first pulls, without any setting: a bond breaks, the page knows what happened, and what to do next."""

import pytest
from page_visitor import at, frame, press, state, undo, wait_for

from atomtug.core.systems import load_system
from atomtug.server.app import ServerOptions, running_server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

DRAGS = 3
STOPPED = "document.body.classList.contains('paused')"
HAPPENED = "atomtug.figures.said.some((text) => / (broke|formed)$/.test(text))"


def serving(name: str, engine: str, folder):
    return running_server(
        ServerOptions([load_system(name)], engine=engine, web_port=0, seed=1, recordings=folder)
    )


@pytest.mark.parametrize(
    ("name", "engine"), [("methane", "pm6"), ("isobutane", "pm6"), ("squalane", "ann:alkanes")]
)
def test_a_newcomer_breaks_or_forms_a_bond_in_a_few_drags(name, engine, open_page, tmp_path):
    with serving(name, engine, tmp_path) as server:
        page = open_page(server.page)
        wait_for(page, "document.getElementById('hint').textContent.includes('CN wants a hydrogen')")
        for _ in range(DRAGS):
            wait_for(page, "atomtug.guide.suggested !== null && atomtug.guide.target !== null")
            taken, target = page.evaluate("[atomtug.guide.suggested, atomtug.guide.target]")
            goal = at(page, target)
            press(page, taken)
            page.mouse.move(*goal, steps=6)
            time = frame(page, "system.simulation.time")
            # As long as a person pulls: 0.15 ps, which are two seconds at full speed. Where the network knows
            # nothing, PM6 makes the steps, and of squalane a busy machine makes one or two a second.
            over = f"atomtug.connection.frame['system.simulation.time'] > {time + 0.15}"
            wait_for(page, f"{HAPPENED} || {over} || {STOPPED}", patience=480)
            page.mouse.up()
            assert not page.evaluate(STOPPED), frame(page, "system.simulation.exception")
            if page.evaluate(HAPPENED):
                break
        assert page.evaluate(HAPPENED)


def test_after_an_undo_the_page_suggests_again(open_page, tmp_path):
    with serving("methane", "pm6", tmp_path) as server:
        page = open_page(server.page)
        wait_for(page, "atomtug.guide.suggested !== null && atomtug.guide.target !== null")
        goal = at(page, page.evaluate("atomtug.guide.target"))
        press(page, page.evaluate("atomtug.guide.suggested"))
        page.mouse.move(*goal, steps=6)
        wait_for(page, "atomtug.guide.reaction !== ''")
        page.mouse.up()
        wait_for(page, "document.getElementById('hint').textContent.includes('→')")
        undo(page)
        wait_for(page, "atomtug.guide.suggested !== null && atomtug.guide.target !== null")
        wait_for(page, "document.getElementById('hint').textContent.includes('the marked hydrogen')")


@pytest.fixture(scope="module")
def methane(open_page_for_all, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    options = ServerOptions([load_system("methane")], web_port=0, seed=1, paused=True, recordings=folder)
    with running_server(options) as server:
        yield open_page_for_all(server.page), server


def interaction(page) -> dict:
    [key] = [key for key in state(page) if key.startswith("interaction.")]
    return state(page)[key]


def test_the_rest_of_the_molecule_is_held_against_the_pull(methane):
    page, _ = methane
    press(page, 1)
    wait_for(page, "[...atomtug.connection.state.keys()].some((key) => key.startsWith('interaction.'))")
    held = interaction(page)
    assert (held["particles"], held["counter_particles"]) == ([1], [0, 2, 3, 4])
    page.mouse.up()
    wait_for(page, "![...atomtug.connection.state.keys()].some((key) => key.startsWith('interaction.'))")


def test_shift_takes_a_whole_molecule(methane):
    page, _ = methane
    page.keyboard.down("Shift")
    press(page, 5)
    page.keyboard.up("Shift")
    wait_for(page, "[...atomtug.connection.state.keys()].some((key) => key.startsWith('interaction.'))")
    held = interaction(page)
    assert held["particles"] == [5, 6]
    assert held["mass_weighted"]
    page.mouse.up()
    wait_for(page, "![...atomtug.connection.state.keys()].some((key) => key.startsWith('interaction.'))")


def test_an_atom_is_pinned_and_freed(methane):
    page, _ = methane
    page.mouse.move(*at(page, 6))
    wait_for(page, "atomtug.pointer.hovered === 6")
    page.keyboard.press("p")
    wait_for(page, "[...atomtug.connection.state.keys()].some((key) => key.endsWith('.pin.6'))")
    assert interaction(page)["particles"] == [6]
    wait_for(page, "document.getElementById('atom').textContent.includes('pinned')")
    assert "nitrogen" in page.inner_text("#atom")
    page.keyboard.press("p")
    wait_for(page, "![...atomtug.connection.state.keys()].some((key) => key.startsWith('interaction.'))")

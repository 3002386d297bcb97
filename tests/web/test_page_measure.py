"""What is plotted is what happens, and what people have picked; a distance that is picked can be held."""

import numpy as np
import pytest
from page_visitor import at, frame, state, wait_for

from atomtug.core.systems import load_system
from atomtug.core.systems.valences import species
from atomtug.server.app import ServerOptions, run_in_thread, running_server
from atomtug.server.listening import ListenOptions
from atomtug.server.session.session import Session
from atomtug.wire.frames import bond_values, topology_values

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

METHANE = load_system("methane")
START = np.array([[0, 1], [0, 2], [0, 3], [0, 4], [5, 6]])
PRODUCTS = np.array([[0, 2], [0, 3], [0, 4], [1, 5], [5, 6]])


def values(positions: np.ndarray, bonds: np.ndarray) -> dict:
    placed = (positions / 10).astype(np.float32).reshape(-1)
    names = species(METHANE.numbers, bonds)
    return {**bond_values(bonds), "molecule.names": names, "particle.positions": placed}


class BeforeIt(Session):
    """A session that stands still, with methane and CN as they start."""

    async def start(self) -> None:
        await super().start()
        quality = {"engine.spin_square": 0.7561, "engine.uncertainty": 3.25, "energy.potential": -1000.0}
        begins = {**topology_values(METHANE), **values(METHANE.positions, START), **quality}
        self.frames.publish({**begins, "system.temperature": 300.0}, begins=True)


def until(page, server, positions: np.ndarray, condition: str) -> None:
    """Send frames in which nothing moves until the page has seen enough of them: changes of bonds have to last."""
    placed = (positions / 10).astype(np.float32).reshape(-1)
    for _ in range(1200):
        if page.evaluate(condition):
            return
        server.session.frames.publish({"particle.positions": placed})
        page.wait_for_timeout(100)
    raise AssertionError(f"waited for {condition}")


def curves(page) -> list[str]:
    return page.evaluate("[...atomtug.figures.distance.curves.series.keys()]")


def test_the_plot_follows_the_atom_that_goes_from_one_to_another(open_page):
    with run_in_thread(BeforeIt, ListenOptions(port=0, web_port=0)) as server:
        page = open_page(server.page)
        wait_for(page, "!atomtug.figures.energy.figure.hidden")
        assert page.evaluate("atomtug.figures.distance.figure.hidden")
        moved = METHANE.positions.copy()
        moved[1] = moved[5] + np.array([0.0, 0.0, 1.07])
        until(page, server, METHANE.positions, "atomtug.figures.knowsBonds")
        server.session.frames.publish(values(moved, PRODUCTS))
        until(page, server, moved, "!atomtug.figures.distance.figure.hidden")
        assert page.evaluate("atomtug.guide.reaction") == "CH₄ + CN → CH₃ + HCN"
        until(page, server, moved, "atomtug.figures.distance.curves.series.size === 2")
        assert curves(page) == ["C–H1", "CN:C–H1"]
        # What the engine says about itself is plotted besides, and the energy's both units are there to point at.
        assert page.is_visible("figure:has-text('⟨S²⟩')")
        assert "3.3" in page.inner_text("figure:has-text('Uncertainty')")
        assert page.evaluate("atomtug.figures.energy.inWords(10)") == "+10 kcal/mol, +42 kJ/mol"


@pytest.fixture(scope="module")
def still(open_page_for_all, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    options = ServerOptions([METHANE], web_port=0, seed=1, paused=True, recordings=folder)
    with running_server(options) as server:
        yield open_page_for_all(server.page), server


def pick(page, atom: int) -> None:
    page.mouse.move(*at(page, atom))
    wait_for(page, f"atomtug.pointer.hovered === {atom}")
    page.keyboard.press("m")


def test_picked_atoms_make_a_distance_then_an_angle_which_stay_and_are_plotted(still):
    page, _ = still
    pick(page, 5)
    pick(page, 6)
    distance = np.linalg.norm(METHANE.positions[5] - METHANE.positions[6])
    assert f"CN:C–CN:N {distance:.2f} Å" in page.inner_text("#measures")
    page.mouse.move(20, 400)
    wait_for(page, "atomtug.pointer.hovered === null")
    page.keyboard.press("m")
    for atom in (5, 6):
        page.keyboard.down("Control")
        page.mouse.click(*at(page, atom))
        page.keyboard.up("Control")
    assert page.evaluate("atomtug.pulls.any") is False
    assert page.evaluate("atomtug.measuring.measures.all.length") == 2
    step = frame(page, "system.simulation.step")
    page.evaluate("atomtug.connection.run('playback/step')")
    wait_for(page, f"atomtug.connection.frame['system.simulation.step'] > {step}")
    wait_for(page, "atomtug.measuring.distances.curves.series.size > 0")
    assert page.is_visible("figure:has-text('Measured')")
    page.keyboard.press("x")
    assert page.evaluate("atomtug.measuring.measures.all.length") == 1


def test_a_distance_that_was_picked_is_held_and_let_go(still):
    page, server = still
    page.click("#measures button:has-text('Hold')")
    wait_for(page, "[...atomtug.connection.state.keys()].some((key) => key.includes('.distance.'))")
    [key] = [key for key in state(page) if key.startswith("interaction.")]
    held = state(page)[key]
    assert (held["particles"], held["counter_particles"]) == ([5], [6])
    assert held["interaction_type"] == "distance"
    now = np.array(frame(page, "particle.positions")).reshape(-1, 3)
    assert held["length"] == pytest.approx(float(np.linalg.norm(now[5] - now[6])), abs=1e-4)
    page.click("#measures button:has-text('Held')")
    wait_for(page, "![...atomtug.connection.state.keys()].some((key) => key.includes('.distance.'))")
    assert server.session.system.name == "methane"


def test_a_whole_molecule_that_is_held_is_turned_by_the_wheel(still):
    page, _ = still
    page.keyboard.down("Shift")
    page.mouse.move(*at(page, 5))
    page.mouse.down()
    wait_for(page, "atomtug.pulls.any")
    page.mouse.wheel(0, 120)
    wait_for(page, "[...atomtug.connection.state.keys()].some((key) => key.endsWith('.6'))")
    points = {
        key.rsplit(".", 1)[1]: value["position"]
        for key, value in state(page).items()
        if key.endswith((".5", ".6"))
    }
    way = np.subtract(points["6"], points["5"])
    now = np.array(frame(page, "particle.positions")).reshape(-1, 3)
    before = now[6] - now[5]
    assert np.linalg.norm(way) == pytest.approx(np.linalg.norm(before), abs=1e-4)  # rigid
    assert np.linalg.norm(way - before) > 0.005
    page.mouse.up()
    page.keyboard.up("Shift")
    wait_for(page, "![...atomtug.connection.state.keys()].some((key) => key.startsWith('interaction.'))")

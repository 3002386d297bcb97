"""A simulation whose engine goes over to another electronic state: what is told, and the work of the hands."""

from collections.abc import Iterator

import numpy as np
import pytest
from toy_engines import HarmonicEngine, SwitchingEngine

from atomtug.core.frame import Frame
from atomtug.core.systems import System, load_system
from atomtug.core.units import KCALMOL_PER_EV, NM_PER_ANGSTROM
from atomtug.server.dynamics.force_laws import ActiveInteraction
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.server.dynamics.simulation import Simulation
from atomtug.server.engines import create_engine
from atomtug.server.engines.sparrow import SparrowEngine
from atomtug.server.engines.state_search import search

METHANE = load_system("methane")
HYDROGEN = System("hydrogen", np.array([1, 1]), np.array([[0.0, 0.0, -0.37], [0.0, 0.0, 0.37]]))
CALM = DynamicsSettings(timestep=0.25, thermostat="nve", temperature=0.0, wall_radius=0.0)


def held(atom: int, position: np.ndarray, scale: float) -> ActiveInteraction:
    return ActiveInteraction(
        position * NM_PER_ANGSTROM, np.array([atom]), "spring", scale, mass_weighted=False
    )


def pulled(
    simulation: Simulation, hands: dict[int, np.ndarray], distance: float, steps: int, scale: float
) -> Iterator[Frame]:
    """A frame for each step, while hands lead atoms evenly so far along their directions (3,)."""
    starts = {atom: simulation.system.positions[atom] for atom in hands}
    for step in range(steps):
        if step % 5 == 0:
            way = min(1.0, (step + 5) / steps) * distance
            simulation.set_interactions(
                {
                    f"interaction.{atom}": held(atom, starts[atom] + way * direction, scale)
                    for atom, direction in hands.items()
                }
            )
        simulation.step()
        yield simulation.frame()


def total_energy(frame: Frame) -> float:
    return frame.energy + frame.kinetic_energy + frame.wall_energy


def test_the_hands_work_against_a_state_that_was_left_is_void():
    hand = {1: np.array([0.0, 0.0, 1.0])}
    plain = Simulation(METHANE, HarmonicEngine(METHANE.positions), CALM)
    switching = Simulation(METHANE, SwitchingEngine(METHANE.positions, 151, lower_by=1.5), CALM)
    before = total_energy(switching.frame())
    usual = list(pulled(plain, hand, 1.0, 300, 20.0))[-1]
    changed = list(pulled(switching, hand, 1.0, 300, 20.0))[-1]
    assert changed.user_work == pytest.approx(usual.user_work - 1.5, abs=1e-9)
    assert changed.user_work == pytest.approx(total_energy(changed) - before, abs=2e-3)
    (change,) = switching.pop_state_changes()
    assert (change.step, change.way) == (150, "steering")
    assert change.before - change.after == pytest.approx(1.5)
    assert switching.pop_state_changes() == []
    assert plain.pop_state_changes() == []


def test_without_hands_a_change_of_state_is_nobodys_work():
    simulation = Simulation(METHANE, SwitchingEngine(METHANE.positions, 5, lower_by=1.5), CALM)
    for _ in range(10):
        simulation.step()
    assert simulation.frame().user_work == 0.0
    assert len(simulation.pop_state_changes()) == 1


def test_a_change_at_a_reset_is_not_told():
    engine = SwitchingEngine(METHANE.positions, 3, lower_by=1.5)
    simulation = Simulation(METHANE, engine, CALM)
    simulation.step()
    simulation.reset()
    assert engine.evaluations == 3
    simulation.step()
    assert simulation.pop_state_changes() == []


def test_energies_of_a_change_contain_the_offset_as_those_of_frames_do():
    first = Simulation(METHANE, HarmonicEngine(METHANE.positions + 0.1), CALM)
    second = Simulation(METHANE, SwitchingEngine(METHANE.positions, 3, lower_by=1.5), CALM)
    second.take_over(first.state())
    assert second.energy_offset != 0.0
    second.step()
    (change,) = second.pop_state_changes()
    assert change.after == pytest.approx(second.frame().energy, abs=1e-12)


def best_energy(system: System, positions: np.ndarray) -> float:
    """kcal/mol, the lowest of a fresh guess and of twelve steerings of it."""
    engine = SparrowEngine("pm6", system)
    energy = engine.evaluate(positions).energy
    found = search(engine._calculator, system.numbers, attempts=12)
    if found is None:
        return energy * KCALMOL_PER_EV
    better = engine._attempt(found.calculator, positions)
    assert better is not None
    return min(energy, better.energy) * KCALMOL_PER_EV


def check_pull(
    system: System, hands: dict[int, np.ndarray], distance: float, far: float, tolerance: float
) -> list[Frame]:
    simulation = Simulation(system, create_engine("pm6", system), CALM)
    before = total_energy(simulation.frame())
    frames = list(pulled(simulation, hands, distance, 2400, 6e4))
    (first, *others) = hands
    partner = others[0] if others else 0
    apart = [np.linalg.norm(frame.positions[first] - frame.positions[partner]) for frame in frames]
    assert apart[-1] > far  # else nothing was pulled apart
    sampled = frames[::120]
    above = [f.energy * KCALMOL_PER_EV - best_energy(system, f.positions) for f in sampled]
    assert max(above) < 2.0
    # The hands' work is what the energy gained, over the change of state as well.
    changes = simulation.pop_state_changes()
    assert changes
    gained = total_energy(frames[-1]) - before
    assert gained * KCALMOL_PER_EV > 50.0
    assert frames[-1].user_work * KCALMOL_PER_EV == pytest.approx(gained * KCALMOL_PER_EV, abs=tolerance)
    return frames


@pytest.mark.slow
def test_a_hydrogen_pulled_off_methane_stays_on_the_lowest_state():
    bond = METHANE.positions[1] - METHANE.positions[0]
    direction = bond / np.linalg.norm(bond)
    frames = check_pull(METHANE, {1: 0.5 * direction, 0: -0.5 * direction}, 2.4, far=2.8, tolerance=1.0)
    assert frames[-1].electrons is not None
    assert abs(frames[-1].electrons.spins[1]) > 0.9  # an atom of its own


def test_hydrogen_pulled_apart_is_two_atoms():
    up = np.array([0.0, 0.0, 1.0])
    frames = check_pull(HYDROGEN, {1: 0.5 * up, 0: -0.5 * up}, 3.0, far=3.0, tolerance=2.0)
    assert frames[0].electrons is not None
    assert frames[0].electrons.spin_square == pytest.approx(0.0, abs=1e-6)
    assert frames[-1].electrons is not None
    assert frames[-1].electrons.spin_square == pytest.approx(1.0, abs=0.02)  # one electron on each atom
    assert np.abs(frames[-1].electrons.spins).min() > 0.98

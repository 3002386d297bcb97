"""Several steps in one compiled call equal single steps: the same noise, interactions, wall and work."""

import numpy as np
import pytest
from engine_models import write_soft_model

from atomtug.core.errors import EngineError
from atomtug.core.systems import load_system
from atomtug.server.dynamics.compiled_dynamics import MAX_INTERACTIONS
from atomtug.server.dynamics.force_laws import FORCE_LAWS, ActiveInteraction
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.server.dynamics.simulation import Simulation
from atomtug.server.engines import CompilableEngine, create_engine
from atomtug.wire.interactions import INTERACTION_TYPES

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]  # it has to be compiled

METHANE = load_system("methane")
ENERGY = 1e-5  # eV: the network's single precision


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    path = write_soft_model(tmp_path_factory.mktemp("models") / "soft.safetensors", scale=0.003)
    made = create_engine(f"ann:{path}", METHANE)
    assert isinstance(made, CompilableEngine)
    return made


def pair(engine, **settings) -> tuple[Simulation, Simulation]:
    made = DynamicsSettings(**settings)
    return Simulation(METHANE, engine, made), Simulation(METHANE, engine, made)


def advance(simulation: Simulation, steps: int) -> None:
    made = 0
    while made < steps:
        count = simulation.advance(steps - made)
        assert count >= 1
        made += count


def same(compiled: Simulation, stepping: Simulation) -> None:
    one, other = compiled.frame(), stepping.frame()
    assert one.step == other.step
    assert one.time == pytest.approx(other.time, rel=1e-12)
    np.testing.assert_allclose(one.positions, other.positions, atol=1e-6)
    np.testing.assert_allclose(one.velocities, other.velocities, atol=1e-6)
    np.testing.assert_allclose(one.user_forces, other.user_forces, atol=1e-6)
    np.testing.assert_allclose(one.wall_forces, other.wall_forces, atol=1e-6)
    assert one.energy == pytest.approx(other.energy, abs=ENERGY)
    assert one.user_work == pytest.approx(other.user_work, abs=ENERGY)
    assert one.uncertainty == pytest.approx(other.uncertainty, abs=ENERGY)
    assert len(one.interactions) == len(other.interactions)


@pytest.mark.parametrize("thermostat", ["nve", "langevin"])
def test_compiled_steps_are_the_same_as_single_steps(engine, thermostat):
    compiled, stepping = pair(engine, thermostat=thermostat, friction=20.0, seed=3)
    advance(compiled, 100)
    for _ in range(100):
        stepping.step()
    same(compiled, stepping)


def test_20_cooling_after_a_pull_is_the_same_and_as_long(engine):
    both = pair(engine, friction=1.0, cool_after_pull=30.0, seed=3, temperature=5.0)
    away = METHANE.positions[1] * 0.2  # nm: out of the molecule, twice as far
    hand = ActiveInteraction(away, np.array([1]), "spring", 2.0, damping=15.0)
    for simulation in both:
        simulation.set_interactions({"interaction.a": hand})
        advance(simulation, 10)
        simulation.set_interactions({})
    compiled, stepping = both
    advance(compiled, 640)
    for _ in range(640):
        stepping.step()
    same(compiled, stepping)


@pytest.mark.parametrize("law", list(FORCE_LAWS))
@pytest.mark.parametrize("kind", INTERACTION_TYPES)
def test_hands_pull_in_compiled_steps_as_in_single_steps(engine, law, kind):
    random = np.random.default_rng(5)
    compiled, stepping = pair(engine, force_law=law, thermostat="nve", steps_per_frame=5)
    for number in range(8):
        held = {
            "interaction.a": ActiveInteraction(
                random.normal(size=3), np.array([1, 2]), kind, 100.0, bool(number % 2), max_force=300.0
            ),
            "interaction.b": ActiveInteraction(
                random.normal(size=3), np.array([6]), kind, 50.0, max_force=np.inf
            ),
            "interaction.c": ActiveInteraction(random.normal(size=3), np.array([], dtype=int), kind),
        }
        for simulation in (compiled, stepping):
            simulation.set_interactions(held if number < 6 else {})
        advance(compiled, 7)
        for _ in range(7):
            stepping.step()
        same(compiled, stepping)
    assert abs(compiled.frame().user_work) > 1e-4


def test_the_cap_holds_in_compiled_steps(engine):
    compiled, stepping = pair(engine, thermostat="nve", force_cap=50.0, timestep=0.1)
    held = {
        f"interaction.{k}": ActiveInteraction(np.array([2.0, -2.0, 1.0]), np.array([1]), "spring", 100.0)
        for k in range(3)
    }
    for simulation in (compiled, stepping):
        simulation.set_interactions(held)
    advance(compiled, 20)
    for _ in range(20):
        stepping.step()
    same(compiled, stepping)


def test_the_wall_holds_in_compiled_steps(engine):
    compiled, stepping = pair(engine, thermostat="nve", wall_radius=0.2)
    advance(compiled, 40)
    for _ in range(40):
        stepping.step()
    assert np.abs(compiled.frame().wall_forces).max() > 0.1
    same(compiled, stepping)


def test_the_restraint_of_the_centre_of_mass_holds_in_compiled_steps(engine):
    compiled, stepping = pair(engine, thermostat="nve", centring=50.0)
    pull = {
        "interaction.a": ActiveInteraction(np.array([0.3, 0.3, 0.0]), np.array([0]), "spring", scale=500.0)
    }
    for simulation in (compiled, stepping):
        simulation.set_interactions(pull)
    advance(compiled, 40)
    for _ in range(40):
        stepping.step()
    assert np.abs(compiled.frame().wall_forces).max() > 1e-3
    same(compiled, stepping)


@pytest.mark.parametrize("limit", [20000.0, 300.0])
def test_a_counter_force_acts_in_compiled_steps(engine, limit):
    compiled, stepping = pair(engine, thermostat="nve")
    pull = ActiveInteraction(
        np.array([0.3, 0.3, 0.0]),
        np.array([1]),
        "spring",
        scale=500.0,
        max_force=limit,
        counter_particles=np.array([0, 2, 3]),
    )
    for simulation in (compiled, stepping):
        simulation.set_interactions({"interaction.a": pull})
    advance(compiled, 20)
    for _ in range(20):
        stepping.step()
    forces = compiled.frame().user_forces
    assert np.abs(forces[1]).max() > 0.1
    np.testing.assert_allclose(forces.sum(axis=0), 0.0, atol=1e-9)
    same(compiled, stepping)


def test_more_interactions_than_there_are_slots_for_go_step_by_step(engine):
    compiled, _ = pair(engine)
    spring = ActiveInteraction(np.zeros(3), np.array([0]), "spring")
    compiled.set_interactions({f"interaction.{k}": spring for k in range(MAX_INTERACTIONS + 1)})
    assert compiled.advance(10) == 1
    compiled.set_interactions({f"interaction.{k}": spring for k in range(MAX_INTERACTIONS)})
    assert compiled.advance(10) == 10


def test_a_pull_that_is_too_violent_is_a_sentence_and_a_good_frame_remains_good(engine):
    simulation, _ = pair(engine, thermostat="nve", force_cap=1e6)
    advance(simulation, 10)
    good = simulation.frame()
    outwards = 1000.0 * good.positions[1]
    simulation.set_interactions(
        {"interaction.a": ActiveInteraction(outwards, np.array([1]), "spring", 1e6, max_force=np.inf)}
    )
    with pytest.raises(EngineError, match=r"moved by .* angstrom in one step"):
        advance(simulation, 200)
    simulation.set_interactions({})
    simulation.restore(good)
    advance(simulation, 10)
    after = simulation.frame()
    assert np.all(np.isfinite(after.positions))
    assert np.isfinite(after.energy)
    assert after.step == good.step + 10


def test_atoms_on_top_of_each_other_are_a_sentence(engine):
    simulation, _ = pair(engine)
    frame = simulation.frame()
    crowded = frame.positions.copy()
    crowded[1] = crowded[0] + 0.1
    with pytest.raises(EngineError, match="angstrom apart"):
        engine.evaluate(crowded)
    crowded[1] = np.nan
    with pytest.raises(EngineError, match="not a number"):
        engine.evaluate(crowded)

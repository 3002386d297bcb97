"""Any ASE calculator is an engine: EMT, GFN2-xTB by tblite, and some that misbehave."""

import sys
import types
from pathlib import Path
from typing import ClassVar

import ase
import numpy as np
import pytest
from ase.calculators.calculator import Calculator, all_changes
from ase.calculators.emt import EMT
from ase.calculators.lj import LennardJones

from atomtug.core.errors import EngineError, InputError
from atomtug.core.systems import System, load_system
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.server.dynamics.simulation import Simulation
from atomtug.server.engines import create_engine

METHANE = load_system("methane")
EMT_ENGINE = "ase:ase.calculators.emt.EMT"


def atoms_of(system: System, positions: np.ndarray) -> ase.Atoms:
    return ase.Atoms(system.numbers, positions)


def shaken(seed: int = 0) -> np.ndarray:
    return METHANE.positions + np.random.default_rng(seed).normal(scale=0.05, size=(7, 3))


def test_emt_gives_what_it_gives_through_ase():
    engine = create_engine(EMT_ENGINE, METHANE)
    for seed in range(3):
        atoms = atoms_of(METHANE, shaken(seed))
        atoms.calc = EMT()
        ours = engine.evaluate(atoms.positions)
        assert ours.energy == pytest.approx(atoms.get_potential_energy())
        np.testing.assert_allclose(ours.forces, atoms.get_forces())


def test_forces_are_minus_the_gradient_of_the_energy():
    engine, positions, step = create_engine(EMT_ENGINE, METHANE), shaken(), 1e-4
    forces = engine.evaluate(positions).forces
    for i, k in [(0, 0), (1, 2), (5, 1)]:
        moved = [positions.copy(), positions.copy()]
        moved[0][i, k] -= step
        moved[1][i, k] += step
        low, high = (engine.evaluate(place).energy for place in moved)
        assert forces[i, k] == pytest.approx((low - high) / (2 * step), abs=1e-5)


def test_arguments_go_to_the_calculator_as_json():
    engine = create_engine(
        'ase:ase.calculators.lj.LennardJones?{"epsilon": 0.5, "rc": 9.0, "smooth": true}', METHANE
    )
    atoms = atoms_of(METHANE, METHANE.positions * 2)
    atoms.calc = LennardJones(epsilon=0.5, rc=9.0, smooth=True)
    assert engine.evaluate(atoms.positions).energy == pytest.approx(atoms.get_potential_energy())
    assert engine.name == "ase:ase.calculators.lj.LennardJones"
    assert engine.settings["epsilon"] == 0.5
    assert engine.settings["ase"] == ase.__version__
    assert engine.settings["program"] == "ase.calculators.lj.LennardJones"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ase:", "no ASE calculator"),
        ("ase:EMT", "no ASE calculator"),
        ("ase:no.such.module.Thing", "no ASE calculator"),
        ("ase:ase.calculators.emt.NoSuch", "no ASE calculator"),
        (EMT_ENGINE + "?{", "not JSON"),
        (EMT_ENGINE + "?[1]", "must be a JSON object"),
        ("ase:math.sqrt", "can't be made"),
        (EMT_ENGINE + '?{"label": []}', "can't be made"),
    ],
)
def test_a_calculator_that_is_not_there_or_refuses_its_arguments_is_a_sentence(name, said):
    with pytest.raises(InputError, match=said):
        create_engine(name, METHANE)


def test_an_element_the_calculator_does_not_know_is_a_sentence_and_no_grudge():
    helium = System("helium", np.array([2, 2]), np.array([[0.0, 0, 0], [3.0, 0, 0]]))
    engine = create_engine(EMT_ENGINE, helium)
    for _ in range(2):
        with pytest.raises(EngineError, match=r"ase\.calculators\.emt\.EMT failed"):
            engine.evaluate(helium.positions)


# GFN2-xTB -----------------------------------------------------------------------------------------------

GFN2 = 'ase:tblite.ase.TBLite?{"method": "GFN2-xTB", "verbosity": 0}'


@pytest.mark.parametrize(("charge", "multiplicity"), [(0, 2), (1, 1), (0, 4)])
def test_gfn2_gets_charge_and_spin(charge, multiplicity):
    tblite = pytest.importorskip("tblite.ase")
    system = System("methane", METHANE.numbers, METHANE.positions, charge, multiplicity)
    atoms = atoms_of(system, system.positions)
    atoms.calc = tblite.TBLite(method="GFN2-xTB", verbosity=0, charge=charge, multiplicity=multiplicity)
    ours = create_engine(GFN2, system).evaluate(system.positions)
    assert ours.energy == pytest.approx(atoms.get_potential_energy(), abs=1e-6)
    np.testing.assert_allclose(ours.forces, atoms.get_forces(), atol=1e-5)


def test_gfn2_recovers_from_a_geometry_it_can_not_do():
    pytest.importorskip("tblite.ase")
    engine = create_engine(GFN2, METHANE)
    good = engine.evaluate(METHANE.positions)
    with pytest.raises(EngineError, match="TBLite"):
        engine.evaluate(np.zeros((7, 3)))
    assert engine.evaluate(METHANE.positions).energy == pytest.approx(good.energy, abs=1e-5)


def test_18_a_first_calculation_that_does_not_converge_names_charge_multiplicity_and_a_way_out():
    pytest.importorskip("tblite.ase")
    system = load_system(str(Path(__file__).parents[2] / "core" / "structures" / "oh_ch4.xyz"))
    with pytest.raises(EngineError) as caught:
        Simulation(system, create_engine(GFN2, system), DynamicsSettings())
    for said in ("charge 0 and multiplicity 2", "--multiplicity", '"electronic_temperature": 1000'):
        assert said in str(caught.value)
    advised = GFN2.replace("{", '{"electronic_temperature": 1000, ')
    simulation = Simulation(system, create_engine(advised, system), DynamicsSettings())
    simulation.step()
    assert np.isfinite(simulation.frame().energy)


# Calculators that misbehave -----------------------------------------------------------------------------


class Scripted(Calculator):
    """Does what the test says, and remembers how it was asked."""

    implemented_properties: ClassVar = ["energy", "forces"]
    outcomes: ClassVar = []
    asked: ClassVar = []
    given: ClassVar = []

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        type(self).asked.append((id(self), tuple(system_changes)))
        type(self).given.append(self.atoms)
        outcome = type(self).outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        self.results = outcome


GOOD = {"energy": 1.5, "forces": np.ones((7, 3))}


@pytest.fixture
def scripted(monkeypatch):
    module = types.ModuleType("scripted_calculator")
    module.Scripted = Scripted
    monkeypatch.setitem(sys.modules, "scripted_calculator", module)

    def make(*outcomes, system=METHANE):
        Scripted.outcomes, Scripted.asked, Scripted.given = list(outcomes), [], []
        return create_engine("ase:scripted_calculator.Scripted", system)

    return make


def test_7_charge_and_multiplicity_are_given_in_both_ways_that_calculators_read(scripted):
    system = System("methane", METHANE.numbers, METHANE.positions, charge=1, multiplicity=3)
    scripted(GOOD, system=system).evaluate(system.positions)
    (atoms,) = Scripted.given
    assert (atoms.info["charge"], atoms.info["spin"]) == (1, 3)
    assert atoms.get_initial_charges().sum() == 1
    assert atoms.get_initial_magnetic_moments().sum() == 2


def test_one_evaluation_is_one_calculation(scripted):
    engine = scripted(GOOD, GOOD, GOOD)
    for _ in range(3):
        assert engine.evaluate(METHANE.positions).energy == 1.5
    assert len(Scripted.asked) == 3
    assert len({calculator for calculator, _ in Scripted.asked}) == 1


def test_a_new_calculator_is_told_that_everything_is_new_then_only_what_moved(scripted):
    engine = scripted(GOOD, GOOD, RuntimeError("no"), GOOD)
    engine.evaluate(METHANE.positions)
    engine.evaluate(METHANE.positions)
    with pytest.raises(EngineError):
        engine.evaluate(METHANE.positions)
    engine.evaluate(METHANE.positions)
    assert [set(changes) == {"positions"} for _, changes in Scripted.asked] == [False, True, True, False]
    assert "numbers" in Scripted.asked[0][1]


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (RuntimeError("the SCF oscillates"), "failed: the SCF oscillates"),
        (ValueError("odd"), "failed: odd"),
        ({"energy": np.nan, "forces": np.ones((7, 3))}, "not a number"),
        ({"energy": 1.0, "forces": np.full((7, 3), np.inf)}, "not a number"),
        ({"energy": 1.0}, "failed"),
        ({"energy": 1.0, "forces": np.ones((5, 3))}, "forces of shape"),
        ({"energy": 1.0, "forces": np.ones(21)}, "forces of shape"),
        ({"energy": "much", "forces": np.ones((7, 3))}, "failed"),
    ],
)
def test_whatever_goes_wrong_is_an_engine_error_and_the_next_geometry_is_tried_afresh(
    scripted, outcome, said
):
    engine = scripted(outcome, GOOD)
    with pytest.raises(EngineError, match=said):
        engine.evaluate(METHANE.positions)
    assert engine.evaluate(METHANE.positions).energy == 1.5


def test_results_are_not_shared_with_the_calculator(scripted):
    mine = {"energy": 1.0, "forces": np.ones((7, 3))}
    evaluation = scripted(mine).evaluate(METHANE.positions)
    mine["forces"][:] = 7.0
    np.testing.assert_array_equal(evaluation.forces, np.ones((7, 3)))

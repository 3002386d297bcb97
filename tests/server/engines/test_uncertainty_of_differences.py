"""Of a molecule that a committee was not trained on, only differences of its energy mean anything."""

from dataclasses import replace

import numpy as np
import pytest

from atomtug.core.systems import load_system
from atomtug.potential import Architecture, Evaluator, Model, SpreadCalibration, SymmetryFunctions, save_model
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.server.dynamics.simulation import Simulation
from atomtug.server.engines import create_engine

METHANE = load_system("methane")
MOVED = METHANE.positions + np.random.default_rng(4).normal(0.0, 0.1, METHANE.positions.shape)


@pytest.fixture
def model():
    symmetry = SymmetryFunctions(4, 0.8, 3.1, 1.7)
    model = Model.untrained(Architecture((1, 6, 7), symmetry, (7, 5), "silu", 3), 1)
    return replace(model, calibration=SpreadCalibration(2.0, 100.0))


def spreads(model, formulas, path):
    """Uncertainties at the start and at a moved geometry, by the engine and in the dynamics, eV."""
    model = replace(model, provenance=replace(model.provenance, formulas=formulas))
    save_model(model, path)
    engine = create_engine(f"ann:{path}", METHANE)
    told = [engine.evaluate(positions).uncertainty for positions in (METHANE.positions, MOVED)]
    simulation = Simulation(METHANE, create_engine(f"ann:{path}", METHANE), DynamicsSettings())
    assert simulation.frame().uncertainty == pytest.approx(told[0], abs=1e-5)
    simulation.go_back(replace(simulation.frame(), engine="another", positions=MOVED))
    assert simulation.frame().uncertainty == pytest.approx(told[1], abs=1e-5)
    return told


def members(model):
    evaluator = Evaluator(model, METHANE.numbers)
    return np.array([evaluator.evaluate(positions).members for positions in (METHANE.positions, MOVED)])


def test_of_one_that_it_was_trained_on_it_is_that_of_the_energy(model, tmp_path):
    expected = 2.0 * members(model).std(axis=1, ddof=1)
    for formulas in ((), ("C2H6", "C2H4N")):
        assert spreads(model, formulas, tmp_path / "m.safetensors") == pytest.approx(expected, abs=1e-5)


def test_of_another_it_is_that_of_the_energy_since_the_start(model, tmp_path):
    start, moved = members(model)
    expected = 2.0 * np.std(moved - start, ddof=1)
    told = spreads(model, ("CH4", "C3H8N"), tmp_path / "m.safetensors")
    assert told == pytest.approx([0.0, expected], abs=1e-5)


def test_where_it_knows_nothing_of_the_start_it_says_so(model, tmp_path):
    model = replace(model, calibration=SpreadCalibration(2.0, 1e-3))
    expected = 2.0 * members(model).std(axis=1, ddof=1)
    assert spreads(model, ("CH4",), tmp_path / "m.safetensors") == pytest.approx(expected, abs=1e-5)

"""Atoms pressed together are pushed apart whatever the networks say; models without a repulsion stay as they were."""

from dataclasses import replace

import numpy as np
import pytest
from potential_helpers import distorted, small_model

from atomtug.core.errors import InputError
from atomtug.potential import (
    Evaluator,
    Repulsion,
    SpreadCalibration,
    SymmetryFunctions,
    load_model,
    save_model,
)
from atomtug.potential.repulsion import of_molecule

ELEMENTS = (1, 6, 7)
INSIDE = Repulsion.inside_bonds(ELEMENTS)


def with_repulsion(model):
    return replace(model, architecture=replace(model.architecture, repulsion=INSIDE))


@pytest.mark.parametrize("pair", [(1, 1), (1, 6), (6, 6), (6, 7), (1, 7)])
def test_it_pushes_harder_the_nearer_and_is_nothing_at_a_bond(pair):
    numbers = np.array(pair)

    def at(distance):
        return of_molecule(INSIDE, ELEMENTS, numbers, np.array([[0.0, 0.0, 0.0], [distance, 0.0, 0.0]]))

    bond = {(1, 1): 0.74, (1, 6): 1.09, (6, 6): 1.20, (6, 7): 1.16, (1, 7): 1.01}[pair]
    assert at(bond) == (0.0, pytest.approx(0.0))
    distances = np.arange(0.40, 0.60, 0.02)
    energies, pushes = zip(*[(at(x)[0], at(x)[1][1, 0]) for x in distances], strict=True)
    assert np.all(np.diff(energies) < 0)
    assert np.all(np.array(pushes) > 5.0)  # eV/angstrom, away from each other


def test_forces_are_the_slope():
    numbers, positions = distorted("methane")
    hydrogen = int(np.flatnonzero(numbers == 1)[0])
    positions[hydrogen] = positions[0] + [0.55, 0.1, 0.0]
    _, forces = of_molecule(INSIDE, ELEMENTS, numbers, positions)
    step = 1e-5
    for axis in range(3):
        shift = np.zeros_like(positions)
        shift[hydrogen, axis] = step
        rise = (
            of_molecule(INSIDE, ELEMENTS, numbers, positions + shift)[0]
            - of_molecule(INSIDE, ELEMENTS, numbers, positions - shift)[0]
        )
        assert forces[hydrogen, axis] == pytest.approx(-rise / (2 * step), abs=1e-5)


@pytest.mark.slow
def test_the_potential_is_the_networks_and_the_repulsion():
    numbers, positions = distorted("methane")
    positions[int(np.flatnonzero(numbers == 1)[0])] = positions[0] + [0.55, 0.1, 0.0]
    energy, forces = of_molecule(INSIDE, ELEMENTS, numbers, positions)
    plain = Evaluator(small_model(), numbers, "float64").evaluate(positions)
    with_it = Evaluator(with_repulsion(small_model()), numbers, "float64").evaluate(positions)
    assert with_it.energy - plain.energy == pytest.approx(energy, rel=1e-10)
    np.testing.assert_allclose(with_it.forces - plain.forces, forces, atol=1e-8)
    assert with_it.spread == pytest.approx(plain.spread, rel=1e-10)


def test_a_file_keeps_repulsion_cutoffs_and_calibration(tmp_path):
    symmetry = SymmetryFunctions(4, 0.8, 4.5, 1.7, 3.0, 6)
    model = replace(with_repulsion(small_model(symmetry=symmetry)), calibration=SpreadCalibration(1.9, 0.25))
    save_model(model, tmp_path / "m.safetensors")
    back = load_model(tmp_path / "m.safetensors")
    assert back.architecture == model.architecture
    assert back.calibration == model.calibration
    more = replace(model, calibration=SpreadCalibration(1.9, 0.25, 1.5, 0.03))
    save_model(more, tmp_path / "m.safetensors")
    assert load_model(tmp_path / "m.safetensors").calibration == more.calibration
    save_model(small_model(), tmp_path / "plain.safetensors")
    text = (tmp_path / "plain.safetensors").read_bytes()
    assert b'\\"version\\": 1' in text
    assert b"repulsion" not in text
    assert load_model(tmp_path / "plain.safetensors").calibration is None


def test_what_can_not_be_is_refused():
    with pytest.raises(InputError, match="one distance for each pair"):
        replace(small_model().architecture, repulsion=Repulsion((0.6,)))
    with pytest.raises(InputError, match="can't end at"):
        Repulsion((float("nan"),))
    with pytest.raises(InputError, match="r_angular"):
        SymmetryFunctions(4, 0.8, 3.0, 1.7, 4.0)
    with pytest.raises(InputError, match="positive"):
        SpreadCalibration(0.0, 1.0)
    with pytest.raises(InputError, match="positive"):
        SpreadCalibration(1.0, 1.0, 1.0, -0.1)

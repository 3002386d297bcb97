"""Charges, spins, bond orders and <S^2> from Sparrow's density matrices."""

import numpy as np
import pytest
import scine_sparrow  # noqa: F401
import scine_utilities as su

from atomtug.core.units import BOHR
from atomtug.server.engines.electronic_structure import (
    PROPERTIES,
    ElectronicStructure,
    analyse,
    functions_per_atom,
    spin_populations,
    spin_square,
)


def structure_of(
    numbers: list[int],
    positions: list[list[float]],
    multiplicity: int,
    method: str = "PM6",
    mode: str = "any",
) -> ElectronicStructure:
    calculator = su.core.ModuleManager.get_instance().get("calculator", method)
    calculator.log = su.core.Log.silent()
    calculator.settings["spin_multiplicity"] = multiplicity
    calculator.settings["spin_mode"] = mode
    elements = [su.ElementInfo.element(number) for number in numbers]
    calculator.structure = su.AtomCollection(elements, np.array(positions) / BOHR)
    functions = functions_per_atom(calculator)
    orthogonal = not method.startswith("DFTB")
    wanted = [su.Property.Energy, *PROPERTIES, *([] if orthogonal else [su.Property.OverlapMatrix])]
    calculator.set_required_properties(wanted)
    results = calculator.calculate()
    return analyse(results, functions, None if orthogonal else results.overlap_matrix)


CYANIDE = ([6, 7], [[0.0, 0.0, 0.0], [0.0, 0.0, 1.17]])


def test_cyanides_hole_lies_on_carbon_and_its_bond_is_triple():
    found = structure_of(*CYANIDE, multiplicity=2)
    np.testing.assert_allclose(found.spins, [0.70, 0.30], atol=0.01)
    assert found.charges[0] > 0.1
    assert found.charges.sum() == pytest.approx(0.0, abs=1e-6)
    np.testing.assert_allclose(found.bond_orders, [[0.0, 2.90], [2.90, 0.0]], atol=0.01)
    assert found.spin_square == pytest.approx(0.75, abs=0.01)


@pytest.mark.parametrize("method", ["MNDO", "AM1", "RM1", "PM3", "DFTB2", "DFTB3"])
def test_every_method_with_spin_finds_one_unpaired_electron(method):
    found = structure_of(*CYANIDE, multiplicity=2, method=method)
    assert found.spins.sum() == pytest.approx(1.0, abs=1e-6)
    assert 0.75 <= found.spin_square < 0.85  # contaminated most with PM3


@pytest.mark.parametrize("mode", ["restricted", "unrestricted"])
def test_a_closed_shell_has_no_spin(mode):
    found = structure_of([1, 1], [[0.0, 0.0, 0.0], [0.0, 0.0, 0.74]], multiplicity=1, mode=mode)
    np.testing.assert_allclose(found.spins, 0.0, atol=1e-8)
    np.testing.assert_allclose(found.bond_orders, [[0.0, 1.0], [1.0, 0.0]], atol=1e-6)
    assert found.spin_square == pytest.approx(0.0, abs=1e-8)


def test_a_triplet_has_two_unpaired_electrons():
    found = structure_of([1, 1], [[0.0, 0.0, 0.0], [0.0, 0.0, 3.0]], multiplicity=3)
    np.testing.assert_allclose(found.spins, [1.0, 1.0], atol=1e-6)
    assert found.spin_square == pytest.approx(2.0, abs=1e-8)


def test_opposite_spins_on_two_atoms_are_half_singlet_and_half_triplet():
    alpha, beta = np.diag([1.0, 0.0]), np.diag([0.0, 1.0])
    assert spin_square(alpha, beta) == pytest.approx(1.0)
    np.testing.assert_allclose(spin_populations(alpha, beta, np.array([1, 1])), [1.0, -1.0])


def test_a_basis_that_overlaps_is_taken_into_account():
    overlap = np.array([[1.0, 0.4], [0.4, 1.0]])
    bonding = np.array([1.0, 1.0]) / np.sqrt(2.8)  # normalised in this metric
    density = np.outer(bonding, bonding)
    assert spin_square(density, density, overlap) == pytest.approx(0.0)
    nothing = np.zeros((2, 2))
    assert spin_square(density, nothing, overlap) == pytest.approx(0.75)
    np.testing.assert_allclose(spin_populations(density, nothing, np.array([1, 1]), overlap), [0.5, 0.5])


def test_more_beta_than_alpha_electrons_are_as_good():
    alpha, beta = np.diag([1.0, 0.0]), np.diag([1.0, 1.0])
    assert spin_square(alpha, beta) == spin_square(beta, alpha) == pytest.approx(0.75)


def test_spins_are_summed_atom_by_atom():
    alpha, beta = np.diag([1.0, 0.5, 0.25, 0.25]), np.zeros((4, 4))
    np.testing.assert_allclose(spin_populations(alpha, beta, np.array([1, 3])), [1.0, 1.0])

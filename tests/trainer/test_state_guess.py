"""Guesses from fragments lead to the lowest state of a molecule that falls apart."""

import numpy as np
import pytest
from pyscf import gto

from atomtug.core.units import HARTREE, KCALMOL_PER_EV
from atomtug.trainer.dft import fast, stock
from atomtug.trainer.dft.populations import atom_populations, fragment_sums, fragments_of
from atomtug.trainer.dft.state_guess import FragmentGuess, fragment_guesses
from atomtug.trainer.dft.theory import Theory

THEORY = Theory(basis="6-31g", grid="30x50")
KCAL = HARTREE * KCALMOL_PER_EV
METHYL = [
    ("C", (0.0, 0.0, 0.0)),
    *(("H", (1.03 * np.cos(a), 1.03 * np.sin(a), -0.36)) for a in (0.0, 2.0944, 4.1888)),
]


def molecule(atoms, spin=0, charge=0):
    return gto.M(atom=atoms, basis=THEORY.basis, spin=spin, charge=charge, verbose=0)


def hydrogen(distance):
    return molecule([("H", (0.0, 0.0, 0.0)), ("H", (0.0, 0.0, distance))])


def solved(mol, guess: FragmentGuess | None = None):
    field = stock.mean_field(mol, THEORY)
    start = None if guess is None else np.array([spin @ spin.T for spin in guess.orbitals])
    field.kernel(dm0=start)
    assert field.converged
    return field


def populations(mol, field, parts):
    """Charges and spins of the fragments."""
    occupied = [own[:, filled > 0] for own, filled in zip(field.mo_coeff, field.mo_occ, strict=True)]
    charges, spins = atom_populations(mol, fast.to_lowdin(mol, occupied))
    return fragment_sums(charges, parts), fragment_sums(spins, parts)


def test_hydrogen_at_4_angstrom_is_two_atoms():
    mol = hydrogen(4.0)
    (guess,) = fragment_guesses(mol, THEORY)
    assert (guess.charges, guess.spins) == ((0, 0), (1, -1))
    field = solved(mol, guess)
    atoms = 2.0 * solved(molecule([("H", (0.0, 0.0, 0.0))], spin=1)).e_tot
    assert field.e_tot * KCAL == pytest.approx(atoms * KCAL, abs=0.2)
    assert solved(mol).e_tot * KCAL > field.e_tot * KCAL + 40.0
    assert field.spin_square()[0] == pytest.approx(1.0, abs=0.01)
    charges, spins = populations(mol, field, [[0], [1]])
    np.testing.assert_allclose(charges, 0.0, atol=1e-3)
    np.testing.assert_allclose(spins, [1.0, -1.0], atol=0.01)


def test_methane_at_4_angstrom_keeps_its_electrons_where_they_belong():
    mol = molecule([*METHYL, ("H", (0.0, 0.0, 4.0))])
    assert fragments_of(mol) == [[0, 1, 2, 3], [4]]
    (guess,) = fragment_guesses(mol, THEORY)
    field = solved(mol, guess)
    triplet = solved(molecule([*METHYL, ("H", (0.0, 0.0, 4.0))], spin=2))
    assert field.e_tot * KCAL == pytest.approx(triplet.e_tot * KCAL, abs=1.0)
    charges, spins = populations(mol, field, fragments_of(mol))
    np.testing.assert_allclose(charges, 0.0, atol=0.05)
    np.testing.assert_allclose(np.abs(spins), 1.0, atol=0.05)


def test_three_radicals_have_three_arrangements_with_one_spin_left():
    mol = molecule([("H", (0.0, 0.0, 3.0 * k)) for k in range(3)], spin=1)
    assert {guess.spins for guess in fragment_guesses(mol, THEORY)} == {(1, 1, -1), (1, -1, 1), (-1, 1, 1)}


def test_orbitals_are_orthonormal_and_as_many_as_there_are_electrons():
    mol = molecule([*METHYL, ("H", (0.0, 0.0, 1.6))])
    (guess,) = fragment_guesses(mol, THEORY)
    overlap = mol.intor("int1e_ovlp")
    for orbitals in guess.orbitals:
        assert orbitals.shape == (mol.nao, 5)
        np.testing.assert_allclose(orbitals.T @ overlap @ orbitals, np.eye(5), atol=1e-8)


def test_a_total_charge_lies_on_each_fragment_in_turn():
    mol = molecule([("H", (0.0, 0.0, 0.0)), ("Li", (0.0, 0.0, 5.0))], spin=1, charge=1)
    found = [(guess.charges, guess.spins) for guess in fragment_guesses(mol, THEORY)]
    assert found == [((1, 0), (0, 1)), ((0, 1), (1, 0))]


def test_a_molecule_in_one_piece_needs_no_guess():
    assert list(fragment_guesses(hydrogen(0.74), THEORY)) == []


def test_two_oxygen_atoms_of_a_triplet_keep_two_unpaired_electrons_each():
    mol = molecule([("O", (0.0, 0.0, 0.0)), ("O", (0.0, 0.0, 3.0))], spin=2)
    guesses = list(fragment_guesses(mol, THEORY))
    assert [guess.spins for guess in guesses] == [(2, 0), (0, 2)]
    for guess in guesses:
        assert [orbitals.shape[1] for orbitals in guess.orbitals] == [9, 7]
        charges, spins = atom_populations(mol, fast.to_lowdin(mol, guess.orbitals))
        np.testing.assert_allclose(charges, 0.0, atol=0.02)
        np.testing.assert_allclose(spins, guess.spins, atol=0.02)
        field = stock.mean_field(mol, THEORY)
        alpha, beta = (orbitals @ orbitals.T for orbitals in guess.orbitals)
        unpaired = 9 - np.trace(alpha @ field.get_ovlp() @ beta @ field.get_ovlp())
        assert unpaired == pytest.approx(
            3.0, abs=0.1
        )  # alpha electrons that no beta electron shares a place with


@pytest.mark.slow
def test_two_methylenes_have_their_spins_opposite():
    methylene = [("C", (0.0, 0.0, 0.0)), ("H", (0.0, 0.99, -0.42)), ("H", (0.0, -0.99, -0.42))]
    other = [(symbol, (x, y, 5.0 - z)) for symbol, (x, y, z) in methylene]
    mol = molecule([*methylene, *other])
    guesses = list(fragment_guesses(mol, THEORY))
    assert [guess.spins for guess in guesses] == [(2, -2), (0, 0)]
    triplets = solved(molecule([*methylene, *other], spin=4))
    assert solved(mol, guesses[0]).e_tot * KCAL == pytest.approx(triplets.e_tot * KCAL, abs=0.5)

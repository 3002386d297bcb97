"""The names of fragments and atoms: the rules of core/systems/fragments.py, one by one."""

import numpy as np
import pytest

from atomtug.core.systems import load_system
from atomtug.core.systems.bonds import fragments
from atomtug.core.systems.fragments import (
    atom_labels,
    fragment_name,
    hill_formula,
    name_atoms,
)

HCN = np.array([1, 6, 7])


def pairs(*bonds):
    return np.array(bonds, dtype=np.int64).reshape(-1, 2)


@pytest.mark.parametrize(
    ("symbols", "formula"),
    [("OHH", "H2O"), ("OH", "HO"), ("NCH", "CHN"), ("HCHHO", "CH3O"), (["Cl", "Na"], "ClNa"), ("", "")],
)
def test_formulas_are_in_hills_order(symbols, formula):
    assert hill_formula(symbols) == formula


@pytest.mark.parametrize(
    ("bonds", "name"),
    [
        (pairs((0, 1), (1, 2)), "HCN"),
        (pairs((0, 2), (1, 2)), "HNC"),
        (pairs((0, 1), (0, 2), (1, 2)), "CHN"),
    ],
)
def test_hydrogen_cyanide_and_isocyanide_are_told_apart_by_the_hydrogens_bond(bonds, name):
    assert fragment_name(HCN, (0, 1, 2), bonds) == name


def test_every_other_fragment_is_called_by_its_formula():
    methane = load_system("methane")
    bonds = pairs((0, 1), (0, 2), (0, 3), (4, 6), (5, 6))
    names = [fragment_name(methane.numbers, part, bonds) for part in fragments(7, bonds)]
    assert names == ["CH3", "HNC"]


def test_atoms_are_counted_from_one_in_their_own_molecule():
    assert name_atoms("CHHCN", [[0, 1, 2], [3, 4]]) == ["C", "H1", "H2", "C", "N"]


def test_atoms_of_smaller_molecules_have_the_formula_in_front():
    assert atom_labels(["C", "N", "C", "H1", "H2"], [0, 0, 1, 1, 1], ["CN", "CH2"]) == [
        "CN:C",
        "CN:N",
        "C",
        "H1",
        "H2",
    ]
    assert atom_labels([], [], []) == []

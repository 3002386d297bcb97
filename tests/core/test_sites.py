from collections import Counter

import numpy as np
import pytest

from atomtug.core.systems import System, load_system
from atomtug.core.systems.bonds import perceive_bonds
from atomtug.core.systems.sites import classify_hydrogens, find_radical, hydrogen_sites, neighbour_lists


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("methane", {"methane": 4}),
        ("ethane", {"primary": 6}),
        ("isobutane", {"primary": 9, "tertiary": 1}),
        ("isopentane", {"primary": 9, "secondary": 2, "tertiary": 1}),
        ("2-isohexane", {"primary": 9, "secondary": 4, "tertiary": 1}),
        ("3-isohexane", {"primary": 9, "secondary": 4, "tertiary": 1}),
        ("squalane", {"primary": 24, "secondary": 32, "tertiary": 6}),
    ],
)
def test_each_alkane_has_the_hydrogens_its_formula_says(name, counts):
    assert Counter(hydrogen_sites(load_system(name)).values()) == counts


def test_the_radical_is_found_by_its_bonds():
    system = load_system("ethane")
    carbon, nitrogen = find_radical(system.numbers, perceive_bonds(system.numbers, system.positions))
    assert (system.symbols[carbon], system.symbols[nitrogen]) == ("C", "N")
    assert {carbon, nitrogen} == {8, 9}


def test_hydrogen_cyanide_is_no_radical_and_has_no_alkane_hydrogen():
    positions = np.array([[0.0, 0.0, 0.0], [1.07, 0.0, 0.0], [-1.15, 0.0, 0.0]])
    system = System("HCN", np.array([6, 1, 7]), positions)
    bonds = perceive_bonds(system.numbers, system.positions)
    assert find_radical(system.numbers, bonds) is None
    assert hydrogen_sites(system) == {}


def test_the_hydrogens_of_a_radical_carbon_are_left_out():
    system = load_system("ethane")
    bonds = perceive_bonds(system.numbers, system.positions)
    first_hydrogen = next(iter(classify_hydrogens(system.numbers, bonds)))
    kept = bonds[~np.any(bonds == first_hydrogen, axis=1)]
    assert len(classify_hydrogens(system.numbers, kept)) == 3  # those of the other carbon


def test_neighbours_are_listed_both_ways():
    assert neighbour_lists(4, [(0, 2), (1, 2)]) == [[2], [2], [0, 1], []]

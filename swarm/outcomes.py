"""What became of a trajectory: who is bonded to whom at its end."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from atomtug.core.arrays import Floats, Ints
from atomtug.core.systems import System
from atomtug.core.systems.bonds import BondPerception, Pairs
from atomtug.recordings.reactions import Pair, as_set, bond_name, products

OutcomeKind = Literal["returned", "reacted", "undecided", "stopped"]
"""Bonded as the reactants, bonded otherwise, in the midst of it at the end, or ended too early."""
MOST_BONDS = {1: 1, 6: 4, 7: 4, 8: 3, 9: 1}
"""Element -> atoms that it is bonded to, at most, in a molecule; one that has more is in the midst of a reaction."""


def final_bonds(numbers: Ints, path: Floats) -> Pairs:
    """(B, 2) the bonds at the end of a trajectory, with hysteresis from its start on.

    At the start every pair counts as bonded that may be, so that an atom between two others belongs to both until one
    has it: neither side is favoured.

    Args:
        numbers: (N,) atomic numbers
        path: (S, N, 3) angstrom
    """
    perceive = BondPerception(numbers)
    bonds = np.stack(np.triu_indices(len(numbers), k=1), axis=1)
    for positions in path:
        bonds = perceive(positions, bonds)
    return bonds


def judge(numbers: Ints, reactants: Pairs, bonds: Pairs) -> OutcomeKind:
    """Whether a trajectory that ended with these bonds (B, 2) has reacted.

    Args:
        numbers: (N,) atomic numbers
        reactants: (B, 2) bonds of what is pulled on, before
        bonds: (B, 2) at the trajectory's end
    """
    before = np.bincount(reactants.ravel(), minlength=len(numbers))
    now = np.bincount(bonds.ravel(), minlength=len(numbers))
    most = np.array([MOST_BONDS.get(int(number), len(numbers)) for number in numbers])
    if np.any(now > np.maximum(most, before)):
        return "undecided"
    return "returned" if as_set(bonds) == as_set(reactants) else "reacted"


def describe_outcome(system: System, reactants: Pairs, bonds: Sequence[Pair]) -> tuple[str, str]:
    """The molecules at the end, e.g. ``C4H9 + HCN``, and how they differ from the reactants.

    Args:
        system: the atoms
        reactants: (B, 2) bonds before
        bonds: pairs at the end
    """
    before, after = as_set(reactants), set(bonds)
    made = [f"{bond_name(system, pair)} made" for pair in sorted(after - before)]
    broken = [f"{bond_name(system, pair)} broken" for pair in sorted(before - after)]
    pairs = np.array(sorted(after), dtype=np.int64).reshape(-1, 2)
    return products(system, pairs), ", ".join(broken + made)

"""What fragments and atoms are called. One set of rules for recordings, clients and the command line.

- A fragment is called by its formula in Hill's order (J. Am. Chem. Soc. 1900, 22, 478): C, then H, then the other
  elements alphabetically; all alphabetically where there is no carbon. A count of one is not written.
- Products of reactions are called as people call them where that differs: ``OH``, ``NH3``, ``HCl`` (:data:`USUAL`).
  One formula hides which of two molecules it is: ``HCN`` where the hydrogen is bonded to the carbon only, ``HNC``
  where it is bonded to the nitrogen only. Otherwise it stays ``CHN``.
- An atom is called by its element and its place among the atoms of that element in its own molecule, counted from 1:
  ``C1``, ``H4``; by the element alone where it is the only one. The server sends these names to its clients.
- In lists of a whole system the atoms of the largest molecule have these names; those of the others have their
  molecule's formula in front: ``CN:C``.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from ase.data import chemical_symbols

from atomtug.core.arrays import Ints

CARBON, NITROGEN, HYDROGEN = 6, 7, 1
USUAL = {
    "HO": "OH", "HN": "NH", "H2N": "NH2", "H3N": "NH3", "H4N": "NH4", "FH": "HF", "ClH": "HCl",
    "BrH": "HBr", "HS": "SH", "H3P": "PH3", "H4Si": "SiH4", "H3Si": "SiH3", "ClNa": "NaCl", "ClHO": "HOCl",
    "CHO": "HCO", "O2S": "SO2",
}  # fmt: skip
"""Formula in Hill's order -> what a small molecule is called."""


def hill_formula(symbols: Iterable[str]) -> str:
    """The formula of some atoms in Hill's order, e.g. ``CH4``, ``C2H3N`` or ``H2O``.

    Args:
        symbols: the chemical symbol of each atom
    """
    counts = Counter(symbols)
    order = sorted(counts, key=lambda s: (s != "C", s != "H", s) if "C" in counts else (s,))
    return "".join(s if counts[s] == 1 else f"{s}{counts[s]}" for s in order)


def fragment_name(numbers: Ints, members: Sequence[int], bonds: Ints) -> str:
    """What a chemist calls a fragment: its formula or usual name, ``HCN`` or ``HNC`` as the bonds tell.

    Args:
        numbers: (N,) atomic numbers of the whole system
        members: indices of the fragment's atoms
        bonds: (B, 2) pairs of bonded atoms of the whole system
    """
    if sorted(int(numbers[atom]) for atom in members) == [HYDROGEN, CARBON, NITROGEN]:
        hydrogen = next(atom for atom in members if numbers[atom] == HYDROGEN)
        partners = {int(numbers[i + j - hydrogen]) for i, j in bonds.tolist() if hydrogen in (i, j)}
        if len(partners) == 1:
            return "HCN" if partners == {CARBON} else "HNC"
    formula = hill_formula(chemical_symbols[int(numbers[atom])] for atom in members)
    return USUAL.get(formula, formula)


def name_atoms(symbols: Sequence[str], parts: Sequence[Sequence[int]]) -> list[str]:
    """(N,) the name of each atom within its molecule: ``C1``, ``H4``, or ``C`` where it is the only one.

    Args:
        symbols: (N,) chemical symbols
        parts: the molecules, each a list of atom indices
    """
    names = [""] * len(symbols)
    for part in parts:
        totals = Counter(symbols[atom] for atom in part)
        counted: Counter[str] = Counter()
        for atom in part:
            symbol = symbols[atom]
            counted[symbol] += 1
            names[atom] = symbol if totals[symbol] == 1 else f"{symbol}{counted[symbol]}"
    return names


def atom_labels(names: Sequence[str], residues: Sequence[int], residue_names: Sequence[str]) -> list[str]:
    """(N,) a name for each atom of a system: ``H4`` in the largest molecule, ``CN:C`` in the others.

    Args:
        names: (N,) names within the molecules, as :func:`name_atoms` makes them
        residues: (N,) which molecule each atom belongs to
        residue_names: the molecules' formulas
    """
    if not len(names):
        return []
    largest = int(np.bincount(np.asarray(residues, dtype=np.int64)).argmax())
    return [
        name if residue == largest else f"{residue_names[residue]}:{name}"
        for name, residue in zip(names, residues, strict=True)
    ]

"""Bond orders, formal charges and unpaired electrons from who is bonded to whom, and the names that follow from them.

Bonds are perceived from distances (:mod:`atomtug.core.systems.bonds`); valences fill up what is open as multiple
bonds; what stays open is an unpaired electron or, where the whole has a charge, a formal charge. Names are RDKit's
canonical SMILES.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import Any

import numpy as np

from atomtug.core.arrays import Ints
from atomtug.core.systems.bonds import fragments, perceive_bonds
from atomtug.core.systems.fragments import CARBON, HYDROGEN, NITROGEN, fragment_name
from atomtug.core.systems.sites import neighbour_lists
from atomtug.core.systems.system import System

BORON, OXYGEN, FLUORINE, SILICON, PHOSPHORUS, SULFUR = 5, 8, 9, 14, 15, 16
_VALENCES: dict[int, tuple[int, ...]] = {
    HYDROGEN: (1,), BORON: (3,), CARBON: (4,), NITROGEN: (3,), OXYGEN: (2,), FLUORINE: (1,), SILICON: (4,),
    PHOSPHORUS: (3, 5), SULFUR: (2, 4, 6), 17: (1,), 32: (4,), 33: (3, 5), 34: (2, 4, 6), 35: (1,), 53: (1,),
    3: (1,), 11: (1,), 19: (1,), 37: (1,), 12: (2,), 20: (2,), 13: (3,),
}  # fmt: skip
"""Element -> bonds that it makes; of others nothing is known."""
_TAKES = [FLUORINE, OXYGEN, 17, NITROGEN, 35, 53, SULFUR, 34, CARBON, HYDROGEN, PHOSPHORUS, SILICON, BORON]
"""Elements in falling electronegativity (Pauling's): who takes an electron first, and gives one last."""
_METALS = (3, 11, 19, 37, 12, 20)
"""Lithium and the like, which give their electrons to what has one unpaired."""


@dataclass
class LewisStructure:
    """One way to draw some atoms.

    Args:
        numbers: (N,) atomic numbers
        orders: bonded pair i < j -> 1, 2 or 3
        charges: (N,) formal charges, e
        unpaired: (N,) unpaired electrons
    """

    numbers: Ints
    orders: dict[tuple[int, int], int]
    charges: list[int]
    unpaired: list[int]

    def multiple(self, atom: int) -> bool:
        """Whether an atom has a double or triple bond."""
        return any(order > 1 for pair, order in self.orders.items() if atom in pair)


def lewis_structure(numbers: Ints, bonds: Ints, charge: int = 0) -> LewisStructure:
    """How a chemist would draw these atoms.

    Args:
        numbers: (N,) atomic numbers
        bonds: (B, 2) who is bonded to whom
        charge: of the whole, e
    """
    neighbours = neighbour_lists(len(numbers), bonds)
    drawn = LewisStructure(
        numbers,
        {(min(i, j), max(i, j)): 1 for i, j in bonds.tolist()},
        [0] * len(numbers),
        [0] * len(numbers),
    )
    for atom, around in enumerate(neighbours):
        element, degree = int(numbers[atom]), len(around)
        known = _VALENCES.get(element, (degree,))
        drawn.unpaired[atom] = max(next((v for v in known if v >= degree), 0) - degree, 0)
        if degree == known[-1] + 1 and element in (NITROGEN, OXYGEN):
            drawn.charges[atom] = 1
        if degree == known[-1] + 1 and element in (BORON, PHOSPHORUS):
            drawn.charges[atom] = -1
    _fill_multiple_bonds(drawn, neighbours)
    _separate_charges(drawn, neighbours)
    _spread_charge(drawn, charge)
    return drawn


def _fill_multiple_bonds(drawn: LewisStructure, neighbours: Sequence[Sequence[int]]) -> None:
    """Pair unpaired electrons of bonded atoms, those first that have the fewest partners to choose among."""
    free = drawn.unpaired

    def partners(atom: int) -> list[int]:
        if not free[atom]:
            return []
        return [other for other in neighbours[atom] if free[other] and drawn.orders[_pair(atom, other)] < 3]

    # Each entry is true for as long as the number of partners is: when that falls, another is added.
    waiting = [(len(partners(atom)), atom) for atom, left in enumerate(free) if left]
    heapify(waiting)
    while waiting:
        count, atom = heappop(waiting)
        around = partners(atom)
        if not around or len(around) != count:
            continue
        other = min(around, key=lambda each: (len(partners(each)), each))
        drawn.orders[_pair(atom, other)] += 1
        free[atom] -= 1
        free[other] -= 1
        for changed in {atom, other, *neighbours[atom], *neighbours[other]}:
            if free[changed]:
                heappush(waiting, (len(partners(changed)), changed))


def _separate_charges(drawn: LewisStructure, neighbours: Sequence[Sequence[int]]) -> None:
    """Nitro groups, ozone, azides, sulfones, carbon monoxide and isocyanides: no radicals, whatever valences say."""
    numbers, free = drawn.numbers, drawn.unpaired
    for middle, around in enumerate(neighbours):
        ends = [atom for atom in around if free[atom] and numbers[atom] in (NITROGEN, OXYGEN, SULFUR)]
        if len(ends) >= 2 and not free[middle]:
            first, second = ends[:2]
            drawn.orders[_pair(middle, first)] += 1
            free[first] -= 1
            free[second] -= 1
            if numbers[middle] in (PHOSPHORUS, SULFUR, 34):
                drawn.orders[_pair(middle, second)] += 1
            elif numbers[middle] in (NITROGEN, OXYGEN) and not drawn.charges[middle]:
                drawn.charges[middle], drawn.charges[second] = 1, -1
            else:
                drawn.orders[_pair(middle, first)] -= 1
                free[first] += 1
                free[second] += 1
        if numbers[middle] == NITROGEN and free[middle] == 2 and len(around) == 1:
            (other,) = around
            if numbers[other] == NITROGEN and not drawn.charges[other] and drawn.multiple(other):
                drawn.orders[_pair(middle, other)], free[middle] = 2, 0
                drawn.charges[middle], drawn.charges[other] = -1, 1
        if numbers[middle] == CARBON and free[middle] == 2 and len(around) == 1:
            (other,) = around
            pair = _pair(middle, other)
            if numbers[other] in (NITROGEN, OXYGEN) and drawn.orders[pair] == 2 and not drawn.charges[other]:
                drawn.orders[pair], free[middle] = 3, 0
                drawn.charges[middle], drawn.charges[other] = -1, 1


def _spread_charge(drawn: LewisStructure, charge: int) -> None:
    """Give what is left of the charge of the whole to atoms with unpaired electrons; then metals give theirs."""
    free = drawn.unpaired
    takes = {element: rank for rank, element in enumerate(_TAKES)}
    ranked = sorted(
        (atom for atom, left in enumerate(free) if left),
        key=lambda atom: takes.get(int(drawn.numbers[atom]), len(takes)),
    )

    def change(atom: int, sign: int) -> None:
        drawn.charges[atom] += sign
        free[atom] -= 1

    left = charge - sum(drawn.charges)
    for atom in ranked if left < 0 else reversed(ranked):
        for _ in range(min(free[atom], abs(left))):
            change(atom, 1 if left > 0 else -1)
            left -= 1 if left > 0 else -1
    metals = [atom for atom, number in enumerate(drawn.numbers) if number in _METALS]
    takers = (atom for atom in ranked if drawn.numbers[atom] not in _METALS for _ in range(free[atom]))
    givers = (metal for metal in metals for _ in range(free[metal]))
    for metal, taker in list(zip(givers, takers, strict=False)):
        change(metal, 1)
        change(taker, -1)


def as_rdkit(drawn: LewisStructure) -> Any:
    """The :class:`rdkit.Chem.Mol` of a drawing, all hydrogens as atoms, each atom at its own index."""
    from rdkit import Chem, rdBase

    molecule = Chem.RWMol()
    for number, charge, free in zip(drawn.numbers, drawn.charges, drawn.unpaired, strict=True):
        atom = Chem.Atom(int(number))
        atom.SetFormalCharge(charge)
        atom.SetNumRadicalElectrons(free)
        atom.SetNoImplicit(True)
        molecule.AddAtom(atom)
    kinds = {1: Chem.BondType.SINGLE, 2: Chem.BondType.DOUBLE, 3: Chem.BondType.TRIPLE}
    for (i, j), order in drawn.orders.items():
        molecule.AddBond(i, j, kinds[order])
    with rdBase.BlockLogs():
        # Halfway through a reaction valences may be broken: then as much as can be had.
        Chem.SanitizeMol(molecule, catchErrors=True)
    return molecule.GetMol()


def smiles_of(numbers: Ints, bonds: Ints, charge: int = 0) -> str:
    """Canonical SMILES of some atoms, molecules parted by dots, hydrogens implied.

    Args:
        numbers: (N,) atomic numbers
        bonds: (B, 2) who is bonded to whom
        charge: of the whole, e
    """
    from rdkit import Chem, rdBase

    with rdBase.BlockLogs():
        molecule = as_rdkit(lewis_structure(numbers, bonds, charge))
        written = str(Chem.MolToSmiles(Chem.RemoveHs(molecule, sanitize=False)))
        again = Chem.MolFromSmiles(written)
        return written if again is None else str(Chem.MolToSmiles(again))


def species(numbers: Ints, bonds: Ints, charge: int = 0) -> list[str]:
    """What the molecules are called, in the order of their first atoms, ions with their sign: ``CH4``, ``OH-``.

    Of several molecules none has a sign where formal charges do not add up to the charge of the whole.

    Args:
        numbers: (N,) atomic numbers
        bonds: (B, 2) who is bonded to whom
        charge: of the whole, e
    """
    drawn = lewis_structure(numbers, bonds, charge)
    parts = fragments(len(numbers), bonds)
    signed = sum(drawn.charges) == charge
    names = []
    for part in parts:
        own = charge if len(parts) == 1 else sum(drawn.charges[atom] for atom in part) if signed else 0
        sign = "" if not own else ("+" if own > 0 else "-") * abs(own)
        names.append(fragment_name(numbers, part, bonds) + sign)
    return names


def molecules_of(system: System) -> str:
    """The molecules of a system as it starts, ions with their sign: ``CH3Cl + F-``."""
    bonds = perceive_bonds(system.numbers, system.positions)
    return " + ".join(species(system.numbers, bonds, system.charge))


@dataclass(frozen=True)
class Reaction:
    """What became of some molecules.

    Args:
        formulas: e.g. ``CH4 + OH -> CH3 + H2O``; without an arrow where nothing changed
        smiles: e.g. ``C.[OH]>>O.[CH3]``
        products: names of the molecules that were not there before
    """

    formulas: str
    smiles: str
    products: tuple[str, ...]

    @property
    def happened(self) -> bool:
        """Whether any bond was made or broken for good."""
        return bool(self.products)


def reaction_between(numbers: Ints, before: Ints, after: Ints, charge: int = 0) -> Reaction:
    """The reaction that leads from some bonds to others.

    Args:
        numbers: (N,) atomic numbers
        before: (B, 2) bonds at first
        after: (B, 2) bonds at last
        charge: of the whole, e
    """
    first, last = species(numbers, before, charge), species(numbers, after, charge)
    old = {(tuple(part), _within(part, before)) for part in fragments(len(numbers), before)}
    new = [(tuple(part), _within(part, after)) for part in fragments(len(numbers), after)]
    products = tuple(name for name, part in zip(last, new, strict=True) if part not in old)
    smiles = f"{smiles_of(numbers, before, charge)}>>{smiles_of(numbers, after, charge)}"
    arrow = f" -> {' + '.join(last)}" if products else ""
    return Reaction(" + ".join(first) + arrow, smiles, products)


def _within(part: Sequence[int], bonds: Ints) -> frozenset[tuple[int, int]]:
    inside = np.isin(bonds, list(part)).all(axis=1) if len(bonds) else np.zeros(0, dtype=bool)
    return frozenset(_pair(i, j) for i, j in bonds[inside].tolist())


def _pair(i: int, j: int) -> tuple[int, int]:
    return (i, j) if i < j else (j, i)

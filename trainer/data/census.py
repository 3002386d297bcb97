"""A census of local environments: which surroundings of atoms a molecule has, and how often data sets hold each.

A network potential whose descriptors end at a cutoff knows an atom by what lies around it. Environments that a large
molecule has and that no training geometry holds are what is missing from the training data.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ase.data import chemical_symbols

from atomtug.core.arrays import Floats, Ints
from atomtug.core.systems.bonds import perceive_bonds
from atomtug.core.systems.sites import neighbour_lists
from atomtug.trainer.data import Molecule

SHELLS = 2
"""Bonds from an atom to the farthest that are told apart: out to about 3.3 angstrom in alkanes."""


@dataclass(frozen=True)
class Census:
    """How often each environment is found.

    Args:
        wanted: environment -> atoms of the molecules asked about that have it
        held: name of a data set -> environment -> geometries with at least one such atom
    """

    wanted: Mapping[str, int]
    held: Mapping[str, Mapping[str, int]]

    def missing(self) -> list[str]:
        """Environments that no data set holds, the most frequent first."""
        known = set().union(*self.held.values()) if self.held else set()
        return [name for name in self.wanted if name not in known]


def take_census(
    wanted: Iterable[tuple[Ints, Floats]],
    data: Mapping[str, Iterable[Molecule]],
    shells: int = SHELLS,
) -> Census:
    """Count the environments of some molecules, and the geometries of data sets that hold them.

    Args:
        wanted: (N,) atomic numbers and (N, 3) positions in angstrom of each geometry asked about
        data: name -> molecules of a data set
        shells: how many bonds an environment reaches
    """
    asked: Counter[str] = Counter()
    for numbers, positions in wanted:
        asked.update(environments(numbers, positions, shells))
    held = {}
    for name, molecules in data.items():
        found: Counter[str] = Counter()
        for molecule in molecules:
            for positions in molecule.column("positions"):
                found.update(set(environments(molecule.numbers, positions, shells)))
        held[name] = found
    return Census(dict(asked.most_common()), held)


def environments(numbers: Ints, positions: Floats, shells: int = SHELLS) -> list[str]:
    """The environment of each heavy atom and of each hydrogen that is bonded to none.

    A carbon between a CH3 and a CH2 that goes on to a CH is ``CH2(CH2(CH), CH3)`` at two shells.

    Args:
        numbers: (N,) atomic numbers
        positions: (N, 3) angstrom
        shells: how many bonds it reaches
    """
    neighbours = neighbour_lists(len(numbers), perceive_bonds(numbers, positions))
    heavy = [[other for other in around if numbers[other] > 1] for around in neighbours]
    units = []
    for atom, around in enumerate(neighbours):
        hydrogens = len(around) - len(heavy[atom])
        suffix = "" if not hydrogens else "H" if hydrogens == 1 else f"H{hydrogens}"
        units.append(chemical_symbols[numbers[atom]] + suffix)

    def name(atom: int, before: int | None, left: int) -> str:
        branches = sorted(name(other, atom, left - 1) for other in heavy[atom] if other != before and left)
        return f"{units[atom]}({', '.join(branches)})" if branches else units[atom]

    return [name(atom, None, shells) for atom in range(len(numbers)) if numbers[atom] > 1 or not heavy[atom]]

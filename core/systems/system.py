"""A molecule or several, ready to be simulated: elements, geometry, charge, spin, names."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from ase.data import atomic_masses, atomic_numbers, chemical_symbols
from numpy.typing import NDArray

from atomtug.core.errors import InputError
from atomtug.core.systems.bonds import fragments, perceive_bonds
from atomtug.core.systems.fragments import atom_labels, hill_formula, name_atoms

CLOSEST = 0.4
"""Atoms nearer than this (angstrom) are a mistake in the file, not a geometry."""


@dataclass(frozen=True)
class System:
    """Atoms, where they start, and the charge and multiplicity they are simulated with.

    Args:
        name: for people and file names
        numbers: (N,) atomic numbers
        positions: (N, 3) starting geometry, angstrom
        charge: total charge, e
        multiplicity: 2S + 1
        masses: (N,) amu; empty for the elements' own
        notes: sentences on what was taken from the file, what was guessed and what was changed
        drawn: whether the geometry is only a conformer of a drawing, which the engine relaxes before it starts

    Raises:
        InputError: the atoms can't be simulated as given (none, NaN, overlapping, impossible spin)
    """

    name: str
    numbers: NDArray[np.int64]
    positions: NDArray[np.float64]
    charge: int = 0
    multiplicity: int = 1
    masses: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    notes: tuple[str, ...] = ()
    drawn: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "numbers", np.asarray(self.numbers, dtype=np.int64))
        object.__setattr__(self, "positions", np.asarray(self.positions, dtype=np.float64))
        _check(self)
        masses = self.masses if len(self.masses) else atomic_masses[self.numbers]
        object.__setattr__(self, "masses", np.asarray(masses, dtype=np.float64))
        _check_masses(self)

    @property
    def symbols(self) -> list[str]:
        """(N,) chemical symbols."""
        return [chemical_symbols[z] for z in self.numbers]

    @property
    def formula(self) -> str:
        """Formula of each fragment, e.g. ``CH4 + CN``."""
        return " + ".join(self.residue_names)

    @cached_property
    def residues(self) -> list[list[int]]:
        """The fragments of the starting geometry, each a sorted list of atom indices."""
        return fragments(len(self.numbers), perceive_bonds(self.numbers, self.positions))

    @cached_property
    def residue_names(self) -> list[str]:
        """A short name for each fragment: its formula, e.g. ``CH4`` and ``CN``."""
        symbols = self.symbols
        return [hill_formula(symbols[i] for i in part) for part in self.residues]

    @cached_property
    def residue_indices(self) -> list[int]:
        """(N,) which of :attr:`residues` each atom belongs to."""
        home = {atom: number for number, part in enumerate(self.residues) for atom in part}
        return [home[atom] for atom in range(len(self.numbers))]

    @cached_property
    def atom_names(self) -> list[str]:
        """(N,) symbol and place within the fragment: ``C1``, ``H4``; bare if alone of its element."""
        return name_atoms(self.symbols, self.residues)

    @cached_property
    def atom_labels(self) -> list[str]:
        """(N,) the same, with the formula in front in all but the largest fragment: ``H4``, ``CN:C``."""
        return atom_labels(self.atom_names, self.residue_indices, self.residue_names)

    def with_positions(self, positions: NDArray[np.float64]) -> "System":
        """The same system starting from another geometry, (N, 3) angstrom."""
        return replace(self, positions=positions)


def _check(system: System) -> None:
    count = len(system.numbers)
    if count == 0:
        raise InputError(f"{system.name} has no atoms: give a geometry with at least one.")
    if system.positions.shape != (count, 3):
        raise InputError(
            f"{system.name} has {count} atoms but positions of shape {system.positions.shape}: "
            f"they must be ({count}, 3)."
        )
    if np.any(system.numbers < 1) or np.any(system.numbers >= len(atomic_numbers)):
        raise InputError(f"{system.name} holds an atom that is no chemical element: check its symbols.")
    if not np.all(np.isfinite(system.positions)):
        raise InputError(f"{system.name} has a coordinate that is not a number: check the file.")
    if count > 1:
        distances = np.linalg.norm(system.positions[:, None] - system.positions[None], axis=-1)
        np.fill_diagonal(distances, np.inf)
        i, j = np.unravel_index(np.argmin(distances), distances.shape)
        if distances[i, j] < CLOSEST:
            raise InputError(
                f"In {system.name}, atoms {i} and {j} are {distances[i, j]:.2f} angstrom apart: "
                f"no two may be nearer than {CLOSEST}; check the file "
                f"(is it in angstrom? --unit nm reads nanometres)."
            )
    electrons = int(system.numbers.sum()) - system.charge
    if system.multiplicity < 1 or electrons < 0 or (electrons + system.multiplicity) % 2 == 0:
        raise InputError(
            f"{system.name} with charge {system.charge} has {electrons} electrons, which can't have "
            f"multiplicity {system.multiplicity}: use --charge and --multiplicity to say what it is "
            f"(an {'odd' if electrons % 2 else 'even'} number of electrons needs an "
            f"{'even' if electrons % 2 else 'odd'} multiplicity)."
        )
    if system.multiplicity - 1 > electrons:
        raise InputError(
            f"{system.name} has {electrons} electrons: too few for multiplicity {system.multiplicity}."
        )


def _check_masses(system: System) -> None:
    if system.masses.shape != system.numbers.shape:
        raise InputError(f"{system.name} has {len(system.numbers)} atoms but {len(system.masses)} masses.")
    if not np.all(np.isfinite(system.masses) & (system.masses > 0)):
        raise InputError(f"{system.name} has a mass that is not a positive number: check the file.")

"""What a label is computed with, and what a label is."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import numpy as np

from atomtug.core.arrays import Floats, Ints
from atomtug.core.ase_names import ASE_PREFIX, parse_ase_name
from atomtug.core.errors import InputError

DEFAULT_GRID = "30x194,50x302"
"""Errors in forces as PySCF's level 3 has, with half its points; docs/labels.md has the figures."""


@dataclass(frozen=True)
class Theory:
    """A level of theory: spin-unrestricted Kohn-Sham with density fitting, or an ASE calculator.

    Args:
        functional: as PySCF and libxc name it
        basis: as PySCF names it
        auxbasis: the fitting basis; empty for PySCF's choice for the functional and basis
        grid: PySCF's level, ``0`` to ``9``, or radial x angular points for each period of the table, the last
            standing for all that follow
        calculator: empty; of labels by an ASE calculator its name with its arguments, and all else is empty, see
            :meth:`by_calculator`

    Raises:
        InputError: the grid can't be understood
    """

    functional: str = "pbe"
    basis: str = "def2-tzvp"
    auxbasis: str = ""
    grid: str = DEFAULT_GRID
    calculator: str = ""

    def __post_init__(self) -> None:
        if not self.calculator:
            self.atom_grid(1)

    @classmethod
    def by_calculator(cls, name: str) -> Self:
        """That of an ASE calculator, however the JSON of its arguments is written.

        Args:
            name: such as ``ase:tblite.ase.TBLite?{"method": "GFN2-xTB"}``

        Raises:
            InputError: it is no such name
        """
        path, arguments = parse_ase_name(name)
        written = f"?{json.dumps(arguments, sort_keys=True)}" if arguments else ""
        return cls("", "", "", "", f"{ASE_PREFIX}{path}{written}")

    def atom_grid(self, number: int) -> int | tuple[int, int]:
        """PySCF's grid level, or how many radial and angular points an atom of this number gets.

        Raises:
            InputError: the grid is none
        """
        try:
            if self.grid.isdecimal():
                if not 0 <= int(self.grid) <= 9:
                    raise ValueError
                return int(self.grid)
            choices = [part.split("x") for part in self.grid.split(",")]
            pairs = [(int(radial), int(angular)) for radial, angular in choices]
        except ValueError:
            raise InputError(
                f"{self.grid!r} is no grid: use a level from 0 to 9, or radial x angular points for each "
                f"period, such as {DEFAULT_GRID}."
            ) from None
        period = int(np.searchsorted([2, 10, 18, 36, 54, 86], number))
        return pairs[min(period, len(pairs) - 1)]

    def to_json(self) -> str:
        """As it is kept in a data set."""
        values = asdict(self)
        # Files of Kohn-Sham labels stay as they always were.
        if not self.calculator:
            del values["calculator"]
        return json.dumps(values, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What :meth:`to_json` wrote."""
        values: dict[str, Any] = json.loads(text)
        return cls(**values)

    def __str__(self) -> str:
        return self.calculator or f"{self.functional.upper()}/{self.basis} (grid {self.grid})"


@dataclass(frozen=True)
class Label:
    """Energy and forces of one geometry, and how they came about.

    Args:
        energy: eV; NaN when it failed
        forces: (N, 3) eV/angstrom; NaN when it failed
        spin_square: expectation value of S^2
        cycles: potentials made, over all attempts
        converged: False is a failed label
        method: which way led to it: ``fast``, ``pyscf``, ``pyscf level shift``, ...
        seconds: it took
        reason: why it failed, or why the ways before ``method`` did
        charges: (N,) of each atom by Löwdin's analysis, elementary charges
        spins: (N,) alpha minus beta electrons of each atom, likewise
        fragment: (N,) which fragment each atom belongs to, counted from 0
        gap: eV from the highest occupied to the lowest empty orbital of the same spin, the smaller of the two spins'
        check: what a calculation with a range-separated hybrid said of the state; empty if there was none
        contradicted: whether it found another state
    """

    energy: float
    forces: Floats
    spin_square: float
    cycles: int
    converged: bool
    method: str
    seconds: float = 0.0
    reason: str = field(default="")
    charges: Floats | None = None
    spins: Floats | None = None
    fragment: Ints | None = None
    gap: float = float("nan")
    check: str = ""
    contradicted: bool = False

    @classmethod
    def failed(cls, atoms: int, reason: str, cycles: int = 0, seconds: float = 0.0) -> Self:
        """A geometry without a label, and why."""
        nothing = np.full((atoms, 3), np.nan)
        return cls(np.nan, nothing, np.nan, cycles, False, "", seconds, reason)

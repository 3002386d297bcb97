"""The labelled geometries of one set of atoms, as columns."""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from ase.data import chemical_symbols
from numpy.typing import NDArray

from atomtug.core.arrays import Floats, Ints
from atomtug.trainer.data.quantities import BY_FIELD, QUANTITIES, Values

Texts = NDArray[np.object_]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Molecule:
    """All geometries of one set of atoms; n geometries, N atoms.

    Args:
        name: in the data set
        numbers: (N,) atomic numbers
        charge: e
        multiplicity: 2S + 1
        positions: (n, N, 3) angstrom
        energies: (n,) total energies, eV; NaN where the label failed
        forces: (n, N, 3) eV/angstrom; NaN where there are none
        trajectory: (n,) place of the trajectory in :attr:`DataSet.trajectories`, -1 for none
        frame: (n,) place in the trajectory, -1 where it is not known
        converged: (n,) False for a failed label
        spin_square: (n,) expectation value of S^2
        cycles: (n,) of the self-consistent field, over all attempts
        method: (n,) which way led to the label
        reason: (n,) why it failed, or why attempts before the last did
        charges: (n, N) of each atom by Löwdin's analysis, elementary charges; NaN where unknown
        spins: (n, N) alpha minus beta electrons of each atom, likewise
        fragment: (n, N) which fragment an atom belongs to, -1 where unknown
        gap: (n,) frontier gap, eV, NaN where unknown
        check: (n,) what a calculation with a range-separated hybrid said of the state; empty where none was made
        odd_state: (n,) why the state is not that of the trajectory; empty where it is
        seconds: (n,) of one core
        engine: (n,) the engine of the recording
        engine_energies: (n,) by that engine, eV, NaN where unknown
        engine_forces: (n, N, 3) by that engine, eV/angstrom, likewise
    """

    name: str
    numbers: Ints
    charge: int
    multiplicity: int
    positions: Floats
    energies: Floats
    forces: Floats
    trajectory: Ints
    frame: Ints
    converged: Flags
    spin_square: Floats
    cycles: Ints
    method: Texts
    reason: Texts
    charges: Floats
    spins: Floats
    fragment: Ints
    gap: Floats
    check: Texts
    odd_state: Texts
    seconds: Floats
    engine: Texts
    engine_energies: Floats
    engine_forces: Floats

    @classmethod
    def build(
        cls,
        name: str,
        numbers: Ints,
        charge: int,
        multiplicity: int,
        *,
        positions: Floats | None = None,
        energies: Floats | None = None,
        forces: Floats | None = None,
        trajectory: Ints | None = None,
        frame: Ints | None = None,
        converged: Flags | None = None,
        spin_square: Floats | None = None,
        cycles: Ints | None = None,
        method: Texts | None = None,
        reason: Texts | None = None,
        charges: Floats | None = None,
        spins: Floats | None = None,
        fragment: Ints | None = None,
        gap: Floats | None = None,
        check: Texts | None = None,
        odd_state: Texts | None = None,
        seconds: Floats | None = None,
        engine: Texts | None = None,
        engine_energies: Floats | None = None,
        engine_forces: Floats | None = None,
    ) -> Self:
        """A molecule of what is known; what is left out is filled with "unknown" (NaN, -1, empty text, False)."""
        given = {
            "positions": positions, "energies": energies, "forces": forces, "trajectory": trajectory,
            "frame": frame, "converged": converged, "spin_square": spin_square, "cycles": cycles,
            "method": method, "reason": reason, "charges": charges, "spins": spins, "fragment": fragment,
            "gap": gap, "check": check, "odd_state": odd_state, "seconds": seconds, "engine": engine,
            "engine_energies": engine_energies,
            "engine_forces": engine_forces,
        }  # fmt: skip
        numbers = np.asarray(numbers, dtype=np.int64)
        rows = 0 if positions is None else len(positions)
        columns: dict[str, Any] = {}
        for quantity in QUANTITIES:
            values = given[quantity.field]
            columns[quantity.field] = (
                quantity.empty(rows, len(numbers))
                if values is None
                else np.asarray(values, quantity.dtype).reshape(quantity.shape(rows, len(numbers)))
            )
        return cls(name, numbers, charge, multiplicity, **columns)

    def __len__(self) -> int:
        return len(self.energies)

    def column(self, field: str) -> Values:
        """The array of a field of :data:`atomtug.trainer.data.quantities.QUANTITIES`."""
        values: Values = getattr(self, BY_FIELD[field].field)
        return values

    @property
    def labelled(self) -> NDArray[np.bool_]:
        """(n,) whether there is an energy to learn from."""
        return np.asarray(self.converged & np.isfinite(self.energies), np.bool_)

    @property
    def learnable(self) -> NDArray[np.bool_]:
        """(n,) whether there is an energy to learn from, of the electronic state of the trajectory."""
        return np.asarray(self.labelled & (self.odd_state == ""), np.bool_)

    @property
    def with_forces(self) -> NDArray[np.bool_]:
        """(n,) whether there are forces to learn from, too."""
        finite: Flags = np.all(np.isfinite(self.forces), axis=(1, 2))
        return np.asarray(self.labelled & finite, np.bool_)

    @property
    def symbols(self) -> list[str]:
        """(N,) chemical symbols."""
        return [chemical_symbols[number] for number in self.numbers]

    def subset(self, which: Flags | Ints) -> Self:
        """Some of the geometries, by mask or index."""
        columns: dict[str, Any] = {field: self.column(field)[which] for field in BY_FIELD}
        return replace(self, **columns)

    def joined(self, other: "Molecule") -> Self:
        """The geometries of both, these first."""
        columns: dict[str, Any] = {
            field: np.concatenate([self.column(field), other.column(field)]) for field in BY_FIELD
        }
        return replace(self, **columns)

    def same_atoms(self, numbers: Ints, charge: int, multiplicity: int) -> bool:
        """Whether geometries of these atoms belong here."""
        return (
            np.array_equal(self.numbers, numbers)
            and self.charge == charge
            and self.multiplicity == multiplicity
        )

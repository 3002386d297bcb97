"""What a data set holds for every geometry, and how the file states it: names, types, units.

In memory energies are eV and forces eV/angstrom. The file states hartree and hartree/bohr; the conversion is here and
nowhere else.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atomtug.core.arrays import Floats
from atomtug.core.units import BOHR, HARTREE

Values = NDArray[np.generic]
"""One value, or one (N,) or (N, 3) array, for each geometry."""


@dataclass(frozen=True)
class Quantity:
    """One quantity, known once for each geometry.

    Args:
        name: the array's name in the file
        field: the name of its field of :class:`atomtug.trainer.data.Molecule`
        dtype: as numpy writes it; ``O`` for text
        unit: the file's; empty for a pure number
        factor: from the file's unit to ours
        per_atom: how many values there are for each atom; 0 for a single value
        absent: the value where there is none
        optional: left out of the file of a molecule that has none
        meaning: kept with it in the file
    """

    name: str
    field: str
    dtype: str
    unit: str = ""
    factor: float = 1.0
    per_atom: int = 0
    absent: float | int | bool | str = np.nan
    optional: bool = False
    meaning: str = ""

    def shape(self, rows: int, atoms: int) -> tuple[int, ...]:
        """The shape of the array of so many geometries."""
        if self.per_atom == 0:
            return (rows,)
        return (rows, atoms) if self.per_atom == 1 else (rows, atoms, self.per_atom)

    def empty(self, rows: int, atoms: int) -> Values:
        """The array of so many geometries without this quantity."""
        return np.full(self.shape(rows, atoms), self.absent, dtype=self.dtype)

    def stored(self, values: Values) -> bool:
        """Whether a file holds an array of these values: the optional ones only where something is known."""
        if not self.optional:
            return True
        unknown = np.isnan(values) if self.dtype == "f8" else values == self.absent
        return not bool(np.all(unknown))

    def from_file(self, values: Values) -> Values:
        """The file's array in our unit."""
        return values if self.factor == 1.0 else np.asarray(values, np.float64) * self.factor

    def to_file(self, values: Values) -> Values:
        """Our array in the file's unit, such that :meth:`from_file` gives back the same to the last bit.

        A quotient is rounded, so its product with the factor can miss by a bit: the neighbouring numbers are tried.
        """
        if self.factor == 1.0:
            return values
        ours = np.asarray(values, np.float64)
        theirs: Floats = ours / self.factor
        for towards in (np.inf, -np.inf):
            near = np.nextafter(theirs, towards)
            theirs = np.where((theirs * self.factor != ours) & (near * self.factor == ours), near, theirs)
        return theirs


_FORCE = HARTREE / BOHR

QUANTITIES = (
    Quantity("positions", "positions", "f8", "angstrom", per_atom=3),
    Quantity(
        "energy", "energies", "f8", "hartree", HARTREE, meaning="total energy; NaN where the label failed"
    ),
    Quantity(
        "forces", "forces", "f8", "hartree/bohr", _FORCE, per_atom=3, meaning="NaN where there are none"
    ),
    Quantity(
        "trajectory", "trajectory", "i8", absent=-1,
        meaning="row of /trajectories; frames of one stay together in splits",
    ),
    Quantity("frame", "frame", "i8", absent=-1, meaning="place in the recording"),
    Quantity("converged", "converged", "?", absent=False, meaning="false is a failed label; see reason"),
    Quantity("spin_square", "spin_square", "f8", meaning="expectation value of S^2"),
    Quantity(
        "cycles", "cycles", "i8", absent=0, meaning="of the self-consistent field, over all attempts"
    ),
    Quantity("method", "method", "O", absent="", meaning="which way led to the label"),
    Quantity(
        "reason", "reason", "O", absent="", meaning="why it failed, or why attempts before the last did"
    ),
    Quantity(
        "charges", "charges", "f8", "e", per_atom=1, optional=True,
        meaning="of each atom, by Loewdin's analysis",
    ),
    Quantity(
        "spins", "spins", "f8", per_atom=1, optional=True,
        meaning="alpha minus beta electrons of each atom, likewise",
    ),
    Quantity(
        "fragment", "fragment", "i8", per_atom=1, absent=-1, optional=True,
        meaning="which fragment an atom belongs to; sums of charges and spins over one tell the electronic state",
    ),
    Quantity(
        "gap", "gap", "f8", "hartree", HARTREE, optional=True,
        meaning="from the highest occupied to the lowest empty orbital of one spin, the smaller of both spins'",
    ),
    Quantity(
        "check", "check", "O", absent="", optional=True,
        meaning="what a calculation with a range-separated hybrid said of the electronic state",
    ),
    Quantity(
        "odd_state", "odd_state", "O", absent="", optional=True,
        meaning="why the electronic state is not that of the trajectory; such a label is not learned from",
    ),
    Quantity("seconds", "seconds", "f8", "s", meaning="of one core"),
    Quantity("engine", "engine", "O", absent="", meaning="the engine of the recording"),
    Quantity(
        "engine_energy", "engine_energies", "f8", "hartree", HARTREE,
        meaning="by the engine, for the same geometry",
    ),
    Quantity(
        "engine_forces", "engine_forces", "f8", "hartree/bohr", _FORCE, per_atom=3,
        meaning="by the engine, for the same geometry",
    ),
)  # fmt: skip

BY_FIELD = {quantity.field: quantity for quantity in QUANTITIES}
BY_NAME = {quantity.name: quantity for quantity in QUANTITIES}

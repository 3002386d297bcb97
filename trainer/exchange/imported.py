"""What a file from elsewhere holds, before its units are checked and it becomes a data set."""

from dataclasses import dataclass, field
from typing import NamedTuple

from atomtug.core.arrays import Floats, Ints


class ImportedGeometry(NamedTuple):
    """One geometry of N atoms, in the file's units.

    ``energy`` is NaN and ``forces`` None where there are none; ``trajectory`` and ``molecule`` are empty where the
    file doesn't say; ``frame`` is the place in the trajectory; ``odd_state`` is why the electronic state is not that
    of the trajectory, as our own exports say it.
    """

    numbers: Ints
    positions: Floats
    energy: float
    forces: Floats | None
    charge: int
    multiplicity: int
    molecule: str
    trajectory: str
    frame: int
    spin_square: float = float("nan")
    odd_state: str = ""


@dataclass
class Imported:
    """The geometries of a file, and what their numbers are in.

    Args:
        geometries: in the order of the file
        energy_unit: what the format has, or the file says
        force_unit: likewise; None where it is to be found from the energies
        position_unit: likewise
        said: whether the file itself says its units
        energy_key: the name under which the energies are; empty if there are none
        forces_key: likewise
        others: further names in the file, for who looks for them
        notes: sentences on what was taken
    """

    geometries: list[ImportedGeometry]
    energy_unit: str
    force_unit: str | None
    position_unit: str = "angstrom"
    said: bool = False
    energy_key: str = ""
    forces_key: str = ""
    others: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ReadOptions:
    """How a file from elsewhere is read.

    Args:
        check_units: refuse numbers that can't be in the units they should be in
        energy_key: the name of the energies, where it is none of the known ones
        forces_key: likewise of the forces
        energy_unit: what the energies are in, where it is not the format's unit
        force_unit: likewise of the forces
        position_unit: likewise of the positions
        gradients: the forces have the opposite sign
        energies_needed: refuse a file in which no geometry has an energy
    """

    check_units: bool = True
    energy_key: str | None = None
    forces_key: str | None = None
    energy_unit: str | None = None
    force_unit: str | None = None
    position_unit: str | None = None
    gradients: bool = False
    energies_needed: bool = True

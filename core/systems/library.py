"""Systems by name or from a file."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atomtug.core.errors import InputError
from atomtug.core.systems.plain_xyz import read_plain
from atomtug.core.systems.system import System


@dataclass(frozen=True)
class BuiltIn:
    """A system that ships with atomtug."""

    name: str
    title: str


BUILT_IN = (
    BuiltIn("methane", "methane + CN"),
    BuiltIn("ethane", "ethane + CN"),
    BuiltIn("isobutane", "isobutane (2-methylpropane) + CN"),
    BuiltIn("isopentane", "isopentane (2-methylbutane) + CN"),
    BuiltIn("2-isohexane", "2-methylpentane + CN"),
    BuiltIn("3-isohexane", "3-methylpentane + CN"),
    BuiltIn("squalane", "squalane (2,6,10,15,19,23-hexamethyltetracosane) + CN"),
)
"""The alkanes of the paper, each with a CN radical (doublet, no charge)."""

EXTENSIONS = (".xyz", ".extxyz")


def load_system(source: str, charge: int | None = None, multiplicity: int | None = None) -> System:
    """A system by name, or from an ``.xyz``/``.extxyz`` file.

    Args:
        source: a name of :data:`BUILT_IN`, or a path
        charge: total charge; by default what an extended XYZ file says, else 0
        multiplicity: 2S + 1; by default what the file says, else the lowest the electrons allow

    Raises:
        InputError: no such system or file, or its atoms can't be simulated as asked
    """
    if source in {entry.name for entry in BUILT_IN}:
        with resources.as_file(resources.files(__package__) / f"{source}.xyz") as path:
            return _read(path, source, charge, multiplicity)
    path = Path(source)
    if path.suffix.lower() not in EXTENSIONS:
        names = ", ".join(entry.name for entry in BUILT_IN)
        raise InputError(
            f"There is no system called {source!r}: use one of {names}, or the path of an .xyz file."
        )
    if not path.is_file():
        raise InputError(f"There is no file {source}: check the path.")
    return _read(path, path.stem, charge, multiplicity)


def describe() -> list[tuple[str, str, int, str]]:
    """Name, title, number of atoms and formula of each built-in system."""
    rows = []
    for entry in BUILT_IN:
        system = load_system(entry.name)
        rows.append((entry.name, entry.title, len(system.numbers), system.formula))
    return rows


def _read(path: Path, name: str, charge: int | None, multiplicity: int | None) -> System:
    numbers, positions, info = _geometry(path)
    try:
        charge = _whole(info.get("charge", 0)) if charge is None else charge
        electrons = int(np.sum(numbers)) - charge
        if multiplicity is None:
            multiplicity = _whole(info.get("multiplicity", 1 + electrons % 2))
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"{path}: charge and multiplicity must be whole numbers.") from error
    return System(name, numbers, positions, charge, multiplicity)


def _geometry(path: Path) -> tuple[NDArray[np.int64], NDArray[np.float64], Mapping[str, Any]]:
    """Atomic numbers, positions (N, 3) angstrom, and the values that the comment line gives."""
    try:
        if plain := read_plain(path.read_text(encoding="utf-8")):
            return plain
        import ase.io

        atoms = ase.io.read(path, index=0, format="extxyz")
    except Exception as error:  # ASE raises whatever its parser met
        raise InputError(
            f"{path} can't be read as XYZ ({error}): its first line is the number of atoms, "
            f"its second a comment, then a symbol and x y z in angstrom on each line."
        ) from error
    assert isinstance(atoms, ase.Atoms)  # one index, one geometry
    return atoms.numbers, atoms.positions, atoms.info


def _whole(value: Any) -> int:
    number = float(value)
    if number != int(number):
        raise ValueError(f"{value} is no whole number")
    return int(number)

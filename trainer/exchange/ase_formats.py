"""Extended XYZ files, ASE databases and trajectories, in ASE's units unless the file says others."""

import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import ase.io
import numpy as np
from ase import Atoms
from ase.db import connect

from atomtug.core.arrays import Floats
from atomtug.core.errors import InputError
from atomtug.core.systems.decoding import read_text
from atomtug.core.systems.electronic_state import read_state
from atomtug.core.systems.xyz import from_atoms, split, usual_rows
from atomtug.trainer.exchange.imported import Imported, ImportedGeometry, ReadOptions
from atomtug.trainer.exchange.keys import choose, is_key
from atomtug.trainer.exchange.names import molecule_name
from atomtug.trainer.exchange.units import ENERGIES, FORCES, POSITIONS, unit_name
from atomtug.trainer.exchange.writing import OURS


def read_ase(path: Path, kind: str, options: ReadOptions) -> Imported:
    """What a file holds that ASE reads.

    Frames without a trajectory's name are taken as one trajectory in the order of the file.

    Args:
        path: of the file
        kind: extxyz, ase (a database) or traj
        options: names of energies and forces

    Raises:
        InputError: it can't be read, or is periodic
    """
    units: dict[str, str] = {}
    try:
        if kind == "ase":
            images, units = _database(path)
        elif kind == "traj":
            images = _listed(ase.io.read(path, index=":", format="traj"))
        else:
            images = _extxyz(path)
    except InputError:
        raise
    except Exception as error:  # ASE raises whatever its parsers met
        raise InputError(f"{path} can't be read: {error or type(error).__name__}") from error
    periodic = sum(bool(atoms.pbc.any()) for atoms in images)
    if periodic:
        raise InputError(
            f"{path}: {periodic} of its {len(images)} geometries are periodic (pbc), and only molecules "
            f'without a cell can be learned from: write pbc="F F F" if each is one molecule, whole in its cell.'
        )
    scalars, vectors = _values(images)
    energy = choose(scalars, "energy", str(path), options.energy_key)
    forces = choose(vectors, "forces", str(path), options.forces_key, energy or "")
    forces = forces or choose(vectors, "gradient", str(path), None, energy or "")
    sign = -1.0 if forces and is_key(forces, "gradient") else 1.0
    starts = np.cumsum([0, *(len(atoms) for atoms in images)])
    geometries = []
    names: dict[tuple[str, bytes], str] = {}
    for number, atoms in enumerate(images):
        part = None if forces is None else sign * vectors[forces][starts[number] : starts[number + 1]]
        value = float("nan") if energy is None else float(scalars[energy][number])
        geometries.append(_geometry(atoms, number, path, value, part, names))
    return Imported(
        geometries,
        _unit(path, units, "energy", energy, ENERGIES, "eV"),
        _unit(path, units, "forces", forces, FORCES, "eV/angstrom"),
        _unit(path, units, "positions", "positions", POSITIONS, "angstrom"),
        said=energy in units,
        energy_key=energy or "",
        forces_key=forces or "",
        others=tuple(sorted({*scalars, *vectors})),
    )


def _listed(images: Any) -> list[Atoms]:
    return [images] if isinstance(images, Atoms) else list(images)


def _extxyz(path: Path) -> list[Atoms]:
    """By ASE; where it gives up, geometry by geometry, with labels and numbers put in the way that ASE knows.

    Raises:
        InputError: it is no XYZ file; the text names the line
    """
    try:
        images = _listed(ase.io.read(path, index=":", format="extxyz", do_not_split_by_at_sign=True))
        if images:
            return images
    except Exception:  # ASE raises whatever its parser met
        images = []
    try:
        for block in split(read_text(path)):
            rows = usual_rows(block.rows, block.line + 2)
            text = "\n".join([str(len(rows)), block.comment, *rows, ""])
            try:
                images += _listed(ase.io.read(io.StringIO(text), index=":", format="extxyz"))
            except Exception as error:  # ASE raises whatever its parser met
                raise ValueError(f"line {block.line + 1}: {error or type(error).__name__}") from error
    except (ValueError, OSError) as error:
        raise InputError(f"{path} can't be read as XYZ: {error}.") from error
    return images


def _database(path: Path) -> tuple[list[Atoms], dict[str, str]]:
    """The geometries of an ASE database, and the units that SchNetPack writes into one."""
    images = []
    with connect(path) as database:
        for row in database.select():
            atoms: Atoms = row.toatoms()
            # ASE puts the sum of initial charges in place of a value that is called charge.
            atoms.info = {key: vars(row).get(key, value) for key, value in row.key_value_pairs.items()}
            for name in ("trajectory", "molecule"):
                atoms.info[name] = str(atoms.info.get(name, "")).removeprefix(OURS)
            for name, value in (row.data or {}).items():
                array = np.asarray(value)
                if array.dtype.kind in "fiu" and array.shape == (len(atoms), 3):
                    atoms.arrays.setdefault(name, array.astype(np.float64))
                elif array.dtype.kind in "fiu" and array.size == 1:
                    atoms.info.setdefault(name, array.item())
            images.append(atoms)
        metadata = database.metadata
    units = {str(name): str(text) for name, text in dict(metadata.get("_property_unit_dict", {})).items()}
    if "_distance_unit" in metadata:
        units["positions"] = str(metadata["_distance_unit"])
    return images, units


def _unit(
    path: Path, units: Mapping[str, str], what: str, key: str | None, known: Mapping[str, float], default: str
) -> str:
    if key not in units:
        return default
    name = unit_name(units[str(key)], list(known))
    if name is None:
        raise InputError(f"{path}: {what} in {units[str(key)]}; one of {', '.join(known)} is needed.")
    return name


def _values(images: list[Atoms]) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """All numbers of the geometries (n,), and all vectors of their atoms (all atoms, 3), by name.

    They are NaN where a geometry lacks them.
    """
    scalars: dict[str, Floats] = {}
    vectors: dict[str, Floats] = {}
    atoms_before = np.cumsum([0, *(len(atoms) for atoms in images)])
    for number, atoms in enumerate(images):
        for name, value in _numbers_of(atoms):
            scalars.setdefault(name, np.full(len(images), np.nan))[number] = value
        place = slice(atoms_before[number], atoms_before[number + 1])
        for name, values in _vectors_of(atoms):
            vectors.setdefault(name, np.full((atoms_before[-1], 3), np.nan))[place] = values
    return scalars, vectors


def _numbers_of(atoms: Atoms) -> Iterator[tuple[str, float]]:
    # The results as they were stored: asking the calculator makes it compare geometries first.
    for name, value in (*atoms.info.items(), *getattr(atoms.calc, "results", {}).items()):
        single = value.item() if isinstance(value, np.ndarray) and value.size == 1 else value
        if isinstance(single, (int, float, np.number)) and not isinstance(single, (bool, np.bool_)):
            yield str(name), float(single)


def _vectors_of(atoms: Atoms) -> Iterator[tuple[str, Floats]]:
    for name, value in (*atoms.arrays.items(), *getattr(atoms.calc, "results", {}).items()):
        if (
            name != "positions"
            and np.shape(value) == (len(atoms), 3)
            and np.asarray(value).dtype.kind in "fiu"
        ):
            yield str(name), np.asarray(value, dtype=np.float64)


def _geometry(
    atoms: Atoms,
    number: int,
    path: Path,
    energy: float,
    forces: Floats | None,
    names: dict[tuple[str, bytes], str],
) -> ImportedGeometry:
    info, usual = from_atoms(atoms)
    numbers = np.asarray(atoms.numbers, dtype=np.int64)
    if np.any(numbers < 1):
        raise InputError(f"{path}: geometry {number + 1} has an atom that is no chemical element.")
    try:
        state = read_state(numbers, info=info, charges=usual.get("charges"), moments=usual.get("moments"))
    except ValueError as error:
        raise InputError(f"{path}, geometry {number + 1}: {error}.") from error
    said = _text(info.get("molecule", ""))
    kind = (said, numbers.tobytes())
    if kind not in names:
        names[kind] = molecule_name(said, numbers, atoms.positions)
    return ImportedGeometry(
        numbers,
        np.asarray(atoms.positions, dtype=np.float64),
        energy,
        forces,
        state.charge,
        state.multiplicity,
        names[kind],
        _text(info.get("trajectory", "")),
        _frame(info.get("frame"), number),
        _float(info.get("spin_square")),
        _text(info.get("odd_state", "")),
    )


def _text(value: Any) -> str:
    """A value of a comment line as text; ASE makes numbers and arrays of what looks like them."""
    return " ".join(map(str, np.ravel(value)))


def _frame(value: Any, number: int) -> int:
    """The place in the trajectory that ``frame`` says (``7``, ``f7``), else the place in the file."""
    digits = re.search(r"\d{1,15}", _text(value)) if value is not None else None
    return int(digits[0]) if digits else number


def _float(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")

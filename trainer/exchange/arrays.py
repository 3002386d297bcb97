"""Data sets as plain arrays: flat (the published layout, MD17), or in a group for each molecule (ANI, SPICE).

A file may hold ``xyz`` (n, N, 3), ``zs`` (n, N) or (N,), ``ene`` (n,), ``forces`` (n, N, 3), ``traj_idx`` (n,) and
``Filenumber`` (n,), under these names or others of :data:`~atomtug.trainer.exchange.keys.KEYS`. Smaller molecules are
padded with atoms of number 0 or -1. Elements may be numbers or symbols.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from atomtug.core.arrays import Floats, Ints
from atomtug.core.errors import InputError
from atomtug.core.systems.electronic_state import read_state, state_names
from atomtug.core.systems.elements import read_label
from atomtug.trainer.exchange.imported import Imported, ImportedGeometry, ReadOptions
from atomtug.trainer.exchange.keys import choose, is_key
from atomtug.trainer.exchange.names import molecule_name
from atomtug.trainer.exchange.units import ENERGIES, FORCES, POSITIONS, unit_name

Arrays = Mapping[str, NDArray[Any]]
_UNIT_KEYS = {"e_unit": "energy", "r_unit": "positions", "f_unit": "forces"}
"""Names by which sGDML says units in a .npz file."""


def read_hdf5(path: Path, options: ReadOptions) -> Imported:
    """What an HDF5 file holds: the arrays in its root, or those of each group with positions and elements.

    Raises:
        InputError: it can't be read, or the arrays don't fit each other
    """
    try:
        with h5py.File(path, "r") as file:
            if "recording" in str(file.attrs.get("format", "")):
                raise InputError(f"{path} is a recording: label it first, with `atomtug label`.")
            blocks = list(_blocks(file))
        units = _units(path, blocks)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(
            f"{path} can't be read as HDF5 ({error}), and its suffix is none of another format: see docs/files.md."
        ) from error
    if not blocks:
        with h5py.File(path, "r") as file:
            lost = [name for name in ("xyz", "zs", "ene") if name not in file]
        raise InputError(
            f"{path} is no data set: it has no {', '.join(lost)} (and it is not one of atomtug's)."
        )
    return _imported(path, [(name, arrays) for name, arrays, _ in blocks], units, "hartree", None, options)


def read_npz(path: Path, options: ReadOptions) -> Imported:
    """What a .npz file of MD17's or revised MD17's kind holds, in kcal/mol if it doesn't say.

    Raises:
        InputError: it can't be read, or the arrays don't fit each other
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files if not name.startswith("perms")}
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise InputError(f"{path} can't be read as .npz: {error}") from error
    except Exception as error:  # zipfile and zlib have exceptions of their own
        raise InputError(f"{path} can't be read as .npz: it is damaged ({error})") from error
    units = {}
    for key, quantity in _UNIT_KEYS.items():
        if key in arrays:
            units[next((name for name in arrays if is_key(name, quantity)), key)] = _text(arrays[key])  # type: ignore[arg-type]
    name = _text(arrays["name"]) if arrays.get("name") is not None and arrays["name"].ndim == 0 else ""
    kept = {key: values for key, values in arrays.items() if key not in _UNIT_KEYS and key != "name"}
    return _imported(path, [(name, kept)], units, "kcal/mol", "kcal/mol/angstrom", options)


def _units(path: Path, blocks: Sequence[tuple[str, Any, dict[str, Any]]]) -> dict[str, str]:
    """The units that the groups of a file state, by the arrays' names.

    Raises:
        InputError: groups state different units
    """
    units: dict[str, str] = {}
    for _, _, stated in blocks:
        for name, text in stated.items():
            unit = str(text.decode() if isinstance(text, bytes) else text)
            if units.setdefault(name, unit) != unit:
                raise InputError(
                    f"{path} has {name} in {units[name]} and in {unit}: put the groups of each unit in a file of "
                    f"their own."
                )
    return units


def _blocks(
    group: h5py.Group, name: str = ""
) -> Iterator[tuple[str, dict[str, NDArray[Any]], dict[str, Any]]]:
    """Name, arrays and units of each group that holds geometries."""
    arrays = {key: value for key, value in group.items() if isinstance(value, h5py.Dataset)}
    if any(is_key(key, "positions") for key in arrays) and any(is_key(key, "numbers") for key in arrays):
        units = {
            key: value.attrs[attribute]
            for key, value in arrays.items()
            for attribute in ("unit", "units")
            if attribute in value.attrs
        }
        yield name, {key: np.asarray(value[()]) for key, value in arrays.items()}, units
        return
    for key, value in group.items():
        if isinstance(value, h5py.Group):
            yield from _blocks(value, key)


def _imported(
    path: Path,
    blocks: list[tuple[str, Arrays]],
    units: Mapping[str, str],
    energy_default: str,
    force_default: str | None,
    options: ReadOptions,
) -> Imported:
    keys: dict[str, str] = {}
    geometries: list[ImportedGeometry] = []
    others: dict[str, None] = {}
    for name, arrays in blocks:
        where = f"{path}, {name}" if name and len(blocks) > 1 else str(path)
        others |= dict.fromkeys(arrays)
        geometries += _geometries(arrays, where, name, path, keys, options)
    return Imported(
        geometries,
        _unit(path, units, keys.get("energy", ""), ENERGIES, energy_default),
        _unit(path, units, keys.get("forces", ""), FORCES, force_default),
        _unit(path, units, keys["positions"], POSITIONS, "angstrom"),
        said=keys.get("energy", "") in units,
        energy_key=keys.get("energy", ""),
        forces_key=keys.get("forces", ""),
        others=tuple(others),
    )


def _unit(path: Path, units: Mapping[str, str], key: str, known: Mapping[str, float], default: Any) -> Any:
    if key not in units:
        return default
    name = unit_name(units[key], list(known))
    if name is None:
        raise InputError(f"{path}: {key} is in {units[key]}; one of {', '.join(known)} is needed.")
    return name


def _geometries(
    arrays: Arrays, where: str, name: str, path: Path, keys: dict[str, str], options: ReadOptions
) -> list[ImportedGeometry]:
    place = next((key for key in arrays if is_key(key, "positions")), None)
    if place is None:
        raise InputError(
            f"{where} is no data set: it has no xyz or other positions; it has {', '.join(arrays)}."
        )
    atoms = next((key for key in arrays if is_key(key, "numbers")), None)
    if atoms is None:
        raise InputError(f"{where} is no data set: it has no zs, the atomic numbers.")
    positions = _floats(arrays[place], where, place)
    positions = positions[None] if positions.ndim == 2 else positions
    if positions.ndim != 3 or positions.shape[2] != 3:
        raise InputError(f"{where}: {place} has the shape {positions.shape}, not (geometries, atoms, 3).")
    count, widest = positions.shape[:2]
    numbers = _numbers(arrays[atoms], where, atoms)
    if numbers.shape not in ((widest,), (1, widest), (count, widest)):
        raise InputError(
            f"{where}: {atoms} has the shape {numbers.shape}, where {place} calls for "
            f"{(count, widest)} or {(widest,)}."
        )
    numbers = np.broadcast_to(numbers, (count, widest))
    scalars = {key: values for key, values in arrays.items() if _is_column(values, count)}
    columns = {key: _floats(values, where, key).reshape(count) for key, values in scalars.items()}
    vectors = {
        key: _floats(values, where, key).reshape(positions.shape)
        for key, values in arrays.items()
        if key != place
        and values.dtype.kind in "fiu"
        and values.shape in (positions.shape, positions.shape[count == 1 :])
    }
    energy = choose(columns, "energy", where, options.energy_key)
    if energy is None and options.energies_needed and not any(is_key(key, "energy") for key in arrays):
        raise InputError(
            f"{where} is no data set: it has no ene or other energies; it has {', '.join(arrays)}: "
            f"name the energies with --energy-key."
        )
    for key, values in arrays.items():
        if energy is None and is_key(key, "energy"):
            raise InputError(
                f"{where}: {key} has the shape {values.shape}, where {place} calls for ({count},)."
            )
        if key not in vectors and values.ndim == 3 and (is_key(key, "forces") or is_key(key, "gradient")):
            raise InputError(
                f"{where}: {key} has the shape {values.shape}, where {place} calls for {positions.shape}."
            )
    forces = choose(vectors, "forces", where, options.forces_key, energy or "")
    forces = forces or choose(vectors, "gradient", where, None, energy or "")
    keys |= {"positions": place, "energy": energy or "", "forces": forces or ""}
    trajectory = columns.get("traj_idx", np.zeros(count)).astype(np.int64)
    frame = columns.get("Filenumber", np.arange(count)).astype(np.int64)
    sign = -1.0 if forces and is_key(forces, "gradient") else 1.0
    infos = state_names(columns) - {atoms}
    names: dict[tuple[bytes, int], str] = {}
    found = []
    for row in range(count):
        real = numbers[row] > 0
        mine, geometry = numbers[row][real], positions[row][real]
        kind = (mine.tobytes(), int(trajectory[row]))
        # Isomers can have the same list of atoms: each trajectory is looked at by itself.
        if kind not in names:
            names[kind] = molecule_name(name, mine, geometry)
        try:
            state = read_state(mine, info={key: columns[key][row] for key in infos})
        except ValueError as error:
            raise InputError(f"{where}, geometry {row}: {error}.") from error
        found.append(
            ImportedGeometry(
                mine,
                geometry,
                float(columns[energy][row]) if energy else float("nan"),
                sign * vectors[forces][row][real] if forces else None,
                state.charge,
                state.multiplicity,
                names[kind],
                f"{path.name}:{names[kind]}:{trajectory[row]}",
                int(frame[row]),
            )
        )
    return found


def _is_column(values: NDArray[Any], count: int) -> bool:
    return values.dtype.kind in "fiu" and values.size == count and values.shape[:1] in ((count,), ())


def _floats(values: NDArray[Any], where: str, key: str) -> Floats:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{where}: {key} holds something else than numbers.") from error


def _numbers(values: NDArray[Any], where: str, key: str) -> Ints:
    """Atomic numbers from numbers or symbols; empty text, 0 and negative numbers are padding."""
    if values.dtype.kind in "iuf":
        numbers = np.asarray(values, dtype=np.float64)
        if not np.all(np.isfinite(numbers)) or np.any(numbers > 118) or np.any(numbers != np.round(numbers)):
            raise InputError(f"{where}: {key} holds something else than atomic numbers.")
        return numbers.astype(np.int64)
    texts = [_text(value).strip() for value in values.ravel()]
    if values.ndim == 0 or (len(texts) and max(map(len, texts)) > 3):
        raise InputError(f"{where}: {key} holds something else than atomic numbers or symbols.")
    known: dict[str, int] = {"": 0, "0": 0, "-1": 0}
    for text in set(texts) - set(known):
        try:
            known[text] = read_label(text).number
        except ValueError as error:
            raise InputError(f"{where}: {key} holds something that is no element: {error}.") from error
    return np.array([known[text] for text in texts], dtype=np.int64).reshape(values.shape)


def _text(value: Any) -> str:
    item = value.item() if isinstance(value, (np.ndarray, np.generic)) else value
    return item.decode("utf-8", "replace") if isinstance(item, bytes) else str(item)

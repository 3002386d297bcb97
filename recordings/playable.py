"""Files that can be played: our recordings, NanoVer's and Narupa's, plain H5MD, extended XYZ, ASE's trajectories."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from atomtug.core.arrays import Floats, Ints
from atomtug.core.errors import RecordingError
from atomtug.core.units import NM_PER_ANGSTROM
from atomtug.recordings.export_topology import TOPOLOGY_SUFFIX
from atomtug.recordings.foreign import ForeignFrame, ForeignTrajectory
from atomtug.recordings.hands import hands_at
from atomtug.recordings.import_nanover import SUFFIX, read_nanover
from atomtug.recordings.import_narupa import FRAMES, STATE, is_narupa, read_narupa
from atomtug.recordings.layout import EVENTS
from atomtug.recordings.opening import COMPLAINTS
from atomtug.recordings.reader import Recording
from atomtug.wire.values import Value

Playable = Recording | ForeignTrajectory
H5MD_SUFFIXES = (".h5", ".h5md", ".hdf5")
XYZ_SUFFIXES = (".xyz", ".extxyz")
_ANGSTROM = {"Angstrom": 1.0, "angstrom": 1.0, "A": 1.0, "Å": 1.0, "nm": 1 / NM_PER_ANGSTROM}
"""Angstrom in each unit of length that H5MD files have."""


def open_playable(path: Path) -> Playable:
    """Open a file of any format that can be played; which one it is, its name and content say.

    Raises:
        RecordingError: it can't be read, or holds no frame
    """
    if path.name.lower().endswith(SUFFIX):
        return read_nanover(path)
    if path.suffix.lower() == STATE or is_narupa(path):
        return read_narupa(path)
    if path.suffix.lower() in XYZ_SUFFIXES:
        return _read_by_ase(path, "extxyz", "extended XYZ")
    if path.suffix.lower() == FRAMES:
        return _read_by_ase(path, "traj", "trajectory of ASE, Narupa or NanoVer")
    if path.suffix.lower() in H5MD_SUFFIXES and h5py.is_hdf5(path) and not _is_ours(path):
        return _read_h5md(path)
    recording = Recording(path)
    if len(recording) == 0:
        recording.close()
        raise RecordingError(f"{path} holds no frame: there is nothing to play.")
    return recording


def shared_state(playable: Playable, index: int) -> Mapping[str, Value]:
    """The keys of the shared state that clients had written when a frame was made.

    Raises:
        RecordingError: the file is damaged
    """
    if isinstance(playable, ForeignTrajectory):
        return playable.shared_state(index)
    return {**playable.people(index), **hands_at(playable, index)}


def _is_ours(path: Path) -> bool:
    """Whether it is a recording of ours, which has events, or may be a damaged one."""
    try:
        with h5py.File(path, "r") as file:
            return EVENTS in file or "particles" not in file
    except OSError:
        return True


def _read_by_ase(path: Path, form: str, title: str) -> ForeignTrajectory:
    from ase.io import iread

    numbers: Ints | None = None
    moments: list[ForeignFrame] = []
    notes: tuple[str, ...] = ()
    try:
        for atoms in iread(path, index=":", format=form):
            numbers = atoms.numbers if numbers is None else numbers
            if not np.array_equal(numbers, atoms.numbers):
                notes = (f"Another molecule follows after frame {len(moments) - 1}: it is not played.",)
                break
            known: dict[str, Any] = {} if atoms.calc is None else atoms.calc.results
            velocities = atoms.get_velocities() if "momenta" in atoms.arrays else None
            moments.append(
                ForeignFrame(
                    atoms.positions,
                    velocities,
                    known.get("forces"),
                    energy=float(known.get("energy", "nan")),
                    kinetic_energy=float("nan") if velocities is None else atoms.get_kinetic_energy(),
                )
            )
    except Exception as error:  # ASE's readers raise whatever they stumble over
        if isinstance(error, OSError) and error.strerror:
            raise RecordingError(f"{path} can't be read ({error.strerror}).") from error
        raise RecordingError(f"{path} is no {title} that can be read ({error}).") from error
    return ForeignTrajectory(path, np.empty(0, np.int64) if numbers is None else numbers, moments, notes)


def _read_h5md(path: Path) -> ForeignTrajectory:
    try:
        with h5py.File(path, "r") as file:
            groups = [group for group in file["particles"].values() if "position" in group]
            if not groups:
                raise RecordingError(f"{path} has no positions of particles: there is nothing to play.")
            group = groups[0]
            values = group["position/value"]
            unit = values.attrs.get("unit", "Angstrom")
            unit = unit.decode() if isinstance(unit, bytes) else str(unit)
            if unit not in _ANGSTROM:
                raise RecordingError(f"{path}: positions in {unit} can't be played, only in nm or Angstrom.")
            positions: Floats = np.asarray(values[:], dtype=np.float64) * _ANGSTROM[unit]
            numbers = _species(group) if "species" in group else _species_beside(path)
    except COMPLAINTS as error:
        raise RecordingError(f"{path} is no H5MD that can be read ({error}).") from error
    return ForeignTrajectory(path, numbers.astype(np.int64), [ForeignFrame(each) for each in positions])


def _species(group: h5py.Group) -> Ints:
    species = group["species"]
    return np.asarray(species[()] if isinstance(species, h5py.Dataset) else species["value"][0])


def _species_beside(path: Path) -> Ints:
    """The elements that a topology beside the file says: MDAnalysis writes no species.

    Raises:
        RecordingError: there is none that can be read
    """
    from ase.io import read

    topology = path.with_suffix(TOPOLOGY_SUFFIX)
    why = f"{path} does not say which elements its particles are (species)"
    if not topology.exists():
        raise RecordingError(f"{why}: put its topology beside it, {topology.name}.")
    try:
        atoms: Any = read(topology, index=0, format="proteindatabank")
    except Exception as error:  # ASE's readers raise whatever they stumble over
        raise RecordingError(f"{why}, and {topology.name} can't be read ({error}).") from error
    if not len(atoms):
        raise RecordingError(f"{why}, and {topology.name} holds no atoms.")
    return np.asarray(atoms.numbers)

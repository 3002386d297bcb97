"""The frames of recordings, as things to be labelled, without the broken ones."""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atomtug.core.arrays import Floats, Ints
from atomtug.core.systems import System
from atomtug.core.systems.apart import FLOWN_APART
from atomtug.core.systems.bonds import fragments
from atomtug.recordings import CANDIDATE, ENERGY_OFFSET, Recording
from atomtug.recordings.runs import runs
from atomtug.trainer.data import Trajectory

TOO_CLOSE = 0.6
"""angstrom; two nuclei nearer than this are no geometry that a potential needs to know."""


@dataclass(frozen=True)
class RecordedFrames:
    """The frames of one run of a recording, from one reset to the next; F frames, N atoms.

    Args:
        trajectory: what is kept of it
        system: atoms, charge, multiplicity
        positions: (F, N, 3) angstrom
        sound: (n,) indices of the frames that are not broken, in order
        engines: (F,) the engine's name at each frame
        engine_energies: (F,) eV
        engine_forces: (F, N, 3) eV/angstrom
    """

    trajectory: Trajectory
    system: System
    positions: Floats
    sound: Ints
    engines: list[str]
    engine_energies: Floats
    engine_forces: Floats


def open_runs(
    path: str | os.PathLike[str],
    too_close: float = TOO_CLOSE,
    flown_apart: float = FLOWN_APART,
    candidates_only: bool = False,
) -> list[RecordedFrames]:
    """Read a recording's frames, each run apart as a trajectory of its own, and set the broken ones aside.

    Args:
        path: of the recording
        too_close: angstrom between two nuclei that make a frame a broken one
        flown_apart: angstrom between fragments, likewise
        candidates_only: leave out all frames but those that the live session marked for labelling

    Raises:
        RecordingError: no such file, not a recording, or damaged
    """
    with Recording(path) as recording:
        names = recording.engines
        engines = [
            names[int(index)] if 0 <= index < len(names) else "" for index in recording.column("engine")
        ]
        energies = np.asarray(recording.energies) - _offsets(recording)
        marked = _marked(recording)
        found = []
        for number, run in enumerate(runs(recording) or [range(0)]):
            part = slice(run.start, run.stop)
            positions = np.asarray(recording.positions)[part]
            sound, set_aside = sort_out(positions, too_close, flown_apart)
            if candidates_only:
                sound = sound[marked[part][sound]]
            later = f"-run-{number + 1}" if number else ""
            trajectory = Trajectory(
                key=_key(recording, run.start),
                name=Path(path).stem + later,
                molecule=recording.system.name,
                source=str(path),
                frames=len(run),
                set_aside=set_aside,
                provenance={**recording.provenance, **({"first_frame": run.start} if number else {})},
            )
            forces = np.asarray(recording.forces)[part]
            found.append(
                RecordedFrames(
                    trajectory, recording.system, positions, sound, engines[part], energies[part], forces
                )
            )
        return found


def sort_out(
    positions: Floats, too_close: float = TOO_CLOSE, flown_apart: float = FLOWN_APART
) -> tuple[Ints, dict[str, int]]:
    """Which of (F, N, 3) geometries (angstrom) are sound, and how many are not for what reason."""
    sound, aside = [], {"not finite": 0, "atoms too close": 0, "flown apart": 0}
    atoms = positions.shape[1]
    i, j = np.triu_indices(atoms, k=1)
    for frame, geometry in enumerate(positions):
        distances = np.linalg.norm(geometry[i] - geometry[j], axis=-1)
        if not np.all(np.isfinite(geometry)):
            aside["not finite"] += 1
        elif len(distances) and distances.min() < too_close:
            aside["atoms too close"] += 1
        elif _parts(atoms, i, j, distances < flown_apart) > 1:
            aside["flown apart"] += 1
        else:
            sound.append(frame)
    return np.array(sound, dtype=np.int64), aside


def _marked(recording: Recording) -> NDArray[np.bool_]:
    """(F,) whether the session marked a frame for labelling."""
    if CANDIDATE.name not in recording.columns:
        return np.zeros(len(recording), dtype=np.bool_)
    marked: NDArray[np.bool_] = np.asarray(recording.column(CANDIDATE.name)) == 1
    return marked


def _offsets(recording: Recording) -> Floats | float:
    """eV that the server added to the engine's own energies, where engines took turns."""
    if ENERGY_OFFSET.name not in recording.columns:
        return 0.0
    return np.nan_to_num(np.asarray(recording.column(ENERGY_OFFSET.name), dtype=np.float64))


def _parts(atoms: int, i: Ints, j: Ints, linked: NDArray[np.bool_]) -> int:
    if linked.all():
        return 1
    return len(fragments(atoms, np.stack([i[linked], j[linked]], axis=1)))


def _key(recording: Recording, first: int) -> str:
    """Of the run that begins with a frame: the same wherever the file is, and while it still grows."""
    digest = hashlib.blake2b(digest_size=12)
    digest.update(json.dumps(_plain(recording.provenance), sort_keys=True, default=str).encode())
    digest.update(np.ascontiguousarray(recording.system.numbers, dtype="<i8").tobytes())
    if len(recording):
        digest.update(np.ascontiguousarray(recording.frame(first).positions, dtype="<f8").tobytes())
        digest.update(np.float64(recording.wall_clock[first]).tobytes())
    return digest.hexdigest()


def _plain(value: Any) -> Any:
    return dict(value) if hasattr(value, "items") else value

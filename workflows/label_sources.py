"""What is labelled: frames of recordings, and geometries in any format of data sets."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from atomtug.core.errors import InputError, NotARecording, RecordingError
from atomtug.core.systems import System
from atomtug.trainer.data import Molecule, Trajectory
from atomtug.trainer.exchange import ReadOptions, load, notes
from atomtug.trainer.labels.frames import RecordedFrames, open_runs, sort_out


@dataclass(frozen=True)
class LabelSources:
    """The geometries to choose from.

    Args:
        frames: of each recording or trajectory
        skipped: files of folders that are no recordings, each with the reason
        notes: sentences on how files of other programs were read
    """

    frames: list[RecordedFrames]
    skipped: tuple[tuple[Path, str], ...]
    notes: tuple[str, ...]


def open_sources(
    paths: Sequence[Path],
    too_close: float,
    flown_apart: float,
    candidates_only: bool,
    options: ReadOptions | None = None,
) -> LabelSources:
    """The geometries of recordings, of folders of recordings, and of data sets with or without energies.

    Args:
        paths: files and folders
        too_close: angstrom between two nuclei that make a geometry a broken one
        flown_apart: angstrom between fragments, likewise
        candidates_only: only frames that the live session marked for labelling; data sets have none
        options: how files in other programs' formats are read

    Raises:
        RecordingError: a recording is damaged, or a file is neither a recording nor a data set
        InputError: there is nothing to label
    """
    frames: list[RecordedFrames] = []
    skipped: list[tuple[Path, str]] = []
    said: list[str] = []
    for path in paths:
        for file in sorted(path.glob("*.h5")) if path.is_dir() else [path]:
            try:
                frames += open_runs(file, too_close, flown_apart, candidates_only)
            except RecordingError as error:
                if path.is_dir():
                    skipped.append((file, str(error)))
                    continue
                if not isinstance(error, NotARecording):
                    raise
                found, lines = _read_geometries(file, error, too_close, flown_apart, options)
                frames += (
                    [replace(each, sound=each.sound[:0]) for each in found] if candidates_only else found
                )
                said += lines
    if not frames:
        given = ", ".join(str(path) for path in paths)
        raise InputError(f"There are no recordings (*.h5) in {given}: name files that atomtug recorded.")
    return LabelSources(frames, tuple(skipped), tuple(said))


def _read_geometries(
    path: Path, no_recording: NotARecording, too_close: float, flown_apart: float, options: ReadOptions | None
) -> tuple[list[RecordedFrames], list[str]]:
    """The trajectories of a data set, and sentences on how it was read.

    Raises:
        NotARecording: it is none
    """
    try:
        data = load(path, options=replace(options or ReadOptions(), energies_needed=False))
    except InputError as error:
        raise NotARecording(f"{no_recording} Nor can its geometries be read: {error}") from error
    lines = [f"{path}: {line}" for line in notes(data)]
    found = []
    for molecule in data:
        lines.append(
            f"{path}: {molecule.name} is labelled with charge {molecule.charge} and multiplicity "
            f"{molecule.multiplicity}."
        )
        for index in np.unique(molecule.trajectory):
            name = data.trajectories[index].name if index >= 0 else f"{path.stem}-{molecule.name}"
            rows = molecule.subset(molecule.trajectory == index)
            found.append(_frames_of(rows, name, path, too_close, flown_apart))
    return found, lines


def _frames_of(
    molecule: Molecule, name: str, path: Path, too_close: float, flown_apart: float
) -> RecordedFrames:
    """One trajectory, with the same key wherever its file is."""
    positions = molecule.positions
    sound, set_aside = sort_out(positions, too_close, flown_apart)
    digest = hashlib.blake2b(digest_size=12)
    for part in _identity(molecule):
        digest.update(part)
    start = positions[sound[0]] if len(sound) else positions[0]
    system = System(molecule.name, molecule.numbers, start, molecule.charge, molecule.multiplicity)
    trajectory = Trajectory(
        digest.hexdigest(), name, molecule.name, str(path), len(positions), set_aside, {"imported": path.name}
    )
    unknown = np.full(positions.shape, np.nan)
    return RecordedFrames(
        trajectory, system, positions, sound, [""] * len(positions), unknown[:, 0, 0], unknown
    )


def _identity(molecule: Molecule) -> Iterator[bytes]:
    yield np.ascontiguousarray(molecule.numbers, dtype="<i8").tobytes()
    yield np.array([molecule.charge, molecule.multiplicity], dtype="<i8").tobytes()
    yield np.ascontiguousarray(molecule.positions, dtype="<f8").tobytes()

"""Exporting recordings to other programs' formats: the list of formats, each in a module of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from atomtug.core.errors import RecordingError
from atomtug.core.files import replacing
from atomtug.recordings.export_extxyz import write_extxyz
from atomtug.recordings.export_h5md import write_h5md
from atomtug.recordings.export_nanover import write_nanover
from atomtug.recordings.export_qml import write_qml
from atomtug.recordings.reader import Recording

Progress = Callable[[int], object]
"""Called with the number of frames done since the last call."""


@dataclass(frozen=True)
class Format:
    """A format to export to.

    Args:
        suffix: suffix of its files
        title: one line for people
        write: (recordings, path, progress); ``recordings`` is one unless ``gathers``
        gathers: whether several recordings are written into one file
    """

    suffix: str
    title: str
    write: Callable[[Sequence[Recording], Path, Progress], None]
    gathers: bool = False


FORMATS = {
    "extxyz": Format(".extxyz", "extended XYZ, for ASE and most viewers", write_extxyz),
    "h5md": Format(".h5md", "plain H5MD, for MDAnalysis and others", write_h5md),
    "nanover": Format(".nanover.zip", "to be played by NanoVer, with the hands", write_nanover),
    "qml": Format(
        ".qml.h5", "the published data sets' layout: xyz, zs, ene, forces", write_qml, gathers=True
    ),
}


def export(
    recordings: Sequence[Recording],
    name: str,
    path: Path,
    overwrite: bool = False,
    progress: Progress = lambda frames: None,
) -> None:
    """Write recordings in another format; the file appears when it is complete.

    Args:
        recordings: one, or several for a format that gathers them
        name: a key of :data:`FORMATS`
        path: the new file
        overwrite: whether an existing file is replaced
        progress: called with the number of frames done since the last call

    Raises:
        RecordingError: the file exists or can't be written, or the recordings don't suit the format
    """
    empty = [str(recording.path) for recording in recordings if not len(recording)]
    if empty:
        raise RecordingError(f"{empty[0]} has no frames yet: there is nothing to export.")
    if path.exists() and not overwrite:
        raise RecordingError(f"{path} exists: choose another name with --out, or replace it with --force.")
    try:
        with replacing(path) as draft:
            FORMATS[name].write(recordings, draft, progress)
    except OSError as error:
        raise RecordingError(f"{path} can't be written: {error.strerror or error}.") from error

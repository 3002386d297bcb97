"""Exporting recordings to other programs' formats: the list of formats, each in a module of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from atomtug.core.errors import RecordingError
from atomtug.core.files import replacing
from atomtug.recordings.export_dcd import write_dcd
from atomtug.recordings.export_extxyz import write_extxyz
from atomtug.recordings.export_h5md import write_h5md
from atomtug.recordings.export_nanover import write_nanover
from atomtug.recordings.export_qml import write_qml
from atomtug.recordings.export_topology import TOPOLOGY_SUFFIX, topology
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
    "extxyz": Format(".extxyz", "extended XYZ, for ASE, OVITO and most viewers", write_extxyz),
    "h5md": Format(".h5md", "plain H5MD, for MDAnalysis and others", write_h5md),
    "dcd": Format(".dcd", "positions alone, for VMD and others", write_dcd),
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
) -> Path:
    """Write recordings in another format, and beside it their topology; each file appears when it is complete.

    Args:
        recordings: one, or several for a format that gathers them
        name: a key of :data:`FORMATS`
        path: the new file
        overwrite: whether existing files are replaced
        progress: called with the number of frames done since the last call

    Returns:
        the topology, a PDB file of the first recording

    Raises:
        RecordingError: a file exists or can't be written, or the recordings don't suit the format
    """
    empty = [str(recording.path) for recording in recordings if not len(recording)]
    if empty:
        raise RecordingError(f"{empty[0]} has no frames yet: there is nothing to export.")
    beside, text = topology_path(path, name), topology(recordings[0])
    for target in (path, beside):
        # Exports of one recording to several formats share their topology.
        if target.exists() and not overwrite and not (target == beside and _holds(beside, text)):
            raise RecordingError(
                f"{target} exists: choose another name with --out, or replace it with --force."
            )
    try:
        with replacing(path) as draft:
            FORMATS[name].write(recordings, draft, progress)
        with replacing(beside) as draft:
            draft.write_text(text, encoding="utf-8")
    except OSError as error:
        raise RecordingError(f"{path} can't be written: {error.strerror or error}.") from error
    return beside


def topology_path(path: Path, name: str) -> Path:
    """Where the topology of an export goes: ``x.pdb`` beside ``x.h5md``."""
    return path.with_name(
        path.name.removesuffix(FORMATS[name].suffix).removesuffix(path.suffix) + TOPOLOGY_SUFFIX
    )


def _holds(path: Path, text: str) -> bool:
    """Whether a file's content is this text."""
    try:
        return path.read_text(encoding="utf-8") == text
    except (OSError, UnicodeDecodeError):
        return False

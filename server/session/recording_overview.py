"""One recording in a list: what it is of, how long, and a small curve of its energy."""

from pathlib import Path

from atomtug.core.errors import AtomtugError
from atomtug.core.systems.valences import molecules_of
from atomtug.wire.values import Value

CURVE = 60
"""Points of the small curve."""

RecordingEntry = dict[str, Value]
"""What ``recordings/list`` says of a recording (docs/protocol.md)."""


def describe_recording(path: Path) -> RecordingEntry:
    """Read what a list shows of a recording; of one that can't be read, why."""
    # h5py takes 10 MB of memory: it is loaded when somebody looks at recordings.
    from atomtug.recordings.overview import overview
    from atomtug.recordings.playable import open_playable
    from atomtug.recordings.reader import Recording

    entry: RecordingEntry = {"name": path.name, "bytes": 0, "modified": 0.0}
    try:
        status = path.stat()
        entry.update({"bytes": status.st_size, "modified": status.st_mtime})
        playable = open_playable(path)
    except (AtomtugError, OSError) as error:
        return {**entry, "error": str(error)}
    try:
        seen = overview(playable, CURVE)
        if isinstance(playable, Recording):
            # Simulated time begins anew with each run.
            times = playable.times_ps
            ends = [*seen.runs[1:], len(playable)]
            ps = sum(float(times[end - 1] - times[start]) for start, end in zip(seen.runs, ends, strict=True))
            entry["ps"] = round(ps, 4)
        return {
            **entry,
            "system": playable.system.name,
            "formula": molecules_of(playable.system),
            "frames": len(playable),
            "runs": len(seen.runs),
            "apart": sum(last - first + 1 for first, last in seen.apart),
            "curve": seen.energies,
        }
    except AtomtugError as error:
        return {**entry, "error": str(error)}
    finally:
        playable.close()

"""A recording in another program's format, made in a process of its own: the simulation is not held up.

The process is ``python -m atomtug.server.session.recording_export PATH FORMAT OUT``; it prints what went wrong.
"""

import asyncio
import sys
from pathlib import Path

from atomtug.core.errors import AtomtugError, CommandFailed

FORMATS = {"extxyz": ".extxyz", "nanover": ".nanover.zip"}
"""Suffixes by format."""
SECONDS = 600.0
"""That an export may take."""


async def export_aside(path: Path, kind: str, out: Path) -> None:
    """Write a recording in another format.

    Args:
        path: of the recording
        kind: a key of :data:`FORMATS`
        out: the new file; replaced where it is there

    Raises:
        CommandFailed: it can't be done, or not in time
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "atomtug.server.session.recording_export", str(path), kind, str(out)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        said, _ = await asyncio.wait_for(process.communicate(), SECONDS)
    except TimeoutError:
        raise CommandFailed(
            f"{path.name} could not be exported within {SECONDS:g} s: download it as HDF5."
        ) from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        why = said.decode(errors="replace").strip() or "its process has failed"
        raise CommandFailed(f"{path.name} can't be exported: {why}")


def main() -> None:
    """Export what the command line names."""
    from atomtug.recordings.export import export
    from atomtug.recordings.reader import Recording

    path, kind, out = sys.argv[1:]
    try:
        with Recording(path) as recording:
            export([recording], kind, Path(out), overwrite=True)
    except AtomtugError as error:
        print(error)
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()

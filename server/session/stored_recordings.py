"""The recordings that a server has, as clients see them: listed, read, renamed, deleted, opened to be played."""

import asyncio
import contextlib
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from atomtug.core.errors import CommandFailed, InputError, RecordingError
from atomtug.server.session.commands import Commands, Result, text, whole_number
from atomtug.server.session.recording_export import FORMATS, export_aside
from atomtug.server.session.recording_names import SUFFIX, checked_stem
from atomtug.server.session.recording_overview import RecordingEntry, describe_recording
from atomtug.wire import command_names
from atomtug.wire.values import Value

MOST_LISTED = 100
"""Recordings; where there are more, the newest."""
CHUNK = 2**20
"""Bytes that one answer of ``recordings/read`` holds."""


class StoredRecordings:
    """The commands ``recordings/*``.

    Args:
        folder: all recordings in it; None for those that are named
        files: recordings that are named
        writing: the one that is being written now, if one is
        allow_delete: whether recordings in the folder may be deleted
    """

    def __init__(
        self,
        folder: Path | None,
        files: Sequence[Path] = (),
        writing: Callable[[], Path | None] = lambda: None,
        allow_delete: bool = False,
    ) -> None:
        self._folder = folder
        self._files = files
        self._writing = writing
        self._allow_delete = allow_delete
        self._known: dict[tuple[Path, int, int], RecordingEntry] = {}
        self._reading = threading.Lock()
        """One list at a time: files are read for it."""
        self._exporting = asyncio.Lock()
        self._exported: tuple[tuple[Path, int, int, str], Path] | None = None
        """What was exported last, and the file."""
        self._aside: tempfile.TemporaryDirectory[str] | None = None

    def register(self, commands: Commands) -> None:
        """Offer the commands."""
        commands.register(command_names.LIST_RECORDINGS, self._list)
        commands.register(command_names.READ_RECORDING, self._read, name="", format="h5", offset=0)
        if self._folder is None:
            return
        commands.register(command_names.RENAME_RECORDING, self._rename, name="", to="")
        if self._allow_delete:
            commands.register(command_names.DELETE_RECORDING, self._delete, name="")
        else:
            commands.withhold(
                command_names.DELETE_RECORDING,
                "This server deletes no recordings: its owner can start it with --allow-delete, or remove the file.",
            )

    def close(self) -> None:
        """Remove what was exported."""
        if self._aside is not None:
            self._aside.cleanup()
            self._aside = self._exported = None

    def path(self, name: str) -> Path:
        """The file of a recording.

        Raises:
            InputError: there is none of that name
        """
        found = self._paths().get(name)
        if found is None:
            raise InputError(
                f"There is no recording {name[:100]!r} here: recordings/list says which there are."
            )
        return found

    def _paths(self) -> dict[str, Path]:
        """The files by name, the newest first where they are in a folder."""
        if self._folder is None:
            return {path.name: path for path in self._files}
        found = []
        with contextlib.suppress(OSError):  # no folder yet
            for path in self._folder.glob(f"*{SUFFIX}"):
                with contextlib.suppress(OSError):  # a file that has just gone, or a link that leads nowhere
                    found.append((path.stat().st_mtime, path))
        return {path.name: path for _, path in sorted(found, reverse=True)}

    async def _list(self) -> Result:
        recordings, total = await asyncio.to_thread(self._describe_all)
        return {"recordings": recordings, "total": total}

    def _describe_all(self) -> tuple[list[RecordingEntry], int]:
        with self._reading:
            paths, writing = self._paths(), self._writing()
            entries: list[RecordingEntry] = []
            for index, path in enumerate(list(paths.values())[:MOST_LISTED]):
                entry = self._describe(path)
                if entry is not None:
                    played = {"index": index} if self._folder is None else {}
                    written = path == writing or _is_being_written(path)
                    entries.append({**entry, **played, "writing": written})
            return entries, len(paths)

    def _describe(self, path: Path) -> RecordingEntry | None:
        try:
            status = path.stat()
        except OSError:
            return None
        key = (path, status.st_mtime_ns, status.st_size)
        if key not in self._known:
            self._known = {known: entry for known, entry in self._known.items() if known[0] != path}
            self._known[key] = describe_recording(path)
        return self._known[key]

    async def _read(self, name: Value, format: Value, offset: Value) -> Result:
        path, kind, start = (
            self.path(text("name", name)),
            text("format", format),
            whole_number("offset", offset),
        )
        self._check_complete(path)
        if kind == "h5":
            data, size = await asyncio.to_thread(_part, path, start)
            return {"file": path.name, "data": data, "size": size}
        if kind not in FORMATS:
            raise InputError(f"format is h5, {' or '.join(FORMATS)}, not {kind[:100]!r}.")
        async with self._exporting:  # held while it is read: the next export may be of another recording
            try:
                file = await self._export(path, kind)
            except OSError as error:
                raise CommandFailed(f"{path.name} can't be exported ({error.strerror or error}).") from error
            data, size = await asyncio.to_thread(_part, file, start)
        return {"file": path.stem + FORMATS[kind], "data": data, "size": size}

    async def _export(self, path: Path, kind: str) -> Path:
        """The file in another format: made once, kept until another one is asked for."""
        status = path.stat()
        key = (path, status.st_mtime_ns, status.st_size, kind)
        if self._exported is None or self._exported[0] != key:
            if self._aside is None:
                self._aside = tempfile.TemporaryDirectory(prefix="atomtug-")
            out = Path(self._aside.name) / f"exported{FORMATS[kind]}"
            self._exported = None
            await export_aside(path, kind, out)
            self._exported = (key, out)
        return self._exported[1]

    def _rename(self, name: Value, to: Value) -> Result:
        path = self._unused(text("name", name))
        target = path.with_name(checked_stem(to) + SUFFIX)
        if target.exists():
            raise CommandFailed(f"There is a recording {target.name} already: choose another name.")
        try:
            path.rename(target)
        except OSError as error:
            raise CommandFailed(f"{path.name} can't be renamed ({error.strerror}).") from error
        return {"name": target.name}

    def _delete(self, name: Value) -> Result:
        path = self._unused(text("name", name))
        try:
            path.unlink()
        except OSError as error:
            raise CommandFailed(f"{path.name} can't be deleted ({error.strerror}).") from error
        return {"name": path.name}

    def _unused(self, name: str) -> Path:
        path = self.path(name)
        self._check_complete(path)
        return path

    def _check_complete(self, path: Path) -> None:
        if path == self._writing():
            raise CommandFailed(f"{path.name} is being written: end the recording first.")
        if _is_being_written(path):
            raise CommandFailed(
                f"{path.name} is being written by another server or steer: wait until it is closed."
            )


def _is_being_written(path: Path) -> bool:
    # As in recording_overview.py: loaded when somebody looks at recordings.
    from atomtug.recordings.being_written import is_being_written

    return is_being_written(path)


def _part(path: Path, start: int) -> tuple[bytes, int]:
    """A chunk of a file, and the file's size.

    Raises:
        InputError: there is nothing at that offset
        RecordingError: the file can't be read
    """
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            if not 0 <= start <= size:
                raise InputError(f"offset is from 0 to {size}, not {start}.")
            file.seek(start)
            return file.read(CHUNK), size
    except OSError as error:
        raise RecordingError(f"{path.name} can't be read ({error.strerror}).") from error

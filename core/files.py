"""Writing files so that a reader never sees a part of one."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from atomtug.core.errors import InputError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside ``path`` to write to.

    When the block ends, the file is on the disk (fsync) and takes the place of ``path`` in one step. When the block
    raises, the temporary file is removed and ``path`` stays as it was. Missing folders are made. Of a symbolic link
    the file that it leads to is replaced.

    Raises:
        OSError: the file can't be written, or is no regular file but, e.g., a device
    """
    path = path.resolve() if path.is_symlink() else path
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield draft
        with draft.open("rb") as finished:
            os.fsync(finished.fileno())
        draft.replace(path)
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def check_writable(path: Path) -> None:
    """Refuse a path that can't be written to, before there is work that would be lost. Nothing is made or changed.

    Args:
        path: of a file or folder, there already or not

    Raises:
        InputError: the file or folder, or the folder that it would be made in, can't be written to
    """
    for place in (path, *path.absolute().parents):
        try:
            place.lstat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise InputError(f"{path} can't be written: {os.strerror(error.errno or 0)}.") from error
        if place != path and not place.is_dir():
            raise InputError(f"{path} can't be written: {place} is no folder; choose another path.")
        # A file that is there is replaced by a new one, which is made beside it.
        for needed in (place, place.absolute().parent) if place.is_file() else (place,):
            if not os.access(needed, os.W_OK | (os.X_OK if needed.is_dir() else 0)):
                raise InputError(
                    f"{path} can't be written: you may not write to {needed}, or its disk is read-only; choose "
                    f"another path."
                )
        return

"""Writing files so that a reader never sees a part of one."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


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

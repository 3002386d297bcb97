"""HDF5 files written at once: HDF5 itself can crash when a disk refuses a write."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py


@contextmanager
def written_at_once(path: Path) -> Iterator[h5py.File]:
    """A file in memory, which is written to ``path`` when the block ends, and not at all when it raises.

    Args:
        path: of the file, which is replaced

    Raises:
        OSError: the file can't be written
    """
    with h5py.File("new", "w", driver="core", backing_store=False) as file:
        yield file
        file.flush()
        image: bytes = file.id.get_file_image()
    path.write_bytes(image)

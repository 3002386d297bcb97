"""Where the three-centre integrals of large molecules are kept between two uses."""

import shutil
import tempfile
from enum import Enum
from pathlib import Path

import numpy as np
import psutil
from numpy.typing import NDArray

DISK_SHARE = 0.8
"""Of the free space for temporary files, what the integrals of one label may take."""


class Storage(Enum):
    """Where the three-centre integrals are between two uses."""

    MEMORY = "memory"
    DISK = "disk"
    RECOMPUTED = "recomputed"


def on_disk(row: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same array, kept in a file without a name: it is gone with the process, however that ends."""
    with tempfile.TemporaryFile() as file:
        row.tofile(file)
        file.flush()
        return np.memmap(file, dtype=row.dtype, mode="r", shape=row.shape)


def storage_for(needed: int, memory: int) -> Storage:
    """Where integrals can be kept.

    Args:
        needed: bytes that they take
        memory: bytes of memory that they may take
    """
    if needed < memory:
        return Storage.MEMORY
    folder = tempfile.gettempdir()
    if not _in_memory(folder) and needed < DISK_SHARE * shutil.disk_usage(folder).free:
        return Storage.DISK
    return Storage.RECOMPUTED


def _in_memory(folder: str) -> bool:
    """Whether a folder's file system is itself kept in memory."""
    mounts = {part.mountpoint: part.fstype for part in psutil.disk_partitions(all=True)}
    path = Path(folder).resolve()
    nearest = next((str(parent) for parent in (path, *path.parents) if str(parent) in mounts), "/")
    return mounts.get(nearest, "") in ("tmpfs", "ramfs")

"""Closing a file whose disk refuses writes, without HDF5 taking the process down."""

import os

import h5py


def close_without_writing(file: h5py.File) -> None:
    """Close a file after a write has failed: whatever HDF5 still holds for it goes nowhere.

    HDF5 would otherwise try the write again when it closes, fail again, and crash the whole process at
    its exit (seen with 2.0). A file in SWMR mode is whole on disk at every moment: nothing
    flushed is lost.
    """
    nowhere = os.open(os.devnull, os.O_RDWR)
    try:
        os.dup2(nowhere, file.id.get_vfd_handle())
    finally:
        os.close(nowhere)
    file.close()

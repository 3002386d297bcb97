"""Recordings: HDF5 files of what happened, and the only code that knows their layout."""

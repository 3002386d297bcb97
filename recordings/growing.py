"""An HDF5 dataset that grows by rows and is written in batches."""

from typing import Any

import h5py
import numpy as np
from numpy.typing import ArrayLike, NDArray

FIRST_CAPACITY = 64


class GrowingDataset:
    """A dataset, with rows that wait in memory for the next :meth:`write`.

    Args:
        dataset: (0, ...) extendable along its first axis
        factor: every value is multiplied by it when it is added
    """

    def __init__(self, dataset: h5py.Dataset, factor: float = 1.0) -> None:
        self._dataset = dataset
        self._factor = factor
        self._row = dataset.shape[1:]
        self._buffer: NDArray[Any] = np.empty((FIRST_CAPACITY, *self._row), dtype=dataset.dtype)
        self._pending = 0
        self.total = 0
        """Rows added so far, written or not."""

    @property
    def pending_bytes(self) -> int:
        """Bytes that the next :meth:`write` will write."""
        return self._pending * self._buffer[:1].nbytes

    def add(self, row: Any) -> None:
        """Append a copy of one row."""
        if self._pending == len(self._buffer):
            self._grow(1)
        if self._row:
            np.multiply(row, self._factor, out=self._buffer[self._pending], casting="same_kind")
        else:
            self._buffer[self._pending] = row if self._factor == 1.0 else row * self._factor
        self._pending += 1
        self.total += 1

    def extend(self, rows: ArrayLike) -> None:
        """Append copies of several rows, (n, ...)."""
        rows = np.asarray(rows)
        count = len(rows)
        if count == 0:
            return
        if self._pending + count > len(self._buffer):
            self._grow(count)
        target = self._buffer[self._pending : self._pending + count]
        if self._factor == 1.0:
            target[...] = rows
        else:
            np.multiply(rows, self._factor, out=target, casting="same_kind")
        self._pending += count
        self.total += count

    def write(self) -> None:
        """Write the waiting rows to the dataset, with one resize and one write."""
        if not self._pending:
            return
        start = self.total - self._pending
        self._dataset.resize(self.total, axis=0)
        self._dataset[start : self.total] = self._buffer[: self._pending]
        self._pending = 0

    def _grow(self, count: int) -> None:
        capacity = max(2 * len(self._buffer), self._pending + count)
        larger = np.empty((capacity, *self._row), dtype=self._buffer.dtype)
        larger[: self._pending] = self._buffer[: self._pending]
        self._buffer = larger

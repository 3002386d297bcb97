"""Every energy that a path needed, on disk: the same computation then runs through it to where it was stopped."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.closing import Closing
from atomtug.core.errors import InputError
from atomtug.server.engines import EngineResult


class EvaluationJournal(Closing):
    """Results of an engine by geometry. A line of JSON, then rows of doubles: positions, energy, uncertainty, forces.

    All that follows from energies and forces is computed anew by a second call, with the same geometries to the last
    bit, so that nothing else has to be kept.

    Args:
        path: the file; made with its folder when it is not there
        settings: what the results depend on besides the geometry, as plain JSON
        atoms: how many there are

    Raises:
        InputError: it belongs to other settings, is no such journal, or can't be written
    """

    def __init__(self, path: Path, settings: Mapping[str, Any], atoms: int) -> None:
        self.path = path
        self._size = 3 * atoms
        self._known: dict[bytes, EngineResult] = {}
        self.used = 0
        """Results that were taken from it."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            head, found, rows = (path.read_bytes() if path.exists() else b"").partition(b"\n")
            if head and not found and not json.dumps(settings).encode().startswith(head):
                raise InputError(f"{path} is no journal of a path: give another --out.")
            self._file = path.open("r+b" if found else "wb")
        except OSError as error:
            raise InputError(f"{path} can't be written: {error.strerror or error}.") from error
        try:
            if found:
                self._check(head, json.loads(json.dumps(settings)))
                self._read(rows)
                # A row cut short by a kill would shift all that is written after it.
                self._file.truncate(len(head) + 1 + len(self._known) * self._row_bytes)
                self._file.seek(0, os.SEEK_END)
            else:
                self._write(json.dumps(settings).encode() + b"\n")
        except BaseException:
            self._file.close()
            raise

    def __len__(self) -> int:
        """Results in it."""
        return len(self._known)

    def find(self, positions: Floats) -> EngineResult | None:
        """The result at (N, 3) angstrom, if it is known."""
        result = self._known.get(_key(positions))
        self.used += result is not None
        return result

    def add(self, positions: Floats, result: EngineResult) -> None:
        """Keep the result at (N, 3) angstrom. It survives the end of this process.

        Raises:
            InputError: the disk is full, or the file can't be written
        """
        uncertainty = np.nan if result.uncertainty is None else result.uncertainty
        row = np.concatenate([positions.ravel(), [result.energy, uncertainty], result.forces.ravel()])
        self._write(row.astype("<f8").tobytes())
        self._known[_key(positions)] = result

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    @property
    def _row_bytes(self) -> int:
        return 8 * (2 * self._size + 2)

    def _check(self, head: bytes, settings: Mapping[str, Any]) -> None:
        try:
            old = json.loads(head)
            differs = ", ".join(sorted(key for key in settings if old.get(key) != settings[key]))
        except (ValueError, AttributeError) as error:
            raise InputError(f"{self.path} is no journal of a path: give another --out.") from error
        if differs:
            raise InputError(
                f"{self.path} is of a path with other settings ({differs}): give another --out, or replace it "
                f"with --force."
            )

    def _read(self, rows: bytes) -> None:
        whole = len(rows) - len(rows) % self._row_bytes
        for row in np.frombuffer(rows[:whole], dtype="<f8").reshape(-1, 2 * self._size + 2):
            positions, (energy, uncertainty) = row[: self._size], row[self._size : self._size + 2]
            forces = row[self._size + 2 :].reshape(-1, 3).astype(np.float64)
            self._known[_key(positions)] = EngineResult(
                float(energy), forces, None if np.isnan(uncertainty) else float(uncertainty)
            )

    def _write(self, data: bytes) -> None:
        try:
            self._file.write(data)
            self._file.flush()
        except OSError as error:
            raise InputError(f"{self.path} can't be written: {error.strerror or error}.") from error


def _key(positions: Floats) -> bytes:
    return np.ascontiguousarray(positions, dtype="<f8").tobytes()

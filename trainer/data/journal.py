"""The journal beside a data set: labels as they come, each on disk before the next, safe from any kill.

Records are appended as length, checksum and msgpack; energies and forces are in the units of the HDF5 file. A record
cut short by a kill is found by its checksum and dropped. The journal is folded into the HDF5 file when a run ends,
and read with it until then.
"""

import fcntl
import os
import struct
import zlib
from collections.abc import Iterator
from io import BufferedWriter
from pathlib import Path
from typing import Any

import msgpack
import numpy as np

from atomtug.core.arrays import Floats, Ints
from atomtug.core.closing import Closing
from atomtug.core.errors import InputError
from atomtug.trainer.data.dataset import DataSet, Row, Trajectory
from atomtug.trainer.data.quantities import BY_NAME
from atomtug.trainer.dft.theory import Label, Theory

_HEADER = struct.Struct("<II")
_PER_ATOM = ("charges", "spins", "fragment")
"""Fields of a label with one number for each atom, or None."""


def journal_path(path: Path) -> Path:
    """Where the journal of a data set is."""
    return path.with_name(path.name + ".journal")


class Journal(Closing):
    """A data set's journal, open for appending by one process alone.

    Args:
        path: of the data set

    Raises:
        InputError: another process has it open, or it can't be written
    """

    def __init__(self, path: Path) -> None:
        self.path = journal_path(path)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._locked()
        except BlockingIOError as error:
            raise InputError(
                f"Another `atomtug label` is writing {path}: wait for it, or use another --out."
            ) from error
        except OSError as error:
            raise InputError(f"{self.path} can't be written: {error}") from error
        # A tail cut short would hide what is appended after it.
        self._file.truncate(_sound_length(self.path))

    def _locked(self) -> BufferedWriter:
        """The file, locked. Another process that ends may take it away between opening and locking."""
        while True:
            file = self.path.open("ab")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.path.samestat(os.fstat(file.fileno()), self.path.stat()):
                    return file
            except FileNotFoundError:
                pass
            except BaseException:
                file.close()
                raise
            file.close()

    def begin(self, theory: Theory) -> None:
        """Say what the labels that follow are computed with."""
        self._append({"kind": "theory", "theory": theory.to_json()})

    def trajectory(self, trajectory: Trajectory, numbers: Ints, charge: int, multiplicity: int) -> None:
        """Say of which trajectory and molecule rows to come are."""
        self._append(
            {
                "kind": "trajectory",
                "trajectory": trajectory.to_plain(),
                "numbers": [int(number) for number in numbers],
                "charge": charge,
                "multiplicity": multiplicity,
            }
        )

    def row(self, row: Row) -> None:
        """A label, on disk when this returns."""
        label = row.label
        self._append(
            {
                "kind": "row",
                "trajectory": row.trajectory,
                "frame": row.frame,
                "positions": _packed("positions", row.positions),
                "label": {
                    **vars(label),
                    "energy": _stated("energy", label.energy),
                    "forces": _packed("forces", label.forces),
                    "gap": _stated("gap", label.gap),
                    **{name: _listed(getattr(label, name)) for name in _PER_ATOM},
                },
                "engine": row.engine,
                "engine_energy": _stated("engine_energy", row.engine_energy),
                "engine_forces": None
                if row.engine_forces is None
                else _packed("engine_forces", row.engine_forces),
            }
        )

    def clear(self) -> None:
        """All of it is in the HDF5 file now."""
        self._file.truncate(0)

    def close(self) -> None:
        """Let others at it; an empty journal goes away."""
        if not self._file.closed:
            self._file.flush()
            if self.path.exists() and self.path.stat().st_size == 0:
                self.path.unlink(missing_ok=True)
            self._file.close()

    def _append(self, record: dict[str, Any]) -> None:
        body = msgpack.packb(record, use_bin_type=True, default=str)
        self._file.write(_HEADER.pack(len(body), zlib.crc32(body)) + body)
        self._file.flush()
        os.fsync(self._file.fileno())


def absorb(data: DataSet, path: Path) -> None:
    """Add what a journal holds to a data set; of a geometry that was labelled again, as it failed, the last label."""
    rows: dict[tuple[str, int], Row] = {}
    for record in _records(path):
        if record["kind"] == "theory":
            data.theory = Theory.from_json(record["theory"])
        elif record["kind"] == "trajectory":
            trajectory = Trajectory(**record["trajectory"])
            numbers = np.array(record["numbers"], dtype=np.int64)
            data.home(trajectory.molecule, numbers, record["charge"], record["multiplicity"])
            data.add_trajectory(trajectory)
        else:
            row = _row(record)
            rows[row.trajectory, row.frame] = row
    data.forget_failed(rows.keys())
    data.add(rows.values())


def _row(record: dict[str, Any]) -> Row:
    label = record["label"]
    forces = record["engine_forces"]
    return Row(
        trajectory=record["trajectory"],
        frame=int(record["frame"]),
        positions=_unpacked("positions", record["positions"]),
        label=Label(
            **{
                **label,
                "energy": _taken("energy", label["energy"]),
                "forces": _unpacked("forces", label["forces"]),
                "gap": _taken("gap", label.get("gap", float("nan"))),
                # A journal of an older version has none of these.
                **{name: np.array(label[name]) for name in _PER_ATOM if label.get(name) is not None},
            }
        ),
        engine=record["engine"],
        engine_energy=_taken("engine_energy", record["engine_energy"]),
        engine_forces=None if forces is None else _unpacked("engine_forces", forces),
    )


def _records(path: Path) -> Iterator[dict[str, Any]]:
    for body, _ in _bodies(path):
        yield msgpack.unpackb(body, raw=False)


def _sound_length(path: Path) -> int:
    return max((end for _, end in _bodies(path)), default=0)


def _bodies(path: Path) -> Iterator[tuple[bytes, int]]:
    """Each sound record and where it ends."""
    if not path.exists():
        return
    with path.open("rb") as file:
        while len(header := file.read(_HEADER.size)) == _HEADER.size:
            length, checksum = _HEADER.unpack(header)
            body = file.read(length)
            if len(body) < length or zlib.crc32(body) != checksum:
                return
            yield body, file.tell()


def _stated(name: str, value: float) -> float:
    """A number in the unit that files state."""
    return float(BY_NAME[name].to_file(np.array(value)))


def _taken(name: str, value: float) -> float:
    """The reverse of :func:`_stated`."""
    return float(BY_NAME[name].from_file(np.array(value)))


def _listed(values: Floats | Ints | None) -> list[float] | None:
    return None if values is None else values.tolist()


def _packed(name: str, values: Floats) -> bytes:
    """An (N, 3) array in the unit that files state."""
    return np.ascontiguousarray(BY_NAME[name].to_file(values), dtype="<f8").tobytes()


def _unpacked(name: str, data: bytes) -> Floats:
    """The reverse of :func:`_packed`."""
    values = np.frombuffer(data, dtype="<f8").reshape(-1, 3).astype(np.float64)
    return np.asarray(BY_NAME[name].from_file(values), np.float64)

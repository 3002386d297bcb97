"""What became of each trajectory, as lines of JSON on disk: a swarm that was killed goes on where it was."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.closing import Closing
from atomtug.core.errors import InputError
from atomtug.recordings.reactions import Pair
from atomtug.swarm.outcomes import OutcomeKind
from atomtug.swarm.shares import FragmentShare, Shares


@dataclass(frozen=True)
class SwarmRecord:
    """What became of one trajectory.

    Args:
        frame: index of the recording's frame where it began
        number: of the trajectory, from 0
        kind: what became of it
        bonds: at its end
        uncertainty: kJ/mol, the largest on the way; 0 where the engine gives none
        doubtful: (N, 3) angstrom, where the engine was unsure; None if it never was
        shares: where its energy went; None where that was not worked out
        vibrations: how many each fragment of the shares has
        stopped: why it ended too early; empty if it did not
    """

    frame: int
    number: int
    kind: OutcomeKind
    bonds: tuple[Pair, ...]
    uncertainty: float = 0.0
    doubtful: list[list[float]] | None = None
    shares: Shares | None = None
    vibrations: tuple[int, ...] = ()
    stopped: str = ""

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "SwarmRecord":
        """From what :func:`dataclasses.asdict` and JSON made of it."""
        values = dict(plain)
        values["bonds"] = _pairs(values["bonds"])
        values["vibrations"] = tuple(values["vibrations"])
        if (shares := values["shares"]) is not None:
            fragments = (
                FragmentShare(**{**each, "atoms": tuple(each["atoms"])}) for each in shares["fragments"]
            )
            values["shares"] = Shares(tuple(fragments), shares["between"], shares["total"])
        return cls(**values)


class SwarmJournal(Closing):
    """A swarm's journal, open for appending.

    Args:
        path: the file; made with its folder when it is not there
        settings: all that the trajectories depend on, as plain JSON

    Raises:
        InputError: it belongs to a swarm with other settings, is no journal, or can't be written
    """

    def __init__(self, path: Path, settings: Mapping[str, Any]) -> None:
        self.path = path
        self.records: list[SwarmRecord] = []
        """What was done before and since."""
        self.apart: dict[tuple[Pair, ...], Floats] = {}
        """By bonds: the molecules of an outcome, relaxed far apart, (N, 3) angstrom."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            *lines, rest = (path.read_bytes() if path.exists() else b"").split(b"\n")
            if rest and not lines and not json.dumps({"swarm": settings}).encode().startswith(rest):
                raise InputError(f"{path} is no journal of a swarm: give another --out.")
            self._file = path.open("r+b" if lines else "wb")
        except OSError as error:
            raise InputError(f"{path} can't be written: {error.strerror or error}.") from error
        try:
            self._begin(lines, json.loads(json.dumps(settings)))
        except BaseException:
            self._file.close()
            raise

    def _begin(self, lines: Sequence[bytes], settings: Mapping[str, Any]) -> None:
        try:
            plain = [json.loads(line) for line in lines]
            if plain and plain[0]["swarm"] != settings:
                old = plain[0]["swarm"]
                differs = ", ".join(sorted(key for key in settings if old.get(key) != settings[key]))
                raise InputError(
                    f"{self.path} is of a swarm with other settings ({differs}): give another --out, or replace it "
                    f"with --force."
                )
            for each in plain[1:]:
                if "apart" in each:
                    self.apart[_pairs(each["bonds"])] = np.asarray(each["apart"], dtype=np.float64)
                else:
                    self.records.append(SwarmRecord.from_plain(each))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise InputError(f"{self.path} is no journal of a swarm: give another --out.") from error
        # A line cut short by a kill would hide what is appended after it.
        self._file.truncate(sum(len(line) + 1 for line in lines))
        self._file.seek(0, os.SEEK_END)
        if not lines:
            self._write([{"swarm": settings}])

    def add(self, records: Sequence[SwarmRecord]) -> None:
        """Write what became of some trajectories; it is on disk when this returns.

        Raises:
            InputError: the disk is full, or the file can't be written
        """
        self._write([asdict(record) for record in records])
        self.records += records

    def add_apart(self, bonds: tuple[Pair, ...], positions: Floats) -> None:
        """Write the molecules of an outcome, relaxed far apart: (N, 3) angstrom.

        Raises:
            InputError: the disk is full, or the file can't be written
        """
        self._write([{"bonds": bonds, "apart": positions.tolist()}])
        self.apart[bonds] = positions

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, lines: Sequence[Mapping[str, Any]]) -> None:
        try:
            self._file.write(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise InputError(f"{self.path} can't be written: {error.strerror or error}.") from error


def _pairs(plain: Sequence[Sequence[int]]) -> tuple[Pair, ...]:
    return tuple((int(i), int(j)) for i, j in plain)

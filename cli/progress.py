"""How far a long command is: a bar on a terminal, a plain line now and then in a log."""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tqdm import tqdm

SELDOM = 30.0
"""Seconds between two lines in a log."""


class Progress:
    """Counts what is done, on stderr.

    Args:
        total: how many there are; 0 if that is not known yet
        unit: what is counted
        title: written before the count
        initial: how many were done before
    """

    def __init__(self, total: int, unit: str, title: str = "", initial: int = 0) -> None:
        self.total, self._unit, self._title = total, unit, title
        self._done, self._said = initial, time.monotonic()
        self._note = ""
        self._bar = (
            tqdm(
                total=total, unit=unit, desc=title or None, initial=initial, smoothing=0.05,
                dynamic_ncols=True, leave=False, file=sys.stderr,
            )
            if sys.stderr.isatty()
            else None
        )  # fmt: skip

    def advance(
        self, total: int | None = None, note: Mapping[str, object] | None = None, steps: int = 1
    ) -> None:
        """One more is done, or several.

        Args:
            total: how many there are, once that is known
            note: figures to be shown beside the count
            steps: how many are done since the last call
        """
        self._done += steps
        self.total = self.total if total is None else total
        if note is not None:
            self._note = "".join(f", {key} {value}" for key, value in note.items())
        if self._bar is not None:
            self._bar.total = self.total
            if note is not None:
                self._bar.set_postfix(dict(note), refresh=False)
            self._bar.update(steps)
        elif time.monotonic() - self._said >= SELDOM:
            self._said = time.monotonic()
            title = f"{self._title}: " if self._title else ""
            count = f"{self._done} of {self.total}" if self.total else f"{self._done}"
            self.write(f"{title}{count} ({self._unit}){self._note}")

    def write(self, line: str) -> None:
        """A line above the bar."""
        if self._bar is not None:
            self._bar.write(line, file=sys.stderr)
        else:
            print(line, file=sys.stderr, flush=True)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()


@contextmanager
def showing(total: int, unit: str, title: str = "", initial: int = 0) -> Iterator[Progress]:
    """A :class:`Progress` for as long as the block lasts."""
    progress = Progress(total, unit, title, initial)
    try:
        yield progress
    finally:
        progress.close()

"""Instants to go back to: one is kept whenever someone takes hold of atoms that nobody held. No I/O."""

from collections import deque

from atomtug.core.errors import CommandFailed
from atomtug.core.frame import Frame

MAX_KEPT = 50
"""The oldest is forgotten when there are more; a frame of the largest system is some 10 kB."""


class Checkpoints:
    """Frames of one system, the newest taken back first."""

    def __init__(self) -> None:
        self._frames: deque[Frame] = deque(maxlen=MAX_KEPT)

    def __len__(self) -> int:
        return len(self._frames)

    def keep(self, frame: Frame | None) -> None:
        """Remember an instant, unless it is the one remembered last (or there is none yet)."""
        if frame is not None and not (self._frames and self._frames[-1] is frame):
            self._frames.append(frame)

    def take(self) -> Frame:
        """The newest, which is forgotten.

        Raises:
            CommandFailed: there is none
        """
        if not self._frames:
            raise CommandFailed("There is nothing to undo: nobody has pulled since this molecule was loaded.")
        return self._frames.pop()

    def forget(self) -> None:
        """All of them: another system is simulated."""
        self._frames.clear()

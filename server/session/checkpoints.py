"""Frames to go back to. One is kept whenever a client begins to hold atoms and none were held."""

from collections import deque

from atomtug.core.errors import CommandFailed
from atomtug.core.frame import Frame

MAX_KEPT = 50
"""Frames; the oldest is dropped when there are more. A frame of the largest system takes some 10 kB."""


class Checkpoints:
    """Frames of one system, the newest first to be restored."""

    def __init__(self) -> None:
        self._frames: deque[Frame] = deque(maxlen=MAX_KEPT)

    def __len__(self) -> int:
        return len(self._frames)

    def add(self, frame: Frame | None) -> None:
        """Keep a frame, unless it is None or the one that was kept last."""
        if frame is not None and not (self._frames and self._frames[-1] is frame):
            self._frames.append(frame)

    def pop(self) -> Frame:
        """Remove the newest frame and return it.

        Raises:
            CommandFailed: no frame is kept
        """
        if not self._frames:
            raise CommandFailed("There is nothing to undo: nobody has pulled since this molecule was loaded.")
        return self._frames.pop()

    def clear(self) -> None:
        """Remove all frames."""
        self._frames.clear()

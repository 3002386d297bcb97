"""What a session needs of whatever draws its pictures."""

from collections.abc import Callable
from typing import Any, Protocol


class Screen(Protocol):
    """Draws a frame: an image for each eye."""

    @property
    def blend_mode(self) -> Any:
        """How a frame is to be blended with the room."""

    def binding(self) -> Any:
        """The graphics binding for xrCreateSession's ``next``."""

    def open(self, session: Any, space: Any) -> None:
        """Create the images of a session."""

    def show(self, time: int, draw: Callable[..., None]) -> list[Any]:
        """Draw for each eye; returns the composition layers."""

    def close(self) -> None:
        """Release the images, before the session ends."""

"""Who is told what a simulation does."""

from collections.abc import Mapping
from typing import Any, Protocol

from atomtug.core.frame import Frame


class SimulationListener(Protocol):
    """Who is told what the simulation does; called on the event loop, in order."""

    def on_loaded(self, index: int, engine_settings: Mapping[str, Any], restarted: bool) -> None:
        """Frames are from now on of system ``index``."""

    def on_frame(self, frame: Frame, begins: bool, pace: float) -> None:
        """A frame; ``begins``: the first after a load or reset; ``pace``: MD steps a second."""

    def on_playing(self, playing: bool) -> None:
        """Whether the simulation runs."""

    def on_failure(self, reason: str) -> None:
        """Something went wrong; a sentence for the user."""

    def on_engine_change(self, name: str, engine_settings: Mapping[str, Any], offset: float) -> None:
        """The next frame comes from another engine, ``offset`` (eV) added to its energies."""

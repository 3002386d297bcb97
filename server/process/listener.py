"""The interface of whoever receives what a simulation reports."""

from typing import Protocol

from atomtug.core.frame import Frame
from atomtug.server.dynamics.state import StateSwitch
from atomtug.server.process.messages import EngineSettings


class SimulationListener(Protocol):
    """Receives what the simulation reports. Its methods are called on the event loop, in order."""

    def on_loading(self, step: str) -> None:
        """What an engine that is being loaded does now, as a clause."""

    def on_loaded(self, index: int, engine_settings: EngineSettings, restarted: bool) -> None:
        """Frames are from now on of system ``index``; ``restarted`` if it continues after a crash."""

    def on_frame(self, frame: Frame, begins: bool, steps_per_second: float) -> None:
        """A frame; ``begins`` for the first one after a load or reset; the measured speed in MD steps a second."""

    def on_state_change(self, change: StateSwitch) -> None:
        """The engine went over to another electronic state on the way to the next frame."""

    def on_playing(self, playing: bool) -> None:
        """Whether the simulation runs."""

    def on_failure(self, reason: str) -> None:
        """Something went wrong; ``reason`` is a sentence for the user."""

    def on_giving_way(self, reason: str) -> None:
        """The network makes no further step, as it knows nothing of the next; ``reason`` is a sentence."""

    def on_engine_change(self, name: str, engine_settings: EngineSettings, offset: float) -> None:
        """The next frame comes from another engine, with ``offset`` (eV) added to its energies."""

"""What a live session is started with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from atomtug.core.errors import InputError
from atomtug.core.shipped import shipped_models
from atomtug.core.systems import System
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.server.dynamics.uncertainty import UncertaintyOptions
from atomtug.wire.suggestions import suggested_keys


@dataclass(frozen=True)
class LiveOptions:
    """What a live session simulates, and how.

    Args:
        systems: those that clients can choose among; the first is loaded
        engine: as :func:`atomtug.server.engines.create_engine` takes it
        dynamics: time step, temperature, force law and so on
        fps: frames per second; 0 for as many as the engine can make
        recordings: folder for recordings
        record: whether each simulation is recorded from its start
        paused: whether to wait until a client starts the simulation
        engine_timeout: seconds a single calculation may take
        follow_state: whether Sparrow's methods look for lower electronic states while bonds break
        engines: others that clients may load, besides Sparrow's and the models
        models: folders with model files that clients may load
        allow_systems: whether clients may load molecules of their own (``system/load``)
        allow_delete: whether clients may delete recordings (``recordings/delete``)
        choose: whether pages ask which of the systems it is to be, until somebody has loaded one or held an atom
        anyway: whether a network is taken even for a charge or multiplicity that it was not trained on
        suggestions: what headset apps should do, a text by name (:mod:`atomtug.wire.suggestions`)
        uncertainty: from which uncertainty on an engine counts as unsure, and what happens then

    Raises:
        InputError: a value is out of its range, or there is no system
    """

    systems: Sequence[System]
    engine: str = "pm6"
    dynamics: DynamicsSettings = field(default_factory=DynamicsSettings)
    fps: float = 30.0
    recordings: Path = Path("runs")
    record: bool = False
    paused: bool = False
    engine_timeout: float = 60.0
    follow_state: bool = True
    engines: Sequence[str] = ()
    models: Sequence[Path] = field(default_factory=lambda: (shipped_models(),))
    choose: bool = False
    anyway: bool = False
    allow_systems: bool = False
    allow_delete: bool = False
    suggestions: Mapping[str, str] = field(default_factory=dict)
    uncertainty: UncertaintyOptions = field(default_factory=UncertaintyOptions)

    def __post_init__(self) -> None:
        if not self.systems:
            raise InputError("There is nothing to simulate: name a system, e.g. methane.")
        if not 0 <= self.fps <= 1000:
            raise InputError(f"fps must be from 0 (as fast as possible) to 1000, not {self.fps!r}.")
        suggested_keys(self.suggestions)
        if not 0.1 <= self.engine_timeout <= 86400:
            raise InputError(f"engine_timeout must be from 0.1 to 86400 s, not {self.engine_timeout!r}.")

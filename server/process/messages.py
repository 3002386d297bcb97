"""What the server and the simulation process say to each other. Both ends are ours, so they are pickled."""

from collections.abc import Mapping
from dataclasses import dataclass

from atomtug.core.frame import Frame
from atomtug.core.systems import System
from atomtug.server.dynamics.force_laws import ActiveInteraction
from atomtug.server.dynamics.simulation import DynamicsSettings, State

# To the simulation process ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Load:
    """Simulate this system from its start, or from ``frame`` where one is given.

    ``quiet``: only stand ready, as an understudy does; no frame is made until :class:`TakeOver`.
    """

    system: System
    engine: str
    settings: DynamicsSettings
    frame: Frame | None = None
    quiet: bool = False


@dataclass(frozen=True)
class Play:
    """Run."""


@dataclass(frozen=True)
class Pause:
    """Stand still."""


@dataclass(frozen=True)
class StepOnce:
    """Advance to the next frame, then stand still."""


@dataclass(frozen=True)
class Reset:
    """Back to the starting geometry."""


@dataclass(frozen=True)
class GoBack:
    """To an instant of before, of the same system, whichever engine it is from."""

    frame: Frame


@dataclass(frozen=True)
class Hold:
    """What all clients hold now."""

    interactions: Mapping[str, ActiveInteraction]


@dataclass(frozen=True)
class Configure:
    """Go on with other settings."""

    settings: DynamicsSettings


@dataclass(frozen=True)
class SetFrameRate:
    """Frames per second to keep; 0 for as many as the engine can."""

    fps: float


@dataclass(frozen=True)
class Release:
    """Stop between two steps and say where the simulation stands: another process goes on with it."""


@dataclass(frozen=True)
class Standing:
    """All that another process needs to go on: the simulation, whether it plays, single frames still to be
    made, and steps of the next frame that have been made."""

    simulation: State
    playing: bool
    singles: int
    steps: int


@dataclass(frozen=True)
class TakeOver:
    """Go on from here: from where the other process stood or, if it could not say, from a frame."""

    standing: Standing | None
    frame: Frame | None
    playing: bool


Order = Release | TakeOver | Load | Play | Pause | StepOnce | Reset | GoBack | Hold | Configure | SetFrameRate

# From the simulation process ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Received:
    """The last parcel of orders was read; the next may come."""


@dataclass(frozen=True)
class Loaded:
    """An engine stands ready, under this name and with these settings."""

    engine: str
    settings: Mapping[str, str | int | float | bool]


@dataclass(frozen=True)
class LoadFailed:
    """The last load came to nothing; what was simulated before goes on."""

    reason: str


@dataclass(frozen=True)
class Released:
    """Where the simulation stands; None if none was loaded."""

    standing: Standing | None


@dataclass(frozen=True)
class TakenOver:
    """The next frame comes from this engine, ``offset`` (eV) added to its energies."""

    engine: str
    settings: Mapping[str, str | int | float | bool]
    offset: float


@dataclass(frozen=True)
class FrameReady:
    """A frame. ``begins`` marks the first after a load or reset; ``pace`` is in MD steps a second."""

    frame: Frame
    begins: bool
    pace: float


@dataclass(frozen=True)
class Playing:
    """Whether the simulation runs now."""

    playing: bool


@dataclass(frozen=True)
class Trouble:
    """The engine failed: the simulation stands at the last good frame, paused."""

    reason: str


Report = Received | Released | TakenOver | Loaded | LoadFailed | FrameReady | Playing | Trouble

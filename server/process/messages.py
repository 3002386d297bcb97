"""What the server and a simulation process send each other, see :mod:`atomtug.server.process.channel`."""

from collections.abc import Mapping
from dataclasses import dataclass

from atomtug.core.frame import Frame
from atomtug.core.systems import System
from atomtug.server.dynamics.force_laws import ActiveInteraction
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.server.dynamics.state import SimulationState, StateSwitch

EngineSettings = Mapping[str, str | int | float | bool]
"""All that an engine's results depend on besides the geometry."""

# To the simulation process ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Load:
    """Simulate a system from its start, or from a frame of it.

    Args:
        system: what to simulate
        engine: as :func:`atomtug.server.engines.create_engine` takes it
        settings: of the dynamics
        frame: where to continue; None for the system's own geometry
        index: number of the system, which the answer repeats
        standby: only get ready; no frame is made before :class:`TakeOver`
        anyway: as :func:`atomtug.server.engines.create_engine` takes it
        follow_state: whether Sparrow's methods look for lower electronic states while bonds break
        guarded: whether a network makes no step to where it knows nothing
    """

    system: System
    engine: str
    settings: DynamicsSettings
    frame: Frame | None = None
    index: int = 0
    standby: bool = False
    anyway: bool = False
    follow_state: bool = True
    guarded: bool = False


@dataclass(frozen=True)
class Play:
    """Run."""


@dataclass(frozen=True)
class Pause:
    """Stop after the frame that is being made."""


@dataclass(frozen=True)
class StepOnce:
    """Advance to the next frame, then stop."""


@dataclass(frozen=True)
class Reset:
    """Return to the starting geometry."""


@dataclass(frozen=True)
class GoBack:
    """Return to an earlier frame of the same system, whichever engine made it.

    Args:
        frame: where to continue
        index: number of its system; if another has been loaded since the order was given, nothing is done
    """

    frame: Frame
    index: int = 0


@dataclass(frozen=True)
class SetInteractions:
    """Replace all interactions, by key."""

    interactions: Mapping[str, ActiveInteraction]


@dataclass(frozen=True)
class Configure:
    """Continue with other settings."""

    settings: DynamicsSettings


@dataclass(frozen=True)
class SetFrameRate:
    """Frames per second to keep; 0 for as many as the engine can make."""

    fps: float


@dataclass(frozen=True)
class Release:
    """Stop between two MD steps and answer with the state of the simulation: another process continues it."""


@dataclass(frozen=True)
class HandoverState:
    """All that another process needs to continue.

    Args:
        simulation: the simulation itself
        playing: whether it runs
        single_frames: frames still to be made where it does not run
        steps: MD steps of the next frame that are made already
    """

    simulation: SimulationState
    playing: bool
    single_frames: int
    steps: int


@dataclass(frozen=True)
class TakeOver:
    """Continue from the state in which the other process stopped.

    Args:
        state: that state; None if the other process could not give it
        frame: the last frame, used where ``state`` is None
        playing: whether to run, used where ``state`` is None
    """

    state: HandoverState | None
    frame: Frame | None
    playing: bool


Request = Load | Release | TakeOver
"""Orders that are answered by a :data:`Reply` or by :class:`LoadFailed`."""
Order = Request | Play | Pause | StepOnce | Reset | GoBack | SetInteractions | Configure | SetFrameRate

# From the simulation process ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Received:
    """The last batch of orders was read; the next may come."""


@dataclass(frozen=True)
class LoadingStep:
    """What an engine that is being loaded does now, as a clause: ``compiles the dynamics``."""

    step: str


@dataclass(frozen=True)
class Loaded:
    """An engine is ready.

    Args:
        engine: its display name
        settings: what its results depend on
        index: that of the order
        resumed: whether the simulation continues from a frame
    """

    engine: str
    settings: EngineSettings
    index: int
    resumed: bool


@dataclass(frozen=True)
class LoadFailed:
    """An order to load or to take over could not be carried out; what was simulated before continues.

    Args:
        reason: a sentence
        resumed: whether the load was to continue from a frame
        unsure: whether only the geometry is one that the network knows too little of
    """

    reason: str
    resumed: bool = False
    unsure: bool = False


@dataclass(frozen=True)
class Released:
    """The state in which the simulation stopped; None if none was loaded."""

    state: HandoverState | None


@dataclass(frozen=True)
class TakenOver:
    """The next frame comes from this engine, with ``offset`` (eV) added to its energies."""

    engine: str
    settings: EngineSettings
    offset: float


@dataclass(frozen=True)
class FrameReady:
    """A frame. ``begins`` marks the first one after a load or reset; ``steps_per_second`` is the measured speed."""

    frame: Frame
    begins: bool
    steps_per_second: float


@dataclass(frozen=True)
class StateChanged:
    """The engine went over to another electronic state on the way to the next frame."""

    change: StateSwitch


@dataclass(frozen=True)
class Playing:
    """Whether the simulation runs now."""

    playing: bool


@dataclass(frozen=True)
class CalculationFailed:
    """The engine gave no result: the simulation is paused at the last good frame. ``reason`` is a sentence."""

    reason: str


@dataclass(frozen=True)
class GivingWay:
    """The network knows nothing of the next step and waits for another engine. ``reason`` is a sentence."""

    reason: str


@dataclass(frozen=True)
class Ended:
    """The process has ended; the handle reports this in its place. ``reason`` is a clause."""

    reason: str


Reply = Loaded | Released | TakenOver
Report = (
    Reply
    | Received
    | LoadingStep
    | LoadFailed
    | FrameReady
    | StateChanged
    | Playing
    | CalculationFailed
    | GivingWay
    | Ended
)

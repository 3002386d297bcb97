"""What a new simulation process must be told so that it continues where the last one stopped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from atomtug.core.frame import Frame
from atomtug.core.systems import System
from atomtug.server.dynamics.force_laws import ActiveInteraction
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.server.engines import Fingerprint, fingerprint
from atomtug.server.process.messages import Load


@dataclass
class ResumePoint:
    """The simulation as it is wanted now, and its last good frame.

    Args:
        systems: those that can be simulated
        engine: as :func:`atomtug.server.engines.create_engine` takes it
        settings: of the dynamics
        fps: frames per second; 0 for as many as can be made
        playing: whether it should run
        follow_state: as :func:`atomtug.server.engines.create_engine` takes it
        index: which of the systems is simulated
        interactions: those that act now, by key
        frame: the last good frame; None before the first
        anyway: as :func:`atomtug.server.engines.create_engine` takes it
        guarded: whether a network makes no step to where it knows nothing
    """

    systems: Sequence[System]
    engine: str
    settings: DynamicsSettings
    fps: float
    playing: bool
    follow_state: bool = True
    index: int = 0
    interactions: Mapping[str, ActiveInteraction] = field(default_factory=dict)
    frame: Frame | None = None
    anyway: bool = False
    guarded: bool = False

    def __post_init__(self) -> None:
        self.set_engine(self.engine)

    def set_engine(self, engine: str) -> None:
        """Another engine from now on."""
        self.engine = engine
        self.fingerprint: Fingerprint = fingerprint(engine)
        """Tells whether a model file is still the one that was loaded."""

    @property
    def system(self) -> System:
        """The system that is simulated."""
        return self.systems[self.index]

    def load_order(self, index: int, frame: Frame | None) -> Load:
        """The order to simulate system ``index``, from ``frame`` or from the beginning."""
        return Load(
            self.systems[index],
            self.engine,
            self.settings,
            frame,
            index,
            anyway=self.anyway,
            follow_state=self.follow_state,
            guarded=self.guarded,
        )

"""What a network is learned for, how, and at what cost."""

from dataclasses import dataclass, field
from typing import Any

from atomtug.core.errors import InputError
from atomtug.core.systems import System
from atomtug.trainer.dft.theory import Theory
from atomtug.trainer.fit import Settings
from atomtug.trainer.teacher import TeachingSettings
from atomtug.vr_client.scripted.script import Script

TRAINING_TEMPERATURES = (250.0, 500.0)
"""K, between which each trajectory to learn from has its temperature."""
HELDOUT_TEMPERATURES = (300.0, 300.0)
"""K, of the trajectories to judge by."""
NETWORK = Settings(
    hidden=(64, 64), r_cut=4.8, r_angular=3.0, n_radial=12, bagging=0.25, validation=0.0, epochs=150,
    learning_rate=4e-3,
)  # fmt: skip
"""What is trained: the shape of the everyday model (docs/network.md)."""
LAST_SEARCHES = 3
"""For holes of the last network, at most: it is trained on after each but the last that the labels confirm one in."""
LATER_RATE = 0.25
"""Of the learning rate, what each round begins with: at the whole of it a network forgets (docs/learning.md)."""
TEACHING = TeachingSettings(geometries=8_000, epochs=30, kept=300, kept_weight=0.001)
"""How GFN2-xTB teaches it first."""


def theory_for(system: System, functional: str = "pbe", basis: str | None = None) -> Theory:
    """What a system is labelled with: anions have diffuse functions, unless another basis is named."""
    return Theory(functional.lower(), (basis or ("def2-tzvpd" if system.charge < 0 else "def2-tzvp")).lower())


@dataclass(frozen=True)
class LearningBudget:
    """When it ends.

    Args:
        labels: in all, those to judge by included
        hours: after which no step is begun but training and judging what is labelled
        target_kcal: kcal/mol of held-out error at which it ends before; 0 for never
        rounds: on the network, at most; those that were begun before are gone through whatever is asked for

    Raises:
        InputError: a value is out of its range
    """

    labels: int = 300
    hours: float = 2.0
    target_kcal: float = 0.0
    rounds: int = 3

    def __post_init__(self) -> None:
        if self.labels < 20:
            raise InputError(f"{self.labels} labels are too few to learn and judge by: use 20 or more.")
        if not self.hours > 0 or not self.target_kcal >= 0 or self.rounds < 0:
            raise InputError("Hours must be above 0, and the target error and the rounds 0 or more.")

    @property
    def heldout(self) -> int:
        """Labels to judge by."""
        return max(6, round(0.15 * self.labels))

    @property
    def first(self) -> int:
        """Labels of the first training."""
        return self.labels - self.heldout - self.rounds * self.each_round - LAST_SEARCHES * self.each_last

    @property
    def each_round(self) -> int:
        """Labels of a round."""
        return int(0.35 * self.labels / self.rounds) if self.rounds else 0

    @property
    def each_last(self) -> int:
        """Labels of what a search of the last network finds."""
        return int(0.1 * self.labels / LAST_SEARCHES)


@dataclass(frozen=True)
class LearningOptions:
    """How it is learned.

    Args:
        script: what the hands do: a built-in one, or a script of one's own
        site, attacker, target: who takes what, as :class:`SteeringSeries` has them
        engine: on which the first hands work
        trajectories: to learn from first; for each third one, one of rough hands is added
        round_trajectories: of each round on the network, likewise
        heldout_trajectories: to judge by
        theory: of the labels
        scheduler: address of a Dask cluster that labels; None for this machine
        workers: processes that label; None for one a core
        tries: of a round's search for holes
        settings: of the training
        teaching: of GFN2-xTB; None for no teacher
        seed: of everything random
    """

    script: str | Script = "abstract"
    site: str = "any"
    attacker: str = ""
    target: str = ""
    engine: str = "pm6"
    trajectories: int = 6
    round_trajectories: int = 3
    heldout_trajectories: int = 3
    theory: Theory = field(default_factory=Theory)
    scheduler: str | None = None
    workers: int | None = None
    tries: int = 200
    settings: Settings = NETWORK
    teaching: TeachingSettings | None = TEACHING
    seed: int = 0

    def to_plain(self, system: System) -> dict[str, Any]:
        """What must be the same for the work to go on, as JSON can hold it."""
        script = self.script.name if isinstance(self.script, Script) else self.script
        return {
            "system": system.name, "charge": system.charge, "multiplicity": system.multiplicity, "script": script,
            "site": self.site, "attacker": self.attacker, "target": self.target, "engine": self.engine,
            "theory": str(self.theory), "teacher": self.teaching is not None, "seed": self.seed,
            "trajectories": self.trajectories, "round_trajectories": self.round_trajectories,
            "heldout_trajectories": self.heldout_trajectories,
        }  # fmt: skip

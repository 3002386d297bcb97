"""How a swarm of trajectories is made."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from atomtug.core.errors import InputError
from atomtug.server.dynamics.uncertainty import DEFAULT_LIMIT
from atomtug.swarm.starts import VELOCITIES, VelocityKind

GROWING = ("count", "along", "along_count")
"""Options with which a swarm that was made can be made larger."""


@dataclass(frozen=True)
class SwarmOptions:
    """How trajectories are made. They are free of hands and of the wall, at constant energy.

    Args:
        engine: empty for the one that the recording ends with
        count: trajectories
        duration: ps, of each
        timestep: fs
        temperature: K, of the velocities
        velocities: ``thermal``, or quasi-classical from the ``modes``
        along: frames about the reaction that trajectories are begun from as well, for the committor
        along_count: trajectories from each of these
        seed: of the velocities
        uncertainty_limit: kJ/mol; a network whose uncertainty is greater is unsure; 0 for never
        anyway: take a network even for a charge or multiplicity that it was not trained on

    Raises:
        InputError: a value is out of its range
    """

    engine: str = ""
    count: int = 200
    duration: float = 0.5
    timestep: float = 0.2
    temperature: float = 300.0
    velocities: VelocityKind = "thermal"
    along: int = 0
    along_count: int = 40
    seed: int = 0
    uncertainty_limit: float = DEFAULT_LIMIT
    anyway: bool = False

    def __post_init__(self) -> None:
        for name, value, low, high in (
            ("The duration (ps)", self.duration, 0.001, 100.0),
            ("The time step (fs)", self.timestep, 0.01, 2.0),
            ("The temperature (K)", self.temperature, 0.0, 10000.0),
            ("The number of trajectories", self.count, 1, 100000),
            ("The number of frames along the reaction", self.along, 0, 1000),
            ("The number of trajectories from each frame", self.along_count, 1, 100000),
            ("The uncertainty limit (kJ/mol)", self.uncertainty_limit, 0.0, 1e6),
        ):
            if not low <= value <= high:
                raise InputError(f"{name} must be from {low:g} to {high:g}, not {value!r}.")
        if self.velocities not in VELOCITIES:
            raise InputError(f"Velocities are {' or '.join(VELOCITIES)}, not {self.velocities!r}.")

    @property
    def steps(self) -> int:
        """MD steps of each trajectory."""
        return max(1, round(1000.0 * self.duration / self.timestep))

    def settings(self) -> Mapping[str, Any]:
        """What each single trajectory depends on, as plain JSON."""
        return {name: value for name, value in asdict(self).items() if name not in GROWING}

"""How the molecule moves: time step, thermostat, force law, wall."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Literal, get_args

from atomtug.core.errors import InputError
from atomtug.server.dynamics.force_laws import FORCE_LAWS, ForceLawName
from atomtug.server.dynamics.interaction_forces import DEFAULT_FORCE_CAP

Thermostat = Literal["langevin", "nve", "relax"]
THERMOSTATS: tuple[Thermostat, ...] = get_args(Thermostat)


@dataclass(frozen=True)
class DynamicsSettings:
    """Settings of a simulation.

    Args:
        timestep: fs
        temperature: K, of the thermostat and of newly drawn velocities
        friction: 1/ps
        thermostat: ``langevin`` for constant temperature, ``nve`` for constant energy, ``relax`` for
            running downhill all the time, which takes no notice of temperature and friction
        steps_per_frame: MD steps between two frames
        force_law: how interactions act, a name of :data:`atomtug.server.dynamics.force_laws.FORCE_LAWS`
        force_cap: kJ/mol/nm, limit for each component of the interactions' force on an atom
        wall_radius: nm, around the starting geometry's centre of mass; None for its extent and a margin, 0 for none
        centring: 1/ps; how fast the common centre of mass swings back to where it started, see
            :func:`atomtug.server.dynamics.wall.centring_force`; 0 for no such restraint
        seed: of velocities and noise
        cool_after_pull: 1/ps; friction for the 300 fs after the last hand has let go, where it is more than
            ``friction``; 0 for none

    Raises:
        InputError: a value is out of its range
    """

    timestep: float = 0.5
    temperature: float = 300.0
    friction: float = 1.0
    thermostat: Thermostat = "langevin"
    steps_per_frame: int = 5
    force_law: ForceLawName = "narupa"
    force_cap: float = DEFAULT_FORCE_CAP
    wall_radius: float | None = None
    centring: float = 0.0
    seed: int = 0
    cool_after_pull: float = 0.0

    def __post_init__(self) -> None:
        _check_range("timestep", self.timestep, 0.01, 5.0, "fs")
        _check_range("temperature", self.temperature, 0.0, 10000.0, "K")
        _check_range("friction", self.friction, 0.0, 1000.0, "1/ps")
        _check_range("cool_after_pull", self.cool_after_pull, 0.0, 1000.0, "1/ps")
        if self.cool_after_pull and self.thermostat != "langevin":
            raise InputError(
                "cool_after_pull needs a thermostat: neither at constant energy nor downhill is anything to cool."
            )
        _check_range("steps_per_frame", self.steps_per_frame, 1, 10000, "steps")
        _check_range("force_cap", self.force_cap, 0.0, 1e6, "kJ/mol/nm")
        if self.wall_radius is not None:
            _check_range("wall_radius", self.wall_radius, 0.0, 1000.0, "nm")
        _check_range("centring", self.centring, 0.0, 100.0, "1/ps")
        if self.thermostat not in THERMOSTATS:
            raise InputError(f"thermostat must be one of {', '.join(THERMOSTATS)}, not {self.thermostat!r}.")
        if self.force_law not in FORCE_LAWS:
            raise InputError(f"force_law must be one of {', '.join(FORCE_LAWS)}, not {self.force_law!r}.")

    def changed(self, changes: Mapping[str, float | str]) -> "DynamicsSettings":
        """The same with some values replaced, checked again.

        Raises:
            InputError: a value is out of its range
        """
        return replace(self, **changes)  # type: ignore[arg-type]

    def as_dict(self) -> dict[str, str | float | int | None]:
        """All values by name, for provenance."""
        return asdict(self)


def _check_range(name: str, value: float, low: float, high: float, unit: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise InputError(f"{name} must be from {low:g} to {high:g} {unit}, not {value!r}.")

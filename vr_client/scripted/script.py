"""Scripts: the steps of scripted hands. :mod:`atomtug.vr_client.scripted.script_file` reads them from TOML."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from atomtug.core.errors import InputError
from atomtug.vr_client.scripted.condition import Condition
from atomtug.wire.interactions import DEFAULT_MAX_FORCE

Selection = str | int | tuple[str | int, ...]
Point = tuple[float, float, float]

STRENGTH = 10000.0
"""Spring constant where a script gives none, kJ/mol/nm^2."""
TIMEOUT = 5.0
"""ps after which a condition that has not come true ends the script."""


@dataclass(frozen=True)
class Pull:
    """Hold atoms and bring them somewhere. Exactly one of ``toward``, ``to`` and ``by`` says where.

    With ``until`` the script waits for the condition, then goes on with the hand still holding. Without, it
    goes on at once, so that other hands can join in.

    Args:
        atoms: what to hold
        toward: atoms to follow wherever they go
        to: a point, angstrom
        by: how far from where they are, angstrom; (0, 0, 0) holds them
        k: spring constant, kJ/mol/nm^2
        speed: how fast the hand moves, angstrom/ps; None: it is there at once
        max_force: kJ/mol/nm
        until: a condition, see :mod:`atomtug.vr_client.scripted.condition`
        timeout: ps to wait for it
        hand: which hand
    """

    atoms: Selection
    toward: Selection | None = None
    to: Point | None = None
    by: Point | None = None
    k: float = STRENGTH
    speed: float | None = None
    max_force: float = DEFAULT_MAX_FORCE
    until: Condition | None = None
    timeout: float = TIMEOUT
    hand: str = "right"

    def __post_init__(self) -> None:
        given = [name for name in ("toward", "to", "by") if getattr(self, name) is not None]
        if len(given) != 1:
            raise InputError(
                f"pull needs exactly one of toward, to and by; it has {' and '.join(given) or 'none'}."
            )


@dataclass(frozen=True)
class LetGo:
    """Remove the interaction of one hand, or of all where none is named."""

    hand: str | None = None


@dataclass(frozen=True)
class Wait:
    """Let simulated time pass (ps), or wait for a condition; hands go on holding.

    Args:
        time: how long; with ``until``, at most so long
        until: what to wait for; if it does not come true in time, the script ends
    """

    time: float = TIMEOUT
    until: Condition | None = None


@dataclass(frozen=True)
class RunCommand:
    """Run a command on the server."""

    command: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


Step = Pull | LetGo | Wait | RunCommand


@dataclass(frozen=True)
class Script:
    """Steps, done one after the other; at the end all interactions are removed.

    Args:
        steps: what to do
        name: for people and file names
    """

    steps: tuple[Step, ...]
    name: str = "script"

"""Named commands with default arguments, as clients see and run them."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from atomtug.core.errors import CommandFailed, InputError
from atomtug.wire.values import Value

Result = Mapping[str, Value] | None
"""What a command answers."""
Handler = Callable[..., Result | Awaitable[Result]]
"""Carries a command out. It is called with keyword arguments."""


@dataclass(frozen=True)
class Command:
    """A command's handler, and the arguments it is called with where the client gives no others."""

    handler: Handler
    defaults: Mapping[str, Value]


class Commands:
    """The commands of a session."""

    def __init__(self) -> None:
        self._commands: dict[str, Command] = {}
        self._withheld: dict[str, str] = {}

    def register(self, name: str, handler: Handler, /, **defaults: Value) -> None:
        """Offer ``handler`` under ``name``.

        It is called with keyword arguments: the defaults, overridden by the client's. A default of None
        means that the argument may be left out.
        """
        self._commands[name] = Command(handler, defaults)

    def withhold(self, name: str, why: str) -> None:
        """Don't offer ``name``, and answer who runs it all the same with the sentence ``why``."""
        self._withheld[name] = why

    def list(self) -> dict[str, Mapping[str, Value]]:
        """The default arguments of each command."""
        return {name: command.defaults for name, command in self._commands.items()}

    async def run(self, name: str, arguments: Mapping[str, Value]) -> Result:
        """Run a command.

        Raises:
            InputError: no such command, or it takes no such argument
            AtomtugError: it could not be carried out
        """
        if name in self._withheld:
            raise CommandFailed(self._withheld[name])
        command = self._commands.get(name)
        if command is None:
            raise InputError(f"There is no command {name!r}: there are {', '.join(sorted(self._commands))}.")
        unknown = sorted(set(arguments) - set(command.defaults))
        if unknown:
            known = ", ".join(command.defaults) or "no arguments"
            raise InputError(f"{name} takes {known}, not {', '.join(unknown)}.")
        result = command.handler(**{**command.defaults, **arguments})
        return await result if inspect.isawaitable(result) else result


def number(name: str, value: Value) -> float:
    """Check that a client's argument is a number.

    Raises:
        InputError: it is something else, NaN or infinite
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < float("inf"):
        raise InputError(f"{name} must be a number, not {value!r}.")
    return float(value)


def whole_number(name: str, value: Value) -> int:
    """Check that a client's argument is a whole number. Over gRPC every number comes as a float.

    Raises:
        InputError: it is something else
    """
    converted = number(name, value)
    if converted != int(converted):
        raise InputError(f"{name} must be a whole number, not {value!r}.")
    return int(converted)


def text(name: str, value: Value) -> str:
    """Check that a client's argument is text.

    Raises:
        InputError: it is something else
    """
    if not isinstance(value, str):
        raise InputError(f"{name} must be text, not {value!r}.")
    return value

"""Reading scripts from TOML; docs/scripts.md describes the format."""

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from atomtug.core.errors import InputError
from atomtug.vr_client.scripted.condition import Condition
from atomtug.vr_client.scripted.script import (
    STRENGTH,
    TIMEOUT,
    LetGo,
    Point,
    Pull,
    RunCommand,
    Script,
    Selection,
    Step,
    Wait,
)
from atomtug.wire.interactions import DEFAULT_MAX_FORCE


def load_script(path: str | Path) -> Script:
    """Read a TOML file.

    Raises:
        InputError: it can't be read, or a step in it makes no sense
    """
    path = Path(path)
    if path.suffix != ".toml":
        raise InputError(
            f"{path} is no script: use abstract, graze, stretch or a .toml file, or one of add, substitute, "
            f"associate and dissociate."
        )
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"The script {path} can't be read: {error}.") from error
    return parse_script(text, path.stem)


def parse_script(text: str, name: str = "script") -> Script:
    """Read a script written as TOML.

    Raises:
        InputError: it is not TOML, or a step in it makes no sense
    """
    try:
        content = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"The script {name} is not TOML: {error}.") from error
    unknown = sorted(set(content) - {"name", "step"})
    steps = content.get("step", [])
    if unknown or not isinstance(steps, list) or not isinstance(content.get("name", ""), str):
        raise InputError(
            f"The script {name} has {', '.join(unknown) or 'a malformed name or step'} at its top: "
            f"only a name and [[step]] tables belong there."
        )
    if not steps:
        raise InputError(f"The script {name} has no steps: write at least one [[step]].")
    parsed = tuple(_step(table, number) for number, table in enumerate(steps, 1))
    return Script(parsed, content.get("name", name))


def _step(table: Any, number: int) -> Step:
    kinds = [kind for kind in _READERS if isinstance(table, dict) and kind in table]
    if len(kinds) != 1:
        raise InputError(
            f"Step {number} says {' and '.join(kinds) or 'nothing to do'}: "
            f"it must have exactly one of {', '.join(_READERS)}."
        )
    reader = _Table(table)
    try:
        step = _READERS[kinds[0]](reader)
        reader.finish()
    except InputError as error:
        raise InputError(f"Step {number} ({kinds[0]}): {error}") from error
    return step


class _Table:
    """A step's table, from which each key is read once; keys that are left over are mistakes."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self._left = dict(table)
        self._known: list[str] = []

    def __contains__(self, key: str) -> bool:
        # Asking after a key is knowing it.
        self._known.append(key)
        return key in self._left

    def pop(self, key: str, default: Any = None) -> Any:
        self._known.append(key)
        return self._left.pop(key, default)

    def number(self, key: str, default: float) -> float:
        value = self.pop(key, default)
        number = _finite(value)
        if number is None or number <= 0.0:
            raise InputError(f"{key} must be a number above 0, not {value!r}.")
        return number

    def text(self, key: str, default: str | None) -> str | None:
        value = self.pop(key, default)
        if value is not default and not (isinstance(value, str) and value):
            raise InputError(f"{key} must be text, not {value!r}.")
        return value if value is None else str(value)

    def selection(self, key: str) -> Selection | None:
        value = self.pop(key)
        parts = value if isinstance(value, list) else [value]
        if value is None:
            return None
        if not parts or any(isinstance(part, bool) or not isinstance(part, str | int) for part in parts):
            raise InputError(f"{key} must be an index, RESIDUE:ATOM or a list of these, not {value!r}.")
        return tuple(parts) if isinstance(value, list) else parts[0]

    def point(self, key: str) -> Point | None:
        value = self.pop(key)
        if value is None:
            return None
        match [_finite(number) for number in value] if isinstance(value, list) else None:
            case [float(x), float(y), float(z)]:
                return x, y, z
        raise InputError(f"{key} must be three numbers [x, y, z] in angstrom, not {value!r}.")

    def condition(self, key: str) -> Condition | None:
        text = self.text(key, None)
        return None if text is None else Condition(text)

    def finish(self) -> None:
        if self._left:
            unknown, known = ", ".join(sorted(self._left)), ", ".join(dict.fromkeys(self._known))
            raise InputError(f"{unknown} is not known here: use {known}.")


def _pull(table: _Table) -> Pull:
    atoms = table.selection("pull")
    return _grip(table, atoms, table.selection("toward"), table.point("to"), table.point("by"))


def _hold(table: _Table) -> Pull:
    return _grip(table, table.selection("hold"), None, None, (0.0, 0.0, 0.0))


def _grip(
    table: _Table, atoms: Selection | None, toward: Selection | None, to: Point | None, by: Point | None
) -> Pull:
    assert atoms is not None  # the step was recognised by this key
    speed = table.number("speed", 1.0) if "speed" in table else None
    strength, max_force = table.number("k", STRENGTH), table.number("max_force", DEFAULT_MAX_FORCE)
    until, timeout = table.condition("until"), table.number("timeout", TIMEOUT)
    hand = table.text("hand", "right") or "right"
    table.finish()  # a misspelt key is named before it is said what is missing in its place
    return Pull(atoms, toward, to, by, strength, speed, max_force, until, timeout, hand)


def _let_go(table: _Table) -> LetGo:
    hand = table.pop("let_go")
    if hand is True:
        return LetGo()
    if not isinstance(hand, str) or not hand:
        raise InputError(f"let_go must be a hand's name, or true for all, not {hand!r}.")
    return LetGo(hand)


def _wait(table: _Table) -> Wait:
    wait = table.pop("wait")
    if isinstance(wait, str):
        return Wait(table.number("timeout", TIMEOUT), Condition(wait))
    return Wait(_Table({"wait": wait}).number("wait", TIMEOUT))


def _run(table: _Table) -> RunCommand:
    arguments = table.pop("arguments", {})
    name = table.text("run", None)
    if not isinstance(arguments, dict):
        raise InputError(f"arguments must be a table, like {{index = 1}}, not {arguments!r}.")
    return RunCommand(str(name), arguments)


_READERS: Mapping[str, Callable[[_Table], Step]] = {
    "pull": _pull,
    "hold": _hold,
    "let_go": _let_go,
    "wait": _wait,
    "run": _run,
}


def _finite(value: Any) -> float | None:
    """The number, or None where it is none or too large for one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if np.isfinite(number) else None

"""What is done of a long piece of work, kept in a file, so that it goes on where it was stopped."""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeVar

from atomtug.core.errors import InputError
from atomtug.core.files import replacing

_Outcome = TypeVar("_Outcome")


class LearningStopped(Exception):
    """It was told to stop; called again, it goes on."""


@dataclass
class LearningLog:
    """Steps that are done, each with what came of it and the seconds it took.

    Args:
        path: the file, JSON
        asked: what the work was asked for; the same file can't go on with something else
        steps: by name, what came of each
        seconds: by name, what each took, with what was spent on it before it was stopped
        begun: by name, what was noted when a step was begun
    """

    path: Path
    asked: Mapping[str, Any]
    steps: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    begun: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def open(cls, path: Path, asked: Mapping[str, Any]) -> Self:
        """A log to go on with, or a new one.

        Raises:
            InputError: the file is none, or of work that was asked for otherwise
        """
        if not path.exists():
            return cls(path, asked)
        try:
            kept = json.loads(path.read_text())
            before, steps, seconds = dict(kept["asked"]), dict(kept["steps"]), dict(kept["seconds"])
            begun = dict(kept.get("begun", {}))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{path} can't be read ({error}): remove it, or choose another --out."
            ) from error
        now = json.loads(json.dumps(dict(asked)))
        # What an older version did not keep is not known to be another.
        other = sorted(name for name in before if before[name] != now.get(name))
        if other:
            raise InputError(
                f"{path.parent} was begun with another {other[0]} ({before.get(other[0])}, now {now.get(other[0])}): "
                f"go on with the same, or choose another --out."
            )
        return cls(path, asked, steps, seconds, begun)

    @property
    def total_seconds(self) -> float:
        """Of all steps, those that were stopped too."""
        return sum(self.seconds.values())

    def step(self, name: str, do: Callable[[], _Outcome]) -> _Outcome:
        """What a step came to: from the file, or by doing it now.

        Args:
            name: of the step
            do: does it; what it returns must be what JSON can hold
        """
        if name not in self.steps:
            began, before = time.monotonic(), self.seconds.get(name, 0.0)
            try:
                self.steps[name] = do()
            except BaseException:
                self.seconds[name] = before + time.monotonic() - began
                with suppress(OSError):  # a full disk: what stopped the step is what is told
                    self._write()
                raise
            self.seconds[name] = before + time.monotonic() - began
            self._write()
        outcome: _Outcome = self.steps[name]
        return outcome

    def forget(self, names: Iterable[str]) -> None:
        """Have steps done again when they are asked for; the seconds that they took count on."""
        known = [name for name in names if name in self.steps or name in self.begun]
        for name in known:
            self.steps.pop(name, None)
            self.begun.pop(name, None)
        if known:
            self._write()

    def begin(self, name: str, now: _Outcome) -> _Outcome:
        """What was noted when a step was begun, by a run that was killed perhaps; now, if that is the first time.

        Args:
            name: of the step
            now: what is noted; what it is must be what JSON can hold
        """
        if name not in self.begun:
            self.begun[name] = now
            self._write()
        noted: _Outcome = self.begun[name]
        return noted

    def _write(self) -> None:
        kept = {"asked": dict(self.asked), "steps": self.steps, "seconds": self.seconds, "begun": self.begun}
        text = json.dumps(kept, indent=1)
        with replacing(self.path) as draft:
            draft.write_text(text)

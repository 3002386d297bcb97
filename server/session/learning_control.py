"""Learning as the clients of a live session see it: whether it is wanted, and what the learner reports.

The learner is a process of its own (``atomtug learn-live``), a client like others. It asks with every report whether
it is to go on.
"""

import time
from collections.abc import Callable, Mapping

from atomtug.core.errors import CommandFailed, InputError
from atomtug.server.session.commands import Commands, Result
from atomtug.server.session.commands import text as checked_text
from atomtug.server.session.ledger import value_size
from atomtug.wire import command_names, state_keys
from atomtug.wire.values import Value

SILENCE = 60.0
"""Seconds without a report after which a learner counts as gone: it only has the time that others leave it."""
MOST_BYTES = 16 * 1024
"""Of a report."""
ABSENT = "Nobody learns here: start the server with --learn, or `atomtug learn-live` with the address of this server."


class LearningControl:
    """The commands ``learning/*`` and ``user/learn``, and the ``learning.*`` keys of the state.

    Args:
        announce: sets keys of the shared state
        clock: monotonic time, seconds
    """

    def __init__(
        self, announce: Callable[[Mapping[str, Value]], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._announce = announce
        self._clock = clock
        self._wanted = True
        self._reported: float | None = None
        """When the learner was last heard of; None where there is none."""
        self._text = ""
        self._figures: Mapping[str, Value] = {}
        self._tell()

    def register(self, commands: Commands) -> None:
        """Offer the commands."""
        commands.register(command_names.START_LEARNING, lambda: self._want(True))
        commands.register(command_names.STOP_LEARNING, lambda: self._want(False))
        commands.register(command_names.LEARNING_STATUS, self._status)
        commands.register(command_names.REPORT_LEARNING, self._report, text="", figures={})
        commands.register(command_names.USER_LEARN, self._toggle)

    def housekeeping(self) -> None:
        """Forget a learner that is silent. Called a few times a second."""
        if self._reported is not None and self._clock() - self._reported > SILENCE:
            self._reported, self._text, self._figures = None, "", {}
            self._tell()

    def _want(self, wanted: bool) -> Result:
        if self._reported is None:
            raise CommandFailed(ABSENT)
        self._wanted = wanted
        self._tell()
        return self._status()

    def _toggle(self) -> Result:
        self._want(not self._wanted)
        begins = "The network learns from what it is not sure of."
        return {"result": begins if self._wanted else "The network learns no more until it is asked to."}

    def _report(self, text: Value, figures: Value) -> Result:
        if not isinstance(figures, Mapping):
            raise InputError(f"figures must be a map, not {figures!r}.")
        said = checked_text("text", text)
        if value_size(said) + value_size(figures) > MOST_BYTES:
            raise InputError(f"A report may have {MOST_BYTES >> 10} kB: shorten it.")
        is_new = self._reported is None
        self._reported = self._clock()
        if is_new or (said, figures) != (self._text, self._figures):
            self._text, self._figures = said, dict(figures)
            self._tell()
        return {"wanted": self._wanted}

    def _status(self) -> Result:
        return {
            "present": self._reported is not None,
            "wanted": self._wanted,
            "text": self._text,
            "figures": dict(self._figures),
        }

    def _tell(self) -> None:
        self._announce(
            {
                state_keys.LEARNING_PRESENT: self._reported is not None,
                state_keys.LEARNING_WANTED: self._wanted,
                state_keys.LEARNING_TEXT: self._text,
                state_keys.LEARNING_FIGURES: dict(self._figures),
            }
        )

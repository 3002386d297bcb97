"""How far the engine is to be trusted at each frame, and what follows when it isn't. No I/O, no clocks.

A committee's members agree where they were trained and part where they weren't. Their spread above a limit makes a
frame a candidate for labelling; by option the session also pauses, or leaves the wheel to PM6 for a while.
"""

from dataclasses import dataclass
from typing import Literal, get_args

from atomtug.core.errors import InputError
from atomtug.core.frame import Frame
from atomtug.core.units import KJMOL_PER_EV

WhenUnsure = Literal["mark", "pause", "pm6"]
WHEN_UNSURE: tuple[WhenUnsure, ...] = get_args(WhenUnsure)
DEFAULT_LIMIT = 5.0
"""kJ/mol, of the whole molecule's energy: what is left below it is off by 1 kcal/mol (docs/swap.md)."""
CALM = 0.8
"""Part of the limit below which an engine is sure again: so that it does not flicker about the limit."""


@dataclass(frozen=True)
class UncertaintyOptions:
    """When an engine counts as unsure, and what then.

    Args:
        limit: kJ/mol of uncertainty from which on it is; 0 for never
        when_unsure: ``mark`` the frames, also ``pause``, or also let ``pm6`` take over for a while

    Raises:
        InputError: a value is out of its range
    """

    limit: float = DEFAULT_LIMIT
    when_unsure: WhenUnsure = "mark"

    def __post_init__(self) -> None:
        if isinstance(self.limit, bool) or not 0.0 <= self.limit <= 1e6:
            raise InputError(
                f"The uncertainty limit must be from 0 (none) to 1e6 kJ/mol, not {self.limit!r}."
            )
        if self.when_unsure not in WHEN_UNSURE:
            raise InputError(
                f"when_unsure must be one of {', '.join(WHEN_UNSURE)}, not {self.when_unsure!r}."
            )


class UncertaintyMonitor:
    """Looks at one frame after the other.

    Args:
        options: the limit
    """

    def __init__(self, options: UncertaintyOptions) -> None:
        self.options = options
        self.unsure = False
        """Whether the engine was unsure at the last frame."""
        self.candidates = 0
        """Frames so far that should be labelled."""

    def update(self, frame: Frame) -> bool:
        """Take in a frame; returns whether it should be labelled."""
        if frame.uncertainty is None or not self.options.limit:
            self.unsure = False
            return False
        doubt = frame.uncertainty * KJMOL_PER_EV
        candidate = doubt > self.options.limit
        self.unsure = doubt > self.options.limit * (CALM if self.unsure else 1.0)
        self.candidates += candidate
        return candidate

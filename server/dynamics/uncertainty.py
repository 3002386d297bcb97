"""How uncertain the engine is at each frame, and what follows from it. No clocks, no input or output.

A committee's members agree on geometries like those of their training and differ elsewhere. A spread above a limit
makes a frame a candidate for labelling; by option the session also pauses, or PM6 takes over for a while. Where a
calibrated network knows nothing at all, PM6 takes over before the step is made.
"""

from dataclasses import dataclass
from typing import Literal, get_args

from atomtug.core.errors import InputError, UnsureError
from atomtug.core.frame import Frame
from atomtug.core.units import KJMOL_PER_EV

WhenUnsure = Literal["guard", "mark", "pause", "pm6"]
WHEN_UNSURE: tuple[WhenUnsure, ...] = get_args(WhenUnsure)
DEFAULT_LIMIT = 8.4
"""kJ/mol, of the whole molecule's energy: an expected error of 2 kcal/mol of a calibrated network (docs/swap.md)."""
GUARDING: tuple[WhenUnsure, ...] = ("guard", "pm6")
"""Those with which a network gives way to PM6 where it knows nothing."""
SURE_AGAIN = 0.6
"""Fraction of a network's guard below which it may take over from PM6 again."""
HYSTERESIS = 0.8
"""Fraction of the limit below which an engine is sure again, so that it does not flicker about the limit."""


@dataclass(frozen=True)
class UncertaintyOptions:
    """When an engine counts as unsure, and what is done then.

    Args:
        limit: kJ/mol; an engine whose uncertainty is greater is unsure; 0 for never
        when_unsure: ``mark`` the frames, also ``pause``, or also let ``pm6`` take over for a while; ``guard`` marks,
            and lets PM6 take over only where a calibrated network knows nothing, before it makes the step

    Raises:
        InputError: a value is out of its range
    """

    limit: float = DEFAULT_LIMIT
    when_unsure: WhenUnsure = "guard"

    def __post_init__(self) -> None:
        if isinstance(self.limit, bool) or not 0.0 <= self.limit <= 1e6:
            raise InputError(
                f"The uncertainty limit must be from 0 (none) to 1e6 kJ/mol, not {self.limit!r}."
            )
        if self.when_unsure not in WHEN_UNSURE:
            raise InputError(
                f"when_unsure must be one of {', '.join(WHEN_UNSURE)}, not {self.when_unsure!r}."
            )


def unsure_error(uncertainty: float) -> UnsureError:
    """That a network knows nothing of the next geometry, by its uncertainty in eV."""
    return UnsureError(
        f"The network knows nothing of where the atoms are going: its uncertainty is "
        f"{uncertainty * KJMOL_PER_EV:.0f} kJ/mol."
    )


class UncertaintyMonitor:
    """Follows the uncertainty from frame to frame.

    Args:
        options: with the limit
    """

    def __init__(self, options: UncertaintyOptions) -> None:
        self.options = options
        self.unsure = False
        """Whether the engine was unsure at the last frame."""
        self.candidates = 0
        """Frames so far that should be labelled."""

    def update(self, frame: Frame) -> bool:
        """Record the next frame; returns whether it should be labelled."""
        if frame.uncertainty is None or not self.options.limit:
            self.unsure = False
            return False
        uncertainty = frame.uncertainty * KJMOL_PER_EV
        candidate = uncertainty > self.options.limit
        self.unsure = uncertainty > self.options.limit * (HYSTERESIS if self.unsure else 1.0)
        self.candidates += candidate
        return candidate

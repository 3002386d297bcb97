"""Where an interaction's position is between two updates by its client.

A client moves a hand some 30 times a second, the dynamics makes many steps in between. If the position were used as
it comes, it would stand still and jump; so it is interpolated over as many steps as passed between the last two
updates, and at most over one frame. The force on the atoms then has no jumps, at the price of a lag of one update.
What a hand that rested does next is felt at once: it begins in the step that follows, and the next frame has it all.
"""

from typing import NamedTuple

from atomtug.core.arrays import Floats


class StraightPath(NamedTuple):
    """The way from ``start`` (3,) nm to ``target`` (3,) nm, from MD step ``updated`` on, in ``duration``
    steps."""

    start: Floats
    target: Floats
    updated: int
    duration: int


class InterpolatedPosition:
    """A position that moves linearly to where its client says it is.

    Args:
        position: (3,) nm now
        step: the MD step now
        max_duration: the most steps to take for one move
    """

    def __init__(self, position: Floats, step: int, max_duration: int) -> None:
        self.path = StraightPath(position, position, step, 1)
        self._max_duration = max_duration

    def move(self, position: Floats, step: int) -> None:
        """Set a new target (3,) nm, known at ``step``."""
        here = self.at(step)
        duration = min(max(step - self.path.updated, 1), self._max_duration)
        self.path = StraightPath(here, position, step, duration)

    def at(self, step: int) -> Floats:
        """(3,) nm at MD step ``step``."""
        start, target, updated, duration = self.path
        passed = step - updated
        if passed >= duration:
            return target
        return start + (target - start) * (passed / duration)

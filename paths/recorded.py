"""The reactions in a recording: from which frame to which, and between which molecules."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from atomtug.core.arrays import Floats, Ints
from atomtug.core.systems import System
from atomtug.core.systems.fragments import HYDROGEN
from atomtug.recordings import Recording
from atomtug.recordings.reactions import Pair, as_set, bond_name, elapsed_ps, products
from atomtug.recordings.runs import runs

PASSING = 0.030
"""ps; bonds that are there, or not there, for a shorter time are a collision or a vibration, not a molecule."""
BETWEEN = 0.2
"""ps; a hydrogen that is free for a shorter time is on its way from one partner to the next, in a hand."""


@dataclass(frozen=True)
class BondedSpan:
    """Frames one after the other with the same bonds.

    Args:
        start: its first frame
        stop: the frame after its last
        bonds: pairs of atoms
    """

    start: int
    stop: int
    bonds: frozenset[Pair]


@dataclass(frozen=True)
class RecordedReaction:
    """A change of bonds that lasted.

    Args:
        before: frames with the bonds of the reactants
        after: frames with those of the products; between the two the bonds may have been neither's
        time_ps: when the first of these came, since the recording began
        reactants: e.g. ``CH4 + OH``
        products: e.g. ``CH3 + H2O``
        formed: pairs that are bonded after it
        broken: pairs that were bonded before it
        changes: the same in words, e.g. ``HO:O-H4 formed, C-H4 broke``
    """

    before: BondedSpan
    after: BondedSpan
    time_ps: float
    reactants: str
    products: str
    formed: tuple[Pair, ...]
    broken: tuple[Pair, ...]
    changes: str

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """All pairs whose bond changed."""
        return self.formed + self.broken


def find_reactions(recording: Recording) -> list[RecordedReaction]:
    """The reactions of a recording, in order; one that comes again with the same atoms, or goes back, comes once.

    A reset, an undo and a change of molecules begin anew: nothing leads from the frame before to the one after.
    """
    if not len(recording):
        return []
    times, system = elapsed_ps(recording), recording.system
    found: dict[frozenset[frozenset[Pair]], RecordedReaction] = {}
    for run in runs(recording):
        spans = _lasting(_spans(recording, run), times, system)
        for before, after in pairwise(spans):
            formed = tuple(sorted(after.bonds - before.bonds))
            broken = tuple(sorted(before.bonds - after.bonds))
            said = [f"{bond_name(system, pair)} formed" for pair in formed]
            said += [f"{bond_name(system, pair)} broke" for pair in broken]
            found.setdefault(
                frozenset((before.bonds, after.bonds)),
                RecordedReaction(
                    before,
                    after,
                    float(times[after.start]),
                    products(system, as_pairs(before.bonds)),
                    products(system, as_pairs(after.bonds)),
                    formed,
                    broken,
                    ", ".join(said),
                ),
            )
    return sorted(found.values(), key=lambda reaction: reaction.after.start)


def as_pairs(bonds: frozenset[Pair]) -> Ints:
    """(B, 2) pairs, sorted."""
    return np.array(sorted(bonds), dtype=np.int64).reshape(-1, 2)


def _spans(recording: Recording, run: range) -> list[BondedSpan]:
    """The stretches of equal bonds within a run."""
    changes = recording.bond_changes
    begins = [frame for frame, _ in changes]
    spans: list[BondedSpan] = []
    for (frame, pairs), after in zip(changes, [*begins[1:], len(recording)], strict=True):
        start, end = max(frame, run.start), min(after, run.stop)
        if start < end:
            spans.append(BondedSpan(start, end, frozenset(as_set(pairs))))
    return _joined(spans)


def _lasting(spans: Sequence[BondedSpan], times: Floats, system: System) -> list[BondedSpan]:
    """Without what only passed by.

    That are spans that are short, or in which a hydrogen has two bonds, or for a while none, unlike before and after.
    The first and the last are kept, as nobody knows how long they lasted.
    """
    kept = []
    for place, span in enumerate(spans):
        if 0 < place < len(spans) - 1:
            around, lasted = (spans[place - 1], spans[place + 1]), times[span.stop - 1] - times[span.start]
            if lasted < PASSING or _only_here(span, around, system, lambda bonds: bonds > 1):
                continue
            if lasted < BETWEEN and _only_here(span, around, system, lambda bonds: bonds == 0):
                continue
        kept.append(span)
    return _joined(kept)


def _only_here(
    span: BondedSpan, around: Sequence[BondedSpan], system: System, odd: Callable[[Ints], NDArray[np.bool_]]
) -> bool:
    """Whether a hydrogen has an odd number of bonds in a span, but neither before nor after it."""

    def hydrogens(of: BondedSpan) -> set[int]:
        counts = np.bincount(as_pairs(of.bonds).ravel(), minlength=len(system.numbers))
        return set(np.flatnonzero(odd(counts) & (system.numbers == HYDROGEN)).tolist())

    here = hydrogens(span)
    return bool(here - hydrogens(around[0]) - hydrogens(around[1]))


def _joined(spans: Sequence[BondedSpan]) -> list[BondedSpan]:
    """Neighbours with equal bonds made one."""
    joined: list[BondedSpan] = []
    for span in spans:
        if joined and joined[-1].bonds == span.bonds:
            joined[-1] = BondedSpan(joined[-1].start, span.stop, span.bonds)
        else:
            joined.append(span)
    return joined

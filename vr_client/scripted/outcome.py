"""The outcome of a steered trajectory: which hydrogen moved, what it made, when, and how much work it took."""

from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any

import numpy as np

from atomtug.core.systems.bonds import BondPerception, fragments
from atomtug.core.systems.fragments import HYDROGEN, fragment_name
from atomtug.core.systems.sites import classify_hydrogens, find_radical, neighbour_lists
from atomtug.core.units import KCALMOL_PER_EV, KJMOL_NM_PER_FORCE, KJMOL_PER_EV, NANONEWTON_PER_FORCE
from atomtug.vr_client.client.client_frame import ClientFrame
from atomtug.vr_client.scripted.hands import Plan

BONDED = 1.35
"""angstrom: a hydrogen this near to the radical, and nearer to it than to its old carbon, has come over."""
KEPT = 1.7
"""angstrom: one that has come over stays the radical's up to here; the new bond starts out hot."""
GONE = 1.5
"""angstrom: a hydrogen this far from its old carbon has left it."""


class Aim(Enum):
    """What counts as success."""

    TAKE = "the chosen hydrogen comes off"
    LEAVE = "no hydrogen comes off"
    ANY = "whatever happens"


@dataclass(frozen=True)
class Outcome:
    """What happened in a steered trajectory.

    Args:
        reason: why the aim was not reached; empty where it was
        target: index of the hydrogen that was to be taken, from 0; None where none was
        abstracted: whether the radical has taken a hydrogen off a carbon, and still has it
        hydrogen: index of the hydrogen that was taken, from 0; None where none was
        hydrogen_name: its name, e.g. ``H4``
        site: the kind of carbon it came from: primary, secondary, tertiary or methane
        product: what the radical has become: ``HCN``, ``HNC``, ``CN`` (still free), or another formula; empty where
            there was no radical
        time: simulated time at which the hydrogen moved to the radical, ps; None where none did
        duration: simulated time of the whole trajectory, ps
        work: work of all hands, kJ/mol
        peak_force: the greatest force of the hands on an atom, kJ/mol/nm
    """

    reason: str
    target: int | None = None
    abstracted: bool = False
    hydrogen: int | None = None
    hydrogen_name: str | None = None
    site: str | None = None
    product: str = ""
    time: float | None = None
    duration: float = 0.0
    work: float = 0.0
    peak_force: float = 0.0

    @property
    def as_intended(self) -> bool:
        """Whether the aim was reached."""
        return not self.reason

    @property
    def work_kcal_mol(self) -> float:
        """Work of all hands, kcal/mol."""
        return self.work * KCALMOL_PER_EV / KJMOL_PER_EV

    def as_dict(self) -> dict[str, Any]:
        """The outcome as JSON has it: energy in kcal/mol and force in nN, as in a recording's summary."""
        values = asdict(self)
        del values["work"], values["peak_force"]
        return {
            **values,
            "work_kcal_mol": self.work_kcal_mol,
            "peak_force_nn": self.peak_force / KJMOL_NM_PER_FORCE * NANONEWTON_PER_FORCE,
            "as_intended": self.as_intended,
        }


class OutcomeTracker:
    """Follows a trajectory frame by frame and sums up its outcome.

    Args:
        frame: the first frame, with the radical still free and all hydrogens in place
        target: index of the hydrogen that is to be taken, if one is
        aim: what counts as success; by default that the target is taken, or, without a target, anything
    """

    def __init__(self, frame: ClientFrame, target: int | None = None, aim: Aim | None = None) -> None:
        self._target = target
        self._aim = aim or (Aim.ANY if target is None else Aim.TAKE)
        self._labels = frame.atom_labels
        self._numbers = frame.numbers
        self._perceive = BondPerception(self._numbers)
        self._bonds = bonds = self._perceive(frame.positions)
        self._radical = find_radical(self._numbers, bonds)
        self._sites = classify_hydrogens(self._numbers, bonds)
        neighbours = neighbour_lists(len(self._numbers), bonds)
        held = [int(h) for h in np.flatnonzero(self._numbers == HYDROGEN) if neighbours[h]]
        self._hydrogens = np.array(held, dtype=int)
        self._parents = np.array([neighbours[h][0] for h in held], dtype=int)
        self._since: dict[int, float] = {}  # hydrogen -> when it came over to the radical
        self._first = self._last = frame
        self._elapsed = 0.0
        self._work = 0.0
        self._peak = 0.0

    def add_frame(self, frame: ClientFrame) -> None:
        """Take the next frame into account."""
        self._elapsed += max(0.0, frame.time - self._last.time)
        if frame.resets == self._last.resets:
            self._work += frame.work_done - self._last.work_done
        self._last = frame
        forces = frame.user_forces
        if len(forces):
            self._peak = max(self._peak, float(np.linalg.norm(forces, axis=1).max()))
        self._bonds = self._perceive(frame.positions, self._bonds)
        self._since = {h: self._since.get(h, self._elapsed) for h in self._taken(frame)}

    def outcome(self, reason: str = "") -> Outcome:
        """The outcome so far; ``reason`` says why the plan itself gave up, if it did."""
        positions = self._last.positions
        product = self._part_of_radical()
        gone = {
            int(h)
            for h, parent in zip(self._hydrogens, self._parents, strict=True)
            if h in product and np.linalg.norm(positions[h] - positions[parent]) > GONE
        }
        taken = sorted((when, h) for h, when in self._since.items() if h in gone)
        # Of several, the one that was wanted, else the first.
        chosen = [(when, h) for when, h in taken if h == self._target] or taken
        time, hydrogen = chosen[0] if chosen else (None, None)
        return Outcome(
            reason=self._judge(hydrogen, reason),
            target=self._target,
            abstracted=hydrogen is not None,
            hydrogen=hydrogen,
            hydrogen_name=None if hydrogen is None else self._labels[hydrogen],
            site=None if hydrogen is None else self._sites.get(hydrogen),
            product=self._product(),
            time=time,
            duration=self._elapsed,
            work=self._work,
            peak_force=self._peak,
        )

    def _judge(self, hydrogen: int | None, reason: str) -> str:
        """Why the aim was not reached; empty if it was, whatever the plan says."""
        labels = self._labels
        if self._aim is Aim.TAKE:
            target = "no hydrogen" if self._target is None else labels[self._target]
            if hydrogen == self._target:
                return ""
            if hydrogen is not None:
                return f"{labels[hydrogen]} came off instead of {target}"
            return reason or f"{target} stayed where it was"
        if self._aim is Aim.LEAVE and hydrogen is not None:
            return f"{labels[hydrogen]} came off, where none was to"
        return reason

    def _taken(self, frame: ClientFrame) -> list[int]:
        """The hydrogens that are nearer to the radical than to the carbon they came from."""
        if self._radical is None or len(self._hydrogens) == 0:
            return []
        positions = frame.positions
        hydrogens = positions[self._hydrogens]
        to_radical = np.linalg.norm(hydrogens[:, None] - positions[list(self._radical)], axis=-1).min(axis=1)
        to_parent = np.linalg.norm(hydrogens - positions[self._parents], axis=-1)
        before = np.isin(self._hydrogens, list(self._since))
        near = to_radical < np.where(before, KEPT, BONDED)
        return [int(h) for h in self._hydrogens[near & (to_radical < to_parent)]]

    def _part_of_radical(self) -> list[int]:
        """The atoms of the fragment that the radical's carbon belongs to now."""
        parts = fragments(len(self._numbers), self._bonds)
        return [] if self._radical is None else next(part for part in parts if self._radical[0] in part)

    def _product(self) -> str:
        """The name of the fragment that the radical's atoms are part of."""
        if self._radical is None:
            return ""
        part = self._part_of_radical()
        if self._radical[1] not in part:
            return "broken CN"
        return fragment_name(self._numbers, part, self._bonds)


def tracked(plan: Plan[str], watch: OutcomeTracker) -> Plan[Outcome]:
    """A plan that returns why it gave up (or an empty text), made to return its outcome."""
    try:
        action = next(plan)
        while True:
            frame = yield action
            watch.add_frame(frame)
            action = plan.send(frame)
    except StopIteration as done:
        return watch.outcome(done.value)

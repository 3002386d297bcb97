"""The outcome of a steered trajectory: what moved, what that made, when, and how much work it took."""

from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.systems.bonds import BondPerception, fragments
from atomtug.core.systems.fragments import CARBON, HYDROGEN, NITROGEN
from atomtug.core.systems.sites import classify_hydrogens, find_radical, neighbour_lists
from atomtug.core.systems.valences import Reaction, reaction_between, species
from atomtug.core.units import KCALMOL_PER_EV, KJMOL_NM_PER_FORCE, KJMOL_PER_EV, NANONEWTON_PER_FORCE
from atomtug.vr_client.client.client_frame import ClientFrame
from atomtug.vr_client.scripted.attack import FORMED, GONE, KEPT, Attack, bond_reach
from atomtug.vr_client.scripted.hands import Plan


class Aim(Enum):
    """What counts as success."""

    TAKE = "the chosen hydrogen comes off"
    BOND = "the attacker bonds to its target, which lets go what it is to let go"
    TEAR = "the chosen bond breaks"
    LEAVE = "no hydrogen comes off"
    ANY = "whatever happens"


@dataclass(frozen=True)
class Outcome:
    """What happened in a steered trajectory.

    Args:
        reason: why the aim was not reached; empty where it was
        target: index of the atom that was to be taken or attacked, from 0; None where none was
        abstracted: whether the attacker has taken an atom (a hydrogen, off a carbon), and still has it
        hydrogen: index of the hydrogen that was taken, from 0; None where none was
        hydrogen_name: its name, e.g. ``H4``
        site: the kind of carbon it came from: primary, secondary, tertiary or methane
        product: what the attacker has become: ``HCN``, ``HNC``, ``CN`` (still free), or another formula; what a
            broken bond has left; empty where there was no attacker
        reaction: what happened in formulas, e.g. ``CH4 + OH -> CH3 + H2O``; without an arrow where nothing did
        smiles: the same in canonical SMILES, ``C.[OH]>>O.[CH3]``
        time: simulated time at which it happened, ps: the hydrogen moved, the bond formed or broke; None where not
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
    reaction: str = ""
    smiles: str = ""
    time: float | None = None
    duration: float = 0.0
    work: float = 0.0
    peak_force: float = 0.0

    @property
    def happened(self) -> bool:
        """Whether any bond was made or broken for good."""
        return "->" in self.reaction

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
        frame: the first frame, with the attacker still free and all hydrogens in place
        target: index of the hydrogen that is to be taken, if one is
        aim: what counts as success; by default that the target is taken, or, without a target, anything
        attack: who attacks what, where anyone does; by default a free CN whatever comes
        torn: the two atoms of a bond that is to break
    """

    def __init__(
        self,
        frame: ClientFrame,
        target: int | None = None,
        aim: Aim | None = None,
        attack: Attack | None = None,
        torn: tuple[int, int] | None = None,
    ) -> None:
        if attack is not None and aim is None:
            target, aim = attack.target, Aim.TAKE if attack.kind == "abstract" else Aim.BOND
        self._target = target
        self._aim = aim or (Aim.TEAR if torn else Aim.ANY if target is None else Aim.TAKE)
        self._attack = attack
        self._torn = torn
        self._charge = frame.total_charge
        self._labels = frame.atom_labels
        self._numbers = frame.numbers
        self._perceive = BondPerception(self._numbers)
        self._bonds = self._first_bonds = bonds = self._perceive(frame.positions)
        radical = find_radical(self._numbers, bonds) if attack is None else attack.body
        self._radical: tuple[int, ...] | None = radical
        self._ends = (radical or ()) if attack is None else attack.ends
        """The atoms of the attacker that bond."""
        self._sites = classify_hydrogens(self._numbers, bonds)
        neighbours = neighbour_lists(len(self._numbers), bonds)
        loose = self._numbers == HYDROGEN
        if attack is not None and self._aim is Aim.TAKE:
            loose[attack.target] = True
        loose[list(radical or ())] = False
        held = [int(h) for h in np.flatnonzero(loose) if neighbours[h]]
        self._hydrogens = np.array(held, dtype=int)
        self._parents = np.array([neighbours[h][0] for h in held], dtype=int)
        self._since: dict[int, float] = {}  # hydrogen -> when it came over to the attacker
        self._reached: float | None = None  # when the attacker bonded to its target, or the bond broke
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
        if self._reaches(frame):
            self._reached = self._elapsed if self._reached is None else self._reached
        else:
            self._reached = None

    def outcome(self, reason: str = "") -> Outcome:
        """The outcome so far; ``reason`` says why the plan itself gave up, if it did."""
        positions = self._last.positions
        product = self._part_of_attacker()
        gone = {
            int(h)
            for h, parent in zip(self._hydrogens, self._parents, strict=True)
            if h in product and self._gap(positions, h, parent) > GONE
        }
        taken = sorted((when, h) for h, when in self._since.items() if h in gone)
        # Of several, the one that was wanted, else the first.
        chosen = [(when, h) for when, h in taken if h == self._target] or taken
        time, hydrogen = chosen[0] if chosen else (None, None)
        if self._aim in (Aim.BOND, Aim.TEAR):
            time = self._reached
        reaction = reaction_between(self._numbers, self._first_bonds, self._bonds, self._charge)
        return Outcome(
            reason=self._judge(hydrogen, reason),
            target=self._target,
            abstracted=hydrogen is not None,
            hydrogen=hydrogen,
            hydrogen_name=None if hydrogen is None else self._labels[hydrogen],
            site=None if hydrogen is None else self._sites.get(hydrogen),
            product=self._product(reaction),
            reaction=reaction.formulas,
            smiles=reaction.smiles,
            time=time,
            duration=self._elapsed,
            work=self._work,
            peak_force=self._peak,
        )

    def _judge(self, hydrogen: int | None, reason: str) -> str:
        """Why the aim was not reached; empty if it was, whatever the plan says."""
        labels = self._labels
        if self._aim in (Aim.BOND, Aim.TEAR):
            if self._reached is not None:
                return ""
            what = labels[self._target] if self._torn is None and self._target is not None else "the bond"
            return reason or f"{what} stayed as it was"
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
        """The hydrogens that are nearer to the attacker than to the atom they came from."""
        if not self._ends or len(self._hydrogens) == 0:
            return []
        positions = frame.positions
        taken = []
        for hydrogen, parent in zip(self._hydrogens.tolist(), self._parents.tolist(), strict=True):
            gap = min(self._gap(positions, hydrogen, end) for end in self._ends)
            near = gap < (KEPT if hydrogen in self._since else FORMED)
            if near and gap < self._gap(positions, hydrogen, parent):
                taken.append(hydrogen)
        return taken

    def _reaches(self, frame: ClientFrame) -> bool:
        """Whether the attacker has its target, or the bond that is to break has broken."""
        if self._torn is not None:
            parts = fragments(len(self._numbers), self._bonds)
            return not any(set(self._torn) <= set(part) for part in parts) or self._is_broken()
        return self._attack is not None and self._attack.succeeded(self._numbers, frame.positions)

    def _is_broken(self) -> bool:
        return not np.any(np.all(np.sort(self._bonds, axis=1) == sorted(self._torn or ()), axis=1))

    def _gap(self, positions: Floats, i: int, j: int) -> float:
        """How far two atoms are apart beyond the sum of their covalent radii, angstrom."""
        distance = float(np.linalg.norm(positions[i] - positions[j]))
        return distance - bond_reach(int(self._numbers[i]), int(self._numbers[j]))

    def _part_of_attacker(self) -> list[int]:
        """The atoms of the fragment that the attacking atom belongs to now."""
        parts = fragments(len(self._numbers), self._bonds)
        return [] if self._radical is None else next(part for part in parts if self._radical[0] in part)

    def _product(self, reaction: Reaction) -> str:
        """The name of the fragment that the attacker's atoms are part of; of a broken bond, of all that is left."""
        if self._radical is None:
            return " + ".join(reaction.products) if self._torn is not None else ""
        if self._torn is not None:
            return " + ".join(reaction.products)
        part = self._part_of_attacker()
        names = [int(self._numbers[atom]) for atom in self._radical]
        if sorted(names) == [CARBON, NITROGEN] and self._radical[1] not in part:
            return "broken CN"
        parts = fragments(len(self._numbers), self._bonds)
        return species(self._numbers, self._bonds, self._charge)[parts.index(part)]


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

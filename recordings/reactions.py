"""Which bonds were made and broken in a recording, and which atom moved."""

from collections.abc import Sequence
from dataclasses import dataclass

from atomtug.core.arrays import Floats, Ints
from atomtug.core.systems import System
from atomtug.core.systems.fragments import HYDROGEN
from atomtug.core.systems.valences import species
from atomtug.recordings.reader import Recording
from atomtug.recordings.runs import continued, runs

Pair = tuple[int, int]


@dataclass(frozen=True)
class BondChange:
    """A bond made or broken.

    Args:
        frame: the first frame with the bond, or without it
        time_ps: time of that frame since the recording began, ps
        atoms: indices of its two atoms, from 0
        name: e.g. ``C-H4``, or ``CN:C-H4`` between fragments
        made: whether it was made; False if it broke
    """

    frame: int
    time_ps: float
    atoms: Pair
    name: str
    made: bool


@dataclass(frozen=True)
class Transfer:
    """An atom that moved from one bonding partner to another.

    Args:
        atom: index of the atom that moved, most often a hydrogen
        donor: index of the atom it was bonded to before
        acceptor: index of the atom it is bonded to now
    """

    atom: int
    donor: int
    acceptor: int


def elapsed_ps(recording: Recording) -> Floats:
    """(F,) time since the recording began, ps; it goes on over runs, where the simulation's time starts again."""
    return continued(recording, recording.times_ps)


def bond_name(system: System, pair: Pair) -> str:
    """The name of a bond, e.g. ``C-H4``, hydrogen last."""
    labels = system.atom_labels
    order = sorted(pair, key=lambda atom: (system.numbers[atom] == HYDROGEN, atom))
    return "-".join(labels[atom] for atom in order)


def bond_changes(recording: Recording) -> list[BondChange]:
    """Each bond made or broken within a run, in order; made ones first where both fall together."""
    times = elapsed_ps(recording)
    found = []
    before: set[Pair] | None = None
    begins = {run.start for run in runs(recording)}
    for frame, pairs in recording.bond_changes:
        now = as_set(pairs)
        if before is not None and frame not in begins:
            for changed, made in ((now - before, True), (before - now, False)):
                for pair in sorted(changed):
                    name = bond_name(recording.system, pair)
                    found.append(BondChange(frame, float(times[frame]), pair, name, made))
        before = now
    return found


def reaction_frames(recording: Recording) -> list[int]:
    """The frames in which the bonds changed for good that differ between the first frame and the last, ascending."""
    if not len(recording):
        return []
    differing = as_set(recording.bonds(0)) ^ as_set(recording.bonds(-1))
    last = {each.atoms: each.frame for each in bond_changes(recording) if each.atoms in differing}
    return sorted(last.values())


def find_transfer(recording: Recording) -> Transfer | None:
    """The atom whose partner at the end differs from that at the start, else one that moved for a while.

    Hydrogens come first. None where no atom moved.
    """
    if not len(recording):
        return None
    first, last = as_set(recording.bonds(0)), as_set(recording.bonds(-1))
    made, broken = sorted(last - first), sorted(first - last)
    net = _transfers(recording.system.numbers, made, broken)
    if net:
        return net[0]
    changes = bond_changes(recording)
    passing = _transfers(
        recording.system.numbers,
        [change.atoms for change in changes if change.made and change.atoms not in first],
        [change.atoms for change in changes if not change.made and change.atoms in first],
    )
    return passing[0] if passing else None


def products(system: System, bonds: Ints) -> str:
    """The molecules that these bonds (B, 2) make, ions with their sign, e.g. ``CH3 + HCN`` or ``CH3F + Cl-``."""
    return " + ".join(species(system.numbers, bonds, system.charge))


def as_set(pairs: Ints) -> set[Pair]:
    """Pairs as tuples, the lower index first."""
    return {(min(i, j), max(i, j)) for i, j in pairs.tolist()}


def _transfers(numbers: Ints, made: Sequence[Pair], broken: Sequence[Pair]) -> list[Transfer]:
    found = []
    for new in made:
        for old in broken:
            for atom in set(new) & set(old):
                donor, acceptor = sum(old) - atom, sum(new) - atom
                if donor != acceptor:
                    found.append(Transfer(atom, donor, acceptor))
    return sorted(found, key=lambda transfer: numbers[transfer.atom] != HYDROGEN)

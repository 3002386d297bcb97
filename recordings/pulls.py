"""Who pulled on what, when, how hard, and how much work it took."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from atomtug.frame import Floats, Ints
from atomtug.recordings.interactions import InteractionTable, definition, key_of
from atomtug.recordings.reactions import atom_labels, elapsed_ps
from atomtug.recordings.reader import Recording
from atomtug.units import KCALMOL_PER_EV

NANONEWTON_PER_FORCE = 1.602176634
"""nN in one eV/angstrom."""


@dataclass(frozen=True)
class Pull:
    """One hand, from its first frame to its last without a gap.

    Args:
        owner: whose hand, as far as the recording knows
        key: the hand's key in the shared state
        label: e.g. ``hand.right``, if the client said
        kind: spring, gaussian or constant, if the client said
        atoms: indices of the atoms it held
        names: what they are called
        first: its first frame
        last: its last
        start_ps: time of its first frame since the recording began
        end_ps: of its last
        work_kcal_mol: done by it
        peak_force_nn: the largest force it exerted, nN
    """

    owner: str
    key: str
    label: str
    kind: str
    atoms: list[int]
    names: list[str]
    first: int
    last: int
    start_ps: float
    end_ps: float
    work_kcal_mol: float
    peak_force_nn: float


def find_pulls(recording: Recording) -> list[Pull]:
    """Every pull of a recording, in order of their beginning."""
    table, events = recording.interactions, recording.events
    if not len(table):
        return []
    runs = _runs(recording, table)
    firsts = np.array([table.frames[run[0]] for run in runs])
    lasts = np.array([table.frames[run[-1]] for run in runs])
    row_of = np.repeat(np.arange(len(table)), np.diff(table.ends, prepend=0))
    net = np.stack([np.bincount(row_of, table.forces[:, k], len(table)) for k in range(3)], axis=1)
    strength = np.linalg.norm(net, axis=1) * NANONEWTON_PER_FORCE
    times = elapsed_ps(recording)
    labels = atom_labels(recording.system)
    found = []
    for run, first, last in zip(runs, firsts.tolist(), lasts.tolist(), strict=True):
        # Hands a frame apart share the work between the frames.
        alone = int(((firsts <= last + 1) & (lasts >= first - 1)).sum()) == 1
        work = _exact_work(recording, first, last) if alone else _own_work(recording, table, run)
        atoms = np.unique(np.concatenate([table.particles[table.held(row)] for row in run])).tolist()
        event = int(table.events[run[-1]])
        said = definition(events, event)
        found.append(
            Pull(
                owner=str(said.get("owner") or said.get("owner.id") or "somebody"),
                key=key_of(events, event),
                label=str(said.get("label", "")),
                kind=str(said.get("interaction_type", "")),
                atoms=atoms,
                names=[labels[atom] for atom in atoms],
                first=first,
                last=last,
                start_ps=float(times[first]),
                end_ps=float(times[last]),
                work_kcal_mol=work * KCALMOL_PER_EV,
                peak_force_nn=float(strength[run].max()),
            )
        )
    return sorted(found, key=lambda pull: (pull.first, pull.key))


def _runs(recording: Recording, table: InteractionTable) -> list[Ints]:
    """Rows of one hand each, without a gap and without a reset between."""
    kinds, kind_of = np.unique(table.events, return_inverse=True)
    keys = [key_of(recording.events, int(event)) for event in kinds]
    key_number = np.array([keys.index(key) for key in keys])[kind_of]
    reset = np.diff(recording.steps, prepend=recording.steps[:1]) < 0
    runs = []
    for number in np.unique(key_number):
        rows = np.flatnonzero(key_number == number)
        frames = table.frames[rows]
        breaks = (np.diff(frames) != 1) | reset[frames[1:]]
        runs += np.split(rows, np.flatnonzero(breaks) + 1)
    return runs


def _exact_work(recording: Recording, first: int, last: int) -> float:
    """Of the only hand there was, eV: dynamics has summed it at every step, also between frames."""
    work, steps = recording.user_work, recording.steps
    before = first - 1 if first > 0 and steps[first - 1] <= steps[first] else first
    after = last + 1 if last + 1 < len(work) and steps[last + 1] >= steps[last] else last
    return float(work[after] - work[before])


def _own_work(recording: Recording, table: InteractionTable, rows: Ints) -> float:
    """Of one hand among several, eV: by the trapezium rule over the recorded frames."""
    positions = recording.positions
    total = 0.0
    for row, following in pairwise(rows.tolist()):
        here, there = table.held(row), table.held(following)
        held = table.particles[here]
        if not np.array_equal(held, table.particles[there]):
            continue
        moved: Floats = positions[table.frames[following], held] - positions[table.frames[row], held]
        total += 0.5 * float(((table.forces[here] + table.forces[there]) * moved).sum())
    return total

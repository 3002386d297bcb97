"""Who pulled on what, when, how hard, and how much work it took."""

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from atomtug.frame import Floats
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
    hands: dict[str, list[int]] = defaultdict(list)
    for row in range(len(table)):
        hands[key_of(events, int(table.events[row]))].append(row)
    times = elapsed_ps(recording)
    runs = [(key, run) for key, rows in hands.items() for run in _runs(recording, table, rows)]
    begins = np.array([table.frames[run[0]] for _, run in runs])
    ends = np.array([table.frames[run[-1]] for _, run in runs])
    labels = atom_labels(recording.system)
    found = []
    for key, rows in runs:
        first, last = int(table.frames[rows[0]]), int(table.frames[rows[-1]])
        alone = int(((begins <= last + 1) & (ends >= first - 1)).sum()) == 1
        said = definition(events, int(table.events[rows[-1]]))
        atoms = sorted({int(atom) for row in rows for atom in table.particles[table.held(row)]})
        work = _exact_work(recording, first, last) if alone else _own_work(recording, table, rows)
        forces = [np.linalg.norm(table.forces[table.held(row)].sum(axis=0)) for row in rows]
        found.append(
            Pull(
                owner=str(said.get("owner") or said.get("owner.id") or "somebody"),
                key=key,
                label=str(said.get("label", "")),
                kind=str(said.get("interaction_type", "")),
                atoms=atoms,
                names=[labels[atom] for atom in atoms],
                first=first,
                last=last,
                start_ps=float(times[first]),
                end_ps=float(times[last]),
                work_kcal_mol=work * KCALMOL_PER_EV,
                peak_force_nn=float(max(forces)) * NANONEWTON_PER_FORCE,
            )
        )
    return sorted(found, key=lambda pull: (pull.first, pull.key))


def _runs(recording: Recording, table: InteractionTable, rows: list[int]) -> list[list[int]]:
    """A hand's rows, split where it was away and where the simulation was reset."""
    runs: list[list[int]] = []
    steps = recording.steps
    for row in rows:
        frame = int(table.frames[row])
        follows = runs and table.frames[runs[-1][-1]] == frame - 1 and steps[frame] >= steps[frame - 1]
        if follows:
            runs[-1].append(row)
        else:
            runs.append([row])
    return runs


def _exact_work(recording: Recording, first: int, last: int) -> float:
    """Of the only hand there was, eV: dynamics has summed it at every step, also between frames."""
    work, steps = recording.user_work, recording.steps
    before = first - 1 if first > 0 and steps[first - 1] <= steps[first] else first
    after = last + 1 if last + 1 < len(work) and steps[last + 1] >= steps[last] else last
    return float(work[after] - work[before])


def _own_work(recording: Recording, table: InteractionTable, rows: list[int]) -> float:
    """Of one hand among several, eV: by the trapezium rule over the recorded frames."""
    positions = recording.positions
    total = 0.0
    for row, following in pairwise(rows):
        here, there = table.held(row), table.held(following)
        held = table.particles[here]
        if not np.array_equal(held, table.particles[there]):
            continue
        moved: Floats = positions[table.frames[following], held] - positions[table.frames[row], held]
        total += 0.5 * float(((table.forces[here] + table.forces[there]) * moved).sum())
    return total

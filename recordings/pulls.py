"""Pulls: which client pulled which atoms, when, with what force and how much work."""

from dataclasses import dataclass

import numpy as np

from atomtug.core.arrays import Floats, Ints
from atomtug.core.units import KCALMOL_PER_EV, NANONEWTON_PER_FORCE
from atomtug.recordings.interactions import InteractionTable, definition, key_of
from atomtug.recordings.reactions import elapsed_ps
from atomtug.recordings.reader import Recording
from atomtug.recordings.runs import follows


@dataclass(frozen=True)
class RecordedPull:
    """One interaction, from its first frame to its last without a gap.

    Args:
        owner: the client, as far as the recording knows
        key: key of the interaction in the shared state
        label: e.g. ``hand.right``; empty if the client gave none
        kind: spring, gaussian or constant; empty if the client gave none
        atoms: indices of the atoms it held, from 0
        names: their names, see :mod:`atomtug.core.systems.fragments`
        first: index of its first frame
        last: index of its last frame
        start_ps: time of its first frame since the recording began, ps
        end_ps: time of its last frame, ps
        work_kcal_mol: its work, kcal/mol
        peak_force_nn: its largest total force, nN
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


def find_pulls(recording: Recording) -> list[RecordedPull]:
    """Every pull of a recording, ordered by when it began."""
    table, events = recording.interactions, recording.events
    if not len(table):
        return []
    row_of = np.repeat(np.arange(len(table)), np.diff(table.ends, prepend=0))
    net = np.stack([np.bincount(row_of, table.forces[:, k], len(table)) for k in range(3)], axis=1)
    strength = np.linalg.norm(net, axis=1) * NANONEWTON_PER_FORCE
    work = _work(recording, table, row_of)
    times = elapsed_ps(recording)
    labels = recording.system.atom_labels
    found = []
    for rows in _rows_of_pulls(recording, table):
        first, last = int(table.frames[rows[0]]), int(table.frames[rows[-1]])
        atoms = np.unique(np.concatenate([table.particles[table.held(row)] for row in rows])).tolist()
        event = int(table.events[rows[-1]])
        said = definition(events, event)
        found.append(
            RecordedPull(
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
                work_kcal_mol=float(work[rows].sum()) * KCALMOL_PER_EV,
                peak_force_nn=float(strength[rows].max()),
            )
        )
    return sorted(found, key=lambda pull: (pull.first, pull.key))


def _rows_of_pulls(recording: Recording, table: InteractionTable) -> list[Ints]:
    """Rows of one interaction each, without a gap and all of one run."""
    kinds, kind_of = np.unique(table.events, return_inverse=True)
    keys = [key_of(recording.events, int(event)) for event in kinds]
    key_number = np.array([keys.index(key) for key in keys])[kind_of]
    goes_on = follows(recording)
    pulls = []
    for number in np.unique(key_number):
        rows = np.flatnonzero(key_number == number)
        frames = table.frames[rows]
        breaks = (np.diff(frames) != 1) | ~goes_on[frames[1:] - 1]
        pulls += np.split(rows, np.flatnonzero(breaks) + 1)
    return pulls


def _work(recording: Recording, table: InteractionTable, row_of: Ints) -> Floats:
    """(R,) each row's share of the work of the hands, eV.

    Dynamics has summed the work of all hands at every step; what each did follows from forces and ways only at
    the recorded frames (trapezium rule). Between two frames, each estimate is corrected in proportion to its
    size, so that together they are what dynamics has summed.
    """
    frames, last = table.frames, len(recording) - 1
    same_run = follows(recording)
    summed = np.where(same_run, np.diff(recording.user_work), 0.0)
    way = np.where(same_run[:, None, None], np.diff(recording.positions, axis=0), 0.0)
    total = np.zeros(len(table))
    halves = []
    for interval, exists in ((frames, frames < last), (frames - 1, frames > 0)):
        inside = exists[row_of]
        along = np.zeros(len(row_of))
        moved = way[interval[row_of[inside]], table.particles[inside]]
        along[inside] = 0.5 * (table.forces[inside] * moved).sum(axis=1)
        halves.append((interval, exists, np.bincount(row_of, along, len(table))))
    estimate, size = np.zeros(last), np.zeros(last)
    for interval, exists, share in halves:
        np.add.at(estimate, interval[exists], share[exists])
        np.add.at(size, interval[exists], np.abs(share[exists]))
    correction = np.divide(summed - estimate, size, out=np.zeros(last), where=size > 0)
    for interval, exists, share in halves:
        total[exists] += share[exists] + np.abs(share[exists]) * correction[interval[exists]]
    return total

"""Labels whose electronic state is not that of the labels before and after them in their trajectory.

A self-consistent field may fall into another state at one geometry: the charges and spins of its fragments then
differ from those of the neighbouring labels, which agree with each other. Or <S^2> or the frontier gap differ and the
energy does not fit either: between near geometries it has to change by what the forces do (the trapezoidal rule).
A change that lasts is none of these: a bond that breaks changes the state for good.
"""

from dataclasses import dataclass, replace

import numpy as np

from atomtug.core.arrays import Floats, Ints
from atomtug.trainer.data import DataSet, Molecule
from atomtug.trainer.dft.state_check import CONTRADICTED

OTHER_CHARGE = 0.35
"""Elementary charges by which a fragment differs in another state."""
OTHER_SPIN = 0.5
"""Unpaired electrons, likewise."""
OTHER_SPIN_SQUARE = 0.3
OTHER_GAP = 1.0
"""eV."""
OTHER_ENERGY = 0.1
"""eV by which energies and forces of two near geometries do not fit."""
NEAR = 0.2
"""Angstrom that an atom moves at most between two near geometries."""
LONGEST = 3
"""Labels one after the other that may be in an odd state; more are taken for the state of the trajectory."""


@dataclass(frozen=True)
class LabelledState:
    """The electronic state of one label.

    Args:
        frame: place in the trajectory
        charges: (F,) of the fragments, elementary charges
        spins: (F,) likewise, alpha minus beta electrons
        spin_square: expectation value of S^2
        gap: frontier gap, eV
        energy: eV
        positions: (N, 3) angstrom
        forces: (N, 3) eV/angstrom
    """

    frame: int
    charges: Floats
    spins: Floats
    spin_square: float
    gap: float
    energy: float
    positions: Floats
    forces: Floats

    @classmethod
    def of(cls, molecule: Molecule, row: int) -> "LabelledState":
        """That of one row of a data set."""
        owner = molecule.fragment[row]
        return cls(
            int(molecule.frame[row]),
            _sums(owner, molecule.charges[row]),
            _sums(owner, molecule.spins[row]),
            float(molecule.spin_square[row]),
            float(molecule.gap[row]),
            float(molecule.energies[row]),
            molecule.positions[row],
            molecule.forces[row],
        )

    def differs(self, other: "LabelledState") -> bool:
        """Whether the other label, of the same fragments, is of another state."""
        if np.abs(self.charges - other.charges).max() > OTHER_CHARGE:
            return True
        # Where all spins are turned round it is the same state.
        turned = min(np.abs(self.spins - sign * other.spins).max() for sign in (1.0, -1.0))
        if turned > OTHER_SPIN:
            return True
        described = (
            abs(self.spin_square - other.spin_square) > OTHER_SPIN_SQUARE
            or abs(self.gap - other.gap) > OTHER_GAP
        )
        return described and self.energy_breaks(other)

    def energy_breaks(self, other: "LabelledState") -> bool:
        """Whether the geometries are near, and yet the energies differ by something else than the forces' work."""
        moved = other.positions - self.positions
        if np.linalg.norm(moved, axis=1).max() > NEAR:
            return False
        work = 0.5 * float(np.sum((self.forces + other.forces) * moved))
        return abs(other.energy - self.energy + work) > OTHER_ENERGY

    def __str__(self) -> str:
        charges = ", ".join(f"{charge:+.2f}" for charge in self.charges)
        spins = ", ".join(f"{spin:+.2f}" for spin in self.spins)
        return f"charges {charges} and spins {spins} of the fragments, <S^2> {self.spin_square:.2f}"


def _sums(owner: Ints, values: Floats) -> Floats:
    """(F,) sums over each fragment's atoms."""
    return np.asarray(np.bincount(owner, values), np.float64)


def mark_odd_states(data: DataSet) -> None:
    """Mark the labels of an odd state in all trajectories again; those that a check contradicts stay marked."""
    for name, molecule in data.molecules.items():
        marks = np.where(
            [text.startswith(CONTRADICTED) for text in molecule.odd_state], molecule.odd_state, ""
        )
        known = molecule.with_forces & np.all(np.isfinite(molecule.charges), axis=1)
        known &= np.all(np.isfinite(molecule.spins), axis=1) & np.all(molecule.fragment >= 0, axis=1)
        for trajectory in np.unique(molecule.trajectory[known]):
            rows = np.flatnonzero(known & (molecule.trajectory == trajectory))
            for run in _same_fragments(molecule, rows[np.argsort(molecule.frame[rows], kind="stable")]):
                for row, mark in _odd(molecule, run):
                    marks[row] = marks[row] or mark
        data.molecules[name] = replace(molecule, odd_state=marks.astype(object))


def _same_fragments(molecule: Molecule, rows: Ints) -> list[Ints]:
    """The rows, in order of their frames, cut where the fragments change."""
    changes = np.any(np.diff(molecule.fragment[rows], axis=0) != 0, axis=1)
    return np.split(rows, np.flatnonzero(changes) + 1)


def _odd(molecule: Molecule, rows: Ints) -> list[tuple[int, str]]:
    """The rows of an odd state among neighbours with the same fragments, each with a sentence."""
    states = [LabelledState.of(molecule, int(row)) for row in rows]
    cuts = [place for place in range(1, len(states)) if states[place - 1].differs(states[place])]
    pieces = [range(a, b) for a, b in zip([0, *cuts], [*cuts, len(states)], strict=True)]
    found: list[tuple[int, str]] = []
    for number, piece in enumerate(pieces):
        before = pieces[number - 1] if number else None
        after = pieces[number + 1] if number + 1 < len(pieces) else None
        if len(piece) > LONGEST or not _is_odd(states, piece, before, after):
            continue
        others = [states[each[end]] for each, end in ((before, -1), (after, 0)) if each is not None]
        frames = " and ".join(str(each.frame) for each in others)
        for place in piece:
            text = f"{states[place]}, unlike frame {frames}: {others[0]}"
            found.append((int(rows[place]), text))
    return found


def _is_odd(states: list[LabelledState], piece: range, before: range | None, after: range | None) -> bool:
    if before is not None and after is not None:
        # What surrounds it is longer than itself, so that of states that take turns none is called odd.
        longer = len(before) + len(after) > 2 * len(piece)
        return longer and not states[before[-1]].differs(states[after[0]])
    beside = after if before is None else before
    if beside is None or len(piece) > 1 or len(beside) <= LONGEST:
        return False  # at an end it may be a change that lasts
    return states[piece[0]].energy_breaks(states[beside[0] if before is None else beside[-1]])

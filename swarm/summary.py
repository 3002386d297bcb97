"""What many trajectories came to: outcomes, committor, and mean energies of the molecules."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from atomtug.core.systems import System
from atomtug.core.systems.bonds import Pairs
from atomtug.core.systems.bonds import fragments as bonded_parts
from atomtug.core.systems.valences import species
from atomtug.core.units import BOLTZMANN, KCALMOL_PER_EV
from atomtug.recordings.reactions import Pair
from atomtug.swarm.journal import SwarmRecord
from atomtug.swarm.outcomes import OutcomeKind, describe_outcome
from atomtug.swarm.shares import Shares
from atomtug.swarm.statistics import Fraction, Mean


@dataclass(frozen=True)
class MoleculeEnergies:
    """The energy of one molecule of an outcome, the mean over trajectories in kcal/mol.

    Args:
        name: e.g. ``HCN``
        translation, rotation, vibration: vibration with its potential energy, above the relaxed molecule
        temperature: K of the vibration, as of classical oscillators; None of an atom
    """

    name: str
    translation: Mean
    rotation: Mean
    vibration: Mean
    temperature: float | None


@dataclass(frozen=True)
class OutcomeSummary:
    """Trajectories that ended with the same bonds.

    Args:
        kind: what they are in one word
        molecules: e.g. ``C4H9 + HCN``
        changes: the bonds made and broken, from the reactants
        fraction: how many of all
        energies: of each molecule; empty where they were not worked out
        between: kcal/mol, energy between the molecules
        total: kcal/mol, what the trajectories began with, above the relaxed molecules far apart
        imbalance: kcal/mol by which shares and total differ, the largest of all trajectories
    """

    kind: OutcomeKind
    molecules: str
    changes: str
    fraction: Fraction
    energies: tuple[MoleculeEnergies, ...]
    between: Mean | None
    total: Mean | None
    imbalance: float | None

    def as_dict(self) -> dict[str, Any]:
        """As plain JSON."""
        return {**asdict(self), "fraction": self.fraction.as_dict()}


def committor(records: Sequence[SwarmRecord]) -> Fraction:
    """How many of the trajectories that reacted or returned have reacted."""
    decided = [each.kind for each in records if each.kind in ("reacted", "returned")]
    return Fraction(decided.count("reacted"), len(decided))


def summarise_outcomes(
    system: System, reactants: Pairs, records: Sequence[SwarmRecord]
) -> list[OutcomeSummary]:
    """The outcomes of trajectories from one geometry, the most frequent first.

    Args:
        system: the atoms
        reactants: (B, 2) bonds before the reaction
        records: what became of each
    """
    groups: dict[tuple[OutcomeKind, tuple[Pair, ...]], list[SwarmRecord]] = defaultdict(list)
    for record in records:
        groups[record.kind, () if record.kind == "stopped" else record.bonds].append(record)
    found = [
        _summarise(system, reactants, kind, bonds, group, len(records))
        for (kind, bonds), group in groups.items()
    ]
    return sorted(found, key=lambda each: -each.fraction.count)


def _summarise(
    system: System,
    reactants: Pairs,
    kind: OutcomeKind,
    bonds: tuple[Pair, ...],
    group: Sequence[SwarmRecord],
    total: int,
) -> OutcomeSummary:
    fraction = Fraction(len(group), total)
    if kind == "stopped":
        return OutcomeSummary(kind, "", group[0].stopped, fraction, (), None, None, None)
    molecules, changes = describe_outcome(system, reactants, bonds)
    shares = [each.shares for each in group if each.shares is not None]
    if not shares:
        return OutcomeSummary(kind, molecules, changes, fraction, (), None, None, None)
    vibrations = next(each.vibrations for each in group if each.shares is not None)
    return OutcomeSummary(
        kind,
        molecules,
        changes,
        fraction,
        tuple(_molecule(system, bonds, shares, place, vibrations[place]) for place in range(len(vibrations))),
        Mean.of([KCALMOL_PER_EV * each.between for each in shares]),
        Mean.of([KCALMOL_PER_EV * each.total for each in shares]),
        KCALMOL_PER_EV * max(abs(each.imbalance) for each in shares),
    )


def _molecule(
    system: System, bonds: tuple[Pair, ...], shares: Sequence[Shares], place: int, vibrations: int
) -> MoleculeEnergies:
    fragments = [each.fragments[place] for each in shares]
    pairs = np.array(bonds, dtype=np.int64).reshape(-1, 2)
    translation, rotation, vibration = (
        Mean.of([KCALMOL_PER_EV * getattr(each, name) for each in fragments])
        for name in ("translation", "rotation", "vibration")
    )
    temperature = vibration.value / KCALMOL_PER_EV / (vibrations * BOLTZMANN) if vibrations else None
    parts = [tuple(part) for part in bonded_parts(len(system.numbers), pairs)]
    name = species(system.numbers, pairs, system.charge)[parts.index(tuple(sorted(fragments[0].atoms)))]
    return MoleculeEnergies(name, translation, rotation, vibration, temperature)

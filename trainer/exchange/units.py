"""Whether the numbers of a file can be in the units they are said to be in, and in which they likely are."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from ase import units
from scipy.spatial import cKDTree

from atomtug.core.arrays import Floats, Ints
from atomtug.core.errors import InputError
from atomtug.core.units import BOHR, HARTREE, NM_PER_ANGSTROM

ENERGIES = {
    "hartree": 1.0,
    "eV": 1.0 / HARTREE,
    "kcal/mol": units.kcal / units.mol / HARTREE,
    "kJ/mol": units.kJ / units.mol / HARTREE,
    "rydberg": 0.5,
}
"""Name to hartree."""
POSITIONS = {"angstrom": 1.0, "bohr": BOHR, "nm": 1.0 / NM_PER_ANGSTROM}
"""Name to angstrom."""
FORCES = {
    "hartree/bohr": 1.0,
    "hartree/angstrom": BOHR,
    "eV/angstrom": BOHR / HARTREE,
    "kcal/mol/angstrom": ENERGIES["kcal/mol"] * BOHR,
    "kcal/mol/bohr": ENERGIES["kcal/mol"],
    "kJ/mol/angstrom": ENERGIES["kJ/mol"] * BOHR,
    "kJ/mol/nm": ENERGIES["kJ/mol"] * BOHR * NM_PER_ANGSTROM,
    "rydberg/bohr": 0.5,
}
"""Name to hartree/bohr."""

_TOLD = tuple(name for name in FORCES if name != "rydberg/bohr")
"""What the work of forces can tell: rydberg/bohr is too near hartree/angstrom (0.5 and 0.53) for that."""

_SPELLINGS = {
    "hartree": "ha|hartrees?|eh|e_h|a\\.?u\\.?|au",
    "eV": "ev|electronvolts?",
    "kcal/mol": "kcal/mol|kcal mol-1|kcalmol|kcalpermol",
    "kJ/mol": "kj/mol|kj mol-1|kjmol",
    "rydberg": "ry|rydbergs?",
    "angstrom": "a|ang|angstroms?|å",
    "bohr": "bohrs?|a\\.?u\\.?|a0|a_0",
    "nm": "nm|nanomet(?:er|re)s?",
}

_SHORTEST = (0.55, 1.65)
"""angstrom: between these lies the shortest distance of all but the most exotic geometries."""
_STRONGEST = 8.0
"""eV/angstrom. The root mean square of forces is below it in all but the most exotic geometries."""
WEAKEST_IN_KCAL = 4.0
"""kcal/mol/angstrom. Molecules that move at 300 K have 10 to 30 of it, which is 0.5 to 1.5 in eV/angstrom: numbers
below it may well be in eV."""


def unit_name(text: str, known: Sequence[str]) -> str | None:
    """A unit by any of its usual spellings (``Ha/Bohr``, ``kcal/mol/Ang``), as one of ``known``, or None."""
    spelt = text.strip().lower().replace("*", "/").replace(" per ", "/")
    for name in known:
        *energy, length = name.split("/") if name in FORCES else [name]
        parts = ["/".join(energy), length] if energy else [name]
        pattern = "/".join(f"(?:{_SPELLINGS[part]}|{re.escape(part.lower())})" for part in parts)
        if re.fullmatch(pattern, spelt):
            return name
    return None


def check_positions(positions: Floats, where: str) -> None:
    """Make sure that (n, N, 3) positions are in angstrom.

    Raises:
        InputError: the shortest distance is no bond's in angstrom
    """
    if positions.shape[1] < 2 or len(positions) == 0:
        return
    i, j = np.triu_indices(positions.shape[1], k=1)
    sample = positions[:: max(1, len(positions) // 500)]
    shortest = np.linalg.norm(sample[:, i] - sample[:, j], axis=-1).min(axis=1)
    typical = float(np.median(shortest))
    if not _SHORTEST[0] <= typical <= _SHORTEST[1]:
        hint = {True: "bohr", False: "nm"}[typical > 1.0]
        raise InputError(
            f"{where}: the nearest atoms are {typical:.3g} apart, which is no bond in angstrom (is it {hint}?): "
            f"give --unit {hint} if it is, or --any-units to take it as it is."
        )


def energy_ratio(energies: Floats, numbers: Ints) -> float:
    """(n,) energies in hartree, as a share of what all electrons of the atoms (N,) have; NaN if there are none.

    An atom's is about ``-Z^2.4 / 2`` hartree, to a few percent for the light elements.
    """
    known = energies[np.isfinite(energies)]
    expected = -0.5 * float(np.sum(numbers.astype(np.float64) ** 2.4))
    return float(np.median(known)) / expected if len(known) and expected else float("nan")


def likely_energy_unit(ratio: float, unit: str) -> str | None:
    """The unit that makes total energies of all electrons of energies; None if none does.

    Args:
        ratio: by :func:`energy_ratio`, of the numbers taken as ``unit``
        unit: what they were taken as, which is preferred
    """
    factors = {name: factor / ENERGIES[unit] for name, factor in ENERGIES.items()}
    fitting = [name for name, factor in factors.items() if 0.75 <= ratio * factor <= 1.25]
    return unit if unit in fitting else next(iter(fitting), None)


class Work(NamedTuple):
    """What forces do between pairs of geometries.

    ``work`` (n,) is in the forces' unit times bohr, ``gained`` (n,) in hartree; ``far`` (n,) is the longest way of an
    atom, bohr.
    """

    work: Floats
    gained: Floats
    far: Floats


def work_between(positions: Floats, energies: Floats, forces: Floats, trajectory: Ints, frame: Ints) -> Work:
    """The work of forces along trajectories, and between geometries that are near each other.

    Args:
        positions: (n, N, 3) angstrom
        energies: (n,) hartree
        forces: (n, N, 3) in a unit that is to be found
        trajectory: (n,) which each geometry is of
        frame: (n,) its place in that
    """
    order = np.lexsort((frame, trajectory))
    first, second = order[:-1], order[1:]
    together = trajectory[first] == trajectory[second]
    pairs = np.stack([first[together], second[together]], axis=1)
    sample = np.flatnonzero(np.isfinite(energies) & np.isfinite(forces).all(axis=(1, 2)))
    if len(sample) > 1:
        sample = sample[:: max(1, len(sample) // 2000)]
        flat = positions[sample].reshape(len(sample), -1)
        _, near = cKDTree(flat).query(flat, k=min(4, len(sample)))
        nearest = [np.stack([sample, sample[column]], axis=1) for column in near.T[1:]]
        pairs = np.unique(np.sort(np.concatenate([pairs, *nearest]), axis=1), axis=0)
    first, second = pairs.T
    way = (positions[second] - positions[first]) / BOHR
    work = 0.5 * np.sum((forces[first] + forces[second]) * way, axis=(1, 2))
    gained = energies[first] - energies[second]
    usable = np.isfinite(work) & np.isfinite(gained)
    return Work(work[usable], gained[usable], np.abs(way).max(axis=(1, 2), initial=0.0)[usable])


def force_unit(found: Work, declared: str | None = None) -> str | None:
    """The unit of forces, by the work they do; None where that can't tell.

    Along a trajectory the energy falls by force times way. A unit is only named if the pairs of geometries agree on
    it: closely, where they are near each other; to a factor, where the unit that is declared is just to be
    confirmed or contradicted.

    Args:
        found: pairs of geometries
        declared: the unit that they should be in

    Raises:
        InputError: they are gradients, that is of opposite sign
    """
    # A way so long that the forces change beyond recognition, or none at all, tells nothing.
    for reach, agreement, fewest, tolerance in ((0.5, 0.9, 5, 1.15), (2.0, 0.85, 20, 1.35)):
        near = found.far < reach
        work, gained = found.work[near], found.gained[near]
        if len(work) < fewest or np.sum(work**2) == 0.0 or np.sum(gained**2) == 0.0:
            continue
        correlation = np.sum(work * gained) / np.sqrt(np.sum(work**2) * np.sum(gained**2))
        if abs(correlation) < agreement:
            continue
        if correlation < 0:
            raise InputError(
                "The forces are gradients (of opposite sign): give --gradients, which turns their sign."
            )
        slope = np.sum(work * gained) / np.sum(work**2)
        if declared is not None and 1 / tolerance < slope / FORCES[declared] < tolerance:
            return declared
        name = min(_TOLD, key=lambda unit: abs(np.log(slope / FORCES[unit])))
        if 1 / tolerance < slope / FORCES[name] < tolerance and (declared is not None or reach == 0.5):
            return name
    return None


def typical_force(forces: Floats) -> float:
    """The root mean square of components of forces (n, N, 3), its median over geometries; NaN if none is known."""
    known = forces[np.isfinite(forces).all(axis=(1, 2))]
    return float(np.median(np.sqrt(np.mean(known**2, axis=(1, 2))))) if len(known) else float("nan")


def too_strong(forces: Floats, unit: str) -> str | None:
    """The weaker unit that forces (n, N, 3) likely are in, if they are too strong for ``unit``; else None."""
    typical = typical_force(forces)
    if not typical * FORCES[unit] * HARTREE / BOHR >= _STRONGEST:
        return None
    weaker = [name for name in FORCES if typical * FORCES[name] * HARTREE / BOHR < _STRONGEST / 2]
    return next(
        (name for name in ("kcal/mol/angstrom", "kJ/mol/angstrom", "kJ/mol/nm") if name in weaker), None
    )

"""Whether the numbers of a file from elsewhere can be in the units they are said to be in."""

import numpy as np
from ase import units

from atomtug.core.arrays import Floats, Ints
from atomtug.core.errors import InputError
from atomtug.core.units import BOHR, HARTREE

ENERGIES = {"hartree": 1.0, "eV": 1.0 / HARTREE, "kcal/mol": units.kcal / units.mol / HARTREE}
"""Name to hartree."""
FORCES = {
    "hartree/bohr": 1.0,
    "hartree/angstrom": BOHR,
    "eV/angstrom": BOHR / HARTREE,
    "kcal/mol/angstrom": units.kcal / units.mol / HARTREE * BOHR,
}
"""Name to hartree/bohr."""

_SHORTEST = (0.55, 1.65)
"""angstrom: between these lies the shortest distance of all but the most exotic geometries."""


def check_positions(positions: Floats, where: str) -> None:
    """See that (n, N, 3) positions are in angstrom.

    Raises:
        InputError: the shortest distance is no bond's in angstrom
    """
    if positions.shape[1] < 2 or len(positions) == 0:
        return
    i, j = np.triu_indices(positions.shape[1], k=1)
    shortest = np.linalg.norm(positions[:, i] - positions[:, j], axis=-1).min(axis=1)
    typical = float(np.median(shortest))
    if not _SHORTEST[0] <= typical <= _SHORTEST[1]:
        hint = {True: "bohr", False: "nm"}[typical > 1.0]
        raise InputError(
            f"{where}: the nearest atoms are {typical:.3g} apart, which is no bond in angstrom (is it {hint}?): "
            f"convert the positions to angstrom."
        )


def check_energies(energies: Floats, numbers: Ints, where: str) -> None:
    """See that (n,) energies are total ones of all electrons, in hartree.

    An atom's is about ``-Z^2.4 / 2`` hartree, to a few percent for the light elements.

    Raises:
        InputError: they are in another unit or on another scale
    """
    known = energies[np.isfinite(energies)]
    if len(known) == 0:
        return
    expected = -0.5 * float(np.sum(numbers.astype(np.float64) ** 2.4))
    ratio = float(np.median(known)) / expected
    if 0.75 <= ratio <= 1.25:
        return
    unit = next((name for name, factor in ENERGIES.items() if 0.75 <= ratio * factor <= 1.25), None)
    guess = f"they look like {unit}" if unit else "they are not total energies of all electrons"
    raise InputError(
        f"{where}: the energies (about {np.median(known):.6g}) can't be in hartree, {guess}: "
        f"convert them to hartree."
    )


def force_unit(
    positions: Floats, energies: Floats, forces: Floats, trajectory: Ints, frame: Ints
) -> str | None:
    """The unit of forces, by the work they do from frame to frame; None where that can't tell.

    Along a trajectory the energy (hartree) falls by force times way (angstrom). A unit is only named if the
    frames agree on it.

    Raises:
        InputError: they are gradients, that is of opposite sign
    """
    order = np.lexsort((frame, trajectory))
    first, second = order[:-1], order[1:]
    together = trajectory[first] == trajectory[second]
    first, second = first[together], second[together]
    way = (positions[second] - positions[first]) / BOHR
    work = 0.5 * np.sum((forces[first] + forces[second]) * way, axis=(1, 2))
    gained = energies[first] - energies[second]
    # A way so long that the forces change beyond recognition, or none at all, tells nothing.
    usable = np.isfinite(work) & np.isfinite(gained) & (np.abs(way).max(axis=(1, 2), initial=0.0) < 0.5)
    work, gained = work[usable], gained[usable]
    if len(work) < 5 or np.sum(work**2) == 0.0 or np.sum(gained**2) == 0.0:
        return None
    correlation = np.sum(work * gained) / np.sqrt(np.sum(work**2) * np.sum(gained**2))
    if abs(correlation) < 0.9:
        return None
    if correlation < 0:
        raise InputError("The forces are gradients (of opposite sign): turn their sign.")
    slope = np.sum(work * gained) / np.sum(work**2)
    for name, factor in FORCES.items():
        if 0.85 < slope / factor < 1.15:
            return name
    return None

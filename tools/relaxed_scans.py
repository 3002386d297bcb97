"""Geometries to learn from: parts of a reaction held at random distances and angles, the rest relaxed with GFN2-xTB.

    python tools/relaxed_scans.py runs/scans 150
    python tools/relaxed_scans.py runs/rebounds 30 rebound         # one kind only, from other seeds
    python tools/relaxed_scans.py runs/by-nitrogen 40 by_nitrogen

Writes a data set without energies for each molecule, for `atomtug label`. A hand that is slow leaves the rest of the
molecules time to give way; random geometries and fast hands hold few of that kind. Everything follows from the seeds,
which the test sets of `tools/reach` do not share.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent / "reach"))
from ase.calculators.calculator import CalculationFailed
from common import (
    CN_LENGTH,
    HCN_LENGTHS,
    C,
    H,
    N,
    Series,
    closest,
    molecule,
    neighbours,
    relax,
    tilted,
    unit,
    write,
)

from atomtug.core.arrays import Floats, Ints

SMILES = {"methane": "C", "ethane": "CC", "propane": "CCC", "isobutane": "CC(C)C"}
SHORTEST, LONGEST = 0.85, 3.2
"""angstrom, of the distances that are held."""
PRESSED = (1.25, 2.3)
"""angstrom, of :func:`by_nitrogen`."""
SEED = 5100
SHAKE = 0.05
"""angstrom, standard deviation by which a third of the geometries are shaken after they are relaxed."""
TOO_CLOSE = 0.72
"""angstrom between any two atoms, below which a geometry is thrown away."""

Kind = Callable[[Ints, Floats, np.random.Generator], tuple[Ints, Floats, list[int]]]
"""Makes a geometry of a molecule and CN."""


def distance(random: np.random.Generator) -> float:
    """A distance to hold, angstrom; the logarithms of its extremes are equally likely."""
    return float(np.exp(random.uniform(np.log(SHORTEST), np.log(LONGEST))))


def between(numbers: Ints, positions: Floats, random: np.random.Generator) -> tuple[Ints, Floats, list[int]]:
    """A hydrogen between its carbon and CN, either end of which leads.

    Returns:
        atomic numbers, positions and the atoms to hold
    """
    hydrogen = int(random.choice(np.flatnonzero(numbers == H)))
    carbon = neighbours(numbers, positions, hydrogen)[0]
    along = unit(positions[hydrogen] - positions[carbon])
    start = positions.copy()
    start[hydrogen] = start[carbon] + distance(random) * along
    direction = tilted(along, 75.0, random)
    lead = start[hydrogen] + distance(random) * direction
    tail = lead + CN_LENGTH * tilted(direction, 50.0, random)
    ends = [C, N] if random.random() < 0.7 else [N, C]
    return np.append(numbers, ends), np.vstack([start, lead, tail]), [carbon, hydrogen, len(numbers)]


def radical(
    numbers: Ints, positions: Floats, random: np.random.Generator
) -> tuple[Ints, Floats, int, Floats]:
    """A molecule without one of its hydrogens: elements, positions, the carbon that lacks it, and where it was."""
    hydrogen = int(random.choice(np.flatnonzero(numbers == H)))
    carbon = int(neighbours(numbers, positions, hydrogen)[0])
    outward = unit(positions[hydrogen] - positions[carbon])
    left = np.delete(positions, hydrogen, axis=0)
    return np.delete(numbers, hydrogen), left, carbon - (carbon > hydrogen), outward


def rebound(numbers: Ints, positions: Floats, random: np.random.Generator) -> tuple[Ints, Floats, list[int]]:
    """HCN or HNC by any of its atoms to the carbon that lacks a hydrogen, or to another atom of the radical."""
    elements, left, carbon, outward = radical(numbers, positions, random)
    target = carbon if random.random() < 0.6 else int(random.integers(len(elements)))
    if random.random() < 0.4:
        outward = unit(random.standard_normal(3))
    chain = [H, C, N] if random.random() < 0.75 else [H, N, C]
    rod = np.array([[-HCN_LENGTHS[0], 0, 0], [0, 0, 0], [HCN_LENGTHS[1], 0, 0]])
    rod[0] *= random.uniform(0.9, 1.5)
    lead = int(random.integers(3))
    axis = unit(random.standard_normal(3)) if lead == 1 else tilted(outward, 60.0, random)
    sign = -1.0 if lead == 2 else 1.0
    placed = (rod - rod[lead]) @ np.outer([1.0, 0.0, 0.0], sign * -axis)
    placed += left[target] + max(distance(random), 0.95) * outward
    size = len(elements)
    return np.append(elements, chain), np.vstack([left, placed]), [target, size + lead]


def by_nitrogen(
    numbers: Ints, positions: Floats, random: np.random.Generator
) -> tuple[Ints, Floats, list[int]]:
    """HCN by its nitrogen at the carbon that lacks a hydrogen, nearer than they would come by themselves."""
    elements, left, target, away = radical(numbers, positions, random)
    size = len(elements)
    outward = tilted(away, 50.0, random)
    axis = tilted(outward, 50.0, random)
    nitrogen = left[target] + random.uniform(*PRESSED) * outward
    middle = nitrogen + HCN_LENGTHS[1] * random.uniform(0.97, 1.12) * axis
    end = middle + HCN_LENGTHS[0] * tilted(axis, 60.0, random)
    return np.append(elements, [H, C, N]), np.vstack([left, end, middle, nitrogen]), [target, size + 2]


def torn(numbers: Ints, positions: Floats, random: np.random.Generator) -> tuple[Ints, Floats, list[int]]:
    """An atom of the molecule or of CN pulled or pressed along one of its bonds, CN somewhere near."""
    atom = int(random.integers(len(numbers)))
    partner = int(random.choice(neighbours(numbers, positions, atom)))
    along = unit(positions[atom] - positions[partner])
    start = positions.copy()
    length = np.linalg.norm(positions[atom] - positions[partner]) * random.uniform(0.72, 2.6)
    start[atom] = start[partner] + length * along
    place = start[atom] + random.uniform(1.8, 3.5) * unit(random.standard_normal(3))
    tail = place + CN_LENGTH * random.uniform(0.85, 1.5) * unit(random.standard_normal(3))
    size = len(numbers)
    return np.append(numbers, [C, N]), np.vstack([start, place, tail]), [partner, atom, size, size + 1]


ALL = (between, between, rebound, torn)
ALONE = (rebound, between, by_nitrogen, torn)
"""Kinds that can be made alone; their place is part of the seed."""


def scan(name: str, smiles: str, count: int, seed: int, kinds: Sequence[Kind] = ALL) -> list[Series]:
    """So many geometries of one molecule, one series for each order of the elements."""
    random = np.random.default_rng(seed)
    numbers, positions = molecule(smiles)
    found: dict[bytes, tuple[Ints, list[Floats]]] = {}
    made = 0
    while made < count:
        elements, start, held = kinds[made % len(kinds)](numbers, positions, random)
        relaxed, shaken = random.random() < 0.7, random.random() < 0.35
        if closest(start) < TOO_CLOSE:
            continue
        if relaxed:
            try:
                start = relax(elements, start, fixed=held, steps=int(random.integers(5, 80)))
            except CalculationFailed:
                continue
        if shaken:
            start = start + SHAKE * random.standard_normal(start.shape)
        if closest(start) < TOO_CLOSE:
            continue
        found.setdefault(elements.tobytes(), (elements, []))[1].append(start)
        made += 1
    return [
        Series(f"{name}: scan {row}", name, elements, np.array(geometries), {"seed": seed})
        for row, (elements, geometries) in enumerate(found.values())
    ]


def main(folder: Path, count: int, only: str = "") -> None:
    kinds = [kind for kind in ALONE if kind.__name__ == only] or ALL
    for row, (name, smiles) in enumerate(SMILES.items()):
        seed = SEED + row + (100 * (1 + ALONE.index(kinds[0])) if only else 0)
        write(folder, scan(name, smiles, count, seed, kinds), "tools/relaxed_scans.py")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])

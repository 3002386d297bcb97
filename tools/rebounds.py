"""Geometries to learn from: HCN or HNC pressed by one of its atoms onto a radical's carbon, nothing relaxed.

    python tools/rebounds.py runs/rebounds 36
    python tools/rebounds.py runs/rebounds-2 30 6200 N    # other seeds, and always by the end, N of HCN

A fast hand leaves the molecules no time to give way, so the high ways, on which no bond forms, have to be known too.
HCN comes from anywhere within 65 degrees of the half-empty orbital, tilted and bent at random, all of it shaken.
Writes a data set without energies for each radical, for `atomtug label`. The straight ways of
`tools/reach/approaches.py` are not among them.
"""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent / "reach"))
from common import HCN_LENGTHS, C, H, N, Series, closest, molecule, neighbours, tilted, unit, write

from atomtug.core.arrays import Floats, Ints

SMILES = {
    "methyl": "[CH3]",
    "ethyl": "C[CH2]",
    "isopropyl": "C[CH]C",
    "propyl": "CC[CH2]",
    "tert-butyl": "C[C](C)C",
    "isobutyl": "CC(C)[CH2]",
}
NEAREST, FARTHEST = 1.2, 3.0
"""angstrom, of the leading atom from the carbon; the logarithms are equally likely."""
LEADS = ((0.15, 0), (0.3, 1), (1.0, 2))
"""Up to which random number H, C or N (of HNC: H, N or C) leads."""
SEED = 6100
MOST_SHAKEN = 0.06
"""angstrom, the greatest standard deviation."""
LEAST_TILT = 6.0
"""degrees."""
TOO_CLOSE = 0.75
"""angstrom between any two atoms, below which a geometry is thrown away."""


def rebound(
    numbers: Ints, positions: Floats, random: np.random.Generator, by_end: bool = False
) -> tuple[bool, Floats]:
    """HCN (True) or HNC near a radical (N, 3); positions (N + 3, 3), the guest's in the order H, middle, end."""
    radical = next(
        atom for atom in np.flatnonzero(numbers == C) if len(neighbours(numbers, positions, int(atom))) == 3
    )
    a, b, c = positions[neighbours(numbers, positions, int(radical))]
    orbital = unit(np.cross(b - a, c - a)) * random.choice([-1.0, 1.0])
    outward = tilted(orbital, 65.0, random)
    tilt = tilted(outward, 55.0, random)
    while tilt @ outward > np.cos(np.radians(LEAST_TILT)):
        tilt = tilted(outward, 55.0, random)
    as_hcn, draw = bool(random.random() < 0.8), random.random()
    lead = 2 if by_end else next(atom for most, atom in LEADS if draw <= most)
    hydrogen, end = HCN_LENGTHS
    bend = np.radians(random.uniform(0.0, 60.0) if random.random() < 0.5 else 0.0)
    side = unit(np.cross(tilt, random.standard_normal(3)))
    # Away from the carbon along the tilt: the end that leads is nearest.
    along = tilt if lead == 2 else -tilt
    to_hydrogen = np.cos(bend) * along + np.sin(bend) * side
    guest = np.array(
        [
            hydrogen * random.uniform(0.95, 1.3) * to_hydrogen,
            np.zeros(3),
            -end * random.uniform(0.95, 1.15) * along,
        ]
    )
    distance = float(np.exp(random.uniform(np.log(NEAREST), np.log(FARTHEST))))
    guest = guest - guest[lead] + positions[radical] + distance * outward
    placed = np.vstack([positions, guest])
    return as_hcn, placed + MOST_SHAKEN * random.random() * random.standard_normal(placed.shape)


def make(name: str, smiles: str, count: int, seed: int, by_end: bool) -> list[Series]:
    """So many geometries of one radical, a series for HCN and one for HNC."""
    random = np.random.default_rng(seed)
    numbers, positions = molecule(smiles)
    found: dict[bool, list[Floats]] = {True: [], False: []}
    while sum(map(len, found.values())) < count:
        as_hcn, placed = rebound(numbers, positions, random, by_end)
        if closest(placed) >= TOO_CLOSE and (as_hcn or not by_end):
            found[as_hcn].append(placed)
    return [
        Series(
            f"{name}: {'HCN' if as_hcn else 'HNC'} pressed on",
            name,
            np.append(numbers, [H, C, N] if as_hcn else [H, N, C]),
            np.array(geometries),
            {"seed": seed},
        )
        for as_hcn, geometries in found.items()
        if geometries
    ]


def main(folder: Path, count: int, seed: str = str(SEED), lead: str = "") -> None:
    for row, (name, smiles) in enumerate(SMILES.items()):
        write(folder, make(name, smiles, count, int(seed) + row, bool(lead)), "tools/rebounds.py")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])

"""Test set (a): surfaces of the abstraction, relaxed with GFN2-xTB, geometries to be labelled.

    python tools/reach/surfaces.py runs/reach/surfaces

For methane's, a primary, a secondary and a tertiary hydrogen: every pair of ten distances from 0.9 to 3.0 angstrom
for C-H and for H-C of CN. Carbon, hydrogen and CN's carbon stay where they are, in a line; all other atoms are
relaxed.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from common import CN_LENGTH, C, H, N, Series, molecule, neighbours, relax, unit, write

from atomtug.core.arrays import Floats, Ints

DISTANCES = (0.9, 1.05, 1.2, 1.35, 1.5, 1.7, 1.95, 2.25, 2.6, 3.0)
"""angstrom"""
SMILES = {"methane": "C", "isobutane": "CC(C)C", "2-isohexane": "CCCC(C)C"}
CARBON_NEIGHBOURS = {"methane": 0, "primary": 1, "secondary": 2, "tertiary": 3}


@dataclass(frozen=True)
class Surface:
    """A surface: of which molecule, and of which of its hydrogens."""

    molecule: str
    site: str


SURFACES = (
    Surface("methane", "methane"),
    Surface("isobutane", "tertiary"),
    Surface("isobutane", "primary"),
    Surface("2-isohexane", "secondary"),
    Surface("2-isohexane", "tertiary"),
    Surface("2-isohexane", "primary"),
)


def scan(surface: Surface, numbers: Ints, positions: Floats) -> Series:
    """The geometries of a surface, row by row of equal C-H distance."""
    wanted = CARBON_NEIGHBOURS[surface.site]
    carbon = next(
        int(atom)
        for atom in np.flatnonzero(numbers == C)
        if len(neighbours(numbers, positions, int(atom), C)) == wanted
    )
    hydrogen = neighbours(numbers, positions, carbon, H)[0]
    direction = unit(positions[hydrogen] - positions[carbon])
    elements = np.append(numbers, [C, N])
    still = [carbon, hydrogen, len(numbers)]
    geometries = []
    for from_carbon in DISTANCES:
        for from_radical in DISTANCES:
            start = positions.copy()
            start[hydrogen] = start[carbon] + from_carbon * direction
            radical = start[hydrogen] + from_radical * direction
            start = np.vstack([start, radical, radical + CN_LENGTH * direction])
            geometries.append(relax(elements, start, fixed=still))
    name = f"{surface.molecule}: {surface.site} surface"
    notes: dict[str, object] = {"distances": list(DISTANCES), "carbon": carbon, "hydrogen": hydrogen}
    return Series(name, surface.molecule, elements, np.array(geometries), notes)


def main(folder: Path) -> None:
    molecules = {name: molecule(smiles) for name, smiles in SMILES.items()}
    write(folder, [scan(each, *molecules[each.molecule]) for each in SURFACES], "tools/reach/surfaces.py")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

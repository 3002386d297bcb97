"""Test set (b): CN and HCN brought to alkanes and radicals, rigid and relaxed, geometries to be labelled.

    python tools/reach/approaches.py runs/reach/approaches

Each way is nine distances from 3.5 to 1.2 angstrom between a leading atom and its target. In a relaxed way CN or HCN
and the target stay, and the rest of the molecule gives way (GFN2-xTB).
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from common import CN_LENGTH, HCN_LENGTHS, C, H, N, Series, across, molecule, neighbours, relax, unit, write

from atomtug.core.arrays import Floats, Ints

DISTANCES = (3.5, 3.0, 2.6, 2.3, 2.0, 1.8, 1.6, 1.4, 1.2)
"""angstrom"""
SMILES = {
    "isobutane": "CC(C)C",
    "tert-butyl": "C[C](C)C",
    "methane": "C",
    "methyl": "[CH3]",
    "ethane": "CC",
    "propane": "CCC",
    "isopropyl": "C[CH]C",
}
ALKANES = ("isobutane", "methane", "ethane", "propane")

Lead = Literal["C", "N", "H", "side"]
Target = Literal["H inner", "H outer", "carbon, behind", "methyl carbon", "radical, front", "radical, behind"]


@dataclass(frozen=True)
class Way:
    """One way to bring CN to an alkane, or HCN to a radical.

    Args:
        molecule: what it is brought to
        lead: the atom that goes first; ``side`` is CN's middle, or HCN's carbon, with the axis across the way
        target: the atom that it goes to
        relaxed: whether the rest of the molecule gives way
    """

    molecule: str
    lead: Lead
    target: Target
    relaxed: bool = False


WAYS = (
    Way("isobutane", "C", "H inner"),
    Way("isobutane", "N", "H inner"),
    Way("isobutane", "side", "H inner"),
    Way("isobutane", "C", "H outer"),
    Way("isobutane", "N", "H outer"),
    Way("isobutane", "C", "carbon, behind"),
    Way("isobutane", "N", "methyl carbon"),
    Way("tert-butyl", "H", "radical, front"),
    Way("tert-butyl", "side", "radical, front"),
    Way("tert-butyl", "N", "radical, front"),
    Way("tert-butyl", "N", "radical, behind"),
    Way("tert-butyl", "N", "methyl carbon"),
    Way("tert-butyl", "H", "H outer"),
    Way("methane", "N", "H outer"),
    Way("methane", "C", "methyl carbon"),
    Way("methane", "N", "methyl carbon"),
    Way("methyl", "N", "radical, front"),
    Way("methyl", "side", "radical, front"),
    Way("ethane", "N", "H outer"),
    Way("ethane", "side", "H outer"),
    Way("ethane", "N", "methyl carbon"),
    Way("propane", "N", "H inner"),
    Way("propane", "C", "carbon, behind"),
    Way("isopropyl", "N", "radical, front"),
    Way("isobutane", "C", "H inner", relaxed=True),
    Way("isobutane", "N", "H outer", relaxed=True),
    Way("tert-butyl", "N", "radical, front", relaxed=True),
    Way("tert-butyl", "side", "radical, behind", relaxed=True),
    Way("methyl", "N", "radical, front", relaxed=True),
    Way("propane", "N", "H inner", relaxed=True),
)


def destination(numbers: Ints, positions: Floats, target: Target) -> tuple[int, Floats]:
    """The atom that a way leads to, and the direction (3,) out of the molecule that it comes along."""
    carbons = [int(atom) for atom in np.flatnonzero(numbers == C)]
    degree = {atom: len(neighbours(numbers, positions, atom, C)) for atom in carbons}
    inner, outer = max(carbons, key=lambda atom: degree[atom]), min(carbons, key=lambda atom: degree[atom])
    if target in ("H inner", "H outer"):
        carbon = inner if target == "H inner" else outer
        atom = neighbours(numbers, positions, carbon, H)[0]
        return atom, unit(positions[atom] - positions[carbon])
    if target == "carbon, behind":
        hydrogen = neighbours(numbers, positions, inner, H)[0]
        return inner, unit(positions[inner] - positions[hydrogen])
    if target == "methyl carbon":
        # Between three hydrogens: along the bond to the neighbouring carbon, or opposite to a hydrogen of methane.
        other = neighbours(numbers, positions, outer, C) or neighbours(numbers, positions, outer, H)
        return outer, unit(positions[outer] - positions[other[0]])
    radical = next(atom for atom in carbons if len(neighbours(numbers, positions, atom)) == 3)
    a, b, c = positions[neighbours(numbers, positions, radical)]
    normal = unit(np.cross(b - a, c - a))
    if normal @ (positions[radical] - (a + b + c) / 3) < 0:
        normal = -normal
    return radical, normal if target == "radical, front" else -normal


def visitor(lead: Lead, radical: bool) -> tuple[Ints, Floats, int]:
    """Elements and places of CN (or HCN), the leading point at the origin, and which atom leads (-1 for none).

    Places are two numbers: along the direction that it comes from, and across.
    """
    if not radical:
        if lead == "side":
            return np.array([C, N]), np.array([[0, -CN_LENGTH / 2], [0, CN_LENGTH / 2]]), -1
        ahead = 0 if lead == "C" else 1
        along = [0.0, CN_LENGTH] if lead == "C" else [CN_LENGTH, 0.0]
        return np.array([C, N]), np.array([[reach, 0.0] for reach in along]), ahead
    hc, cn = HCN_LENGTHS
    if lead == "side":
        return np.array([H, C, N]), np.array([[0, -hc], [0, 0], [0, cn]]), 1
    along = [0.0, hc, hc + cn] if lead == "H" else [hc + cn, cn, 0.0]
    return np.array([H, C, N]), np.array([[reach, 0.0] for reach in along]), 0 if lead == "H" else 2


def scan(way: Way, numbers: Ints, positions: Floats) -> Series:
    """The geometries of a way."""
    target, direction = destination(numbers, positions, way.target)
    more, places, _ = visitor(way.lead, way.molecule not in ALKANES)
    sideways = across(direction)
    elements = np.concatenate([numbers, more])
    geometries = []
    for distance in DISTANCES:
        guest = positions[target] + (distance + places[:, :1]) * direction + places[:, 1:] * sideways
        geometry = np.concatenate([positions, guest])
        if way.relaxed:
            still = [target, *range(len(numbers), len(elements))]
            geometry = relax(elements, geometry, fixed=still)
        geometries.append(geometry)
    guest_name = "CN" if way.molecule in ALKANES else "HCN"
    name = f"{way.molecule}: {guest_name} by {way.lead}, {way.target}" + (", relaxed" if way.relaxed else "")
    return Series(name, way.molecule, elements, np.array(geometries), {"distances": list(DISTANCES)})


def main(folder: Path) -> None:
    molecules = {name: molecule(smiles) for name, smiles in SMILES.items()}
    write(folder, [scan(way, *molecules[way.molecule]) for way in WAYS], "tools/reach/approaches.py")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

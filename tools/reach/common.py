"""What the generators of geometries share: molecules, relaxation by GFN2-xTB, and files of geometries to label."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.calculators.calculator import CalculationFailed
from ase.constraints import FixAtoms
from ase.optimize import FIRE
from rdkit import Chem
from rdkit.Chem import AllChem
from tblite.ase import TBLite

from atomtug.core.arrays import Floats, Ints
from atomtug.trainer import data as datasets
from atomtug.trainer.data import DataSet, Molecule, Trajectory

CN_LENGTH = 1.17
"""angstrom, as atomtug places it."""
HCN_LENGTHS = (1.07, 1.16)
"""angstrom, H-C and C-N."""
H, C, N = 1, 6, 7
SYSTEM_SEED = 770001
"""The first seed of the runs of test sets; training uses small ones."""


@dataclass(frozen=True)
class Series:
    """Geometries of one kind that are judged together, such as one approach.

    Args:
        name: what is done
        molecule: what it is done to, without the CN
        numbers: (N,) atomic numbers
        positions: (n, N, 3) angstrom
        notes: what else is known, for the data set
    """

    name: str
    molecule: str
    numbers: Ints
    positions: Floats
    notes: dict[str, object]


def gfn2(multiplicity: int, electronic_temperature: float = 300.0) -> TBLite:
    """A silent GFN2-xTB calculator; the temperature of its electrons is in kelvin."""
    return TBLite(
        method="GFN2-xTB",
        multiplicity=multiplicity,
        verbosity=0,
        electronic_temperature=electronic_temperature,
    )


def embedded(smiles: str, seed: int) -> Chem.Mol:
    """RDKit's molecule with its hydrogens and one conformer."""
    structure = Chem.AddHs(Chem.MolFromSmiles(smiles))
    AllChem.EmbedMolecule(structure, randomSeed=seed)
    return structure


def numbers_and_positions(structure: Chem.Mol) -> tuple[Ints, Floats]:
    """Elements (N,) and positions (N, 3), angstrom, of RDKit's molecule."""
    numbers = np.array([atom.GetAtomicNum() for atom in structure.GetAtoms()])
    return numbers, np.asarray(structure.GetConformer().GetPositions())


def molecule(smiles: str) -> tuple[Ints, Floats]:
    """Elements (N,) and positions (N, 3) of a molecule or radical, embedded by RDKit and relaxed with GFN2-xTB."""
    structure = embedded(smiles, 1)
    numbers, start = numbers_and_positions(structure)
    unpaired = sum(atom.GetNumRadicalElectrons() for atom in structure.GetAtoms())
    return numbers, relax(numbers, start, unpaired + 1, fmax=0.01)


def relax(
    numbers: Ints,
    positions: Floats,
    multiplicity: int = 2,
    fixed: Sequence[int] = (),
    fmax: float = 0.1,
    steps: int = 300,
) -> Floats:
    """Positions (N, 3) after a relaxation by GFN2-xTB with some atoms where they are.

    Where states cross its cycles may not settle: then with hotter electrons, which is good enough for a geometry.

    Raises:
        CalculationFailed: they do not settle then either
    """
    for temperature in (300.0, 3000.0, 10000.0):
        atoms = Atoms(numbers, positions)
        atoms.calc = gfn2(multiplicity, temperature)
        atoms.set_constraint(FixAtoms(list(fixed)))
        try:
            FIRE(atoms, logfile=None).run(fmax=fmax, steps=steps)
        except CalculationFailed:
            continue
        return np.asarray(atoms.positions)
    raise CalculationFailed("GFN2-xTB settles at none of the temperatures")


def neighbours(numbers: Ints, positions: Floats, atom: int, element: int | None = None) -> list[int]:
    """The atoms bonded to one, by distance."""
    reach = 1.3 if numbers[atom] == H else np.where(numbers == H, 1.3, 1.8)
    near = np.linalg.norm(positions - positions[atom], axis=1) < reach
    near[atom] = False
    return [int(other) for other in np.flatnonzero(near) if element in (None, numbers[other])]


def unit(vector: Floats) -> Floats:
    """A vector (3,) of length 1 along another."""
    return np.asarray(vector / np.linalg.norm(vector))


def tilted(direction: Floats, most: float, random: np.random.Generator) -> Floats:
    """A unit vector (3,) at up to so many degrees from a direction."""
    angle = np.radians(random.uniform(0.0, most))
    side = np.cross(direction, random.standard_normal(3))
    return unit(np.cos(angle) * direction + np.sin(angle) * unit(side))


def closest(positions: Floats) -> float:
    """The smallest distance of two atoms, angstrom."""
    i, j = np.triu_indices(len(positions), k=1)
    return float(np.linalg.norm(positions[i] - positions[j], axis=1).min())


def across(direction: Floats) -> Floats:
    """A unit vector (3,) at right angles to a direction."""
    return unit(np.cross(direction, np.eye(3)[int(np.argmin(np.abs(direction)))]))


def write(folder: Path, series: Sequence[Series], generator: str) -> None:
    """A data set without energies for each molecule, for `atomtug label`; each series is one of its trajectories."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in dict.fromkeys(each.molecule for each in series):
        data = DataSet()
        for index, each in enumerate(each for each in series if each.molecule == name):
            home = data.home(name, each.numbers, 0, 2)
            digest = hashlib.blake2b(digest_size=12)
            digest.update(each.name.encode() + np.ascontiguousarray(each.positions).tobytes())
            count, notes = len(each.positions), {"generator": generator, **each.notes}
            data.add_trajectory(Trajectory(digest.hexdigest(), each.name, home, "", count, {}, notes))
            data.extend(
                Molecule.build(
                    home,
                    each.numbers,
                    0,
                    2,
                    positions=each.positions,
                    trajectory=np.full(count, index),
                    frame=np.arange(count),
                )
            )
        path = folder / f"{name}.h5"
        datasets.write(data, path)
        print(f"{path}: {len(data)} geometries in {len(data.trajectories)} series")

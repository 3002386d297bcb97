"""Starts for trajectories of longer alkanes + CN: conformers whose chain is stretched, and others with gauche turns.

    python tools/chain_conformers.py runs/chains

Writes FOLDER/anti/NAME.xyz and FOLDER/gauche/NAME.xyz, each with a CN that `atomtug steer` puts before a hydrogen.
What squalane has and the alkanes of data/train.h5 have not is in one of these molecules each (`atomtug census`).
"""

import sys
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.io import write
from rdkit import Chem
from rdkit.Chem import rdDistGeom, rdForceFieldHelpers

SMILES = {
    "n-pentane": "CCCCC",
    "n-hexane": "CCCCCC",
    "3-methylhexane": "CCC(C)CCC",
    "2-methylheptane": "CC(C)CCCCC",
    "3-methylheptane": "CCC(C)CCCC",
    "4-methylheptane": "CCCC(C)CCC",
    "26-dimethylheptane": "CC(C)CCCC(C)C",
}
CONFORMERS, SEED = 40, 5
CN_LENGTH, AWAY = 1.17, 3.5
"""angstrom, and how far above the molecule's highest atom CN is."""


def conformers(smiles: str) -> tuple[Atoms, Atoms]:
    """The conformer with its carbons the furthest apart, and the one with the nearest of low energy."""
    molecule = Chem.AddHs(Chem.MolFromSmiles(smiles))
    rdDistGeom.EmbedMultipleConfs(molecule, CONFORMERS, randomSeed=SEED)
    energies = np.array(
        [energy for _, energy in rdForceFieldHelpers.MMFFOptimizeMoleculeConfs(molecule, maxIters=2000)]
    )
    numbers = np.array([atom.GetAtomicNum() for atom in molecule.GetAtoms()])
    geometries = np.array([each.GetPositions() for each in molecule.GetConformers()])
    carbons = geometries[:, numbers == 6]
    size = np.linalg.norm(carbons - carbons.mean(axis=1, keepdims=True), axis=2).mean(axis=1)
    size[energies > energies.min() + 5.0] = np.nan  # kcal/mol
    return with_cn(numbers, geometries[np.nanargmax(size)]), with_cn(numbers, geometries[np.nanargmin(size)])


def with_cn(numbers: np.ndarray, positions: np.ndarray) -> Atoms:
    """The molecule with its middle at the origin, and CN above it."""
    placed = positions - positions.mean(axis=0)
    height = placed[:, 2].max() + AWAY
    return Atoms([*numbers, 6, 7], np.vstack([placed, [0.0, 0.0, height], [0.0, 0.0, height + CN_LENGTH]]))


def main(folder: Path) -> None:
    for name, smiles in SMILES.items():
        for kind, atoms in zip(("anti", "gauche"), conformers(smiles), strict=True):
            (folder / kind).mkdir(parents=True, exist_ok=True)
            write(folder / kind / f"{name}.xyz", atoms, format="xyz", comment="charge 0 multiplicity 2")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

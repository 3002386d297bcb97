"""Remake core/systems/*.xyz: conformers by RDKit, alkanes relaxed with PM6, a CN radical set apart.

    pip install rdkit && python tools/make_systems.py core/systems

The files are shipped, so only someone who adds a system needs this.
"""

import sys
from pathlib import Path

import ase.io
import numpy as np
from ase import Atoms
from ase.optimize import BFGS
from rdkit import Chem
from rdkit.Chem import AllChem

from atomtug.core.systems import System
from atomtug.core.systems.placement import place_radical
from atomtug.paths.surface import as_atoms
from atomtug.server.engines import create_engine

SMILES = {
    "methane": "C",
    "ethane": "CC",
    "isobutane": "CC(C)C",
    "isopentane": "CCC(C)C",
    "2-isohexane": "CCCC(C)C",
    "3-isohexane": "CCC(C)CC",
    "squalane": "CC(C)CCCC(C)CCCC(C)CCCCC(C)CCCC(C)CCCC(C)C",
}
CONFORMERS = 30


def conformer(name: str, smiles: str) -> System:
    """The conformer of lowest MMFF energy."""
    molecule = Chem.AddHs(Chem.MolFromSmiles(smiles))
    AllChem.EmbedMultipleConfs(molecule, CONFORMERS, randomSeed=1)
    energies = [energy for _, energy in AllChem.MMFFOptimizeMoleculeConfs(molecule, maxIters=5000)]
    best = int(np.argmin(energies))
    numbers = [atom.GetAtomicNum() for atom in molecule.GetAtoms()]
    return System(name, np.array(numbers), molecule.GetConformer(best).GetPositions())


def main(folder: Path) -> None:
    for name, smiles in SMILES.items():
        start = conformer(name, smiles)
        atoms = as_atoms(start, start.positions, create_engine("pm6", start))
        BFGS(atoms, logfile=None).run(fmax=0.01, steps=400)
        system = place_radical(start.with_positions(atoms.positions - atoms.positions.mean(axis=0)))
        out = Atoms(system.numbers, system.positions, info={"charge": 0, "multiplicity": 2})
        ase.io.write(folder / f"{name}.xyz", out, format="extxyz")
        print(name, len(out), out.get_chemical_formula())


if __name__ == "__main__":
    main(Path(sys.argv[1]))

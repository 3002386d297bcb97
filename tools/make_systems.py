"""Remake core/systems/*.xyz: conformers by RDKit, alkanes relaxed with PM6, a CN radical set apart.

    pip install rdkit && python tools/make_systems.py core/systems

The files are shipped, so only someone who adds a system needs this.
"""

import sys
from pathlib import Path

import ase.io
import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes
from ase.optimize import BFGS
from rdkit import Chem
from rdkit.Chem import AllChem

from atomtug.core.systems import System
from atomtug.core.systems.placement import place_radical
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


class PM6(Calculator):
    """Just enough of ASE's calculator for its optimisers."""

    implemented_properties = ["energy", "forces"]  # noqa: RUF012

    def __init__(self, atoms: Atoms) -> None:
        super().__init__()
        self.engine = create_engine("pm6", System("alkane", atoms.numbers, atoms.positions))

    def calculate(self, atoms=None, properties=None, system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        energy, forces = self.engine.evaluate(atoms.positions)
        self.results = {"energy": energy, "forces": forces}


def conformer(smiles: str) -> Atoms:
    """The conformer of lowest MMFF energy."""
    molecule = Chem.AddHs(Chem.MolFromSmiles(smiles))
    AllChem.EmbedMultipleConfs(molecule, CONFORMERS, randomSeed=1)
    energies = [energy for _, energy in AllChem.MMFFOptimizeMoleculeConfs(molecule, maxIters=5000)]
    best = int(np.argmin(energies))
    numbers = [atom.GetAtomicNum() for atom in molecule.GetAtoms()]
    return Atoms(numbers, molecule.GetConformer(best).GetPositions())


def main(folder: Path) -> None:
    for name, smiles in SMILES.items():
        atoms = conformer(smiles)
        atoms.calc = PM6(atoms)
        BFGS(atoms, logfile=None).run(fmax=0.01, steps=400)
        relaxed = System(name, atoms.numbers, atoms.positions - atoms.positions.mean(axis=0))
        system = place_radical(relaxed)
        out = Atoms(system.numbers, system.positions, info={"charge": 0, "multiplicity": 2})
        ase.io.write(folder / f"{name}.xyz", out, format="extxyz")
        print(name, len(out), out.get_chemical_formula())


if __name__ == "__main__":
    main(Path(sys.argv[1]))

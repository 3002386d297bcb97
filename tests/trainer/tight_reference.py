"""Energies and forces of methane + CN by PySCF itself, converged tightly on a dense grid: kept, they take a minute.

python tests/trainer/tight_reference.py      makes tests/trainer/tight_reference.json again
"""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from pyscf import dft, gto

from atomtug import System, load_system
from atomtug.core.units import BOHR, HARTREE
from atomtug.trainer.dft import Theory
from atomtug.trainer.dft.grids import configure

KEPT = Path(__file__).with_suffix(".json")
FORCE = HARTREE / BOHR
"""hartree/bohr in eV/angstrom"""


def pyscf(system: System, theory: Theory, **options):
    """Energy, forces and <S^2> by PySCF itself, converged tightly, on the same grid."""
    atoms = list(zip(system.symbols, system.positions, strict=True))
    mol = gto.M(
        atom=atoms,
        basis=theory.basis,
        charge=system.charge,
        spin=system.multiplicity - 1,
        verbose=0,
        **options,
    )
    method = dft.UKS(mol, xc=theory.functional).density_fit()
    method.conv_tol = 1e-11
    configure(method.grids, mol, theory)
    energy = method.kernel() * HARTREE
    return energy, -method.nuc_grad_method().kernel() * FORCE, method.spin_square()[0]


def geometries() -> list[System]:
    """Methane + CN as it is loaded, and somewhat flatter."""
    system = load_system("methane")
    return [system, replace(system, positions=system.positions * np.array([1.0, 1.0, 0.98]))]


if __name__ == "__main__":
    made = []
    for system in geometries():
        energy, forces, _ = pyscf(system, Theory(grid="5"))
        made.append({"positions": system.positions.tolist(), "energy": energy, "forces": forces.tolist()})
    KEPT.write_text(json.dumps(made, indent=1) + "\n")

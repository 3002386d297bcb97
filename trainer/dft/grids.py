"""Integration grids: the fine one labels are made on, and the coarse one the cycles run on."""

from typing import Any

from pyscf.dft import gen_grid

from atomtug.trainer.dft.exchange_correlation import Grid
from atomtug.trainer.dft.theory import Theory

COARSE_LEVEL = 0
"""PySCF's level for the cycles. A tenth of the fine grid's points, and corrected by it before the end."""


def pyscf_grids(mol: Any, theory: Theory) -> Any:
    """PySCF's own object for the theory's grid, not built yet."""
    grids = gen_grid.Grids(mol)
    configure(grids, mol, theory)
    return grids


def configure(grids: Any, mol: Any, theory: Theory) -> None:
    """Set up a PySCF grids object for the theory's grid."""
    for atom in range(mol.natm):
        # Electrons in a core potential don't count in PySCF's charge of an atom.
        choice = theory.atom_grid(mol.atom_charge(atom) + mol.atom_nelec_core(atom))
        if isinstance(choice, int):
            grids.level = choice
        else:
            grids.atom_grid = {**grids.atom_grid, mol.atom_symbol(atom): choice}


def fine_grid(mol: Any, theory: Theory) -> Grid:
    """The grid a label's energy and forces come from."""
    return _built(pyscf_grids(mol, theory))


def coarse_grid(mol: Any) -> Grid:
    """The grid the cycles run on."""
    grids = gen_grid.Grids(mol)
    grids.level = COARSE_LEVEL
    return _built(grids)


def _built(grids: Any) -> Grid:
    grids.build()
    return Grid(grids.coords, grids.weights)

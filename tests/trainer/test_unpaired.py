"""How many unpaired electrons fragments have by themselves."""

import pytest
from ase.build import molecule
from pyscf import gto

from atomtug.trainer.dft.unpaired import unpaired_electrons


@pytest.mark.parametrize(
    ("name", "electrons"),
    [
        ("H", 1),
        ("O", 2),
        ("N", 3),
        ("CH3", 1),
        ("CN", 1),
        ("CH2_s3B1d", 2),
        ("NH", 2),
        ("CH", 1),
        ("CO", 0),
        ("CO2", 0),
        ("HCN", 0),
        ("C2H4", 0),
        ("C2H2", 0),
        ("C6H6", 0),
        ("H2O", 0),
        ("CH3CH2O", 1),
    ],
)
def test_neutral(name, electrons):
    atoms = molecule(name)
    mol = gto.M(
        atom=list(zip(atoms.symbols, atoms.positions, strict=True)),
        basis="sto-3g",
        spin=int(atoms.numbers.sum()) % 2,
    )
    assert unpaired_electrons(mol, range(len(atoms))) == electrons


def test_an_ion_has_as_few_as_it_can():
    mol = gto.M(atom="O", basis="sto-3g", spin=0)
    assert unpaired_electrons(mol, [0], charge=1) == 1
    assert unpaired_electrons(mol, [0], charge=2) == 0

"""Density fitting by screened blocks of atom pairs gives what all integrals in memory give."""

from types import SimpleNamespace

import numpy as np
import pytest
from pyscf import gto

from atomtug.core.systems import load_system
from atomtug.trainer.dft import one_electron, storage
from atomtug.trainer.dft.coulomb import Coulomb
from atomtug.trainer.dft.coulomb_blocks import BlockedCoulomb
from atomtug.trainer.dft.storage import Storage, storage_for

AUXBASIS = "def2-universal-jfit"


def molecule(name, basis="def2-svp"):
    system = load_system(name)
    atoms = list(zip(system.symbols, system.positions, strict=True))
    return gto.M(atom=atoms, basis=basis, spin=system.multiplicity - 1, verbose=0)


def density_of(mol):
    """A density with the size and the reach of a real one."""
    return sum(density for density in mol.UKS().get_init_guess(mol, "minao"))


def near(density):
    """Another density, as far from the first as that of a neighbouring geometry."""
    noise = np.random.default_rng(0).normal(scale=0.005, size=density.shape)
    return density + noise + noise.T


@pytest.fixture(scope="module")
def ethane():
    mol = molecule("ethane")
    density = density_of(mol)
    whole = Coulomb(mol, AUXBASIS)
    return mol, density, *whole.potential(density), whole.gradient(density)


@pytest.mark.parametrize("storage", list(Storage))
@pytest.mark.parametrize("threads", [1, 2])
def test_energy_matrix_and_gradient_are_those_of_all_integrals(ethane, storage, threads):
    mol, density, energy, matrix, gradient = ethane
    blocks = BlockedCoulomb(mol, AUXBASIS, near(density), storage, threads, 1e-10, 1e-10)
    for _ in range(2):  # what is stored can be used again
        found = blocks.potential(density)
        assert found[0] == pytest.approx(energy, abs=1e-9 if storage is Storage.RECOMPUTED else 1e-7)
        # Integrals kept in single precision move the matrix by less than its commutator with the density may be.
        np.testing.assert_allclose(found[1], matrix, atol=1e-8 if storage is Storage.RECOMPUTED else 5e-6)
    np.testing.assert_allclose(blocks.gradient(density), gradient, atol=1e-7)
    attraction = one_electron.gradient(mol, density, density) - one_electron.gradient(
        mol, density, density, attraction=False
    )
    np.testing.assert_allclose(blocks.gradient(density, nuclei=True), gradient + attraction, atol=1e-7)


def test_changes_near_the_reference_are_more_precise(ethane):
    mol, density, _, matrix, _ = ethane
    other = density + 0.02 * (near(density) - density)
    expected = Coulomb(mol, AUXBASIS).potential(other)[1] - matrix
    blocks = BlockedCoulomb(mol, AUXBASIS, 0.0 * density, Storage.MEMORY, 1, 1e-10, 1e-10)

    def error():
        return np.abs(blocks.potential(other)[1] - blocks.potential(density)[1] - expected).max()

    far = error()
    blocks.refer_to(density)
    assert error() < far / 10


def test_integrals_on_disk_leave_nothing_behind(ethane, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    blocks = BlockedCoulomb(ethane[0], AUXBASIS, ethane[1], Storage.DISK)
    assert isinstance(blocks._kept[0], np.memmap)
    assert not list(tmp_path.iterdir())


def test_where_integrals_are_kept_goes_by_memory_and_disk(ethane, monkeypatch):
    needed = BlockedCoulomb.memory(ethane[0], AUXBASIS)
    free = [10 * needed]
    monkeypatch.setattr(storage, "_in_memory", lambda _: False)
    monkeypatch.setattr(storage.shutil, "disk_usage", lambda _: SimpleNamespace(free=free[0]))
    assert storage_for(needed, 2 * needed) is Storage.MEMORY
    assert storage_for(needed, needed // 2) is Storage.DISK
    free[0] = needed
    assert storage_for(needed, needed // 2) is Storage.RECOMPUTED
    free[0] = 10 * needed
    monkeypatch.setattr(storage, "_in_memory", lambda _: True)
    assert storage_for(needed, needed // 2) is Storage.RECOMPUTED


@pytest.mark.slow
def test_pairs_of_a_long_chain_are_left_out_and_nothing_changes():
    carbons = 12
    positions, symbols = [], []
    for k in range(carbons):
        positions.append((1.257 * k, 0.43 * (-1) ** k, 0.0))
        symbols.append("C")
        ends = [(-0.629, -0.87 * (-1) ** k, 0.0)] if k in (0, carbons - 1) else []
        for x, y, z in [(0.0, 0.63 * (-1) ** k, 0.89), (0.0, 0.63 * (-1) ** k, -0.89), *ends]:
            sign = -1 if k == carbons - 1 else 1
            positions.append((1.257 * k + sign * x, 0.43 * (-1) ** k + y, z))
            symbols.append("H")
    mol = gto.M(atom=list(zip(symbols, positions, strict=True)), basis="def2-svp", verbose=0)
    density = density_of(mol)
    whole = Coulomb(mol, AUXBASIS)
    blocks = BlockedCoulomb(mol, AUXBASIS, near(density), Storage.MEMORY, 2, 1e-8, 1e-9)
    # Half of the bytes are single precision's doing.
    assert BlockedCoulomb.memory(mol, AUXBASIS) < 0.75 * Coulomb.memory(mol, AUXBASIS)
    energy, gradient = whole.potential(density)[0], whole.gradient(density)
    assert blocks.potential(density)[0] == pytest.approx(energy, abs=1e-6)
    np.testing.assert_allclose(blocks.gradient(density), gradient, atol=1e-6)
    usual = BlockedCoulomb(mol, AUXBASIS, near(density), threads=2)
    assert usual.held < blocks.held
    assert usual.potential(density)[0] == pytest.approx(energy, abs=1e-5)
    attraction = one_electron.gradient(mol, density, density) - one_electron.gradient(
        mol, density, density, attraction=False
    )
    np.testing.assert_allclose(usual.gradient(density, nuclei=True), gradient + attraction, atol=3e-5)

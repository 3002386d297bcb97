"""The fast way gives what PySCF gives, and its forces are the derivatives of its energy."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pyscf import gto
from tight_reference import FORCE, KEPT, geometries, pyscf
from trainer_helpers import CN, H2, HCN, TINY

from atomtug import System, load_system
from atomtug.core.errors import InputError
from atomtug.core.units import HARTREE, KCALMOL_PER_EV
from atomtug.trainer.dft import Theory, fast, stock
from atomtug.trainer.dft.coulomb_blocks import BlockedCoulomb
from atomtug.trainer.dft.dispersion import Dispersion
from atomtug.trainer.dft.functional import parse_functional
from atomtug.trainer.dft.labeller import Labeller
from atomtug.trainer.dft.scf import NotConverged
from atomtug.trainer.dft.storage import Storage

H = System("h", np.array([1]), np.zeros((1, 3)), multiplicity=2)
CATION = System("h2+", np.array([1, 1]), np.array([[0.0, 0, 0], [0, 0, 1.0]]), charge=1, multiplicity=2)


def labeller(system, theory=TINY):
    return Labeller(system.numbers, system.charge, system.multiplicity, theory)


@pytest.mark.parametrize(
    ("system", "theory"),
    [
        (HCN, TINY),
        (CN, TINY),
        (CN, replace(TINY, functional="lda,vwn")),
        (CN, replace(TINY, basis="def2-svp", grid="20x110")),
        (CATION, TINY),
        (H, TINY),
    ],
    ids=["closed shell", "radical", "LDA", "own grid", "no beta electrons", "an atom"],
)
def test_a_label_is_what_pyscf_gives_on_the_same_grid(system, theory):
    label = labeller(system, theory).label(system.positions)
    energy, forces, spin_square = pyscf(system, theory)
    assert label.method == "fast"
    assert label.energy == pytest.approx(energy, abs=1e-6 * HARTREE)
    assert label.forces == pytest.approx(forces, abs=1e-4 * FORCE)
    assert label.spin_square == pytest.approx(spin_square, abs=1e-4)


def test_forces_are_derivatives_of_the_energy():
    # The grid's own movement is left out of the forces, so the grid must be fine.
    theory = Theory("pbe", "sto-3g", grid="60x434")
    one = labeller(CN, theory)
    forces = one.label(CN.positions).forces
    step = 2e-3
    for atom, axis in ((0, 0), (1, 2)):
        energies = []
        for sign in (1, -1):
            positions = CN.positions.copy()
            positions[atom, axis] += sign * step
            energies.append(one.label(positions).energy)
        slope = -(energies[0] - energies[1]) / (2 * step)
        assert forces[atom, axis] == pytest.approx(slope, abs=1e-4 * FORCE)


def test_a_guess_changes_cycles_and_nothing_else():
    moved = HCN.positions + np.array([[0.0, 0.0, -0.02], [0.0, 0.01, 0.0], [0.0, 0.0, 0.0]])
    following = labeller(HCN)
    following.label(HCN.positions)
    near, scratch = following.label(moved), labeller(HCN).label(moved)
    assert near.energy == pytest.approx(scratch.energy, abs=1e-7 * HARTREE)
    assert near.forces == pytest.approx(scratch.forces, abs=5e-5 * FORCE)
    assert near.cycles <= scratch.cycles


def test_moving_and_turning_the_molecule_turns_the_forces():
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    here = labeller(H2, replace(TINY, grid="3")).label(H2.positions)
    there = labeller(H2, replace(TINY, grid="3")).label(H2.positions @ turn + 1.0)
    assert there.energy == pytest.approx(here.energy, abs=1e-5 * HARTREE)
    assert there.forces == pytest.approx(here.forces @ turn, abs=1e-4 * FORCE)


def test_what_the_fast_way_can_not_do_pyscf_does():
    theory = replace(TINY, functional="pbe0")
    label = labeller(HCN, theory).label(HCN.positions)
    energy, forces, _ = pyscf(HCN, theory)
    assert label.method == "pyscf"
    assert label.energy == pytest.approx(energy, abs=1e-6 * HARTREE)
    assert label.forces == pytest.approx(forces, abs=1e-4 * FORCE)


def test_without_convergence_pyscf_takes_over_and_the_label_says_so(monkeypatch):
    def never(*_):
        raise NotConverged("it would not settle")

    monkeypatch.setattr(fast, "label", never)
    label = labeller(HCN).label(HCN.positions)
    assert label.converged
    assert label.method == "pyscf"
    assert "it would not settle" in label.reason


@pytest.mark.parametrize("shift", [0.0, 0.15], ids=["plain", "shifted"])
def test_cycles_that_hover_end_at_the_nearest_one(monkeypatch, shift):
    mol = labeller(CN)._molecule.at(CN.positions)
    there = fast.label(mol, TINY, "def2-universal-jfit", None, shift, False)
    monkeypatch.setattr("atomtug.trainer.dft.scf.CONVERGED", 1e-30)
    hovering = fast.label(mol, TINY, "def2-universal-jfit", None, shift, False)
    assert there.label.cycles < hovering.label.cycles < 60
    assert hovering.label.energy == pytest.approx(there.label.energy, abs=1e-6)
    assert hovering.label.forces == pytest.approx(there.label.forces, abs=1e-3)
    monkeypatch.setattr("atomtug.trainer.dft.scf.NEARLY_CONVERGED", 1e-30)
    monkeypatch.setattr("atomtug.trainer.dft.scf.ROUNDED", 0.0)
    with pytest.raises(NotConverged):
        fast.label(mol, TINY, "def2-universal-jfit", None, shift, False)


def test_attempts_follow_each_other_until_one_converges(monkeypatch):
    tried = []

    def hopeless(method):
        tried.append("hopeless")
        method.max_cycle = 1
        return method

    attempts = (stock.Attempt("hopeless", "1e", hopeless), stock.ATTEMPTS[2])
    mol = gto.M(atom="H 0 0 0; F 0 0 0.95", basis="sto-3g", verbose=0)
    label = stock.label(mol, TINY, attempts=attempts).label
    assert tried == ["hopeless"]
    assert label.converged
    assert label.method == "pyscf second order"
    assert "hopeless: no convergence" in label.reason


def test_a_geometry_that_can_not_be_computed_gives_a_failed_label_with_the_reason():
    one = labeller(H2)
    label = one.label(np.zeros((2, 3)))
    assert not label.converged
    assert np.isnan(label.energy)
    assert np.isnan(label.forces).all()
    assert label.reason
    assert one.label(H2.positions).converged


def test_an_unknown_basis_or_functional_is_said_at_once():
    with pytest.raises(InputError, match=r"(?i)nonsense"):
        labeller(H2, replace(TINY, basis="nonsense"))
    with pytest.raises(InputError, match=r"(?i)nonsense"):
        labeller(H2, replace(TINY, functional="nonsense"))


def test_with_little_memory_a_label_is_the_same(monkeypatch):
    plenty = labeller(HCN).label(HCN.positions)
    made = []

    class KeptBlocks(BlockedCoulomb):
        def __init__(self, *given):
            super().__init__(*given)
            made.append(self)

    monkeypatch.setattr(fast, "SMALL", 0)
    monkeypatch.setattr(fast, "label_memory", lambda: 0)
    monkeypatch.setattr(fast, "BlockedCoulomb", KeptBlocks)
    monkeypatch.setattr(fast, "storage_for", lambda *_: Storage.RECOMPUTED)
    little = labeller(HCN).label(HCN.positions)
    assert [blocks.held for blocks in made] == [0]
    assert little.method == "fast"
    assert little.energy == pytest.approx(plenty.energy, abs=1e-7)
    assert little.forces == pytest.approx(plenty.forces, abs=1e-5)


@pytest.mark.parametrize("grid", ["", "10", "x", "30x", "30x194,", "30-194"])
def test_a_grid_that_means_nothing_is_refused(grid):
    with pytest.raises(InputError, match="is no grid"):
        Theory(grid=grid)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_methane_and_cn_at_the_papers_level_agree_with_a_tight_reference():
    systems = geometries()
    tight = json.loads(KEPT.read_text())
    ours = [labeller(systems[0], Theory()).label(each.positions) for each in systems]
    for system, reference in zip(systems, tight, strict=True):
        assert system.positions == pytest.approx(np.array(reference["positions"]), abs=1e-10)
    change = (ours[1].energy - ours[0].energy) * KCALMOL_PER_EV
    assert change == pytest.approx((tight[1]["energy"] - tight[0]["energy"]) * KCALMOL_PER_EV, abs=0.05)
    for label, reference in zip(ours, tight, strict=True):
        forces = np.array(reference["forces"])
        assert label.forces * KCALMOL_PER_EV == pytest.approx(forces * KCALMOL_PER_EV, abs=0.3)


class TestCorePotentials:
    """Basis sets that leave the inner electrons of heavy elements to an effective core potential."""

    HI = System("hi", np.array([1, 53]), np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 1.65]]))

    @pytest.mark.parametrize("functional", ["pbe", "pbe0"], ids=["fast", "PySCF's own"])
    def test_energy_and_forces_are_pyscfs_with_the_potential(self, functional):
        theory = replace(TINY, functional=functional, basis="def2-svp", grid="1")
        label = labeller(self.HI, theory).label(self.HI.positions)
        energy, forces, _ = pyscf(self.HI, theory, ecp="def2-svp")
        assert label.method == ("fast" if functional == "pbe" else "pyscf")
        assert label.energy == pytest.approx(energy, abs=2e-6 * HARTREE)
        assert label.forces == pytest.approx(forces, abs=2e-4 * FORCE)
        assert -300 < label.energy / HARTREE < -297  # 28 of iodine's 53 electrons are in the potential

    @pytest.mark.slow
    def test_iodomethane_at_the_papers_level_has_its_core_potential(self):
        path = Path(__file__).parent / "structures" / "ch3i.xyz"
        system = load_system(str(path))
        label = labeller(system, Theory()).label(system.positions)
        assert label.energy / HARTREE == pytest.approx(-337.56, abs=0.01)
        assert np.abs(label.forces).max() < 10.0

    def test_a_basis_whose_potential_is_not_known_is_refused(self):
        with pytest.raises(InputError, match="leaves the core of C to an effective core potential"):
            labeller(HCN, replace(TINY, basis="bfd-vdz"))

    def test_a_multiplicity_that_the_electrons_can_not_have_is_refused(self):
        with pytest.raises(InputError, match="multiplicity of 1 do not fit together"):
            Labeller(CN.numbers, 0, 1, TINY)


class TestDispersion:
    """Functionals whose name asks for a dispersion correction."""

    PAIR = System(
        "h2-h2", np.array([1, 1, 1, 1]), np.array([[0.0, 0, 0], [0, 0, 0.75], [3.0, 0, 0], [3.0, 0, 0.8]])
    )

    @pytest.mark.parametrize(
        ("name", "base"),
        [("pbe-d3bj", "pbe"), ("pbe-d3zero", "pbe"), ("pbe-d3bjatm", "pbe"), ("pbe0-d4", "pbe0")],
    )
    def test_it_is_in_the_energy_and_its_slope_in_the_forces(self, name, base):
        theory = replace(TINY, functional=name)
        corrected, plain = labeller(self.PAIR, theory), labeller(self.PAIR, replace(theory, functional=base))
        difference = corrected.label(self.PAIR.positions).energy - plain.label(self.PAIR.positions).energy
        assert -0.1 < difference < -1e-4
        dispersion = Dispersion(parse_functional(name), self.PAIR.numbers, self.PAIR.charge)
        energy, forces = dispersion.evaluate(self.PAIR.positions)
        assert energy == pytest.approx(difference, abs=1e-6)
        added = corrected.label(self.PAIR.positions).forces - plain.label(self.PAIR.positions).forces
        assert added == pytest.approx(forces, abs=1e-4)
        step = 2e-4
        for atom, axis in ((0, 0), (2, 0), (3, 2)):
            moved = np.zeros((4, 3))
            moved[atom, axis] = step
            ahead, behind = (dispersion.evaluate(self.PAIR.positions + sign * moved)[0] for sign in (1, -1))
            assert forces[atom, axis] == pytest.approx(-(ahead - behind) / (2 * step), abs=1e-6)

    @pytest.mark.slow
    def test_non_local_correlation_is_computed_and_its_slope_is_in_the_forces(self):
        theory = replace(TINY, functional="vv10", grid="2")
        one = labeller(H2, theory)
        forces = one.label(H2.positions).forces
        step = 5e-3
        moved = np.array([[0.0, 0, 0], [0, 0, step]])
        ahead, behind = (one.label(H2.positions + sign * moved).energy for sign in (1, -1))
        assert forces[1, 2] == pytest.approx(-(ahead - behind) / (2 * step), abs=2e-2)

    @pytest.mark.parametrize(
        ("name", "sentence"),
        [
            ("pbe-d3", "is not one that can be computed"),
            ("pbe-d3foo", "is not one that can be computed"),
            ("pbe-d4atm", "is not one that can be computed"),
            ("lda,vwn-d3bj", "has no parameters of d3bj"),
            ("b97-d", "libxc leaves out"),
            ("wb97x_d3", "libxc leaves out"),
            ("b97-3c", "libxc leaves out"),
            ("beefvdw", "libxc leaves out"),
            ("wb97x-d4", "are not for wb97x"),
            ("wb97m-d3bj", "are not for wb97m"),
        ],
    )
    def test_what_would_be_left_out_is_refused(self, name, sentence):
        with pytest.raises(InputError, match=sentence):
            labeller(H2, replace(TINY, functional=name))

    def test_a_missing_library_is_named(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "dftd3.interface", None)
        with pytest.raises(InputError, match="pip install dftd3"):
            labeller(H2, replace(TINY, functional="pbe-d3bj"))


def test_threads_change_nothing(monkeypatch):
    theory = replace(TINY, grid="30x194")  # several blocks of points
    one = labeller(HCN, theory).label(HCN.positions)
    monkeypatch.setattr(fast, "label_threads", lambda: 3)
    three = labeller(HCN, theory).label(HCN.positions)
    assert three.energy == pytest.approx(one.energy, abs=1e-7)
    assert three.forces == pytest.approx(one.forces, abs=1e-5)

"""Labels by an ASE calculator in place of density functional theory."""

import numpy as np
import pytest
from trainer_helpers import CN, HCN, TINY, record, stretched

from atomtug.core.errors import InputError
from atomtug.trainer.data import DataSet, Row, read, write
from atomtug.trainer.data.journal import Journal
from atomtug.trainer.dft import Theory
from atomtug.trainer.labels.frames import open_runs
from atomtug.trainer.labels.labelling import check, make_plan
from atomtug.trainer.labels.selection import Selection
from atomtug.trainer.labels.sharing import largest_need
from atomtug.trainer.labels.worker import Atoms, make_labeller

EMT = Theory.by_calculator("ase:ase.calculators.emt.EMT")


def test_a_label_is_what_the_calculator_gives():
    from ase import Atoms as AseAtoms
    from ase.calculators.emt import EMT as Calculator

    label = make_labeller(Atoms(HCN.numbers, 0, 1, EMT)).label(HCN.positions)
    atoms = AseAtoms(HCN.numbers, HCN.positions, calculator=Calculator())
    assert label.converged
    assert label.method == EMT.calculator
    assert label.energy == atoms.get_potential_energy()
    assert np.array_equal(label.forces, atoms.get_forces())


def test_charge_and_spin_reach_the_calculator():
    gfn2 = Theory.by_calculator('ase:tblite.ase.TBLite?{"method": "GFN2-xTB", "verbosity": 0}')
    energies = [
        make_labeller(Atoms(CN.numbers, charge, multiplicity, gfn2)).label(CN.positions).energy
        for charge, multiplicity in ((0, 2), (0, 4), (-1, 1))
    ]
    assert energies[2] < energies[0] < energies[1]


def test_what_the_calculator_can_not_do_is_a_failed_label():
    label = make_labeller(Atoms(np.array([92]), 0, 1, EMT)).label(np.zeros((1, 3)))
    assert not label.converged
    assert "EMT failed" in label.reason


def test_the_level_of_theory_is_kept_whichever_way_its_arguments_are_written(tmp_path):
    one = Theory.by_calculator('ase:tblite.ase.TBLite?{"verbosity":0, "method":"GFN2-xTB"}')
    assert one == Theory.by_calculator('ase:tblite.ase.TBLite?{"method": "GFN2-xTB", "verbosity": 0}')
    assert Theory.from_json(one.to_json()) == one
    assert (
        "calculator" not in TINY.to_json()
    )  # data sets and models of Kohn-Sham labels say what they always said
    write(DataSet(one), tmp_path / "data.h5")
    assert read(tmp_path / "data.h5").theory == one
    with Journal(tmp_path / "other.h5") as journal:
        journal.begin(one)
        assert read(tmp_path / "other.h5").theory == one


def test_labels_go_into_a_data_set_of_their_own_and_only_there(tmp_path):
    [source] = open_runs(record(tmp_path / "a.h5", HCN, stretched(HCN, 3)))
    data = DataSet()
    plan = make_plan(data, [source], Selection.parse("all"), EMT)
    check(plan)
    assert largest_need(plan.tasks) == 0
    labeller = make_labeller(plan.tasks[0].atoms)
    data.add([Row(t.trajectory, t.frame, t.positions, labeller.label(t.positions)) for t in plan.tasks])
    write(data, tmp_path / "data.h5")
    assert read(tmp_path / "data.h5").molecules["hcn"].learnable.all()
    with pytest.raises(InputError, match=r"labels of ase:ase\.calculators\.emt\.EMT, not of PBE/sto-3g"):
        make_plan(read(tmp_path / "data.h5"), [source], Selection.parse("all"), TINY)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("pm6", "write ase: and the import path"),
        ("ase:tblite.ase.TBLite?{", "are not JSON"),
        ("ase:ase.calculators.emt.Nothing", "There is no ASE calculator at"),
    ],
)
def test_what_is_no_calculator_is_refused(name, why):
    with pytest.raises(InputError, match=why):
        make_labeller(Atoms(HCN.numbers, 0, 1, Theory.by_calculator(name)))

"""Data sets: what goes in comes out, whatever is killed on the way."""

import fcntl

import h5py
import numpy as np
import pytest
from trainer_helpers import CN, H2, HCN, TINY

from atomtug.core.errors import InputError
from atomtug.core.units import BOHR, HARTREE
from atomtug.trainer.data import DataSet, EnergyScaling, Molecule, Row, Trajectory, read, summary, write
from atomtug.trainer.data.journal import Journal, journal_path
from atomtug.trainer.data.quantities import BY_FIELD, BY_NAME
from atomtug.trainer.dft import Label

FORCE = HARTREE / BOHR
"""hartree/bohr in eV/angstrom"""


def label(system, energy=-1.0):
    forces = np.full((len(system.numbers), 3), 0.25 * FORCE)
    ramp = np.arange(len(system.numbers), dtype=np.float64)
    return Label(
        energy * HARTREE, forces, 0.75, 9, True, "fast", 0.5,
        charges=0.1 * ramp, spins=-0.2 * ramp, fragment=np.arange(len(ramp)) // 2, gap=0.3 * HARTREE,
    )  # fmt: skip


def row(system, key, frame, energy=-1.0):
    return Row(
        key,
        frame,
        system.positions + frame,
        label(system, energy),
        "pm6",
        -2.0 * HARTREE,
        system.positions * 0,
    )


def failed(system, key, frame):
    return Row(key, frame, system.positions, Label.failed(len(system.numbers), "no convergence", 40))


def filled():
    data = DataSet(TINY)
    for system, key in ((HCN, "a"), (CN, "b")):
        name = data.home(system.name, system.numbers, system.charge, system.multiplicity)
        data.add_trajectory(
            Trajectory(key, f"run {key}", name, "runs/x.h5", 50, {"flown apart": 2}, {"seed": 1})
        )
    data.add([row(HCN, "a", 3), row(HCN, "a", 7), failed(HCN, "a", 9), row(CN, "b", 0, -92.0)])
    return data


def assert_equal(first, second):
    assert first.theory == second.theory
    assert [t.to_plain() for t in first.trajectories] == [t.to_plain() for t in second.trajectories]
    assert set(first.molecules) == set(second.molecules)
    for name, molecule in first.molecules.items():
        for field in BY_FIELD:
            values, others = molecule.column(field), second.molecules[name].column(field)
            assert np.array_equal(values, others, equal_nan=values.dtype.kind == "f"), field


def test_a_data_set_survives_its_file(tmp_path):
    data = filled()
    write(data, tmp_path / "data.h5")
    assert_equal(read(tmp_path / "data.h5"), data)


def test_failed_labels_are_kept_with_their_reason_and_not_learned_from():
    molecule = filled().molecules["hcn"]
    assert molecule.labelled.tolist() == [True, True, False]
    assert molecule.reason[2] == "no convergence"


def test_a_geometry_is_there_once_however_often_it_is_added():
    data = filled()
    data.add([row(HCN, "a", 3, energy=-5.0), row(HCN, "a", 4)])
    assert data.molecules["hcn"].frame.tolist() == [3, 7, 9, 4]
    assert data.molecules["hcn"].energies[0] == -1.0 * HARTREE


def test_other_atoms_of_the_same_name_are_another_molecule():
    data = filled()
    assert data.home("hcn", H2.numbers, 0, 1) == "hcn-2"
    assert data.home("hcn", HCN.numbers, 0, 1) == "hcn"
    assert data.home("hcn", HCN.numbers, 1, 2) == "hcn-3"


def test_what_is_only_in_the_journal_is_read_too(tmp_path):
    path = tmp_path / "data.h5"
    data = filled()
    write(data, path)
    with Journal(path) as journal:
        journal.begin(TINY)
        entry = data.trajectories[0]
        journal.trajectory(entry, HCN.numbers, 0, 1)
        journal.row(row(HCN, "a", 12))
    data.add([row(HCN, "a", 12)])
    assert_equal(read(path), data)


@pytest.mark.parametrize("lost", [1, 5, 9, 100])
def test_a_journal_cut_short_loses_its_last_record_alone(tmp_path, lost):
    path = tmp_path / "data.h5"
    with Journal(path) as journal:
        journal.begin(TINY)
        data = filled()
        data.add_trajectory(data.trajectories[0])
        journal.trajectory(data.trajectories[0], HCN.numbers, 0, 1)
        for frame in (0, 1, 2):
            journal.row(row(HCN, "a", frame))
    whole = journal_path(path).read_bytes()
    journal_path(path).write_bytes(whole[:-lost])
    assert read(path).molecules["hcn"].frame.tolist() == [0, 1]
    with Journal(path) as journal:  # and what comes after is not lost behind the damage
        journal.row(row(HCN, "a", 8))
    assert read(path).molecules["hcn"].frame.tolist() == [0, 1, 8]


def test_two_commands_do_not_write_one_data_set(tmp_path):
    with Journal(tmp_path / "data.h5"), pytest.raises(InputError, match="Another"):
        Journal(tmp_path / "data.h5")


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "data.h5"
    write(filled(), path)
    before = path.read_bytes()

    def full(*_, **__):
        raise OSError("no space left on device")

    monkeypatch.setattr(h5py.Group, "create_dataset", full)
    with pytest.raises(InputError, match="no space left"):
        write(filled(), path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["data.h5"]


def test_a_disk_that_refuses_a_write_leaves_the_old_file_and_the_process_alive(tmp_path, refusing_disk):
    path = tmp_path / "data.h5"
    write(filled(), path)
    before = path.read_bytes()
    with refusing_disk(), pytest.raises(InputError, match=r"data.h5 can't be written: File too large"):
        write(filled(), path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["data.h5"]


def test_charges_spins_and_gap_are_left_out_where_none_is_known(tmp_path):
    path = tmp_path / "data.h5"
    write(filled(), path)
    with h5py.File(path) as file:
        np.testing.assert_allclose(file["molecules/hcn/charges"][0], [0.0, 0.1, 0.2])
        assert file["molecules/hcn/fragment"][:].tolist() == [[0, 0, 1], [0, 0, 1], [-1, -1, -1]]
        assert file["molecules/hcn/gap"][0] == pytest.approx(0.3)
    data = DataSet(TINY)
    data.home("hcn", HCN.numbers, 0, 1)
    data.extend(Molecule.build("hcn", HCN.numbers, 0, 1, positions=HCN.positions[None], energies=np.zeros(1)))
    write(data, path)
    with h5py.File(path) as file:
        assert not {"charges", "spins", "fragment", "gap"} & set(file["molecules/hcn"])
    assert_equal(read(path), data)


def test_a_journal_of_an_older_version_is_read(tmp_path, monkeypatch):
    path = tmp_path / "data.h5"
    with Journal(path) as journal:
        append = journal._append

        def without_states(record):
            for name in ("charges", "spins", "fragment", "gap"):
                record.get("label", {}).pop(name, None)
            append(record)

        monkeypatch.setattr(journal, "_append", without_states)
        journal.begin(TINY)
        journal.trajectory(filled().trajectories[0], HCN.numbers, 0, 1)
        journal.row(row(HCN, "a", 12))
    molecule = read(path).molecules["hcn"]
    assert molecule.energies.tolist() == [-1.0 * HARTREE]
    assert np.isnan(molecule.charges).all()
    assert np.isnan(molecule.gap).all()


def test_a_column_in_another_unit_is_refused(tmp_path):
    path = tmp_path / "data.h5"
    write(filled(), path)
    with h5py.File(path, "a") as file:
        file["molecules/hcn/energy"].attrs["unit"] = "eV"
    with pytest.raises(InputError, match="eV"):
        read(path)


@pytest.mark.parametrize("content", [b"", b"not HDF5 at all"])
def test_what_is_no_data_set_is_said_to_be_none(tmp_path, content):
    path = tmp_path / "data.h5"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"data\.h5"):
        read(path)


def test_the_scaling_takes_most_of_the_energy_away():
    data = filled()
    scaling = EnergyScaling.fit(data)
    assert scaling is not None
    assert scaling.reference(HCN.numbers) == pytest.approx(-1.0 * HARTREE, abs=1e-3 * HARTREE)
    assert scaling.reference(CN.numbers) == pytest.approx(-92.0 * HARTREE, abs=1e-3 * HARTREE)


def test_the_scaling_is_stored_with_the_data(tmp_path):
    write(filled(), tmp_path / "data.h5")
    with h5py.File(tmp_path / "data.h5") as file:
        assert file["energy_scaling/numbers"][:].tolist() == [1, 6, 7]


def test_nothing_labelled_gives_no_scaling():
    assert EnergyScaling.fit(DataSet(TINY)) is None


def test_the_summary_counts_each_molecule_and_trajectory():
    text = summary(filled())
    assert "3 labelled geometries of 2 molecules, 3 with forces, 1 failed" in text
    assert "hcn (3 atoms, charge 0, singlet): 2 labelled, 1 failed" in text
    assert "run a: 2 of 50 frames, 1 failed; set aside: 2 flown apart" in text


def test_energies_without_forces_are_labels_too():
    molecule = Molecule.build(
        "hcn",
        HCN.numbers,
        0,
        1,
        positions=HCN.positions[None],
        energies=np.array([-1.0]),
        converged=np.array([True]),
    )
    assert molecule.labelled.all()
    assert not molecule.with_forces.any()


def test_the_file_states_hartree_and_memory_is_in_ev(tmp_path):
    write(filled(), tmp_path / "data.h5")
    with h5py.File(tmp_path / "data.h5") as file:
        energy, forces = file["molecules/hcn/energy"], file["molecules/hcn/forces"]
        assert (energy.attrs["unit"], forces.attrs["unit"]) == ("hartree", "hartree/bohr")
        assert energy[0] == -1.0
        assert forces[0] == pytest.approx(0.25)


@pytest.mark.parametrize("name", ["energy", "forces"])
def test_a_number_read_from_a_file_and_written_again_is_read_as_the_same(name):
    quantity = BY_NAME[name]
    stated = np.random.default_rng(0).normal(0.0, 300.0, 20_000)
    read_first = quantity.from_file(stated)
    assert np.array_equal(quantity.from_file(quantity.to_file(read_first)), read_first)


def test_a_run_that_labels_nothing_at_all_is_an_error(tmp_path, capsys):
    from unittest.mock import Mock

    from atomtug.cli.label import _report
    from atomtug.workflows.labelling import Labelling, PlannedLabels

    planned = Mock(spec=PlannedLabels, to_label=2)
    _report(Labelling(tmp_path / "data.h5", planned, labelled=0, failed=2, seconds=1.0, total=3))
    with pytest.raises(InputError, match="Not one geometry could be labelled"):
        _report(Labelling(tmp_path / "data.h5", planned, labelled=0, failed=2, seconds=1.0, total=0))
    assert capsys.readouterr().out.count("0 labelled, 2 failed") == 2


def test_a_label_made_again_counts_in_place_of_the_failed_one_when_it_is_only_in_the_journal(tmp_path):
    path = tmp_path / "data.h5"
    write(filled(), path)  # frame 9 of a has failed
    with Journal(path) as journal:
        journal.row(failed(HCN, "a", 12))
        journal.row(row(HCN, "a", 9, energy=-3.0))
        journal.row(row(HCN, "a", 12, energy=-4.0))
    molecule = read(path).molecules["hcn"]
    assert sorted(molecule.frame) == [3, 7, 9, 12]
    assert molecule.labelled.all()
    assert molecule.energies[molecule.frame == 9] == -3.0 * HARTREE
    assert molecule.energies[molecule.frame == 12] == -4.0 * HARTREE


def test_a_file_says_when_it_was_written_last(tmp_path):
    path = tmp_path / "data.h5"
    write(filled(), path)
    with h5py.File(path, "a") as file:
        file.attrs["written"] = "2020-01-01T00:00:00+00:00"
    write(read(path), path)
    with h5py.File(path) as file:
        assert file.attrs["written"] > "2020-01-01T00:00:00+00:00"


@pytest.mark.parametrize("name", ["a/b", ".", "..", ""])
def test_a_molecule_of_any_name_is_read_again(tmp_path, name):
    data = DataSet(TINY)
    home = data.home(name, HCN.numbers, 0, 1)
    assert data.home(name, HCN.numbers, 0, 1) == home
    data.add_trajectory(Trajectory("a", "run a", home))
    data.add([row(HCN, "a", 3)])
    write(data, tmp_path / "data.h5")
    assert_equal(read(tmp_path / "data.h5"), data)


def test_a_journal_that_goes_away_as_it_is_opened_is_opened_anew(tmp_path, monkeypatch):
    path, lock = tmp_path / "data.h5", fcntl.flock
    before = Journal(path)

    def wait_for_the_other(file, how):
        before.close()  # between opening and locking, and takes the file away
        lock(file, how)

    monkeypatch.setattr(fcntl, "flock", wait_for_the_other)
    with Journal(path) as journal:
        journal.begin(TINY)
        journal.trajectory(filled().trajectories[0], HCN.numbers, 0, 1)
        journal.row(row(HCN, "a", 1))
        assert read(path).molecules["hcn"].frame.tolist() == [1]

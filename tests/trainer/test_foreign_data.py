"""Data sets as other programs write them are read right, or refused with a sentence."""

import ase.io
import h5py
import numpy as np
import pytest
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator
from ase.db import connect
from foreign_files import FILES, SAMPLE, case, convert, energies_and_forces, images, md17_arrays

from atomtug.cli.read_options import ENERGY_UNITS, FORCE_UNITS, POSITION_UNITS
from atomtug.core.errors import InputError
from atomtug.core.units import HARTREE, KCALMOL_PER_EV
from atomtug.recordings import Recording
from atomtug.recordings.export import export
from atomtug.trainer.data import summary
from atomtug.trainer.exchange import ReadOptions, load, notes, save
from atomtug.trainer.exchange.keys import is_key
from atomtug.trainer.exchange.units import ENERGIES, FORCES, POSITIONS, unit_name

# 3 and 13: units ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "unit"), [("seq_kcal", "kcal/mol/angstrom"), ("seq_hb", "hartree/bohr")])
@pytest.mark.parametrize("suffix", ["extxyz", "db", "traj"])
def test_3_forces_in_another_unit_are_refused_and_the_unit_and_the_option_are_named(
    tmp_path, name, unit, suffix
):
    path = tmp_path / f"x.{suffix}"
    ase.io.write(path, ase.io.read(FILES / f"{name}.extxyz", index=":"))
    with pytest.raises(InputError, match=f"look like {unit}: give --force-unit {unit}"):
        load(path)
    (molecule,) = load(path, options=ReadOptions(force_unit=unit))
    (known,) = case("seq_kcal.extxyz", force_unit="kcal/mol/angstrom")
    assert molecule.forces == pytest.approx(known.forces, rel=1e-5, abs=1e-5)


def test_3_gradients_are_refused_and_their_sign_can_be_turned():
    with pytest.raises(InputError, match="give --gradients"):
        case("seq_grad.extxyz")
    (molecule,) = case("seq_grad.extxyz", gradients=True)
    (known,) = case("seq_kcal.extxyz", force_unit="kcal/mol/angstrom")
    assert molecule.forces == pytest.approx(known.forces, rel=1e-5, abs=1e-5)


def test_3_the_order_of_the_geometries_does_not_matter(tmp_path):
    shuffled = ase.io.read(FILES / "seq_hb.extxyz", index=":")
    order = np.random.default_rng(2).permutation(len(shuffled))
    ase.io.write(tmp_path / "x.extxyz", [shuffled[place] for place in order])
    with pytest.raises(InputError, match="--force-unit hartree/bohr"):
        load(tmp_path / "x.extxyz")


def test_3_forces_that_are_too_strong_are_refused_where_work_can_not_tell(tmp_path):
    few = images()[::8]
    for atoms in few:
        atoms.calc = SinglePointCalculator(
            atoms, energy=atoms.get_potential_energy(), forces=atoms.get_forces() * KCALMOL_PER_EV * 4
        )
    ase.io.write(tmp_path / "x.extxyz", few)
    with pytest.raises(InputError, match="too strong to be in eV/angstrom"):
        load(tmp_path / "x.extxyz")
    assert len(load(tmp_path / "x.extxyz", check_units=False)) == 3


@pytest.mark.parametrize(
    ("name", "unit", "forces"),
    [("hartree", "hartree", "hartree/bohr"), ("kcal", "kcal/mol", "kcal/mol/angstrom")],
)
def test_13_energies_in_another_unit_are_named_by_the_formats_own(name, unit, forces):
    with pytest.raises(
        InputError, match=f"can't be in eV, they look like {unit}: give --energy-unit {unit}"
    ) as caught:
        case(f"{name}.extxyz")
    assert f"--force-unit {forces}" in str(caught.value)
    energies_and_forces(case(f"{name}.extxyz", energy_unit=unit, force_unit=forces))


def test_13_with_another_unit_of_energy_the_forces_are_not_taken_as_the_formats():
    (molecule,) = case("kcal.extxyz", energy_unit="kcal/mol")
    (known,) = load(FILES / "a.traj")
    assert molecule.forces == pytest.approx(known.forces, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("unit", ENERGIES)
def test_13_every_unit_of_energy_is_recognised(tmp_path, unit):
    few = [Atoms("CH4CN", atoms.positions) for atoms in images()]
    for atoms, known in zip(few, images(), strict=True):
        atoms.info["my_energy"] = known.get_potential_energy() / HARTREE / ENERGIES[unit]
    ase.io.write(tmp_path / "x.extxyz", few)
    if unit != "eV":
        with pytest.raises(InputError, match=f"look like {unit}: give --energy-unit {unit}"):
            load(tmp_path / "x.extxyz")
    (molecule,) = load(tmp_path / "x.extxyz", options=ReadOptions(energy_unit=unit))
    assert molecule.energies == pytest.approx([a.get_potential_energy() for a in images()])


def test_13_energies_on_another_scale_are_taken_where_the_forces_confirm_the_unit():
    data = case("vasp_like.extxyz")
    assert any("not those of all electrons" in note for note in notes(data))
    assert len(data) == 24


def test_13_energies_on_another_scale_need_a_unit_where_nothing_confirms_it(tmp_path):
    few = [Atoms("CH4CN", atoms.positions, info={"energy": -35.0 - k}) for k, atoms in enumerate(images())]
    ase.io.write(tmp_path / "x.extxyz", few)
    with pytest.raises(InputError, match=r"not total energies of all electrons .* --energy-unit"):
        load(tmp_path / "x.extxyz")
    assert len(load(tmp_path / "x.extxyz", options=ReadOptions(energy_unit="eV"))) == 24


@pytest.mark.parametrize(("kind", "suffix"), [("extxyz", ".extxyz"), ("qml", ".h5")])
def test_13_what_export_writes_convert_reads(tmp_path, kind, suffix):
    path = tmp_path / f"exported{suffix}"
    with Recording(SAMPLE) as recording:
        export([recording], kind, path)
        frames = list(recording.frames())
    result = convert(path, "--to", "atomtug", "--out", tmp_path / "back.h5")
    assert result.exit_code == 0, result.output
    (molecule,) = load(tmp_path / "back.h5")
    assert molecule.energies == pytest.approx([frame.energy for frame in frames])
    assert molecule.forces == pytest.approx(np.stack([frame.forces for frame in frames]), abs=1e-6)


@pytest.mark.parametrize(
    ("text", "known", "name"),
    [
        ("Ha/Bohr", FORCES, "hartree/bohr"), ("kcal/mol/Ang", FORCES, "kcal/mol/angstrom"),
        ("eV/Å", FORCES, "eV/angstrom"),
        ("Hartree", ENERGIES, "hartree"), ("kJ/mol", ENERGIES, "kJ/mol"), ("Ry", ENERGIES, "rydberg"),
        ("Ang", POSITIONS, "angstrom"), ("a.u.", POSITIONS, "bohr"), ("parsec", POSITIONS, None),
        ("eV", FORCES, None),
    ],
)  # fmt: skip
def test_13_units_are_known_by_their_spellings(text, known, name):
    assert unit_name(text, list(known)) == name


def test_13_the_command_line_names_the_units_there_are():
    assert (tuple(ENERGIES), tuple(FORCES), tuple(POSITIONS)) == (ENERGY_UNITS, FORCE_UNITS, POSITION_UNITS)


def test_13_hartree_per_angstrom_is_not_taken_for_rydberg_per_bohr(tmp_path):
    numbers, positions, energies, forces = md17_arrays()
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["coordinates"], file["atomic_numbers"] = positions, numbers
        for theory, shift in (("wb97x_dz", 0.0), ("wb97x_tz", 0.1)):
            file[f"{theory}.energy"] = energies / HARTREE - shift
        file["wb97x_dz.forces"] = forces / HARTREE
    with pytest.raises(InputError, match=r"wb97x_tz\.energy, which differ"):
        load(tmp_path / "x.h5")
    energies_and_forces(load(tmp_path / "x.h5", options=ReadOptions(energy_key="wb97x_dz.energy")))


def test_13_without_checks_any_forces_are_taken(tmp_path):
    numbers, positions, energies, forces = md17_arrays()
    noise = np.random.default_rng(1).normal(size=forces.shape)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["xyz"], file["zs"], file["ene"], file["forces"] = positions, numbers, energies / HARTREE, noise
    with pytest.raises(InputError, match="give --force-unit"):
        load(tmp_path / "x.h5")
    data = load(tmp_path / "x.h5", check_units=False)
    assert any("taken as hartree/bohr" in note for note in notes(data))
    assert "note:     24 of 24 geometries have energies" in summary(data)


# 4: names -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ref.extxyz", "TotEnergy.xyz", "force_singular.extxyz", "framestr.extxyz"])
def test_4_labels_under_other_names_are_found_and_the_names_are_said(name):
    data = case(name)
    assert energies_and_forces(data).with_forces.all()
    assert notes(data)[0].startswith("24 of 24 geometries have energies, 24 have forces: energies as ")


@pytest.mark.parametrize(
    "energy", ["REF_energy", "dft_energy", "energy_dft", "Energy", "E", "qm_energy", "label"]
)
@pytest.mark.parametrize("forces", ["REF_forces", "dft_force", "Forces", "gradient", "target"])
def test_4_known_and_chosen_names(tmp_path, energy, forces):
    few = []
    for atoms in images():
        few.append(Atoms("CH4CN", atoms.positions, info={energy: atoms.get_potential_energy()}))
        few[-1].set_array(forces, atoms.get_forces() * (-1 if forces == "gradient" else 1))
    ase.io.write(tmp_path / "x.extxyz", few)
    options = ReadOptions(
        energy_key=energy if energy == "label" else None, forces_key=forces if forces == "target" else None
    )
    energies_and_forces(load(tmp_path / "x.extxyz", options=options))


def test_4_a_file_without_energies_is_refused_and_says_what_it_has(tmp_path):
    few = [Atoms("CH4CN", atoms.positions, info={"label": 1.0}) for atoms in images()]
    ase.io.write(tmp_path / "x.extxyz", few)
    with pytest.raises(
        InputError, match=r"none of its 24 geometries has an energy .* --energy-key.* It has label"
    ):
        load(tmp_path / "x.extxyz")
    result = convert(tmp_path / "x.extxyz", "--to", "atomtug", "--out", tmp_path / "y.h5")
    assert result.exit_code == 1
    assert not (tmp_path / "y.h5").exists()
    assert len(load(tmp_path / "x.extxyz", options=ReadOptions(energies_needed=False))) == 24


def test_4_two_energies_that_differ_need_a_choice(tmp_path):
    few = [Atoms("CH4CN", atoms.positions, info={"REF_energy": atoms.get_potential_energy(), "MACE_energy": -3600.0})
           for atoms in images()]  # fmt: skip
    ase.io.write(tmp_path / "x.extxyz", few)
    with pytest.raises(InputError, match=r"REF_energy, MACE_energy, which differ: .* --energy-key"):
        load(tmp_path / "x.extxyz")
    assert len(load(tmp_path / "x.extxyz", options=ReadOptions(energy_key="REF_energy"))) == 24
    with pytest.raises(InputError, match="nothing called 'oops'"):
        load(tmp_path / "x.extxyz", options=ReadOptions(energy_key="oops"))


@pytest.mark.parametrize(
    "name",
    ["kinetic_energy", "user_energy", "atomization_energy", "old_energies", "wall_forces", "formation_energy",
     "energy_std", "spin_square", "dipole"],
)  # fmt: skip
def test_4_other_quantities_are_no_labels(name):
    assert not any(is_key(name, quantity) for quantity in ("energy", "forces", "gradient"))


def test_4_convert_says_how_many_have_energies_and_forces(tmp_path):
    result = convert(FILES / "ref.extxyz", "--to", "atomtug", "--out", tmp_path / "x.h5")
    assert result.exit_code == 0
    assert "24 geometries of 1 molecules, 24 with energies, 24 with forces" in result.output
    assert "energies as 'REF_energy', forces as 'REF_forces'" in result.output


# 5, 6, 9, 10 --------------------------------------------------------------------------------------------


def test_5_periodic_geometries_are_refused():
    with pytest.raises(InputError, match="24 of its 24 geometries are periodic"):
        case("cell.extxyz")


def test_6_charges_are_kept_apart():
    data = case("charges_total.extxyz")
    assert {(m.charge, m.multiplicity): len(m) for m in data} == {(0, 2): 12, (-1, 1): 12}
    for molecule in data:
        own = {data.trajectories[index].molecule for index in molecule.trajectory}
        assert own == {molecule.name}


def test_6_charges_go_out_and_come_back(tmp_path):
    for kind, suffix in (("extxyz", "xyz"), ("ase", "db"), ("published", "h5")):
        save(case("charges_total.extxyz"), tmp_path / f"x.{suffix}", kind)
        back = load(tmp_path / f"x.{suffix}")
        assert {(m.charge, m.multiplicity): len(m) for m in back} == {(0, 2): 12, (-1, 1): 12}


def test_6_a_charge_in_a_database_is_read(tmp_path):
    with connect(tmp_path / "x.db") as database:
        database.write(Atoms("OH", [[0, 0, 0], [0, 0, 0.97]]), charge=-1, energy_dft=-2062.0)
    (molecule,) = load(tmp_path / "x.db")
    assert (molecule.charge, molecule.multiplicity) == (-1, 1)


def test_9_a_geometry_with_a_coordinate_that_is_no_number_is_set_aside():
    data = case("pub_nanxyz.h5")
    assert len(data) == 23
    assert any("1 of 24 geometries were set aside" in note for note in notes(data))
    assert sum(sum(entry.set_aside.values()) for entry in data.trajectories) == 1
    assert sum(entry.frames for entry in data.trajectories) == 24


def test_9_duplicates_with_energies_that_contradict_are_said(tmp_path):
    twice = images() + images()[:3]
    for atoms in twice[-2:]:
        atoms.calc.results["energy"] += 0.5
    ase.io.write(tmp_path / "x.extxyz", twice)
    (note,) = (note for note in notes(load(tmp_path / "x.extxyz")) if "more than once" in note)
    assert "2 geometries" in note
    assert "up to 0.5 eV" in note
    ase.io.write(tmp_path / "x.extxyz", images() + images()[:3])
    assert "3 geometries are in it more than once." in notes(load(tmp_path / "x.extxyz"))


@pytest.mark.parametrize("name", ["framestr.extxyz", "chargestr.extxyz", "moldot.extxyz", "molslash.extxyz"])
def test_10_odd_values_in_comments_are_read_and_written_back(tmp_path, name):
    result = convert(FILES / name, "--to", "atomtug", "--out", tmp_path / "x.h5")
    assert result.exit_code == 0, result.output
    molecule = energies_and_forces(load(tmp_path / "x.h5"))
    assert (molecule.charge, molecule.multiplicity) == (0, 2)
    assert molecule.name == {"molslash.extxyz": "CH4+CN"}.get(name, "methane")


@pytest.mark.parametrize("name", [".", "..", "/", "a/b", " ", "\n", "x\0y", "ключ", "1 2", "T", "3"])
def test_10_any_name_of_a_molecule_can_be_kept(tmp_path, name):
    few = images()
    with connect(tmp_path / "x.db") as database:
        for atoms in few:
            database.write(atoms, data={"molecule": name})
    for atoms in few:
        atoms.info["molecule"] = name
    if "\0" not in name and "\n" not in name:
        ase.io.write(tmp_path / "x.extxyz", few)
        save(load(tmp_path / "x.extxyz"), tmp_path / "x.h5", "atomtug")
        assert len(load(tmp_path / "x.h5")) == 24


@pytest.mark.parametrize(("name", "count"), [("pub_padm1.h5", 24), ("pub_scalar.h5", 1), ("strzs.h5", 24)])
def test_10_padded_text_and_scalar_arrays(name, count):
    (molecule,) = case(name)
    assert len(molecule) == count
    assert molecule.symbols == ["C", "H", "H", "H", "H", "C", "N"]


def test_10_an_hdf5_file_without_rows_is_a_sentence():
    with pytest.raises(InputError, match=r"pub_empty.h5 holds no geometries\."):
        case("pub_empty.h5")


def test_10_groups_whose_arrays_do_not_fit_are_a_sentence():
    with pytest.raises(InputError, match=r"species has the shape \(2,\)"):
        case("ani.h5")

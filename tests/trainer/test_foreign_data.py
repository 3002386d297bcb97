"""Data sets as other programs write them are read right, or refused with a sentence (issue 15)."""

from pathlib import Path

import ase.io
import h5py
import numpy as np
import pytest
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator
from ase.db import connect
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atomtug.cli import cli
from atomtug.cli.read_options import ENERGY_UNITS, FORCE_UNITS, POSITION_UNITS
from atomtug.core.errors import InputError
from atomtug.core.units import BOHR, HARTREE, KCALMOL_PER_EV
from atomtug.recordings import Recording
from atomtug.recordings.export import export
from atomtug.trainer.data import summary
from atomtug.trainer.exchange import ReadOptions, load, notes, save
from atomtug.trainer.exchange.keys import is_key
from atomtug.trainer.exchange.units import ENERGIES, FORCES, POSITIONS, unit_name

FILES = Path(__file__).parent / "data_files"
SAMPLE = Path(__file__).parents[2] / "recordings" / "sample.h5"


def case(name, **options):
    return load(FILES / name, options=ReadOptions(**options))


def convert(*arguments):
    return CliRunner().invoke(cli, ["convert", *map(str, arguments)])


def energies_and_forces(data):
    """The reference: 24 geometries of CH4 + CN in eV and eV/angstrom."""
    known = load(FILES / "a.traj").molecules["methane"]
    (molecule,) = data
    # The case files were written with a kcal of five digits.
    assert molecule.energies == pytest.approx(known.energies, rel=5e-5)
    assert molecule.forces == pytest.approx(known.forces, rel=1e-4, abs=1e-6)
    return molecule


def images():
    return ase.io.read(FILES / "a.traj", index=":")


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


# 12: every format, everywhere ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["md17.npz", "a.traj", "ref.extxyz"])
def test_12_npz_traj_and_extxyz_hold_the_same(name):
    energies_and_forces(case(name))


def md17_arrays():
    few = images()
    return (
        few[0].numbers,
        np.stack([atoms.positions for atoms in few]),
        np.array([atoms.get_potential_energy() for atoms in few]),
        np.stack([atoms.get_forces() for atoms in few]),
    )


def test_12_revised_md17_is_read_and_its_old_values_are_not(tmp_path):
    numbers, positions, energies, forces = md17_arrays()
    np.savez(
        tmp_path / "rmd17.npz", nuclear_charges=numbers, coords=positions, energies=energies * KCALMOL_PER_EV,
        forces=forces * KCALMOL_PER_EV, old_energies=energies, old_forces=forces, old_indices=np.arange(24),
    )  # fmt: skip
    energies_and_forces(load(tmp_path / "rmd17.npz"))


def test_12_npz_in_other_units_is_refused_or_says_so(tmp_path):
    numbers, positions, energies, forces = md17_arrays()
    np.savez(tmp_path / "ev.npz", z=numbers, R=positions, E=energies, F=forces)
    with pytest.raises(InputError, match="look like eV: give --energy-unit eV and --force-unit eV/angstrom"):
        load(tmp_path / "ev.npz")
    np.savez(
        tmp_path / "said.npz",
        z=numbers,
        R=positions,
        E=energies,
        F=forces,
        e_unit="eV",
        f_unit="eV/Ang",
        r_unit="Ang",
    )
    energies_and_forces(load(tmp_path / "said.npz"))


def test_12_groups_of_ani_and_spice(tmp_path):
    numbers, positions, energies, forces = md17_arrays()
    with h5py.File(tmp_path / "ani.h5", "w") as file:
        group = file.create_group("gdb/s-1")
        group["coordinates"], group["energies"] = positions, energies / HARTREE
        group["species"] = np.array(list("CHHHHCN"), dtype="S1")
    (molecule,) = load(tmp_path / "ani.h5")
    assert molecule.name == "s-1"
    assert molecule.energies == pytest.approx(energies)
    with h5py.File(tmp_path / "spice.h5", "w") as file:
        group = file.create_group("some molecule")
        group["atomic_numbers"] = numbers
        for name, values, unit in (
            ("conformations", positions / BOHR, "bohr"),
            ("dft_total_energy", energies / HARTREE, "hartree"),
            ("dft_total_gradient", -forces * BOHR / HARTREE, "hartree/bohr"),
            ("formation_energy", energies * 0, "hartree"),
        ):
            group[name] = values
            group[name].attrs["units"] = unit
    energies_and_forces(load(tmp_path / "spice.h5"))


def test_12_a_schnetpack_database_says_its_units(tmp_path):
    numbers, positions, energies, forces = md17_arrays()
    with connect(tmp_path / "x.db") as database:
        database.metadata = {
            "_distance_unit": "Ang", "_property_unit_dict": {"energy": "kcal/mol", "forces": "kcal/mol/Ang"},
        }  # fmt: skip
        for k in range(24):
            values = {"energy": [energies[k] * KCALMOL_PER_EV], "forces": forces[k] * KCALMOL_PER_EV}
            database.write(Atoms(numbers, positions[k]), data=values)
    energies_and_forces(load(tmp_path / "x.db"))


def test_12_a_folder_of_deepmd_kit(tmp_path):
    numbers, positions, energies, forces = md17_arrays()
    part = tmp_path / "system" / "set.000"
    part.mkdir(parents=True)
    (tmp_path / "system" / "type_map.raw").write_text("H C N\n")
    (tmp_path / "system" / "type.raw").write_text("\n".join(str([1, 6, 7].index(z)) for z in numbers))
    for name, values in (("coord", positions), ("energy", energies), ("force", forces)):
        np.save(part / f"{name}.npy", values.reshape(24, -1))
    energies_and_forces(load(tmp_path / "system"))
    np.save(part / "box.npy", np.tile(np.eye(3).ravel() * 20, (24, 1)))
    with pytest.raises(InputError, match="periodic"):
        load(tmp_path / "system")
    with pytest.raises(InputError, match="folder"):
        load(tmp_path)


def test_12_xyz_as_people_have_it_is_read_as_data_too(tmp_path):
    text = (FILES / "ref.extxyz").read_text().replace("\nH ", "\nH_a ").replace("\nN ", "\n7 ")
    (tmp_path / "x.xyz").write_text("\ufeff\n" + text, encoding="utf-8")
    energies_and_forces(load(tmp_path / "x.xyz"))
    (tmp_path / "y.xyz").write_text(text.replace("\nH_a ", "\nH~ ").replace("\n7 ", "\nZz "))
    with pytest.raises(InputError, match="line 9: 'Zz' is no chemical element"):
        load(tmp_path / "y.xyz")


def test_12_a_recording_is_told_to_be_labelled_first():
    with pytest.raises(InputError, match="is a recording: label it first"):
        load(SAMPLE)


def test_12_a_file_without_positions_or_of_no_known_kind_is_a_sentence(tmp_path):
    np.savez(tmp_path / "x.npz", E=np.zeros(3), z=np.ones(2))
    with pytest.raises(InputError, match="it has no xyz or other positions; it has E, z"):
        load(tmp_path / "x.npz")
    (tmp_path / "x.csv").write_text("a,b")
    with pytest.raises(InputError, match=r"its suffix is none of another format: see docs/files\.md"):
        load(tmp_path / "x.csv")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    shape=st.sampled_from([(), (0,), (2,), (2, 1), (2, 3), (3,)]),
    zs=st.sampled_from(["numbers", "text", "words", "floats", "scalar", "wrong"]),
    xyz=st.sampled_from([(2, 3, 3), (3, 3), (2, 3), (0, 3, 3), (2, 3, 2), ()]),
    suffix=st.sampled_from(["h5", "npz"]),
)
def test_12_arrays_of_any_shape_are_data_or_a_sentence(tmp_path, shape, zs, xyz, suffix):
    path = tmp_path / f"any.{suffix}"
    elements = {
        "numbers": np.array([8, 1, 1]), "text": np.array([b"O", b"H", b"H"]), "words": np.array([b"water"] * 3),
        "floats": np.array([8.0, 1.0, np.nan]), "scalar": np.array(8), "wrong": np.array([8, 1]),
    }[zs]  # fmt: skip
    positions = np.arange(np.prod(xyz), dtype=float).reshape(xyz) if xyz else np.array(1.0)
    arrays = {"xyz": positions, "zs": elements, "ene": np.full(shape, -76.0)}
    if suffix == "npz":
        np.savez(path, **arrays)
    else:
        with h5py.File(path, "w") as file:
            for name, values in arrays.items():
                file[name] = values
    try:
        data = load(path, check_units=False)
    except InputError as error:
        assert str(error).startswith(str(path))  # noqa: PT017
        return
    assert all(molecule.symbols in (["O", "H", "H"], ["O", "H"]) for molecule in data)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200), suffix=st.sampled_from(["h5", "npz", "traj", "db", "json", "xyz"]))
def test_12_any_bytes_are_data_or_a_sentence(tmp_path, content, suffix):
    path = tmp_path / f"any.{suffix}"
    path.write_bytes(content)
    with pytest.raises(InputError):
        load(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    comment=st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=40)
    | st.sampled_from(
        ["energy=x", "energy=-76.4", "frame=f molecule=/ charge=a", "charge=[1,2]", "spin=2 energy=1e999"]
    )
)
def test_12_any_comment_is_data_or_a_sentence(tmp_path, comment):
    path = tmp_path / "any.xyz"
    path.write_text(f"3\n{comment}\nO 0 0 0\nH 0.96 0 0\nH -0.24 0.93 0\n", encoding="utf-8")
    try:
        assert len(load(path, check_units=False)) == 1
    except InputError as error:
        assert str(path) in str(error)  # noqa: PT017

"""Data sets of other programs, format by format: each is read everywhere, or refused in a sentence."""

import h5py
import numpy as np
import pytest
from ase import Atoms
from ase.db import connect
from foreign_files import FILES, SAMPLE, case, energies_and_forces, md17_arrays
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atomtug.core.errors import InputError
from atomtug.core.units import BOHR, HARTREE, KCALMOL_PER_EV
from atomtug.trainer.exchange import ReadOptions, load

# 12: every format, everywhere ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["md17.npz", "a.traj", "ref.extxyz"])
def test_12_npz_traj_and_extxyz_hold_the_same(name):
    energies_and_forces(case(name))


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


def test_12_relative_energies_without_a_unit_are_refused_where_they_may_be_ev(tmp_path):
    numbers, positions, energies, forces = md17_arrays()
    relative = energies - energies.mean()
    np.savez(tmp_path / "ev.npz", z=numbers, R=positions, E=relative, F=forces)
    with pytest.raises(
        InputError, match=r"--energy-unit eV and --force-unit eV/angstrom, or --energy-unit kcal"
    ):
        load(tmp_path / "ev.npz")
    said = ReadOptions(energy_unit="eV", force_unit="eV/angstrom")
    (molecule,) = load(tmp_path / "ev.npz", options=said)
    assert molecule.energies == pytest.approx(relative)
    np.savez(
        tmp_path / "kcal.npz", z=numbers, R=positions, E=relative * KCALMOL_PER_EV, F=forces * KCALMOL_PER_EV
    )  # fmt: skip
    (molecule,) = load(tmp_path / "kcal.npz")
    assert molecule.energies == pytest.approx(relative)


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


def test_12_groups_in_different_units_are_refused(tmp_path):
    path = tmp_path / "two.h5"
    with h5py.File(path, "w") as file:
        for name, unit, energy in (("one", "eV", -31.8), ("two", "hartree", -1.17)):
            file[f"{name}/species"] = np.array([1, 1])
            file[f"{name}/coordinates"] = np.array([[[0.0, 0.0, 0.0], [0.0, 0.0, 0.75]]])
            file[f"{name}/energies"] = np.array([energy])
            file[f"{name}/energies"].attrs["units"] = unit
    with pytest.raises(InputError, match="energies in eV and in hartree"):
        load(path)


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

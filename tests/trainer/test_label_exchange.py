"""Data sets in other formats: what goes out comes back, and wrong units are noticed."""

import ase.io
import h5py
import numpy as np
import pytest
from ase import Atoms

from atomtug import load_system
from atomtug.core.errors import InputError
from atomtug.core.units import BOHR, HARTREE
from atomtug.server.engines import create_engine
from atomtug.trainer.data import DataSet, Molecule, Trajectory
from atomtug.trainer.exchange import load, save


def all_electrons(system):
    """About what the total energy is, hartree."""
    return -0.5 * np.sum(system.numbers**2.4)


def oscillation(name="methane", frames=12):
    """Geometries of a molecule that breathes, with PM6's energies (hartree, shifted) and forces."""
    system = load_system(name)
    engine = create_engine("pm6", system)
    way = np.random.default_rng(0).normal(size=system.positions.shape)
    positions = np.stack([system.positions + 0.03 * np.sin(0.7 * k) * way for k in range(frames)])
    results = [engine.evaluate(geometry) for geometry in positions]
    energies = np.array([result.energy for result in results]) / HARTREE
    forces = np.stack([result.forces for result in results]) * BOHR / HARTREE
    return system, positions, energies - energies[0] + all_electrons(system), forces


def data_set(forces=True, names=("methane", "ethane")):
    data = DataSet()
    for name in names:
        system, positions, energies, force = oscillation(name)
        data.home(name, system.numbers, 0, 2)
        for number in (0, 1):
            data.add_trajectory(Trajectory(f"{name}-{number}", f"{name} {number}", name, frames=6))
        first = len(data.trajectories) - 2
        data.extend(
            Molecule.build(
                name, system.numbers, 0, 2, positions=positions, energies=energies * HARTREE,
                forces=force * (HARTREE / BOHR) if forces else np.full_like(force, np.nan),
                trajectory=np.repeat([first, first + 1], 6), frame=np.tile(np.arange(6), 2),
                converged=np.ones(12, dtype=bool),
            )
        )  # fmt: skip
    return data


@pytest.mark.parametrize(
    ("kind", "suffix"), [("published", "h5"), ("extxyz", "xyz"), ("ase", "db"), ("atomtug", "h5")]
)
@pytest.mark.parametrize("forces", [True, False], ids=["forces", "energies only"])
def test_a_data_set_goes_out_and_comes_back(tmp_path, kind, suffix, forces):
    path = tmp_path / f"data.{suffix}"
    data = data_set(forces)
    save(data, path, kind)
    back = load(path)
    assert set(back.molecules) == {"methane", "ethane"}
    assert len(back.trajectories) == 4
    for name, molecule in data.molecules.items():
        other = back.molecules[name]
        assert other.positions == pytest.approx(molecule.positions, abs=1e-7)
        assert other.energies == pytest.approx(molecule.energies, abs=1e-7)
        assert other.forces == pytest.approx(molecule.forces, abs=1e-7, nan_ok=True)
        assert other.with_forces.all() == forces
        assert other.labelled.all()
        assert np.array_equal(other.frame, molecule.frame)
        assert len(set(other.trajectory)) == 2


@pytest.mark.parametrize("suffix", ["xyz", "db"])
@pytest.mark.parametrize("name", ["103147721", "1e5x", "True", "nan", "key west"])
def test_a_molecule_whose_name_could_be_a_number_goes_out_and_comes_back(tmp_path, suffix, name):
    path, data = tmp_path / f"data.{suffix}", DataSet()
    data.home(name, np.array([1, 1]), 0, 1)
    positions = np.array([[[0, 0, 0], [0, 0, 0.75]]])
    data.extend(
        Molecule.build(
            name,
            np.array([1, 1]),
            0,
            1,
            positions=positions,
            energies=np.array([-31.0]),
            converged=np.array([True]),
        )
    )
    save(data, path, "ase" if suffix == "db" else "extxyz")
    assert set(load(path).molecules) == {name}


@pytest.mark.parametrize(("kind", "suffix"), [("published", "h5"), ("extxyz", "xyz"), ("ase", "db")])
def test_a_label_of_an_odd_state_is_not_learned_from_after_it_went_out_and_came_back(tmp_path, kind, suffix):
    path, data = tmp_path / f"data.{suffix}", data_set(names=("methane",))
    data.molecules["methane"].odd_state[3] = "unlike frame 2"
    save(data, path, kind)
    back = load(path).molecules["methane"]
    assert (back.learnable.sum(), 3 in back.frame[back.learnable & (back.trajectory == 0)]) == (11, False)


def test_failed_labels_stay_behind(tmp_path):
    data = data_set(names=("methane",))
    molecule = data.molecules["methane"]
    molecule.converged[3] = False
    molecule.energies[3] = np.nan
    save(data, tmp_path / "data.xyz", "extxyz")
    assert len(load(tmp_path / "data.xyz")) == 11


def published(path, **changes):
    system, positions, energies, forces = oscillation()
    arrays = {
        "xyz": positions, "zs": np.tile(system.numbers, (12, 1)), "ene": energies, "forces": forces,
        "traj_idx": np.zeros(12, dtype=int), "Filenumber": np.arange(12),
    }  # fmt: skip
    arrays.update(changes)
    with h5py.File(path, "w") as file:
        for name, values in arrays.items():
            if values is not None:
                file[name] = values
    return path


@pytest.mark.parametrize("factor", [1.0, 1 / BOHR, HARTREE / BOHR], ids=["hartree/bohr", "hartree/A", "eV/A"])
def test_the_unit_of_published_forces_is_found_from_the_energies(tmp_path, factor):
    forces = oscillation()[3]
    back = load(published(tmp_path / "p.h5", forces=forces * factor))
    assert back.molecules["methane"].forces == pytest.approx(forces * HARTREE / BOHR, rel=1e-6)


def test_gradients_in_place_of_forces_are_noticed(tmp_path):
    with pytest.raises(InputError, match="opposite sign"):
        load(published(tmp_path / "p.h5", forces=-oscillation()[3]))


def test_forces_of_a_unit_that_can_not_be_told_are_refused(tmp_path):
    noise = np.random.default_rng(1).normal(size=(12, 7, 3))
    with pytest.raises(InputError, match="unit of the forces"):
        load(published(tmp_path / "p.h5", forces=noise))


def test_energies_in_another_unit_are_refused_and_the_unit_is_named(tmp_path):
    with pytest.raises(InputError, match="they look like eV"):
        load(published(tmp_path / "p.h5", ene=oscillation()[2] * HARTREE, forces=None))


def test_positions_in_bohr_are_refused(tmp_path):
    with pytest.raises(InputError, match="is it bohr"):
        load(published(tmp_path / "p.h5", xyz=oscillation()[1] / BOHR, forces=None))


def test_a_published_file_without_forces_trains_as_energies_only(tmp_path):
    back = load(published(tmp_path / "p.h5", forces=None))
    assert back.molecules["methane"].labelled.all()
    assert not back.molecules["methane"].with_forces.any()


@pytest.mark.parametrize("lost", ["xyz", "zs", "ene"])
def test_a_file_that_lacks_an_array_is_refused(tmp_path, lost):
    with pytest.raises(InputError, match=f"no {lost}"):
        load(published(tmp_path / "p.h5", **{lost: None}))


def test_isomers_are_told_apart(tmp_path):
    save(data_set(names=("2-isohexane", "3-isohexane")), tmp_path / "p.h5", "published")
    assert set(load(tmp_path / "p.h5").molecules) == {"2-isohexane", "3-isohexane"}


def test_xyz_from_elsewhere_becomes_one_trajectory(tmp_path):
    images = [Atoms("CH4CN", positions, info={"energy": 1.0}) for positions in oscillation()[1]]
    for atoms in images:
        atoms.info = {"energy": all_electrons(load_system("methane")) * HARTREE}
    ase.io.write(tmp_path / "x.xyz", images, format="extxyz")
    back = load(tmp_path / "x.xyz")
    assert len(back.trajectories) == 1
    assert back.molecules["methane"].frame.tolist() == list(range(12))


def test_a_format_that_is_none_is_refused(tmp_path):
    with pytest.raises(InputError, match="no format"):
        save(data_set(names=("methane",)), tmp_path / "x", "pdb")
    (tmp_path / "x.h5").write_bytes(b"nothing")
    with pytest.raises(InputError, match="HDF5"):
        load(tmp_path / "x.h5")


def test_a_file_that_can_not_be_written_to_its_end_leaves_what_was_there(tmp_path, monkeypatch):
    def half(data, path):
        path.write_text("half")
        raise OSError(27, "File too large")

    monkeypatch.setattr("atomtug.trainer.exchange.writing.write_extxyz", half)
    path = tmp_path / "theirs.xyz"
    path.write_text("before")
    with pytest.raises(InputError, match="can't be written"):
        save(data_set(names=("methane",)), path, "extxyz")
    assert [entry.name for entry in tmp_path.iterdir()] == ["theirs.xyz"]
    assert path.read_text() == "before"

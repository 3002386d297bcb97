"""Every command that reads labelled geometries reads all formats that `convert` reads."""

import json
from pathlib import Path

import ase.io
import numpy as np
import pytest
from ase import Atoms
from click.testing import CliRunner

from atomtug.cli import cli
from atomtug.core.errors import InputError, NotARecording
from atomtug.trainer.data import read
from atomtug.trainer.data.plot import draw, reacting_pairs
from atomtug.trainer.exchange import load
from atomtug.trainer.labels.frames import FLOWN_APART, TOO_CLOSE
from atomtug.workflows.label_sources import open_sources

FILES = Path(__file__).parents[1] / "trainer" / "data_files"
KNOWN = ["a.traj", "ref.extxyz", "TotEnergy.xyz", "md17.npz", "pub_padm1.h5"]
QUICK = ["--epochs", "1", "--n-basis", "3", "--hidden", "6", "--members", "2", "--components", "8"]
QUICK += ["--validation", "0"]


def atomtug(*arguments):
    return CliRunner().invoke(cli, [*map(str, arguments)])


def well(*arguments):
    done = atomtug(*arguments)
    assert done.exit_code == 0, (done.output, done.exception)
    return done


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "m.safetensors"
    well("train", "--data", FILES / "a.traj", "--out", path, *QUICK)
    return path


def renamed(path: Path, in_unit: float = 1.0) -> Path:
    """The reference geometries with energies under a name that nobody knows."""
    images = []
    for atoms in ase.io.read(FILES / "a.traj", index=":"):
        bare = Atoms(
            atoms.numbers, atoms.positions, info={"my_result": atoms.get_potential_energy() * in_unit}
        )
        images.append(bare)
    ase.io.write(path, images, format="extxyz")
    return path


@pytest.mark.slow
@pytest.mark.parametrize("name", KNOWN)
def test_12_train_and_evaluate_read_it(tmp_path, model, name):
    well("train", "--data", FILES / name, "--out", tmp_path / "m.safetensors", *QUICK)
    done = well("evaluate", model, FILES / name, "--json")
    scores = json.loads(done.stdout.splitlines()[-1])
    assert np.isfinite(scores["all"]["network"]["mae_kcal"])


@pytest.mark.slow
def test_7_train_refuses_both_charges_of_one_formula_unless_told_otherwise(tmp_path):
    arguments = [
        "train",
        "--data",
        FILES / "charges_total.extxyz",
        "--out",
        tmp_path / "m.safetensors",
        *QUICK,
    ]
    refused = atomtug(*arguments)
    assert "charge -1 with multiplicity 1 and charge 0 with multiplicity 2" in str(refused.exception)
    assert "Warning: The data holds C2H4N of charge -1" in well(*arguments, "--anyway").stderr


@pytest.mark.parametrize("name", KNOWN)
def test_12_info_and_label_read_it(name):
    assert "labelled geometries" in well("info", FILES / name).stdout
    opened = open_sources([FILES / name], TOO_CLOSE, FLOWN_APART, False)
    assert sum(len(source.sound) for source in opened.frames) > 0
    assert any("with charge" in note for note in opened.notes)


@pytest.mark.parametrize("name", ["a.traj", "ref.extxyz"])
def test_12_plot_draws_it(tmp_path, name):
    well("plot", FILES / name, "--out", tmp_path / "picture.svg")
    picture = (tmp_path / "picture.svg").read_text(encoding="utf-8")
    assert "<svg" in picture
    shown = draw(load(FILES / name)).axes
    assert "kcal/mol" in shown[0].get_ylabel()
    assert len(shown[0].lines[0].get_ydata()) > 5
    assert shown[1].get_legend() is not None


def test_12_plot_refuses_what_is_neither_with_a_sentence(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("nothing here")
    done = atomtug("plot", path)
    assert isinstance(done.exception, NotARecording)
    assert "Nor can it be read as a data set" in str(done.exception)


def test_12_the_pair_whose_bond_breaks_is_drawn():
    apart = np.array([0.74, 0.8, 1.5, 2.5, 3.5])
    positions = np.zeros((5, 3, 3))
    positions[:, 1, 2], positions[:, 2, 0] = apart, 0.95
    assert reacting_pairs(np.array([1, 1, 8]), positions)[0] == (0, 1)


@pytest.mark.slow
def test_7_evaluate_warns_of_a_charge_that_the_model_does_not_know(tmp_path, model):
    assert "Warning" not in well("evaluate", model, FILES / "a.traj").stderr
    ions = []
    for atoms in ase.io.read(FILES / "a.traj", index=":"):
        ion = Atoms(
            atoms.numbers, atoms.positions, info={"charge": 1, "energy": atoms.get_potential_energy()}
        )
        ions.append(ion)
    ase.io.write(tmp_path / "ions.extxyz", ions, format="extxyz")
    done = well("evaluate", model, tmp_path / "ions.extxyz", "--any-units")
    assert "Warning: " in done.stderr
    assert "not on charge 1" in done.stderr
    one = tmp_path / "one.extxyz"
    ase.io.write(one, ions[:1], format="extxyz")
    assert "have a single geometry" in well("evaluate", model, one, "--any-units").stderr


@pytest.mark.slow
def test_12_names_and_units_can_be_said_everywhere(tmp_path, model):
    path = renamed(tmp_path / "mine.extxyz", 1 / 27.211386)
    unknown = atomtug("train", "--data", path, "--out", tmp_path / "n.safetensors", *QUICK)
    assert isinstance(unknown.exception, InputError)
    assert "--energy-key" in str(unknown.exception)
    said = ["--energy-key", "my_result", "--energy-unit", "hartree"]
    well("train", "--data", path, "--out", tmp_path / "n.safetensors", *QUICK, *said)
    well("evaluate", model, path, *said)
    assert "24 labelled" in well("info", path, *said).stdout
    assert "0 labelled" in well("info", path).stdout


@pytest.mark.slow
def test_12_label_computes_geometries_that_have_no_energies(tmp_path):
    path, out = tmp_path / "h2.xyz", tmp_path / "labels.h5"
    ase.io.write(path, [Atoms("H2", [[0, 0, 0], [0, 0, d]]) for d in (0.7, 0.75, 0.8, 0.1)], format="xyz")
    tiny = ["--basis", "sto-3g", "--grid", "0", "--workers", "1"]
    done = well("label", path, "--out", out, *tiny)
    assert "1 atoms too close" in done.stderr
    assert "charge 0 and multiplicity 1" in done.stderr
    (molecule,) = read(out)
    assert np.sum(molecule.labelled) == 3
    assert "0 geometries to label" in well("label", path, "--out", out, *tiny).stderr


def test_12_the_same_trajectory_has_the_same_key_wherever_its_file_is(tmp_path):
    copy = tmp_path / "other.traj"
    copy.write_bytes((FILES / "a.traj").read_bytes())
    opened = open_sources([FILES / "a.traj", copy], TOO_CLOSE, FLOWN_APART, False)
    keys = [source.trajectory.key for source in opened.frames]
    assert len(set(keys)) == len(keys) / 2


def test_12_what_is_neither_recording_nor_geometries_is_a_sentence(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("nothing here")
    with pytest.raises(NotARecording, match="Nor can its geometries be read"):
        open_sources([path], TOO_CLOSE, FLOWN_APART, False)

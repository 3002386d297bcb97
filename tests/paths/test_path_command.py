"""``atomtug path`` from a recording to a proven saddle."""

import json
from pathlib import Path

import ase.io
import numpy as np
import pytest
from click.testing import CliRunner
from leps import FORWARDS, Leps, three_atoms, write_distances
from recorded_geometries import write_systems
from scipy.optimize import minimize_scalar

from atomtug.cli import cli
from atomtug.core.errors import InputError
from atomtug.core.systems import System
from atomtug.core.units import KCALMOL_PER_EV
from atomtug.paths.options import PathOptions
from atomtug.paths.surface import PathStopped
from atomtug.trainer import data as datasets
from atomtug.workflows.path_finding import find_path

LEPS = "ase:leps.Leps"
DOWNHILL = 'ase:leps.Leps?{"first": 0.0, "second": 40.0, "third": 40.0}'


def path(*arguments: object):
    return CliRunner().invoke(cli, ["path", *map(str, arguments)], catch_exceptions=False)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return write_distances(tmp_path / "pull.h5", FORWARDS, LEPS)


@pytest.mark.slow
def test_the_saddle_between_three_atoms_is_found_and_proven(recording, tmp_path):
    ways = [recording, "--engine", LEPS, "--zero-point", "--out", tmp_path / "out"]
    plain = json.loads(path(*ways, "--json").stdout)
    surface = Leps()
    top = minimize_scalar(lambda r: surface.energy(three_atoms(r, r, 0.0).positions)[0], (0.8, 0.9, 1.1))
    apart = minimize_scalar(lambda r: surface.energy(three_atoms(60.0, r, 0.0).positions)[0], (0.6, 0.7, 0.9))
    assert plain["verdict"] == "saddle"
    assert plain["barrier"] == pytest.approx((top.fun - apart.fun) * KCALMOL_PER_EV, abs=0.01)
    assert plain["reaction_energy"] == pytest.approx(0.0, abs=0.01)
    assert plain["saddle"]["imaginary"] == 1
    assert plain["saddle"]["sides"] == ["H + H2", "H2 + H"]
    assert (
        plain["barrier_with_zero_point"] < plain["barrier"]
    )  # H2's vibration is stiffer than those of the saddle
    images = ase.io.read(tmp_path / "out" / "path.extxyz", ":")
    (saddle,) = (image for image in images if image.info["saddle"])
    assert np.abs(saddle.get_forces()).max() < 0.005
    assert saddle.get_distance(0, 1) == pytest.approx(top.x, abs=0.01)
    assert saddle.get_potential_energy() == max(image.get_potential_energy() for image in images)
    assert ase.io.read(tmp_path / "out" / "saddle.extxyz").arrays["mode"].shape == (3, 3)
    assert (tmp_path / "out" / "path.png").stat().st_size > 10_000
    assert json.loads((tmp_path / "out" / "path.json").read_text()) == plain
    report = path(*ways).stdout
    assert "The saddle is proven: one imaginary frequency" in report
    assert "H + H2 -> H2 + H" in report


@pytest.mark.slow
def test_a_path_that_was_stopped_goes_on_and_ends_the_same(recording, tmp_path):
    whole = find_path(recording, tmp_path / "whole", PathOptions(LEPS))
    seen = []
    with pytest.raises(PathStopped):
        find_path(
            recording, tmp_path / "parts", PathOptions(LEPS),
            on_evaluation=lambda: seen.append(0), stopped=lambda: len(seen) == 300,
        )  # fmt: skip
    size = (tmp_path / "parts" / "evaluations.bin").stat().st_size
    again = find_path(recording, tmp_path / "parts", PathOptions(LEPS))
    assert (tmp_path / "parts" / "evaluations.bin").stat().st_size > size
    assert again.as_dict() == whole.as_dict()
    assert (tmp_path / "parts" / "evaluations.bin").read_bytes() == (
        tmp_path / "whole" / "evaluations.bin"
    ).read_bytes()
    with pytest.raises(InputError, match="other settings"):
        find_path(recording, tmp_path / "parts", PathOptions(DOWNHILL))


@pytest.mark.slow
def test_without_a_barrier_the_energy_falls_all_the_way(recording, tmp_path):
    found = find_path(recording, tmp_path, PathOptions(DOWNHILL))
    assert (found.verdict, found.barrier, found.saddle) == ("falls", 0.0, None)
    assert found.reaction_energy < -20
    report = path(recording, "--engine", DOWNHILL, "--out", tmp_path).stdout
    assert "The energy falls all the way at this level: there is no barrier." in report


def test_no_reaction_and_no_such_reaction_are_said_in_a_sentence(recording, tmp_path):
    still = write_distances(tmp_path / "still.h5", FORWARDS[:3])
    with pytest.raises(InputError, match="There is no reaction in"):
        find_path(still, tmp_path)
    with pytest.raises(InputError, match="has 1 reaction: --reaction is from 1 to 1"):
        find_path(recording, tmp_path, PathOptions(LEPS, reaction=2))
    assert "H + H2 -> H2 + H" in path(recording, "--list").stdout
    assert json.loads(path(recording, "--list", "--json").stdout)[0]["products"] == "H2 + H"
    assert "There is no reaction" in path(still, "--list").stdout


def abstraction(hydrogen: float, oxygen: float) -> System:
    """CH4 and OH in a line of C, H and O, at these distances (angstrom) from the carbon."""
    numbers = np.array([6, 1, 1, 1, 1, 8, 1])
    positions = np.array(
        [
            [0.00, 0.00, 0.00], [-0.35, 1.02, 0.00], [-0.35, -0.51, 0.88], [-0.35, -0.51, -0.88],
            [hydrogen, 0.00, 0.00], [oxygen, 0.00, 0.00], [oxygen + 0.25, 0.90, 0.10],
        ]
    )  # fmt: skip
    return System("methane-OH", numbers, positions, 0, 2)


@pytest.mark.slow
def test_oh_and_methane_on_pm6_meet_at_a_proven_saddle(tmp_path):
    places = [0.0] * 5 + list(np.linspace(0.0, 2.0, 15)) + [2.0] * 5
    hydrogen = np.interp(places, [0.0, 1.0, 2.0], [1.09, 1.25, 2.3])
    oxygen = np.interp(places, [0.0, 1.0, 2.0], [3.2, 2.55, 3.26])
    systems = [abstraction(*each) for each in zip(hydrogen, oxygen, strict=True)]
    recording = write_systems(tmp_path / "oh.h5", systems, "pm6")
    found = find_path(recording, tmp_path, PathOptions("pm6"))
    assert (found.reaction.reactants, found.reaction.products) == ("CH4 + OH", "CH3 + H2O")
    assert found.verdict == "saddle"
    assert found.sides == ("CH4 + OH", "CH3 + H2O")
    assert found.saddle.imaginary == 1
    assert found.saddle.point.largest_force < 0.005
    assert found.points[found.place] is found.saddle.point
    assert found.reaction_energy == pytest.approx(-27.2, abs=0.3)
    assert found.barrier_from_start > 0.3  # PM6 binds OH to methane, and puts the saddle below both far apart
    assert found.barrier == pytest.approx(found.energies[found.place])


@pytest.mark.slow
def test_images_are_labelled_once_and_compared(recording, tmp_path):
    ways = [
        recording, "--engine", LEPS, "--images", 5, "--out", tmp_path / "out", "--json",
        "--refine", "dft", "--basis", "sto-3g", "--add-to", tmp_path / "mine.h5", "--workers", 1,
    ]  # fmt: skip
    plain = json.loads(path(*ways).stdout)
    refined, (molecule,) = plain["refined"], datasets.read(tmp_path / "mine.h5")
    assert refined["theory"].startswith("PBE/sto-3g")
    assert refined["labelled"] == len(plain["energies"]) == molecule.labelled.sum()
    totals = molecule.energies[np.argsort(molecule.frame)]
    above = (totals - totals[0]) * KCALMOL_PER_EV
    assert refined["energies"] == pytest.approx(above, abs=1e-4)
    assert refined["saddle"] == refined["energies"][plain["saddle"]["image"]]
    ours = np.array(plain["energies"]) - plain["energies"][0]
    assert refined["largest_difference"] == pytest.approx(np.abs(ours - above).max(), abs=1e-4)
    again = json.loads(path(*ways).stdout)
    assert again["refined"] == refined
    assert len(datasets.read(tmp_path / "mine.h5")) == len(molecule)  # none was made twice

"""Holes of a network, from the search to geometries that can be labelled, and a simulation in lockstep."""

import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from toy_engines import HarmonicEngine

from atomtug.cli import cli
from atomtug.core.errors import InputError
from atomtug.core.shipped import find_model
from atomtug.core.systems import load_system
from atomtug.core.units import KCALMOL_PER_EV
from atomtug.potential import Evaluator, load_model
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.trainer.data import DataSet, read, write
from atomtug.trainer.data.quantities import QUANTITIES
from atomtug.trainer.labels.frames import FLOWN_APART, TOO_CLOSE
from atomtug.trainer.search.holes import Disagreement
from atomtug.vr_client.scripted.roughness import rough
from atomtug.workflows.geometries import write_geometries
from atomtug.workflows.holes import HoleHunt, errors_at, find_holes, write_disagreements
from atomtug.workflows.label_sources import open_sources
from atomtug.workflows.lockstep import run_in_lockstep

METHANE = load_system("methane")


def disagreements(count):
    random = np.random.default_rng(0)
    return [
        Disagreement(METHANE.positions + random.normal(0, 0.05, (7, 3)), "hole", -20.0, 0.0, "approach")
        for _ in range(count)
    ]


def test_the_most_different_geometries_are_written_to_be_labelled(tmp_path):
    path = tmp_path / "geometries.h5"
    assert write_disagreements(METHANE, disagreements(9), path, 4) == 4
    (source,) = open_sources([path], TOO_CLOSE, FLOWN_APART, False).frames
    assert source.positions.shape == (4, 7, 3)
    assert (source.system.charge, source.system.multiplicity) == (0, 2)


def test_no_file_is_written_where_nothing_is_found(tmp_path):
    assert write_disagreements(METHANE, [], tmp_path / "none.h5", 4) == 0
    assert not list(tmp_path.iterdir())


def test_a_networks_errors_at_what_was_found_are_those_of_the_labels_made_of_it(tmp_path):
    found, other = tmp_path / "found.h5", tmp_path / "other.h5"
    assert write_disagreements(METHANE, disagreements(3), found, 3) == 3
    write_geometries(METHANE, METHANE.positions[None], other, {})
    asked, elsewhere = (next(iter(read(path))) for path in (found, other))
    network = Evaluator(load_model(find_model("alkanes")), METHANE.numbers)
    truth = np.array([network.evaluate(each).energy for each in (*asked.positions, *elsewhere.positions)])
    labelled = replace(
        asked,
        **{
            column.field: np.concatenate([asked.column(column.field), elsewhere.column(column.field)])
            for column in QUANTITIES
        },
    )
    labels = tmp_path / "labels.h5"
    above = np.array([1.0, -0.5, 0.0, 9.0])  # eV; the last geometry was not asked for
    write(
        DataSet(
            molecules=[
                replace(
                    labelled, energies=truth + above, converged=np.ones(4, bool), trajectory=np.full(4, -1)
                )
            ]
        ),
        labels,
    )
    errors = errors_at(find_model("alkanes"), labels, found)
    assert sorted(errors) == pytest.approx([-KCALMOL_PER_EV, 0.0, 0.5 * KCALMOL_PER_EV], abs=1e-2)


def test_files_to_start_from_must_have_the_same_atoms(tmp_path):
    path = tmp_path / "geometries.h5"
    write_disagreements(METHANE, disagreements(3), path, 3)
    with pytest.raises(InputError, match="None of the files to start from has the atoms of ethane"):
        find_holes(load_system("ethane"), "pm6", HoleHunt("pm6", 1, starts=(path,)))


def test_a_run_in_lockstep_is_the_same_each_time_and_hands_do_work():
    settings = DynamicsSettings(seed=3)

    def run(make_plan):
        engine = HarmonicEngine(METHANE.positions)
        return run_in_lockstep(METHANE, engine, settings, make_plan, longest=0.1)

    first, second = (run(lambda frame: rough(frame, 1, acts=1)) for _ in range(2))
    alone = run(None)
    np.testing.assert_array_equal(first.positions, second.positions)
    assert first.stopped == alone.stopped == ""
    assert alone.times[-1] == pytest.approx(0.1, abs=0.003)
    assert np.abs(first.positions[20] - alone.positions[20]).max() > 0.05


@pytest.mark.slow
def test_the_command_finds_where_a_network_and_pm6_differ(tmp_path):
    options = "methane --referee pm6 --tries 60 --depth 5 --labels 3 --json --out"
    result = CliRunner().invoke(cli, ["holes", *options.split(), str(tmp_path)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    (done,) = json.loads(result.stdout.splitlines()[-1])["rounds"]
    assert done["tries"] == 60
    assert done["holes"] + done["walls"] > 3
    assert len(read(tmp_path / "geometries-1.h5")) == 3


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_a_round_of_mending_labels_trains_and_looks_again(tmp_path):
    options = "methane --referee pm6 --tries 30 --depth 5 --rounds 2 --labels 3 --epochs 2 --workers 1"
    options += " --json --out"
    result = CliRunner().invoke(cli, ["holes", *options.split(), str(tmp_path)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    first, second = json.loads(result.stdout.splitlines()[-1])["rounds"]
    assert (first["engine"], second["engine"]) == ("alkanes.safetensors", "round-1.safetensors")
    assert first["labelled"] == 3


def test_labels_of_another_theory_than_the_networks_are_refused_at_once(tmp_path):
    options = ["holes", "methane", "--rounds", "2", "--functional", "lda", "--out", str(tmp_path / "holes")]
    with pytest.raises(InputError, match="another level of theory"):
        CliRunner().invoke(cli, options, catch_exceptions=False)
    assert not list(tmp_path.iterdir())


def test_the_charge_of_what_is_searched_can_be_said(tmp_path):
    ion = tmp_path / "ion.xyz"
    ion.write_text("2\n\nO 0 0 0\nH 0 0 0.97\n")
    options = [
        "holes",
        str(ion),
        "--charge",
        "-1",
        "--referee",
        "pm6",
        "--tries",
        "1",
        "--out",
        str(tmp_path),
    ]
    with pytest.raises(InputError, match="charge -1"):  # alkanes knows neutral radicals
        CliRunner().invoke(cli, options, catch_exceptions=False)

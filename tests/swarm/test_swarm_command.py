"""``atomtug swarm`` from a recording to figures, on real engines."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from recorded_geometries import write_systems
from swarm_helpers import MIDDLE, SHIFTS, two_methyls, write_transfer

from atomtug.cli import cli
from atomtug.core.errors import InputError
from atomtug.core.systems import load_system
from atomtug.core.units import FS
from atomtug.server.engines import create_engine
from atomtug.swarm.batched import REASONS, run_batch
from atomtug.swarm.courses import run_one_by_one
from atomtug.swarm.options import SwarmOptions
from atomtug.swarm.starts import thermal_start
from atomtug.trainer.labels.frames import FLOWN_APART, TOO_CLOSE
from atomtug.workflows.label_sources import open_sources
from atomtug.workflows.swarming import run_swarm

SAMPLE = Path(__file__).parents[2] / "recordings" / "sample.h5"


def swarm(*arguments: object):
    return CliRunner().invoke(cli, ["swarm", *map(str, arguments)], catch_exceptions=False)


@pytest.mark.slow
def test_a_swarm_goes_on_where_it_was_and_can_grow(tmp_path):
    ways = [SAMPLE, "--ps", 0.02, "--timestep", 0.5, "--out", tmp_path, "--engine", "pm6"]
    first = swarm(*ways, "--count", 2)
    assert "2 trajectories of 0.02 ps from frame 105 (105 fs) on pm6" in first.output
    lines = (tmp_path / "swarm.jsonl").read_bytes().splitlines()
    plain = json.loads(swarm(*ways, "--count", 3, "--along", 2, "--along-count", 1, "--json").stdout)
    assert (tmp_path / "swarm.jsonl").read_bytes().splitlines()[: len(lines)] == lines
    assert plain == json.loads((tmp_path / "swarm.json").read_text())
    assert (plain["trajectories"], plain["left"], plain["unsure"], plain["geometries"]) == (3, 0, 0, None)
    assert sum(each["fraction"]["count"] for each in plain["outcomes"]) == 3
    assert [each["of"] for each in plain["along"]] == [1, 1]
    assert (tmp_path / "swarm.png").stat().st_size > 1000
    with pytest.raises(InputError, match=r"other settings \(seed\)"):
        swarm(*ways, "--seed", 5)
    assert swarm(*ways, "--count", 1, "--seed", 5, "--force").exit_code == 0


def test_what_can_not_be_begun_is_said_in_a_sentence(tmp_path):
    with pytest.raises(InputError, match="has 241 frames"):
        run_swarm(SAMPLE, tmp_path, 241)
    still = write_transfer(tmp_path / "half.h5", frames=1)
    with pytest.raises(InputError, match="no bond is made or broken for good"):
        run_swarm(still, tmp_path)


@pytest.mark.slow
def test_many_at_once_move_as_one_by_one():
    system = load_system("methane")
    engine = create_engine("ann:alkanes", system)
    starts = [
        thermal_start(system.positions, system.masses, 300.0, np.random.default_rng(seed))
        for seed in range(3)
    ]
    starts[2] = starts[2]._replace(velocities=50 * starts[2].velocities)
    together = run_batch(engine.evaluator, starts, system.masses, 0.25 * FS, 45, engine.guard)
    alone = run_one_by_one(engine, starts, system.masses, 0.25 * FS, 45, engine.guard)
    for ours, theirs in zip(together, alone, strict=True):
        assert ours.total_energy == pytest.approx(theirs.total_energy, abs=1e-4)
        assert bool(ours.stopped) == bool(theirs.stopped)
        np.testing.assert_allclose(ours.positions[-1], theirs.positions[-1], atol=1e-5)
        assert ours.uncertainty == pytest.approx(theirs.uncertainty, rel=1e-3)
    assert together[2].stopped in REASONS[1:]
    assert len(together[0].positions) == 4


@pytest.mark.slow
def test_a_hydrogen_between_two_methyls_goes_either_way(tmp_path):
    recording = write_transfer(tmp_path / "transfer.h5")
    options = SwarmOptions("pm6", count=40, duration=0.05, timestep=0.5)
    done = run_swarm(recording, tmp_path / "out", MIDDLE, options)
    records = done.of_frame(MIDDLE)
    reacted = sum(each.kind == "reacted" for each in records)
    returned = sum(each.kind == "returned" for each in records)
    assert reacted + returned >= 35
    assert abs(reacted - returned) <= 2 * np.sqrt(reacted + returned)
    shares = [each.shares for each in records if each.shares is not None]
    assert len(shares) == reacted + returned
    assert max(abs(each.imbalance) for each in shares) < 0.0043  # 0.1 kcal/mol
    assert {each.molecules for each in done.outcomes if each.energies} == {"CH3 + CH4", "CH4 + CH3"}


@pytest.mark.slow
def test_what_the_network_is_unsure_of_can_be_labelled(tmp_path):
    options = SwarmOptions("ann:alkanes", count=3, duration=0.01, uncertainty_limit=0.01, velocities="modes")
    done = run_swarm(SAMPLE, tmp_path, None, options)
    assert done.unsure == 3
    (source,) = open_sources([done.geometries], TOO_CLOSE, FLOWN_APART, False).frames
    assert source.positions.shape == (3, 7, 3)
    assert (source.system.charge, source.system.multiplicity) == (0, 2)


def test_a_recording_that_names_no_engine_needs_one(tmp_path):
    path = write_systems(tmp_path / "pull.h5", [two_methyls(shift) for shift in SHIFTS], "")
    with pytest.raises(InputError, match="does not say which engine it was made with: give --engine"):
        run_swarm(path, tmp_path / "out")

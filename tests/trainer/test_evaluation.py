"""Scores, the paper's table, calibration, pictures, and the commands."""

import json
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from click.testing import CliRunner
from fit_helpers import QUICK, data_set

from atomtug.cli import cli
from atomtug.core.errors import AtomtugError
from atomtug.core.units import KCALMOL_PER_EV, KJMOL_PER_EV
from atomtug.potential import load_model
from atomtug.trainer.data import write
from atomtug.trainer.evaluation import calibrate, evaluate_model, report, score, try_limits, without_offset
from atomtug.trainer.evaluation.plots import plot_parity, plot_trajectories
from atomtug.trainer.evaluation.table1 import TrainedSet
from atomtug.trainer.evaluation.table1_text import render
from atomtug.trainer.fit import Prepared, fit, gather
from atomtug.trainer.teacher import TeachingSettings, teaching
from atomtug.trainer.teacher.gfn2 import compute
from atomtug.workflows import paper_sets, train_sets

SHORT = [
    "--n-basis", 3, "--r-cut", 3, "--hidden", 6, "--members", 2, "--components", 12, "--epochs", 2, "--batch", 4,
    "--average", 5,
]  # fmt: skip


def run(*arguments):
    return CliRunner().invoke(cli, [str(each) for each in arguments], catch_exceptions=False)


@pytest.fixture(scope="module")
def model():
    return fit(Prepared(gather([data_set()]), QUICK), QUICK).model


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    write(
        data_set({"methane": 20, "isopentane": 12, "2-isohexane": 6, "3-isohexane": 6}), folder / "train.h5"
    )
    write(data_set({"isopentane": 3, "2-isohexane": 3}, 1, 9, key="held-"), folder / "test.h5")
    return folder


def test_scores_are_those_of_the_paper():
    reference = np.array([0.0, 1.0, 2.0, 3.0]) / KCALMOL_PER_EV
    energies = without_offset(reference + np.array([0.1, -0.1, 0.3, -0.3]) / KCALMOL_PER_EV + 7.0, reference)
    scores = score(energies, reference, np.array([0.5, -1.5]) / KCALMOL_PER_EV)
    assert scores.mae_kcal == pytest.approx(0.2)
    assert scores.sd_kcal == pytest.approx(0.1)
    assert scores.rmse_kcal == pytest.approx(np.sqrt(0.05))
    assert scores.worst_kcal == pytest.approx(0.3)
    assert scores.r2 == pytest.approx(1 - 0.2 / 5.0)
    assert scores.force_mae_kcal_A == pytest.approx(1.0)
    assert score(reference[:1], reference[:1]).r2 is None


def test_a_spread_that_tells_the_error_is_calibrated():
    random = np.random.default_rng(0)
    spread = random.uniform(0.1, 1.0, 2000)
    good = calibrate(spread, spread * random.normal(size=2000))
    assert good.ratio == pytest.approx(1.0, abs=0.1)
    assert good.rank_correlation > 0.4
    assert [b[0] for b in good.bins] == sorted(b[0] for b in good.bins)
    blind = calibrate(spread, random.normal(size=2000))
    assert abs(blind.rank_correlation) < 0.1
    assert calibrate(np.zeros(100), spread[:100]) is None


def test_a_limit_parts_what_is_unsure_from_the_rest():
    uncertainty = np.array([0.5, 1.0, 6.0, 8.0, 1.0]) / KJMOL_PER_EV
    errors = np.array([0.3, -0.4, 3.0, -4.0, 1.5]) / KCALMOL_PER_EV
    low, middle, high = try_limits(uncertainty, errors, (0.1, 5.0, 10.0))
    assert middle.beyond == pytest.approx(0.4)
    assert middle.rmse_beyond_kcal == pytest.approx(np.sqrt((3.0**2 + 4.0**2) / 2))
    assert middle.rmse_within_kcal == pytest.approx(np.sqrt((0.3**2 + 0.4**2 + 1.5**2) / 3))
    assert middle.caught == pytest.approx(2 / 3)
    assert (low.beyond, low.rmse_within_kcal, low.caught) == (1.0, None, 1.0)
    assert (high.beyond, high.rmse_beyond_kcal, high.caught) == (0.0, None, 0.0)
    assert try_limits(np.zeros(5), errors) == ()


def test_each_trajectory_is_scored_beside_the_engine(model, tmp_path):
    data = data_set({"methane": 6}, 2, seed=4)
    evaluation = evaluate_model(model, gather([data]), {"methane-0": "the first"})
    assert [curve.name for curve in evaluation.curves] == ["the first", "methane-1"]
    curve = evaluation.curves[0]
    assert np.mean(curve.network - curve.reference) == pytest.approx(0.0, abs=1e-6)
    # The engine is off by a constant and 1e-3 hartree of noise.
    assert 0.0 < curve.scores["pm6"].mae_kcal < 2.0
    assert curve.scores["pm6"].force_mae_kcal_A < 3.0
    assert set(evaluation.overall) == {"network", "pm6"}
    assert "pm6" in report(evaluation)
    assert "by its uncertainty limit" in report(evaluation)
    # The members are taken as they are, each with its offset: that is what a live engine has.
    assert np.all(curve.uncertainty > 0.0)
    assert not np.allclose(curve.uncertainty, curve.spread)
    for draw, name in ((plot_trajectories, "a.png"), (plot_parity, "b.png")):
        draw(evaluation, tmp_path / name)
        assert (tmp_path / name).stat().st_size > 1000


@pytest.mark.slow
def test_train_then_evaluate(files, tmp_path):
    out = tmp_path / "model.safetensors"
    result = run(
        "train", "--data", files / "train.h5", "--training-set", 6, "--size", 30, "--out", out, *SHORT
    )
    assert result.exit_code == 0, result.output
    model = load_model(out)
    assert model.architecture.members == 2
    assert model.provenance.settings["n_basis"] == 3
    assert "sto-3g" in model.provenance.theory
    assert not (tmp_path / "model.checkpoint").exists()
    plots = tmp_path / "a.png", tmp_path / "b.png"
    result = run("evaluate", out, files / "test.h5", "--json", "--plot", plots[0], "--parity", plots[1])
    scores = json.loads(result.stdout.splitlines()[-1])
    assert set(scores["trajectories"]) == {"held-isopentane-0", "held-2-isohexane-0"}
    assert {"mae_kcal", "sd_kcal", "rmse_kcal", "r2", "force_mae_kcal_A"} <= set(scores["all"]["network"])
    assert all(plot.exists() for plot in plots)


@pytest.mark.slow
def test_options_come_from_a_file(files, tmp_path):
    config, out = tmp_path / "options.toml", tmp_path / "m.safetensors"
    config.write_text(
        "[train]\nhidden = [5, 4]\nepochs = 1\nn-basis = 3\nmembers = 1\ncomponents = 8\n"
        f'data = ["{files / "train.h5"}"]\n'
    )
    assert run("--config", config, "train", "--out", out).exit_code == 0
    assert load_model(out).architecture.hidden == (5, 4)


@pytest.mark.slow
def test_training_goes_on_from_a_model(files, tmp_path):
    first, second = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    run("train", "--data", files / "train.h5", "--out", first, *SHORT)
    result = run(
        "train",
        "--continue",
        first,
        "--data",
        files / "test.h5",
        "--out",
        second,
        "--epochs",
        1,
        "--validation",
        0,
    )
    assert result.exit_code == 0, result.output
    assert load_model(second).architecture == load_model(first).architecture


def scores(mae, force_mae=1.0):
    return {
        "mae_kcal": mae, "sd_kcal": 0.5, "rmse_kcal": 1.2 * mae, "r2": 0.9, "worst_kcal": 3 * mae,
        "force_mae_kcal_A": force_mae, "force_rmse_kcal_A": 2.0,
    }  # fmt: skip


def entry(molecule, mae, pm6=8.0, frames=40):
    return {
        "molecule": molecule, "frames": frames, "spread_of_labels_kcal": 20.0,
        "network": scores(mae), "pm6": scores(pm6),
    }  # fmt: skip


def trained(seed, number=6, teaching=None, **trajectories):
    sizes, settings = {"isopentane": 200, "methane": 400}, {"members": 4}
    return TrainedSet(number, 600, seed, sizes, settings, "hash", trajectories, teaching or {})


def test_squalane_has_a_table_of_its_own_with_the_spread_of_its_energies():
    isopentane = entry("isopentane", 0.5)
    runs = [
        trained(seed, squalane=entry("squalane", mae), held=isopentane) for seed, mae in ((0, 1.0), (1, 2.0))
    ]
    runs.append(trained(0, 1, squalane=entry("squalane", 9.0), held=isopentane))
    text = render(runs, {"alkanes": {"squalane": entry("squalane", 0.4)}})
    line = next(each for each in text.splitlines() if each.startswith("6 "))
    assert "methane 400, isopentane 200" in line
    assert "1.50 ± 0.50 (0.900)" in line
    assert "1.50 ± 0.71" in line  # over the seeds
    assert "7.5%" in line  # of 20 kcal/mol
    assert " 6.0 " in line  # the worst of both seeds
    assert "2.0 ± 1.6 (0.96)" in line
    assert "9.9 ± 7.3 (0.01)" in text
    assert next(each for each in text.splitlines() if each.startswith("alkanes")).count("2.0%") == 1
    assert next(each for each in text.splitlines() if each.startswith("pm6")).count("67%") == 1
    assert "40 labelled frames" in text
    assert "rough" not in text
    assert "isopentane" in text.split("Held-out")[1]


def test_a_set_with_a_teacher_has_a_line_of_its_own_beside_the_papers_figure():
    taught = trained(0, teaching={"teacher": "gfn2"}, squalane=entry("squalane", 1.0))
    text = render([trained(0, squalane=entry("squalane", 4.0)), taught])
    plain, taught = (each for each in text.splitlines() if each.startswith("6 "))
    assert "20.0%" in plain
    assert taught.startswith("6 gfn2")
    assert "5.0%" in taught
    assert "2.0 ± 1.6 (0.96)" in taught


def test_few_labels_of_squalane_or_none_are_said():
    assert "so few that these figures are rough" in render(
        [trained(0, squalane=entry("squalane", 1.0, frames=5))]
    )
    assert "There are no labels of squalane" in render([trained(0, held=entry("isopentane", 0.5))])


@pytest.mark.slow
def test_table1_puts_ours_beside_the_papers_and_trains_nothing_twice(files, tmp_path):
    results = tmp_path / "r.jsonl", tmp_path / "again.jsonl"
    table1 = [
        "table1", "--data", files / "train.h5", "--test", files / "test.h5", "--sets", "1,6", "--size", 20,
        "--seeds", 2, "--models", tmp_path, "--beside", tmp_path / "set-6-20.safetensors", *SHORT,
    ]  # fmt: skip
    result = run(*table1, "--results", results[0])
    assert result.exit_code == 0, result.output
    assert len(results[0].read_text().splitlines()) == 4
    assert "What differs" in result.stdout
    assert "set-6-20" in result.stdout
    held = load_model(tmp_path / "set-6-20.safetensors").provenance.scores["heldout"]
    assert set(held) == {"held-isopentane-0", "held-2-isohexane-0"}
    written = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.safetensors")}
    assert len(written) == 4
    assert run(*table1, "--results", results[1]).stdout == result.stdout
    assert {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.safetensors")} == written
    assert sorted(results[1].read_text().splitlines()) == sorted(results[0].read_text().splitlines())
    with pytest.raises(AtomtugError, match="among both the training and the test data"):
        run("table1", "--data", files / "train.h5", "--test", files / "train.h5", *SHORT)


@pytest.mark.slow
def test_a_set_is_also_trained_with_a_teacher_and_found_again(files, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(teaching, "compute_all", lambda tasks, _: map(compute, tasks))  # in this process
    monkeypatch.setattr(paper_sets, "TEACHING", TeachingSettings(geometries=16, epochs=1, kept=4, forces=4))
    monkeypatch.setattr(paper_sets, "TAUGHT", replace(QUICK, validation=0.0))
    tests = tmp_path / "tests.h5"
    write(data_set({"isopentane": 2}, 1, 9, key="held-"), tests)
    sets = partial(
        train_sets, [files / "train.h5"], [tests], replace(QUICK, validation=0.0), sets=(6,),
        sizes=(12,), seeds=1, models=[tmp_path], keep_models=tmp_path,
    )  # fmt: skip
    trained_now = []
    first = sets(teachers=["gfn2"], on_training=trained_now.append)
    assert [run.teaching.get("teacher") for run in first.runs] == [None, "gfn2"]
    assert trained_now == [2, 2]
    assert sets(on_training=trained_now.append).runs == first.runs
    assert len(trained_now) == 2
    monkeypatch.setattr(paper_sets, "TEACHING", TeachingSettings(geometries=16, epochs=2, kept=4, forces=4))
    assert len(sets().runs) == 1  # what was taught otherwise is not that of today


@pytest.mark.slow
def test_sizes_make_a_learning_curve(files, tmp_path):
    result = run(
        "table1", "--data", files / "train.h5", "--test", files / "test.h5", "--sets", "6", "--size", "12,20",
        "--seeds", 1, "--plot", tmp_path / "curve.png", *SHORT,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "geometries" in result.output
    assert (tmp_path / "curve.png").exists()


@pytest.mark.slow
def test_a_search_is_gone_on_with_and_its_best_trains(files, tmp_path):
    study, best = tmp_path / "s.journal", tmp_path / "best.toml"
    options = ["search", "--data", files / "train.h5", "--study", study, "--folds", 2, "--epochs", 1, 2]
    first = run(*options, "--trials", 1, "--seed", 1)
    second = run(*options, "--trials", 1, "--seed", 2, "--sampler", "tpe", "--out", best)
    assert "1 trials" in first.output
    assert "2 trials" in second.output
    assert best.read_text().startswith("[train]")
    config = run("--config", best, "train", "--help")
    assert config.exit_code == 0


def test_what_can_not_be_used_is_said(model, files, tmp_path):
    with pytest.raises(AtomtugError, match="no file"):
        run("train", "--data", tmp_path / "nothing.h5")
    with pytest.raises(AtomtugError, match="can't be drawn"):
        run("evaluate", "m", files / "test.h5", "--plot", "a.txt")
    for command in ("train", "table1"):
        with pytest.raises(AtomtugError, match="can't be drawn"):
            run(command, "--plot", "a.txt")


@pytest.mark.slow
def test_sets_that_are_stopped_are_neither_kept_nor_judged(files, tmp_path):
    results = tmp_path / "results.jsonl"
    judged = train_sets(
        [files / "train.h5"], [files / "test.h5"], replace(QUICK, validation=0.0), sets=(1,), sizes=(12,), seeds=1,
        keep_models=tmp_path, keep_results=results, beside=("alkanes",), stopped=lambda: True,
    )  # fmt: skip
    assert (judged.runs, dict(judged.models)) == ((), {})
    assert list(tmp_path.iterdir()) == []

"""From a molecule to a network of its own: what is remembered, what it costs, and a small one from nothing."""

import json
import shlex
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from distributed import LocalCluster

from atomtug.cli import cli
from atomtug.core.errors import InputError, RecordingError
from atomtug.core.systems import load_system
from atomtug.potential import load_model
from atomtug.trainer.data import read
from atomtug.trainer.dft.theory import Theory
from atomtug.trainer.evaluation.scores import Scores
from atomtug.vr_client.scripted.outcome import Outcome
from atomtug.vr_client.scripted.script_file import load_script
from atomtug.vr_client.scripted.steering import TrialRun
from atomtug.workflows import learning_log
from atomtug.workflows.learning import learn
from atomtug.workflows.learning_log import LearningLog, LearningStopped
from atomtug.workflows.learning_options import LAST_SEARCHES, NETWORK, LearningBudget, LearningOptions
from atomtug.workflows.learning_report import commands, write_report
from atomtug.workflows.learning_steps import LearnedRound, LearningWork, SteeredTrial

METHANE = load_system("methane")
NUDGE = """
[[step]]
pull = "H"
by = [0.3, 0, 0]
k = 3000
speed = 20
[[step]]
wait = 0.02
"""


def test_a_step_is_done_once(tmp_path):
    path, times = tmp_path / "learning.json", []
    log = LearningLog.open(path, {"system": "methane"})
    assert log.step("one", lambda: times.append(1) or {"n": 3}) == {"n": 3}
    again = LearningLog.open(path, {"system": "methane"})
    assert again.step("one", lambda: times.append(1)) == {"n": 3}
    assert len(times) == 1
    assert again.total_seconds == log.total_seconds


def test_a_step_that_fails_is_not_done(tmp_path):
    log = LearningLog.open(tmp_path / "learning.json", {})
    with pytest.raises(ZeroDivisionError):
        log.step("one", lambda: 1 / 0)
    assert log.step("one", lambda: 2) == 2


def test_what_a_step_took_before_it_was_stopped_counts(tmp_path, monkeypatch):
    clock = iter([0.0, 50.0, 100.0, 107.0])
    # Of this module alone: other threads ask for the time, too.
    monkeypatch.setattr(learning_log, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    path = tmp_path / "learning.json"
    with pytest.raises(KeyboardInterrupt):
        LearningLog.open(path, {}).step("label-first", _interrupted)
    again = LearningLog.open(path, {})
    assert again.total_seconds == 50.0
    again.step("label-first", lambda: 1)
    assert again.total_seconds == 57.0


def test_what_was_noted_at_a_steps_beginning_is_still_there_after_a_kill(tmp_path):
    path = tmp_path / "learning.json"
    assert LearningLog.open(path, {}).begin("label-first", [3, 0]) == [3, 0]
    assert LearningLog.open(path, {}).begin("label-first", [5, 1]) == [3, 0]


def test_a_trajectory_that_was_recorded_in_part_is_no_step_done(tmp_path, monkeypatch):
    run = TrialRun("one", str(tmp_path / "one.h5"), Outcome("", None), recording_error="the disk is full")
    monkeypatch.setattr("atomtug.workflows.learning_steps.steer", lambda *_, **__: [run])
    log = LearningLog.open(tmp_path / "learning.json", {})
    work = LearningWork(
        load_system("methane"),
        tmp_path,
        LearningBudget(20),
        LearningOptions(),
        log,
        lambda *_: None,
        lambda: False,
    )
    with pytest.raises(RecordingError, match="one was recorded in part: the disk is full"):
        work.steer("first", 1, "pm6")
    assert not log.steps


@pytest.mark.parametrize(
    ("intended", "judged_by"),
    [([True, False, True, True], [0, 2]), ([False] * 4, [0, 1, 2, 3]), ([False, False, False, True], [3])],
)
def test_hands_that_did_something_else_are_not_judged_by(tmp_path, monkeypatch, intended, judged_by):
    outcomes = iter(
        {"path": f"{number}.h5", "reaction": "", "smiles": "", "as_intended": done}
        for number, done in enumerate(intended)
    )
    monkeypatch.setattr(LearningWork, "_steer", lambda *_: next(outcomes))
    log = LearningLog.open(tmp_path / "learning.json", {})
    work = LearningWork(
        METHANE, tmp_path, LearningBudget(20), LearningOptions(), log, lambda *_: None, lambda: False
    )
    assert [trial.path.name for trial in work.steer_heldout(2, "pm6")] == [f"{n}.h5" for n in judged_by]
    assert len(work.trials["heldout"]) == max(judged_by) + 1


def _interrupted() -> int:
    raise KeyboardInterrupt


def test_work_on_something_else_is_refused(tmp_path):
    path = tmp_path / "learning.json"
    LearningLog.open(path, {"system": "methane", "seed": 0}).step("one", lambda: 1)
    with pytest.raises(InputError, match="another system"):
        LearningLog.open(path, {"system": "ethane", "seed": 0})
    for name, value in (("trajectories", 9), ("round_trajectories", 4), ("heldout_trajectories", 1)):
        other = replace(LearningOptions(), **{name: value})
        folder = tmp_path / name
        LearningLog.open(folder / "learning.json", LearningOptions().to_plain(METHANE)).step("one", lambda: 1)
        with pytest.raises(InputError, match=f"another {name}"):
            LearningLog.open(folder / "learning.json", other.to_plain(METHANE))
    LearningLog.open(path, {"system": "methane", "seed": 0, "trajectories": 6})  # kept since a later version
    path.write_text("[]")
    with pytest.raises(InputError, match="remove it, or choose another --out"):
        LearningLog.open(path, {"system": "methane", "seed": 0})


@pytest.mark.parametrize(("labels", "rounds"), [(20, 0), (21, 1), (100, 3), (300, 7)])
def test_labels_of_all_steps_add_up(labels, rounds):
    budget = LearningBudget(labels, rounds=rounds)
    later = rounds * budget.each_round + LAST_SEARCHES * budget.each_last
    assert budget.heldout + budget.first + later == labels
    assert budget.first >= labels / 3


def test_most_labels_are_of_hands_that_were_asked_for_and_not_of_rough_ones(tmp_path, monkeypatch):
    asked = {}

    def count(self, step, trials, out, part):
        asked[step] = ([trial.path.name for trial in trials], part)
        return part

    def label(self, step, recordings, out, select, from_candidates=False):
        asked[step] = ([path.name for path in recordings], select)
        return 1

    monkeypatch.setattr(LearningWork, "label_evenly", count)
    monkeypatch.setattr(LearningWork, "_label", label)
    trials = [
        SteeredTrial(Path(name), "", "", True, rough=name == "rough.h5") for name in ("a.h5", "rough.h5")
    ]
    log = LearningLog.open(tmp_path / "learning.json", {})
    work = LearningWork(
        load_system("methane"), tmp_path, LearningBudget(100, rounds=3), LearningOptions(), log,
        lambda *_: None, lambda: False,
    )  # fmt: skip
    work.label_first(trials)
    assert asked == {
        "label-first-rough": (["rough.h5"], 9),
        "label-first-even": (["a.h5"], 17),
        "label-first": (["a.h5"], "fps:17"),
    }
    asked.clear()
    work.label_round(1, trials[:1])  # 11 labels of which none is of a hole
    assert asked == {
        "label-unsure-1": (["a.h5"], "fps:6"),
        "label-rest-1-even": (["a.h5"], 5),
        "label-rest-1": (["a.h5"], "fps:5"),
    }


def work_on(tmp_path, steps, budget, seconds=1.0):
    """Work of which these steps are done, each in so many seconds."""
    log = LearningLog.open(tmp_path / "learning.json", {})
    for step in steps:
        log.step(step, dict)
        log.seconds[step] = seconds
    return LearningWork(
        load_system("methane"), tmp_path, budget, LearningOptions(), log, lambda *_: None, lambda: False
    )


def network(number, mae_kcal):
    return LearnedRound(
        number, Path(f"round-{number}.safetensors"), 50, Scores(mae_kcal, 0.0, 0.0, None, 0.0)
    )


def test_rounds_that_were_begun_are_gone_through_whatever_time_target_and_rounds_are(tmp_path):
    steps = ["steer-round-1-0", "train-1", "steer-round-2-0", "train-2", "holes-3"]
    work = work_on(tmp_path, steps, LearningBudget(hours=0.001, target_kcal=2.0, rounds=1))
    assert [work.why_no_round(number, network(number - 1, 1.0)) for number in (1, 2)] == ["", ""]
    assert work.why_no_round(3, network(2, 1.0)) == "All rounds are done."
    assert (work.may_search_last(3), work.may_search_last(4)) == (True, False)


def test_a_round_is_begun_until_all_are_done_the_error_is_small_or_the_time_is_over(tmp_path):
    work = work_on(tmp_path, ["steer-round-1-0"], LearningBudget(target_kcal=0.5, rounds=3))
    assert work.why_no_round(2, network(1, 0.6)) == ""
    assert "error of 0.40 kcal/mol is within 0.5" in work.why_no_round(2, network(1, 0.4))
    assert work.why_no_round(4, network(3, 0.4)) == "All rounds are done."
    work.log.seconds["steer-round-1-0"] = 8000.0
    assert work.why_no_round(2, network(1, 0.6)) == "The 2 hours are over."


def test_a_round_that_is_asked_for_later_does_not_take_the_last_search_for_its_own(tmp_path):
    steps = ["steer-round-1-0", "holes-1", "label-holes-1", "train-1"]
    later = ["holes-2", "label-holes-2", "confirm-holes-2", "train-2", "holes-3"]
    work = work_on(tmp_path, [*steps, *later], LearningBudget(rounds=2))
    work.log.begin("label-holes-3", [50, 1])  # and was stopped
    checkpoint = tmp_path / "round-2.checkpoint"
    checkpoint.touch()
    work.forget_last_searches(1)
    assert len(work.log.steps) == 9
    work.forget_last_searches(2)
    again = LearningLog.open(tmp_path / "learning.json", {})
    assert (list(again.steps), again.begun) == (steps, {})
    assert work.log.total_seconds == 9.0  # what was spent is spent
    assert not checkpoint.exists()
    work.log.step("holes-2", dict)
    assert work.log.total_seconds > 9.0


def test_a_budget_that_is_none_is_refused():
    with pytest.raises(InputError, match="5 labels are too few"):
        LearningBudget(5)
    with pytest.raises(InputError, match="Hours must be above 0"):
        LearningBudget(hours=0)


def test_charged_reactions_are_labelled_with_diffuse_functions(tmp_path, monkeypatch):
    asked = []

    def learned(system, out, budget, options, **_):
        asked.append(str(options.theory))
        raise LearningStopped

    monkeypatch.setattr("atomtug.workflows.learning.learn", learned)
    for molecules in ("CCl + [F-]", "C + [OH]"):
        result = CliRunner().invoke(cli, ["learn", molecules, "--out", str(tmp_path)])
        assert "the same command goes on" in result.stderr
    assert "def2-tzvpd" in asked[0].lower()
    assert "def2-tzvpd" not in asked[1].lower()


def test_the_report_says_how_to_use_the_network_of_the_same_charge_from_any_folder():
    serve, holes = commands(["C + [NH2]", "--charge", "-1"], Path("my runs/round-1.safetensors"))
    assert serve == "atomtug serve 'C + [NH2]' --charge -1 --engine 'ann:my runs/round-1.safetensors'"
    assert shlex.split(holes)[2:7] == [
        "C + [NH2]",
        "--charge",
        "-1",
        "--model",
        "my runs/round-1.safetensors",
    ]


@pytest.fixture
def cluster():
    """The address of a Dask cluster; each of the many short labellings would start one of its own."""
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as running:
        yield running.scheduler_address


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_network_from_nothing_is_stopped_and_gone_on_with(tmp_path, cluster):
    system = load_system("[H][H] + [H]")
    nudge = tmp_path / "nudge.toml"
    nudge.write_text(NUDGE)
    options = LearningOptions(
        script=load_script(nudge),
        theory=Theory("lda", "sto-3g"), scheduler=cluster, teaching=None, trajectories=2, heldout_trajectories=1,
        round_trajectories=1,
        tries=5,
        settings=replace(NETWORK, hidden=(8, 8), members=2, epochs=5),
    )  # fmt: skip
    steps = []

    def stopped():
        return len(steps) == 4

    def on_step(kind, text):
        steps.append((kind, text))

    budget = LearningBudget(20, rounds=1)
    with pytest.raises(LearningStopped):
        learn(system, tmp_path, budget, options, on_step=on_step, stopped=stopped)
    recorded = {path: path.stat().st_mtime_ns for path in (tmp_path / "recordings").rglob("*.h5")}
    learned = learn(system, tmp_path, budget, options)
    assert all(path.stat().st_mtime_ns == time for path, time in recorded.items())
    assert [each.number for each in learned.rounds] == [0, 1]
    assert learned.rounds[0].labels < learned.rounds[1].labels <= 20
    assert learned.rounds[0].tries == 5
    labelled = read(tmp_path / "labels.h5")
    assert len(labelled) + len(read(tmp_path / "heldout.h5")) <= 22
    heldout = {entry.key for entry in read(tmp_path / "heldout.h5").trajectories}
    assert not heldout & {entry.key for entry in labelled.trajectories}
    assert load_model(learned.rounds[1].model).architecture.members == 2
    report = write_report(learned, tmp_path, options.theory, ["[H][H] + [H]"]).read_text()
    assert "round-1.safetensors" in report
    assert "atomtug serve '[H][H] + [H]' --engine ann:" in report
    assert "pm6" in report
    for picture in ("rounds.png", "trajectories.png", "parity.png"):
        assert (tmp_path / picture).stat().st_size > 1000
    assert json.loads((tmp_path / "learning.json").read_text())["asked"]["system"] == system.name

    again = learn(
        system, tmp_path, replace(budget, hours=1e-6), options
    )  # the hours were over in the last round
    assert [each.model for each in again.rounds] == [each.model for each in learned.rounds]

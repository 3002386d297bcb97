"""The steps from a molecule to a network of its own. Each is done once, and remembered."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np

from atomtug.core.errors import EngineError, RecordingError
from atomtug.core.systems import System
from atomtug.recordings import Recording
from atomtug.trainer.evaluation.scores import Scores
from atomtug.trainer.search.holes import DEPTH
from atomtug.vr_client.scripted.series import SteeringSeries
from atomtug.workflows.holes import HoleHunt, errors_at, find_holes, write_disagreements
from atomtug.workflows.labelling import count_labels, label
from atomtug.workflows.learning_log import LearningLog, LearningStopped
from atomtug.workflows.learning_options import (
    HELDOUT_TEMPERATURES,
    LAST_SEARCHES,
    LATER_RATE,
    TRAINING_TEMPERATURES,
    LearningBudget,
    LearningOptions,
)
from atomtug.workflows.steering import steer
from atomtug.workflows.training import evaluate, train

Kind = Literal["steer", "label", "train", "evaluate", "holes"]
OnStep = Callable[[Kind, str], object]
ROUGH_SHARE = 0.2
"""Of the labels of hands, those of rough ones."""
UNSURE_SHARE = 0.5
"""Of the labels of a round but those of holes, frames that the network was unsure of, at most."""


@dataclass(frozen=True)
class SteeredTrial:
    """A trajectory that was recorded.

    Args:
        path: its recording
        reaction, smiles: what happened in formulas and in SMILES; empty where nothing did
        as_intended: whether the hand did what it was to do
        rough: whether it was a rough hand, which does what nobody asked for
    """

    path: Path
    reaction: str
    smiles: str
    as_intended: bool
    rough: bool = False


@dataclass(frozen=True)
class LearnedRound:
    """A network on the way.

    Args:
        number: 0 before the first round
        model: its file
        labels: geometries that it has learned from
        network: its errors on the held-out hands
        engine: those of the engine that the hands worked on; None if it is unknown
        holes: that a search of it found; None where none was made
        tries: of this search
        checked: of these holes, those that were labelled; only of the last networks
        confirmed: of those, where the network is as far below the label
    """

    number: int
    model: Path
    labels: int
    network: Scores
    engine: Scores | None = None
    holes: int | None = None
    tries: int = 0
    checked: int = 0
    confirmed: int = 0


@dataclass
class LearningWork:
    """The steps, with what they have in common.

    Args:
        system: the molecules
        out: folder for recordings, labels and networks
        budget: when it ends
        options: how
        log: what is done
        on_step: called after each step
        stopped: asked often; when true, a step ends with :class:`LearningStopped`
        trials: all trajectories so far, by the name of their step
    """

    system: System
    out: Path
    budget: LearningBudget
    options: LearningOptions
    log: LearningLog
    on_step: OnStep
    stopped: Callable[[], bool]
    trials: dict[str, tuple[SteeredTrial, ...]] = field(default_factory=dict)

    @property
    def labels(self) -> Path:
        """The data set to learn from."""
        return self.out / "labels.h5"

    def time_is_up(self, since: float = 0.0) -> bool:
        """Whether the hours are over, with ``since`` seconds of a step that is not done yet."""
        return self.log.total_seconds + since > 3600 * self.budget.hours

    def is_begun(self, number: int) -> bool:
        """Whether a round was begun, in an earlier call too."""
        return f"steer-round-{number}-0" in self.log.steps

    def why_no_round(self, number: int, last: LearnedRound) -> str:
        """Why no round is begun after the last network, in a sentence; empty if one is, or was in an earlier call."""
        if self.is_begun(number):
            return ""
        if number > self.budget.rounds:
            return "All rounds are done." if number > 1 else "No rounds were asked for."
        mae, target = last.network.mae_kcal, self.budget.target_kcal
        if mae <= target:
            return f"The held-out error of {mae:.2f} kcal/mol is within {target:g}."
        return f"The {self.budget.hours:g} hours are over." if self.time_is_up() else ""

    def forget_last_searches(self, number: int) -> None:
        """Have the steps of a round that is not begun done anew: those known are of a search of what was the last
        network then. Its labels are kept."""
        if self.is_begun(number):
            return
        for each in range(number, number + LAST_SEARCHES):
            self.log.forget(f"{step}-{each}" for step in ("holes", "label-holes", "confirm-holes", "train"))
            self.network(each).with_suffix(".checkpoint").unlink(missing_ok=True)

    def may_search_last(self, number: int) -> bool:
        """Whether the last network is searched for holes, or was in an earlier call."""
        return f"holes-{number}" in self.log.steps or (self.budget.each_last > 0 and not self.time_is_up())

    def seconds_by_kind(self) -> dict[str, float]:
        """What the steps of each kind took."""
        seconds: dict[str, float] = {}
        for name, value in self.log.seconds.items():
            kind = name.partition("-")[0]
            seconds[kind] = seconds.get(kind, 0.0) + value
        return seconds

    def steer(self, name: str, count: int, engine: str) -> list[SteeredTrial]:
        """Trajectories of the hands that were asked for, and for each three of them one of rough hands."""
        self.trials[name] = ()
        for number in range(count + count // 3):
            self._steer_one(name, number, engine, rough=number >= count)
        return list(self.trials[name])

    def steer_heldout(self, count: int, engine: str) -> list[SteeredTrial]:
        """Trajectories to judge by: so many that did what was asked, or all of twice as many if none did.

        The others are kept, and not judged by: what a hand that fails does next is left to chance, and up to half of
        the labels would be of it.
        """
        self.trials["heldout"] = ()
        for number in range(2 * count):
            self._steer_one("heldout", number, engine)
            done = [trial for trial in self.trials["heldout"] if trial.as_intended]
            if len(done) == count:
                break
        return done or list(self.trials["heldout"])

    def _steer_one(self, name: str, number: int, engine: str, rough: bool = False) -> None:
        options = self.options
        temperatures = HELDOUT_TEMPERATURES if name == "heldout" else TRAINING_TEMPERATURES
        seed = 1000 * options.seed + 100 * list(self.trials).index(name) + number
        series = SteeringSeries(
            "rough" if rough else options.script, "any" if rough else options.site, seed,
            attacker=options.attacker, target=options.target,
        )  # fmt: skip
        found = self.log.step(
            f"steer-{name}-{number}", partial(self._steer, name, series, engine, temperatures)
        )
        trial = SteeredTrial(**{**found, "path": self.out / found["path"], "rough": rough})
        self.trials[name] += (trial,)
        self.on_step("steer", f"{trial.path.name}: {trial.reaction or 'nothing reacted'}")

    def _steer(
        self, name: str, series: SteeringSeries, engine: str, temperatures: tuple[float, float]
    ) -> dict[str, Any]:
        folder = self.out / "recordings" / name
        runs = list(
            steer(
                self.system, folder, 1, series, engine=engine, temperature=temperatures, stopped=self.stopped
            )
        )
        if not runs:
            raise LearningStopped
        (run,) = runs
        if not run.path:
            raise EngineError(f"{run.name} could not be recorded: {run.outcome.reason}")
        if run.recording_error:
            raise RecordingError(f"{run.name} was recorded in part: {run.recording_error}")
        outcome = run.outcome
        return {
            "path": str(Path("recordings") / name / Path(run.path).name),
            "reaction": outcome.reaction if outcome.happened else "",
            "smiles": outcome.smiles if outcome.happened else "",
            "as_intended": outcome.as_intended,
        }

    def label_evenly(self, step: str, trials: Sequence[SteeredTrial], out: Path, count: int) -> int:
        """Label about so many frames, at even distances; returns how many."""
        frames = 0
        for trial in trials:
            with Recording(trial.path) as recording:
                frames += len(recording)
        stride = max(1, round(frames / count))
        return self._label(step, [trial.path for trial in trials], out, f"stride:{stride}")

    def label_first(self, trials: Sequence[SteeredTrial]) -> None:
        """Label what the first hands did."""
        self._label_hands("first", trials, self.budget.first)

    def label_round(self, number: int, trials: Sequence[SteeredTrial]) -> None:
        """Label holes, then what the network was unsure of, then as after the first hands."""
        left = self.budget.each_round
        holes = self.geometries(number)
        if holes.exists():
            left -= self._label(f"label-holes-{number}", [holes], self.labels, "all")
        unsure = max(1, round(UNSURE_SHARE * left))
        left -= self._label(
            f"label-unsure-{number}", [trial.path for trial in trials], self.labels, f"fps:{unsure}",
            from_candidates=True,
        )  # fmt: skip
        self._label_hands(f"rest-{number}", trials, left)

    def _label_hands(self, name: str, trials: Sequence[SteeredTrial], count: int) -> None:
        """Label some frames of rough hands and most of the others, of which half are the most different ones.

        The most different of all would be those of broken molecules alone: chosen so, 33 of 46 labels of OH + CH4
        were of two rough trajectories, and 13 of the reaction that was asked for.
        """
        groups = [trial for trial in trials if trial.rough], [trial for trial in trials if not trial.rough]
        rough = round(ROUGH_SHARE * count) if groups[0] else 0
        even = (count - rough) // 2
        for step, group, part in (("rough", groups[0], rough), ("even", groups[1], even)):
            if part > 0:
                count -= self.label_evenly(f"label-{name}-{step}", group, self.labels, part)
        if count > 0:
            paths = [trial.path for trial in groups[1]]
            self._label(f"label-{name}", paths, self.labels, f"fps:{count}")

    def _label(
        self, step: str, recordings: Sequence[Path], out: Path, select: str, from_candidates: bool = False
    ) -> int:
        """Label frames; returns how many. It ends before all are labelled when the hours are over."""
        began = time.monotonic()

        def do() -> dict[str, int]:
            before = self.log.begin(step, count_labels(out))
            done = label(
                recordings, out, select=select, from_candidates=from_candidates, theory=self.options.theory,
                scheduler=self.options.scheduler, workers=self.options.workers,
                stopped=lambda: self.stopped() or self.time_is_up(time.monotonic() - began),
            )  # fmt: skip
            if done.left and self.stopped():
                raise LearningStopped
            made, failed = count_labels(out)
            return {"made": made - before[0], "failed": failed - before[1]}

        result = self.log.step(step, do)
        self.on_step("label", f"{out.name}: {result['made']} more ({result['failed']} failed)")
        return result["made"]

    def network(self, number: int) -> Path:
        """The file of a round's network."""
        return self.out / f"round-{number}.safetensors"

    def geometries(self, number: int) -> Path:
        """Geometries where a round's network was far from a cheap method."""
        return self.out / f"holes-{number}.h5"

    def search(self, number: int, model: Path, most: int, only_holes: bool = False) -> dict[str, int]:
        """Look for holes of a network, and keep at most so many of the geometries found."""

        def do() -> dict[str, int]:
            self.geometries(number).unlink(missing_ok=True)
            hunt = find_holes(
                self.system, f"ann:{model}", HoleHunt(tries=self.options.tries, starts=(self.labels,), seed=number),
                stopped=self.stopped,
            )  # fmt: skip
            if self.stopped():
                raise LearningStopped
            found = [each for each in hunt.found if each.kind == "hole" or not only_holes]
            write_disagreements(self.system, found, self.geometries(number), most)
            return {"holes": hunt.holes, "tries": hunt.tries}

        found = self.log.step(f"holes-{number}", do)
        self.on_step("holes", f"{found['holes']} of {found['tries']} tries of {model.name}")
        return found

    def search_last(self, number: int, last: LearnedRound) -> LearnedRound:
        """Look for holes of the last network and label some, since the cheap method may be wrong as well."""
        found = self.search(number, last.model, self.budget.each_last, only_holes=True)
        last = replace(last, holes=found["holes"], tries=found["tries"])
        if not self.geometries(number).exists():
            return last
        self._label(f"label-holes-{number}", [self.geometries(number)], self.labels, "all")

        def compare() -> dict[str, int]:
            errors = errors_at(last.model, self.labels, self.geometries(number))
            return {"checked": len(errors), "confirmed": int(np.sum(errors < -DEPTH))}

        seen = self.log.step(f"confirm-holes-{number}", compare)
        return replace(last, checked=seen["checked"], confirmed=seen["confirmed"])

    def train_and_judge(self, number: int, start: Path | None) -> LearnedRound:
        """Train a network on all labels, and judge it by the hands that are held out."""
        options, path = self.options, self.network(number)
        settings = replace(options.settings, seed=options.seed)
        if start is not None:
            settings = replace(settings, learning_rate=LATER_RATE * settings.learning_rate)

        def stop_before_training(_: int) -> None:
            if self.stopped():
                raise LearningStopped

        def do() -> dict[str, int]:
            done = train(
                [self.labels], path, settings, start=start, teaching=options.teaching, systems=[self.system],
                on_taught=stop_before_training, on_described=stop_before_training, stopped=self.stopped,
            )  # fmt: skip
            if done.stopped:
                raise LearningStopped
            return {"labels": sum(done.planned.learned.values())}

        learned = self.log.step(f"train-{number}", do)["labels"]
        self.on_step("train", f"{path.name}: learned from {learned} labels")
        scores = evaluate(path, [self.out / "heldout.h5"]).overall
        engine = next((each for name, each in scores.items() if name != "network"), None)
        network = scores["network"]
        self.on_step("evaluate", f"{path.name}: held-out error {network.mae_kcal:.2f} kcal/mol")
        return LearnedRound(number, path, learned, network, engine)

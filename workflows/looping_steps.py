"""The steps of rounds of learning on a network that computes in a server. Each is done once, and remembered."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from atomtug.core.closing import Closing
from atomtug.core.errors import RecordingError
from atomtug.core.systems import System
from atomtug.recordings import CANDIDATE, Recording
from atomtug.server.app import ServerOptions, running_server
from atomtug.server.dynamics.uncertainty import DEFAULT_LIMIT
from atomtug.trainer.dft.theory import Theory
from atomtug.trainer.fit import NothingToHoldOut, Settings
from atomtug.trainer.teacher import TeachingSettings
from atomtug.vr_client.client.grpc_client import Client
from atomtug.vr_client.scripted.script import Script
from atomtug.vr_client.scripted.series import SteeringSeries
from atomtug.vr_client.scripted.steering import TrialRun
from atomtug.wire import command_names
from atomtug.workflows.labelling import count_labels, label
from atomtug.workflows.learning_log import LearningLog, LearningStopped
from atomtug.workflows.steering import steer, steer_on
from atomtug.workflows.training import Training, evaluate, train


@dataclass(frozen=True)
class LoopRound:
    """What a round came to.

    Args:
        number: from 1; 0 before the first
        model: the network after it
        candidates: recorded frames that the network before it was not sure of
        labels: geometries labelled in it
        mae_kcal, force_mae_kcal_A: on the held-out geometries, kcal/mol and kcal/mol/angstrom
    """

    number: int
    model: str
    candidates: int
    labels: int
    mae_kcal: float
    force_mae_kcal_A: float | None


@dataclass(frozen=True)
class LoopOptions:
    """What is the same in all rounds.

    Args:
        trajectories: of each round
        script: what the hands do: a built-in one, or a script of one's own
        labels: of each round, at most
        uncertainty_limit: kJ/mol from which on a frame is marked for labelling
        theory: of the labels
        workers: processes that label; None for one a core
        settings: of each training; the networks' sizes count only for the first
        teaching: of each training; None for no teacher
        anyway: take networks and data for charges and multiplicities that they were not trained on
        seed: of everything random
    """

    trajectories: int = 4
    script: str | Script = "abstract"
    labels: int = 40
    uncertainty_limit: float = DEFAULT_LIMIT
    theory: Theory = field(default_factory=Theory)
    workers: int | None = None
    settings: Settings = field(default_factory=Settings)
    teaching: TeachingSettings | None = None
    anyway: bool = False
    seed: int = 0

    def to_plain(self, system: System) -> dict[str, Any]:
        """What must be the same for the work to go on, as JSON can hold it."""
        return {
            "system": system.name, "charge": system.charge, "multiplicity": system.multiplicity,
            "script": self.script.name if isinstance(self.script, Script) else self.script,
            "theory": str(self.theory), "seed": self.seed, "uncertainty_limit": self.uncertainty_limit,
        }  # fmt: skip


@dataclass(frozen=True)
class LoopStep:
    """Something that was done on the way, now or before it was stopped.

    Args:
        round: in which round; 0 before the first
        kind: what was done
        text: what came of it, in a sentence
    """

    round: int
    kind: Literal["steer", "label", "train", "evaluate"]
    text: str


OnStep = Callable[[LoopStep], object]


@dataclass
class LoopWork(Closing):
    """The steps, with what they have in common. Closed, the server ends.

    Args:
        system: the molecule with its radical
        out: folder for recordings, labels and networks
        options: what is the same in all rounds
        data: files of labels to train on besides the new ones
        log: what is done
        on_step: called after each step
        stopped: asked often; when true, a step ends with :class:`LearningStopped`
    """

    system: System
    out: Path
    options: LoopOptions
    data: tuple[Path, ...]
    log: LearningLog
    on_step: OnStep
    stopped: Callable[[], bool]
    _running: ExitStack = field(default_factory=ExitStack)
    _address: str = ""
    """Of the server; empty before it is needed."""

    def close(self) -> None:
        """End the server."""
        self._running.close()

    @property
    def labelled(self) -> Path:
        """The data set that grows."""
        return self.out / "labels.h5"

    def model(self, number: int) -> Path:
        """The network after a round."""
        return self.out / f"round-{number}.safetensors"

    def make_heldout(self) -> Path:
        """A data set to judge by, of a trajectory of its own on PM6."""
        path = self.out / "heldout.h5"
        self.label(0, self._steer_on_pm6(1, 1), path)
        return path

    def first_model(self) -> Path:
        """A network of what hands do on PM6."""
        recordings = self._steer_on_pm6(0, max(self.options.trajectories, 2))
        self.label(0, recordings, self.labelled)
        self.train(0, None)
        return self.model(0)

    def steer(self, number: int, model: Path) -> tuple[list[Path], int]:
        """Steer a round on a network; returns its recordings, and in how many frames it was not sure."""
        series = SteeringSeries(self.options.script, seed=1000 * self.options.seed + number)

        def runs(place: int) -> list[TrialRun]:
            address = self._server(model)
            return list(
                steer_on(lambda: Client.connect(address), 1, series, first=place, stopped=self.stopped)
            )

        trials = [
            self._steer(number, f"steer-{number}-{place}", self.out / "recordings", partial(runs, place))
            for place in range(self.options.trajectories)
        ]
        paths = [self.out / "recordings" / trial["name"] for trial in trials]
        return paths, sum(trial["marked"] for trial in trials)

    def _steer_on_pm6(self, number: int, trajectories: int) -> list[Path]:
        folder = self.out / f"pm6-{number}"
        series = SteeringSeries(self.options.script, seed=1000 * self.options.seed + 900 + number)

        def runs(place: int) -> list[TrialRun]:
            return list(steer(self.system, folder, 1, series, first=place, stopped=self.stopped))

        trials = [
            self._steer(0, f"steer-pm6-{number}-{place}", folder, partial(runs, place))
            for place in range(trajectories)
        ]
        return [folder / trial["name"] for trial in trials]

    def _steer(
        self, number: int, step: str, folder: Path, runs: Callable[[], list[TrialRun]]
    ) -> dict[str, Any]:
        def do() -> dict[str, Any]:
            done = runs()
            if not done:
                raise LearningStopped
            (run,) = done
            if run.recording_error or not run.path:
                raise RecordingError(
                    f"{run.name} could not be recorded: {run.recording_error or run.outcome.reason}"
                )
            name = Path(run.path).name
            with Recording(folder / name) as recording:
                marked = int(recording.column(CANDIDATE.name).sum())
            return {
                "name": name,
                "run": run.name,
                "product": run.outcome.product or "nothing",
                "marked": marked,
            }

        trial = self.log.step(step, do)
        self.on_step(LoopStep(number, "steer", f"{trial['run']}: {trial['product']}"))
        return trial

    def label(
        self, number: int, recordings: list[Path], out: Path, from_candidates: bool = False
    ) -> int | None:
        """Label frames of recordings; returns how many, None where no frame is marked."""
        options = self.options

        step = f"label-{number}-{out.stem}"

        def do() -> dict[str, Any]:
            before = self.log.begin(step, count_labels(out))
            done = label(
                recordings, out, select=f"fps:{options.labels}", from_candidates=from_candidates,
                theory=options.theory, workers=options.workers, stopped=self.stopped,
            )  # fmt: skip
            if done.nothing_marked:
                return {"nothing_marked": True}
            if done.left:
                raise LearningStopped
            made, failed = count_labels(out)
            return {"nothing_marked": False, "made": made - before[0], "failed": failed - before[1]}

        done = self.log.step(step, do)
        text = (
            "no frame is marked"
            if done["nothing_marked"]
            else f"{done['made'] - done['failed']} labelled, {done['failed']} failed"
        )
        self.on_step(LoopStep(number, "label", f"{out.name}: {text}"))
        return None if done["nothing_marked"] else done["made"]

    def train(self, number: int, start: Path | None) -> None:
        """Train the network of a round."""
        out, settings = self.model(number), replace(self.options.settings, seed=self.options.seed)

        def do() -> str:
            try:
                done = self._train(out, settings, start)
            except NothingToHoldOut:  # few labels, nearly all of one trajectory: all are learned from
                done = self._train(out, replace(settings, validation=0.0), start)
            if done.stopped:
                raise LearningStopped
            learned = ", ".join(f"{name} {count}" for name, count in done.planned.learned.items())
            held = ", ".join(f"{name} {count}" for name, count in done.planned.held_out.items()) or "none"
            return f"{out.name}: learned from {learned}; held out: {held}; {done.fitted.epochs} epochs"

        text = self.log.step(f"train-{number}", do)
        self.on_step(LoopStep(number, "train", text))

    def _train(self, out: Path, settings: Settings, start: Path | None) -> Training:
        options = self.options

        def stop_before_training(_: int) -> None:
            if self.stopped():
                raise LearningStopped

        return train(
            [*self.data, self.labelled], out, settings, start=start, teaching=options.teaching,
            systems=[self.system] if options.teaching else [], anyway=options.anyway,
            on_taught=stop_before_training, on_described=stop_before_training, stopped=self.stopped,
        )  # fmt: skip

    def judge(self, this: LoopRound, model: Path, heldout: Path) -> LoopRound:
        """What a network is worth."""

        def do() -> dict[str, Any]:
            scores = evaluate(model, [heldout]).overall["network"]
            return {"mae_kcal": scores.mae_kcal, "force_mae_kcal_A": scores.force_mae_kcal_A}

        scores = self.log.step(f"evaluate-{this.number}", do)
        text = f"{model.name}: held-out error {scores['mae_kcal']:.2f} kcal/mol"
        self.on_step(LoopStep(this.number, "evaluate", text))
        return replace(this, **scores)

    def _server(self, model: Path) -> str:
        """The address of a server on a network, which stays over all rounds and is as fast as it can be."""
        if not self._address:
            options = ServerOptions(
                [self.system],
                engine=f"ann:{model}",
                fps=0.0,
                seed=self.options.seed,
                recordings=self.out / "recordings",
                paused=True,
                models=[self.out],
                uncertainty_limit=self.options.uncertainty_limit,
                when_unsure="mark",
                anyway=self.options.anyway,
            )
            self._address = self._running.enter_context(running_server(options)).address
        return self._address

    def take_over(self, number: int) -> None:
        """Have the network of a round compute in the server, if that runs."""
        if self._address:
            with Client.connect(self._address) as client:
                client.run(command_names.LOAD_ENGINE, engine=f"ann:{self.model(number).stem}")

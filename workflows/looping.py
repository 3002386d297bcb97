"""Rounds of learning: steer on a network, label what it was not sure of, train on, and let the new network take over.

The server stays up over all rounds; only the network in it changes.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from atomtug.core.errors import InputError
from atomtug.core.systems import System
from atomtug.server.app import ServerOptions, running_server
from atomtug.server.dynamics.uncertainty import DEFAULT_LIMIT
from atomtug.trainer.dft.theory import Theory
from atomtug.trainer.fit import NothingToHoldOut, Settings
from atomtug.trainer.teacher import TeachingSettings
from atomtug.vr_client.client.grpc_client import Client
from atomtug.vr_client.scripted.script import Script
from atomtug.vr_client.scripted.series import SteeringSeries
from atomtug.wire import command_names
from atomtug.workflows.heldout import check_heldout
from atomtug.workflows.labelling import Labelling, label
from atomtug.workflows.steering import steer, steer_on
from atomtug.workflows.training import Training, evaluate, train


@dataclass(frozen=True)
class LoopRound:
    """What a round came to.

    Args:
        number: from 1; 0 before the first
        model: the network after it
        candidates: frames that the network before it was not sure of
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


@dataclass(frozen=True)
class LoopStep:
    """Something that was done on the way.

    Args:
        round: in which round; 0 before the first
        kind: what was done
        text: what came of it, in a sentence
    """

    round: int
    kind: Literal["steer", "label", "train", "evaluate"]
    text: str


@dataclass(frozen=True)
class FinishedLoop:
    """What became of it.

    Args:
        rounds: the state before the first, and each round that was done
        nothing_marked_in: the round in which the network was sure of every frame, which ended it; None if all were
            done
    """

    rounds: tuple[LoopRound, ...]
    nothing_marked_in: int | None


OnStep = Callable[[LoopStep], object]


def loop(
    system: System,
    out: Path,
    rounds: int = 3,
    options: LoopOptions = LoopOptions(),
    *,
    model: Path | None = None,
    data: tuple[Path, ...] = (),
    heldout: Path | None = None,
    on_step: OnStep = lambda _: None,
    on_round: Callable[[LoopRound, LoopRound], object] = lambda *_: None,
) -> FinishedLoop:
    """Let a network learn from what it is not sure of.

    Args:
        system: the molecule with its radical
        out: folder for recordings, labels and networks
        rounds: how many, at most: it ends when no frame of a round is marked
        options: what is the same in all rounds
        model: the network to begin with; None to train one on what hands do on PM6
        data: files of labels to train on besides the new ones
        heldout: labels to judge by; None for those of a trajectory of its own, on PM6
        on_step: called after each step
        on_round: called after each round with the round before it and itself

    Raises:
        InputError: the folder holds the labels of an earlier call, or a file can't be used
        AtomtugError: a step can't be done
    """
    steps = _LoopSteps(system, out, options, data, on_step)
    if steps.labelled.exists():
        raise InputError(f"{out} holds the labels of an earlier loop: choose another --out.")
    judged = heldout or steps.make_heldout()
    check_heldout(judged)
    start = model or steps.first_model()
    done = [steps.judge(LoopRound(0, start.name, 0, 0, 0.0, None), start, judged)]
    with steps.server(f"ann:{start}") as (address, client):
        marked_before = 0
        for number in range(1, rounds + 1):
            folder = steps.steer_on(address, number)
            marked = int(client.run(command_names.ENGINE_STATUS)["candidates"])
            labelling = steps.label(number, folder, steps.labelled, from_candidates=True)
            if labelling.nothing_marked:
                return FinishedLoop(tuple(done), number)
            path = steps.model(number)
            steps.train(number, path, steps.model(number - 1) if number > 1 else start)
            client.run(command_names.LOAD_ENGINE, engine=f"ann:{path.stem}")
            made = labelling.labelled + labelling.failed
            this = LoopRound(number, path.name, marked - marked_before, made, 0.0, None)
            done.append(steps.judge(this, path, judged))
            marked_before = marked
            on_round(done[-2], done[-1])
    return FinishedLoop(tuple(done), None)


@dataclass(frozen=True)
class _LoopSteps:
    """The steps, each with what is the same in all rounds."""

    system: System
    out: Path
    options: LoopOptions
    data: tuple[Path, ...]
    on_step: OnStep

    @property
    def labelled(self) -> Path:
        """The data set that grows."""
        return self.out / "labels.h5"

    def model(self, number: int) -> Path:
        """The network after a round."""
        return self.out / f"round-{number}.safetensors"

    def make_heldout(self) -> Path:
        path = self.out / "heldout.h5"
        self.label(0, self._steer_on_pm6(1, 1), path)
        return path

    def first_model(self) -> Path:
        recordings = self._steer_on_pm6(0, max(self.options.trajectories, 2))
        self.label(0, recordings, self.labelled)
        self.train(0, self.model(0), None)
        return self.model(0)

    @contextmanager
    def server(self, engine: str) -> Iterator[tuple[str, Client]]:
        """A server that stays over all rounds, as fast as it can, and a client of it."""
        options = ServerOptions(
            [self.system],
            engine=engine,
            fps=0.0,
            seed=self.options.seed,
            recordings=self.out / "recordings",
            paused=True,
            models=[self.out],
            uncertainty_limit=self.options.uncertainty_limit,
            when_unsure="mark",
            anyway=self.options.anyway,
        )
        with running_server(options) as server, Client.connect(server.address) as client:
            yield server.address, client

    def steer_on(self, address: str, number: int) -> list[Path]:
        """Steer a round on the server; returns its recordings."""
        folder = self.out / "recordings"
        before = set(folder.glob("*.h5"))
        series = SteeringSeries(self.options.script, seed=1000 * self.options.seed + number)
        for run in steer_on(lambda: Client.connect(address), self.options.trajectories, series):
            self.on_step(LoopStep(number, "steer", f"{run.name}: {run.outcome.product or 'nothing'}"))
        return sorted(set(folder.glob("*.h5")) - before)

    def _steer_on_pm6(self, number: int, trajectories: int) -> list[Path]:
        folder = self.out / f"pm6-{number}"
        series = SteeringSeries(self.options.script, seed=1000 * self.options.seed + 900 + number)
        for run in steer(self.system, folder, trajectories, series):
            self.on_step(LoopStep(0, "steer", f"{run.name}: {run.outcome.product or 'nothing'}"))
        return sorted(folder.glob("*.h5"))

    def label(
        self, number: int, recordings: list[Path], out: Path, from_candidates: bool = False
    ) -> Labelling:
        options = self.options
        done = label(
            recordings, out, select=f"fps:{options.labels}", from_candidates=from_candidates,
            theory=options.theory, workers=options.workers,
        )  # fmt: skip
        text = (
            "no frame is marked" if done.nothing_marked else f"{done.labelled} labelled, {done.failed} failed"
        )
        self.on_step(LoopStep(number, "label", f"{out.name}: {text}"))
        return done

    def train(self, number: int, out: Path, start: Path | None) -> Training:
        settings = replace(self.options.settings, seed=self.options.seed)
        try:
            done = self._train(out, settings, start)
        except NothingToHoldOut:  # few labels, nearly all of one trajectory: all are learned from
            done = self._train(out, replace(settings, validation=0.0), start)
        learned = ", ".join(f"{name} {count}" for name, count in done.planned.learned.items())
        held = ", ".join(f"{name} {count}" for name, count in done.planned.held_out.items()) or "none"
        text = f"{out.name}: learned from {learned}; held out: {held}; {done.fitted.epochs} epochs"
        self.on_step(LoopStep(number, "train", text))
        return done

    def _train(self, out: Path, settings: Settings, start: Path | None) -> Training:
        options = self.options
        return train(
            [*self.data, self.labelled], out, settings, start=start, teaching=options.teaching,
            systems=[self.system] if options.teaching else [], anyway=options.anyway,
        )  # fmt: skip

    def judge(self, this: LoopRound, model: Path, heldout: Path) -> LoopRound:
        scores = evaluate(model, [heldout]).overall["network"]
        text = f"{model.name}: held-out error {scores.mae_kcal:.2f} kcal/mol"
        self.on_step(LoopStep(this.number, "evaluate", text))
        return replace(this, mae_kcal=scores.mae_kcal, force_mae_kcal_A=scores.force_mae_kcal_A)

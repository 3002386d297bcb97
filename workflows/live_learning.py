"""Learning from a running session: what its network is not sure of is labelled, learned, and the network replaced.

The learner is a client of the server, whose process never sees it: it takes frames from the stream, has them labelled
one at a time, and asks the server for the next network by ``engine/load``. It goes on where it was in its folder.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from atomtug.core.shipped import find_model
from atomtug.potential import load_model
from atomtug.trainer.dft.theory import Theory
from atomtug.trainer.fit import Settings
from atomtug.vr_client.client.grpc_client import Client
from atomtug.wire import command_names
from atomtug.workflows.live_candidates import LiveCandidates
from atomtug.workflows.live_labels import LabelQueue, LiveLabels, LiveTask, label_queue
from atomtug.workflows.live_progress import LearningProgress, Phase
from atomtug.workflows.live_succession import Succession
from atomtug.workflows.live_training import LIVE_SETTINGS, mix_in

FRAME_INTERVAL = 0.1
"""Seconds between two frames that are looked at: neighbours are nearly alike."""
TICK = 0.05
"""Seconds between two looks at what has come."""
REPORT_EVERY = 1.0
"""Seconds between two reports to the server."""
FEW_STEPS = 0.9
"""Of the MD steps asked for; below that the machine has no time for labels beside the simulation."""


@dataclass(frozen=True)
class LiveLearningOptions:
    """How a session is learned from.

    Args:
        every: labels after which a network is trained
        data: old labels that each training sees as well
        scheduler: address of a Dask cluster that labels; None for this machine
        every_frame: look at every frame, of a simulation that goes as fast as it can; else at ten a second
        settings: of each training
        seed: of everything random
    """

    every: int = 20
    data: tuple[Path, ...] = ()
    scheduler: str | None = None
    every_frame: bool = False
    settings: Settings = LIVE_SETTINGS
    seed: int = 0


def learn_live(
    client: Client,
    address: str,
    folder: Path,
    model: Path,
    options: LiveLearningOptions = LiveLearningOptions(),
    *,
    on_event: Callable[[str], object] = lambda _: None,
    stopped: Callable[[], bool] = lambda: False,
) -> None:
    """Learn from a running session until told to stop, or until the server has gone.

    Args:
        client: connected to the server
        address: of the server, kept with the labels
        folder: for labels and networks; the server has to be one of whose ``--models`` it is
        model: the network that the session was started with
        options: how
        on_event: called with a sentence when something has happened
        stopped: asked often

    Raises:
        InputError: the folder can't be used, or a file is not what it should be
        ConnectionFailed: the server has gone, or there is no Dask scheduler
    """
    folder.mkdir(parents=True, exist_ok=True)
    model = find_model(model)
    theory = _theory(model)
    old = mix_in(options.data, folder, options.seed)
    with (
        LiveLabels(folder, theory, address) as labels,
        label_queue(theory, options.scheduler) as queue,
        ThreadPoolExecutor(1, "training") as executor,
    ):
        settings = replace(options.settings, seed=options.seed)
        succession = Succession(client, folder, model, old, settings, labels, executor, on_event)
        learner = _LiveLearner(client, options, labels, queue, succession, on_event)
        try:
            while not (stopped() or client.lost):
                learner.step()
                time.sleep(TICK)
        finally:
            succession.stopping = True
        if client.lost:
            raise client.lost


class _LiveLearner:
    """What is known of the session, and what is under way. :meth:`step` is called again and again."""

    def __init__(
        self,
        client: Client,
        options: LiveLearningOptions,
        labels: LiveLabels,
        queue: LabelQueue,
        succession: Succession,
        on_event: Callable[[str], object],
    ) -> None:
        self._client = client
        self._options = options
        self._labels = labels
        self._queue = queue
        self._succession = succession
        self._on_event = on_event
        self._candidates = LiveCandidates(labels, options.every_frame, options.seed)
        self._reports = 0
        self._status: dict[str, Any] = {}
        self._next_report = 0.0
        self._wanted = True
        if options.every_frame:
            client.subscribe_frames(every=True)
        else:
            client.subscribe_frames(FRAME_INTERVAL)

    def step(self) -> None:
        """Look at what has come, and begin what can be begun."""
        if time.monotonic() >= self._next_report:
            self._exchange()
        self._watch_new()
        for task, label in self._queue.finished():
            self._labels.add(task, label)
            if not label.converged:
                self._on_event(f"A label failed: {label.reason}")
        if self._succession.advance(self._status, self._may_label and not self._until_next):
            self._candidates.clear()
            self._next_report = 0.0
        if self._may_label:
            self._begin_labels()

    def _exchange(self) -> None:
        """Ask how the session is, and tell how the learning is."""
        self._status = self._client.run(command_names.ENGINE_STATUS)
        self._watch_new()
        self._reports += 1
        progress = self._progress
        answer = self._client.run(
            command_names.REPORT_LEARNING, text=progress.sentence(), figures=progress.figures()
        )
        self._wanted = bool(answer["wanted"])
        self._next_report = time.monotonic() + REPORT_EVERY

    def _watch_new(self) -> None:
        """Look at the frames that came since the last look."""
        for frame in self._client.new_frames():
            if self._wanted:
                self._candidates.watch(frame, self._status, self._succession.engine)

    @property
    def _is_slow(self) -> bool:
        """Whether the simulation runs and is slower than it should be."""
        asked = float(self._status.get("steps_per_second_asked", 0.0))
        made = float(self._status.get("steps_per_second", 0.0))
        return bool(self._status.get("playing")) and asked > 0.0 and 0.0 < made < FEW_STEPS * asked

    @property
    def _may_label(self) -> bool:
        return self._wanted and bool(self._status) and not (self._is_slow and self._options.scheduler is None)

    @property
    def _until_next(self) -> int:
        return self._succession.until_next(self._options.every)

    def _begin_labels(self) -> None:
        pool, molecule = self._candidates.pool, self._candidates.molecule
        while pool and molecule is not None and self._queue.has_room:
            judged = self._labels.next_is_judged(self._queue.under_way)
            candidate = pool.take_random() if judged else pool.take_most_different()
            self._queue.begin(LiveTask(molecule, candidate, judged))

    @property
    def _phase(self) -> Phase:
        if not self._wanted:
            return "stopped"
        if self._succession.is_busy:
            return "training"
        return "labelling" if self._queue.under_way else "waiting"

    @property
    def _progress(self) -> LearningProgress:
        computes = str(self._status.get("engine", ""))
        return LearningProgress(
            reports=self._reports,
            phase=self._phase,
            surprised=int(self._status.get("candidates", 0)),
            candidates=len(self._candidates),
            labelling=len(self._queue.under_way),
            labels=len(self._labels),
            until_next=self._until_next,
            networks=tuple(self._succession.done),
            network=self._succession.engine,
            computes=computes,
            is_behind=self._succession.is_behind(computes),
            has_time=self._may_label,
        )


def _theory(model: Path) -> Theory:
    """The level of theory that a network was trained on, which its new labels need to have."""
    stated = load_model(model).provenance.theory
    return Theory.from_json(stated) if stated else Theory()

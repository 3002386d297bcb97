"""Learning from a running session: what its network is not sure of is labelled, learned, and the network replaced.

The learner is a client of the server, whose process never sees it: it takes frames from the stream, has them labelled
one at a time, and asks the server for the next network by ``engine/load``. It goes on where it was in its folder.
"""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.errors import AtomtugError, CommandFailed
from atomtug.core.shipped import MODEL_SUFFIX, find_model
from atomtug.core.units import KJMOL_NM_PER_FORCE, KJMOL_PER_EV
from atomtug.potential import load_model
from atomtug.server.engines import display_name
from atomtug.server.engines.names import ANN_PREFIX
from atomtug.trainer.dft.theory import Theory
from atomtug.trainer.fit import Settings
from atomtug.trainer.labels.candidates import Candidate, CandidatePool
from atomtug.vr_client.client.client_frame import ClientFrame
from atomtug.vr_client.client.grpc_client import Client
from atomtug.wire import command_names, frame_keys
from atomtug.workflows.live_labels import LabelQueue, LiveLabels, LiveMolecule, LiveTask, label_queue
from atomtug.workflows.live_networks import LiveNetwork, accepted, add_network, read_networks
from atomtug.workflows.live_progress import LearningProgress, Phase, change
from atomtug.workflows.live_training import LIVE_SETTINGS, Verdict, mix_in, train_next

FRAME_INTERVAL = 0.1
"""Seconds between two frames that are looked at: neighbours are nearly alike."""
APART = 0.007
"""Picoseconds between two candidates, likewise, where every frame is looked at."""
TICK = 0.05
"""Seconds between two looks at what has come."""
REPORT_EVERY = 1.0
"""Seconds between two reports to the server."""
FEW_STEPS = 0.9
"""Of the MD steps asked for; below that the machine has no time for labels beside the simulation."""
LOST = 100.0
"""kJ/mol; where the members are farther apart the network has led the atoms to where no hand would: hundreds of
kcal/mol up, and of no use to what is learned next."""
RETRY = 5.0
"""Seconds until a network that could not take over is offered again."""
NETWORK = "learned-"
"""Begins the names of the networks' files."""


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
        ThreadPoolExecutor(1, "training") as training,
    ):
        learner = _LiveLearner(client, folder, model, old, options, labels, queue, training, on_event)
        try:
            while not (stopped() or client.lost):
                learner.step()
                time.sleep(TICK)
        finally:
            learner.stopping = True
        if client.lost:
            raise client.lost


def is_of_use(frame: ClientFrame, engine: str) -> bool:
    """Whether a network was not sure of a frame, and might learn from it; ``engine`` is its name at the server."""
    return (
        bool(frame.get(frame_keys.ENGINE_UNSURE))
        and frame.get(frame_keys.ENGINE_NAME) == engine
        and float(frame.get(frame_keys.ENGINE_UNCERTAINTY, 0.0)) <= LOST
    )


class _LiveLearner:
    """What is known of the session, and what is under way. :meth:`step` is called again and again."""

    def __init__(
        self,
        client: Client,
        folder: Path,
        model: Path,
        old: list[Path],
        options: LiveLearningOptions,
        labels: LiveLabels,
        queue: LabelQueue,
        training: ThreadPoolExecutor,
        on_event: Callable[[str], object],
    ) -> None:
        self._client = client
        self._folder = folder
        self._old = old
        self._options = options
        self._labels = labels
        self._queue = queue
        self._training = training
        self._on_event = on_event
        self._done = read_networks(folder)
        taken = [folder / each.file for each in accepted(self._done) if (folder / each.file).exists()]
        self._model = taken[-1] if taken else model.resolve()
        """The network that was accepted last, or the one of the beginning."""
        self._trained_at = self._done[-1].labels if self._done else 0
        """Labels that there were at the last training."""
        self._molecule: LiveMolecule | None = None
        self._pool: CandidatePool | None = None
        self._frame = 0
        self._reports = 0
        self._taken_at = (-1, 0.0)
        """Which simulation the last candidate came from, and when in it, ps."""
        self._status: dict[str, Any] = {}
        self._began = time.monotonic()
        self._next_report = 0.0
        self._next_offer = 0.0
        self._wanted = True
        self._verdict: Future[Verdict] | None = None
        self._offer: Future[dict[str, Any]] | None = None
        self._refusal = ""
        self._installed: Path | None = None
        """The network that took over last: a client that chooses another afterwards is left its choice."""
        self.stopping = False
        """Whether the training under way is to end."""
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
        self._take_turns()
        if self._may_label:
            self._begin_labels()

    # The session ----------------------------------------------------------------------------------------

    @property
    def _engine(self) -> str:
        """The name of the network that learns, as the server shows it."""
        return display_name(f"{ANN_PREFIX}{self._model}")

    def _exchange(self) -> None:
        """Ask how the session is, and tell how the learning is."""
        self._status = self._client.run(command_names.ENGINE_STATUS)
        self._watch_new()
        self._reports += 1
        answer = self._client.run(
            command_names.REPORT_LEARNING, text=self._progress.sentence(), figures=self._progress.figures()
        )
        self._wanted = bool(answer["wanted"])
        self._next_report = time.monotonic() + REPORT_EVERY

    def _watch_new(self) -> None:
        """Look at the frames that came since the last look."""
        for frame in self._client.new_frames():
            self._watch(frame)

    def _watch(self, frame: ClientFrame) -> None:
        """Take a frame as a candidate if the network was not sure of it."""
        if not frame.count or not self._status:
            return
        if not self._wanted or not is_of_use(frame, self._engine):
            return
        pool = self._pool_of(frame)
        if pool is None or not self._is_apart(frame):
            return
        energy = frame.potential_energy - float(frame.get(frame_keys.ENGINE_ENERGY_OFFSET, 0.0))
        forces = frame.get(frame_keys.PARTICLE_FORCES_SYSTEM, ())
        candidate = Candidate(
            self._frame,
            frame.positions,
            self._engine,
            energy / KJMOL_PER_EV,
            _in_threes(forces) / KJMOL_NM_PER_FORCE,
        )
        self._frame += pool.add(candidate)

    def _is_apart(self, frame: ClientFrame) -> bool:
        """Whether a frame is not just after the last candidate."""
        now = (
            int(frame.get(frame_keys.SIMULATION_COUNTER, 0)),
            float(frame.get(frame_keys.SIMULATION_TIME, 0.0)),
        )
        if (
            self._options.every_frame
            and now[0] == self._taken_at[0]
            and 0.0 <= now[1] - self._taken_at[1] < APART
        ):
            return False
        self._taken_at = now
        return True

    def _pool_of(self, frame: ClientFrame) -> CandidatePool | None:
        """The candidates of what is simulated now; None as long as the server has not said what that is."""
        status = self._status
        if frame.get(frame_keys.SIMULATION_NAME) != status["system"]:
            return None
        molecule = LiveMolecule(
            str(status["system"]), frame.numbers, int(status["charge"]), int(status["multiplicity"])
        )
        if self._pool is None or self._molecule is None or self._molecule.key != molecule.key:
            self._molecule, self._frame = molecule, self._labels.first_frame(molecule)
            self._pool = CandidatePool(molecule.numbers, self._options.seed)
            self._labels.tell(self._pool, molecule)
        return self._pool

    # Labels ---------------------------------------------------------------------------------------------

    @property
    def _is_slow(self) -> bool:
        """Whether the simulation runs and is slower than it should be."""
        asked = float(self._status.get("steps_per_second_asked", 0.0))
        made = float(self._status.get("steps_per_second", 0.0))
        return bool(self._status.get("playing")) and asked > 0.0 and 0.0 < made < FEW_STEPS * asked

    @property
    def _may_label(self) -> bool:
        return self._wanted and bool(self._status) and not (self._is_slow and self._options.scheduler is None)

    def _begin_labels(self) -> None:
        pool, molecule = self._pool, self._molecule
        while pool and molecule is not None and self._queue.has_room:
            judged = self._labels.next_is_judged
            candidate = pool.take_random() if judged else pool.take_most_different()
            self._queue.begin(LiveTask(molecule, candidate, judged))

    # Networks -------------------------------------------------------------------------------------------

    @property
    def _until_next(self) -> int:
        return max(0, self._trained_at + self._options.every - len(self._labels))

    def _take_turns(self) -> None:
        """Train when there are enough labels, and let what was accepted take over."""
        if self._verdict is not None:
            if self._verdict.done():
                verdict, self._verdict = self._verdict, None
                self._judge(verdict)
        elif self._offer is not None:
            if self._offer.done():
                offer, self._offer = self._offer, None
                self._answer(offer)
        elif self._is_behind and time.monotonic() >= self._next_offer:
            load = partial(self._client.run, command_names.LOAD_ENGINE, engine=self._engine)
            self._offer = self._training.submit(load)
        elif self._may_label and not self._until_next:
            self._labels.save()
            self._trained_at = len(self._labels)
            out = self._folder / "kept-aside" / f"{NETWORK}{self._number}{MODEL_SUFFIX}"
            out.parent.mkdir(exist_ok=True)
            self._verdict = self._training.submit(
                train_next,
                out,
                self._model,
                self._labels.learned.path,
                self._labels.judged.path,
                self._old,
                replace(self._options.settings, seed=self._options.seed + self._number),
                lambda: self.stopping,
            )

    @property
    def _number(self) -> int:
        return 1 + (self._done[-1].number if self._done else 0)

    @property
    def _is_behind(self) -> bool:
        """Whether the server computes with a network that one of this folder came from."""
        now = str(self._status.get("engine", ""))
        before = {display_name(f"{ANN_PREFIX}{each.start}") for each in accepted(self._done)}
        return self._installed != self._model and now != self._engine and now in before

    def _judge(self, outcome: "Future[Verdict]") -> None:
        try:
            verdict = outcome.result()
        except AtomtugError as error:
            self._on_event(f"No network was trained: {error}")
            return
        number, path = self._number, verdict.path
        if verdict.accepted:
            path = path.replace(self._folder / path.name)
        before, after = verdict.before, verdict.after
        done = LiveNetwork(
            number,
            str(path.relative_to(self._folder)),
            self._model.name,
            self._trained_at,
            self._surprised,
            verdict.accepted,
            verdict.objection,
            _plain(before.energy),
            _plain(after.energy),
            _plain(before.forces),
            _plain(after.forces),
            datetime.now(UTC).isoformat(timespec="seconds"),
            (time.monotonic() - self._began) / 60.0,
        )
        add_network(self._folder, done)
        self._done.append(done)
        if not verdict.accepted:
            self._on_event(f"{path.stem} is kept aside: {verdict.objection}.")
            return
        self._model = path
        self._next_offer = 0.0

    def _answer(self, offer: "Future[dict[str, Any]]") -> None:
        try:
            offer.result()
        except CommandFailed as error:
            self._next_offer = time.monotonic() + RETRY
            if str(error) != self._refusal:
                self._on_event(f"{self._engine} can't take over yet: {error}")
            self._refusal = str(error)
            return
        self._refusal, self._installed = "", self._model
        last = self._done[-1]
        self._on_event(
            f"{self._engine} took over after {len(self._labels)} labels; errors on what you just did: "
            f"{change(last.error_before_kcal, last.error_after_kcal)} kcal/mol, "
            f"{change(last.force_error_before_kcal_A, last.force_error_after_kcal_A)} kcal/mol/Å."
        )
        if self._pool is not None:
            self._pool.clear()  # what the network before was not sure of
        self._next_report = 0.0

    # What is told ---------------------------------------------------------------------------------------

    @property
    def _surprised(self) -> int:
        return int(self._status.get("candidates", 0))

    @property
    def _phase(self) -> Phase:
        if not self._wanted:
            return "stopped"
        if self._verdict is not None or self._offer is not None:
            return "training"
        return "labelling" if self._queue.under_way else "waiting"

    @property
    def _progress(self) -> LearningProgress:
        return LearningProgress(
            reports=self._reports,
            phase=self._phase,
            surprised=self._surprised,
            candidates=len(self._pool or ()),
            labelling=self._queue.under_way,
            labels=len(self._labels),
            until_next=self._until_next,
            networks=tuple(self._done),
            network=self._engine,
            computes=str(self._status.get("engine", "")),
            is_behind=self._is_behind,
            has_time=self._may_label,
        )


def _theory(model: Path) -> Theory:
    """The level of theory that a network was trained on, which its new labels need to have."""
    stated = load_model(model).provenance.theory
    return Theory.from_json(stated) if stated else Theory()


def _in_threes(values: Iterable[float]) -> Floats:
    return np.asarray(values, dtype=np.float64).reshape(-1, 3)


def _plain(value: float) -> float | None:
    return None if value != value else value

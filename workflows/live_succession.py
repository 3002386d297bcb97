"""Networks one after another: each is trained beside a running session, judged, and offered to its server."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from atomtug.core.errors import AtomtugError, CommandFailed
from atomtug.core.shipped import MODEL_SUFFIX
from atomtug.server.engines import display_name
from atomtug.server.engines.names import ANN_PREFIX
from atomtug.trainer.fit import Settings
from atomtug.vr_client.client.grpc_client import Client
from atomtug.wire import command_names
from atomtug.workflows.live_labels import LiveLabels
from atomtug.workflows.live_networks import LiveNetwork, accepted, add_network, read_networks
from atomtug.workflows.live_progress import change
from atomtug.workflows.live_training import Verdict, train_next

RETRY = 5.0
"""Seconds until a network that could not take over is offered again."""
NETWORK = "learned-"
"""Begins the names of the networks' files."""


class Succession:
    """The networks of a folder, and the training or the offer that is under way.

    Args:
        client: connected to the server
        folder: for the networks; what it holds is gone on with
        model: the network that the session was started with
        old: data sets that each training sees as well
        settings: of each training
        labels: to train on, and to judge by
        executor: runs trainings and offers, one at a time
        on_event: called with a sentence when something has happened
    """

    def __init__(
        self,
        client: Client,
        folder: Path,
        model: Path,
        old: list[Path],
        settings: Settings,
        labels: LiveLabels,
        executor: ThreadPoolExecutor,
        on_event: Callable[[str], object],
    ) -> None:
        self._client = client
        self._folder = folder
        self._old = old
        self._settings = settings
        self._labels = labels
        self._executor = executor
        self._on_event = on_event
        self.done = read_networks(folder)
        """All networks, those kept aside too."""
        taken = [folder / each.file for each in accepted(self.done) if (folder / each.file).exists()]
        self._model = taken[-1] if taken else model.resolve()
        """The network that was accepted last, or the one of the beginning."""
        self._trained_at = self.done[-1].labels if self.done else 0
        """Labels that there were at the last training."""
        self._began = time.monotonic()
        self._next_offer = 0.0
        self._verdict: Future[Verdict] | None = None
        self._offer: Future[dict[str, Any]] | None = None
        self._refusal = ""
        self._installed: Path | None = None
        """The network that took over last: a client that chooses another afterwards is left its choice."""
        self.stopping = False
        """Whether the training under way is to end."""

    @property
    def engine(self) -> str:
        """The name of the network that learns, as the server shows it."""
        return display_name(f"{ANN_PREFIX}{self._model}")

    @property
    def is_busy(self) -> bool:
        """Whether a training or an offer is under way."""
        return self._verdict is not None or self._offer is not None

    def until_next(self, every: int) -> int:
        """Labels until the next training, where one comes after ``every`` labels."""
        return max(0, self._trained_at + every - len(self._labels))

    def is_behind(self, engine: str) -> bool:
        """Whether ``engine``, with which the server computes, is a network of the folder that another followed."""
        before = {display_name(f"{ANN_PREFIX}{each.start}") for each in accepted(self.done)}
        return self._installed != self._model and engine != self.engine and engine in before

    def advance(self, status: dict[str, Any], may_train: bool) -> bool:
        """Judge what is trained, offer what was accepted, or train the next; returns whether a network took over.

        Args:
            status: the server's answer to ``engine/status``
            may_train: whether a training may begin
        """
        if self._verdict is not None:
            if self._verdict.done():
                verdict, self._verdict = self._verdict, None
                self._judge(verdict, int(status.get("candidates", 0)))
        elif self._offer is not None:
            if self._offer.done():
                offer, self._offer = self._offer, None
                return self._take_answer(offer)
        elif self.is_behind(str(status.get("engine", ""))) and time.monotonic() >= self._next_offer:
            load = partial(self._client.run, command_names.LOAD_ENGINE, engine=self.engine)
            self._offer = self._executor.submit(load)
        elif may_train:
            self._train()
        return False

    @property
    def _number(self) -> int:
        return 1 + (self.done[-1].number if self.done else 0)

    def _train(self) -> None:
        self._labels.save()
        self._trained_at = len(self._labels)
        out = self._folder / "kept-aside" / f"{NETWORK}{self._number}{MODEL_SUFFIX}"
        out.parent.mkdir(exist_ok=True)
        self._verdict = self._executor.submit(
            train_next,
            out,
            self._model,
            self._labels.learned.path,
            self._labels.judged.path,
            self._old,
            replace(self._settings, seed=self._settings.seed + self._number),
            lambda: self.stopping,
        )

    def _judge(self, outcome: "Future[Verdict]", surprised: int) -> None:
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
            surprised,
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
        self.done.append(done)
        if not verdict.accepted:
            self._on_event(f"{path.stem} is kept aside: {verdict.objection}.")
            return
        self._model = path
        self._next_offer = 0.0

    def _take_answer(self, offer: "Future[dict[str, Any]]") -> bool:
        """Whether the network took over that was offered."""
        try:
            offer.result()
        except CommandFailed as error:
            self._next_offer = time.monotonic() + RETRY
            if str(error) != self._refusal:
                self._on_event(f"{self.engine} can't take over yet: {error}")
            self._refusal = str(error)
            return False
        self._refusal, self._installed = "", self._model
        last = self.done[-1]
        self._on_event(
            f"{self.engine} took over after {len(self._labels)} labels; errors on what you just did: "
            f"{change(last.error_before_kcal, last.error_after_kcal)} kcal/mol, "
            f"{change(last.force_error_before_kcal_A, last.force_error_after_kcal_A)} kcal/mol/Å."
        )
        return True


def _plain(value: float) -> float | None:
    return None if value != value else value

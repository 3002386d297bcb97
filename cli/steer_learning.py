"""Steering on a server whose network learns between the trajectories."""

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from atomtug.cli.live_learning import learner_beside
from atomtug.core.shipped import shipped_models
from atomtug.core.systems import System
from atomtug.core.text import table
from atomtug.server.app import ServerOptions, running_server
from atomtug.vr_client.client.grpc_client import Client
from atomtug.vr_client.scripted.series import SteeringSeries
from atomtug.vr_client.scripted.steering import TrialRun
from atomtug.wire import command_names
from atomtug.workflows.steering import steer_on

if TYPE_CHECKING:
    from atomtug.workflows.live_networks import LiveNetwork

ASK_EVERY = 0.5
"""Seconds between two looks at how the learning is."""


@dataclass(frozen=True)
class LearningSeries:
    """What a series is learned with.

    Args:
        model: the network to begin with
        folder: for labels and networks
        data: old labels; empty for those that come with atomtug
        every: labels after which a network is trained
        scheduler: address of a Dask cluster that labels; None for this machine
    """

    model: Path
    folder: Path
    data: tuple[Path, ...]
    every: int
    scheduler: str | None


def steer_and_learn(
    learning: LearningSeries,
    system: System,
    out: Path,
    trajectories: int,
    series: SteeringSeries,
    *,
    temperature: tuple[float, float],
    stopped: Callable[[], bool] = lambda: False,
    **options: Any,
) -> Generator[TrialRun, None, None]:
    """Steer trajectories on one server, and after each wait for the next network.

    It is waited for until a network was trained and judged, or no candidate is left. A table of the networks
    ends it.

    Args:
        learning: how it is learned
        system: with two molecules in it, unless the script needs but one
        out: folder for the recordings
        trajectories: how many
        series: what the hands do
        temperature: K, the range that each trajectory's is drawn from
        stopped: asked often
        options: others of the server, see :class:`atomtug.server.app.ServerOptions`

    Yields:
        Each trajectory when it is done.

    Raises:
        AtomtugError: the server can't start, or the script doesn't fit the system
    """
    from atomtug.workflows.live_networks import read_networks

    before = len(read_networks(learning.folder))
    server_options = ServerOptions(
        [system], recordings=out, paused=True, fps=0.0, seed=series.seed,
        models=[shipped_models(), learning.folder], **options,
    )  # fmt: skip
    with (
        running_server(server_options) as server,
        learner_beside(
            server.address,
            learning.model,
            learning.folder,
            learning.data,
            learning.every,
            learning.scheduler,
            every_frame=True,
        ),
        Client.connect(server.address) as client,
    ):
        _wait(client, stopped, lambda status: bool(status["present"]))
        runs = steer_on(
            lambda: Client.connect(server.address),
            trajectories,
            series,
            temperature=temperature,
            stopped=stopped,
        )
        for run in runs:
            yield run
            ended = _status(client)["figures"]
            _wait(client, stopped, lambda status, ended=ended: _settled(status["figures"], ended))  # type: ignore[misc]
    click.echo("\n" + _table(read_networks(learning.folder)[before:]))


def _status(client: Client) -> dict[str, Any]:
    return client.run(command_names.LEARNING_STATUS)


def _judged(figures: dict[str, Any]) -> int:
    return int(figures.get("networks", 0)) + int(figures.get("kept_aside", 0))


def _settled(figures: dict[str, Any], ended: dict[str, Any]) -> bool:
    """Whether another network was judged since a trajectory ended, or there is nothing more to label.

    A report that was being made at the end may not know of the last frames, so it has to be the second one after.
    """
    if int(figures.get("reports", 0)) < int(ended.get("reports", 0)) + 2:
        return False
    idle = figures.get("phase") == "waiting" and not figures.get("candidates")
    return idle or (_judged(figures) > _judged(ended) and figures.get("phase") != "training")


def _wait(client: Client, stopped: Callable[[], bool], condition: Callable[[dict[str, Any]], bool]) -> None:
    said = ""
    while not stopped():
        status = _status(client)
        if status["text"] != said:
            said = str(status["text"])
            click.echo(f"Learning: {said}", err=True)
        if condition(status):
            return
        time.sleep(ASK_EVERY)


def _table(networks: "Sequence[LiveNetwork]") -> str:
    rows = [("network", "labels", "surprised", "kcal/mol", "kcal/mol/Å", "took over")]
    for each in networks:
        energy = _change(each.error_before_kcal, each.error_after_kcal)
        forces = _change(each.force_error_before_kcal_A, each.force_error_after_kcal_A)
        over = "yes" if each.accepted else f"no: {each.objection}"
        rows.append((Path(each.file).stem, str(each.labels), str(each.surprised), energy, forces, over))
    if len(rows) == 1:
        return "No network was trained: too few frames surprised it."
    return "Networks, with their errors on geometries that they did not learn\n" + table(rows[0], rows[1:])


def _change(before: float | None, after: float | None) -> str:
    return "" if before is None or after is None else f"{before:.2f} → {after:.2f}"

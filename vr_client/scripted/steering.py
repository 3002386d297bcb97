"""Running a trial on a server and recording it."""

import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from atomtug.core.errors import CommandFailed, ConnectionFailed
from atomtug.vr_client.client.client_frame import ClientFrame
from atomtug.vr_client.client.grpc_client import Client
from atomtug.vr_client.scripted.hands import Plan
from atomtug.vr_client.scripted.outcome import Outcome
from atomtug.vr_client.scripted.perform import perform
from atomtug.wire import command_names

Connect = Callable[[], Client]


@dataclass(frozen=True)
class TrialRun:
    """A trial that was run.

    Args:
        name: name of the recording
        path: where the server put the recording; empty if it could not
        outcome: what happened
        stopped: whether the simulation stopped or the server went away before the plan was finished
        recording_error: why the recording ended before the trial did; empty if it did not
    """

    name: str
    path: str
    outcome: Outcome
    stopped: bool = False
    recording_error: str = ""

    @property
    def as_intended(self) -> bool:
        """Whether the aim was reached, and is recorded."""
        return self.outcome.as_intended and not self.recording_error


@contextmanager
def reset_server(connect: Connect, **dynamics: float) -> Iterator[Client]:
    """A client of a server that someone else runs, its simulation reset and paused.

    Args:
        connect: makes the connection
        dynamics: what ``dynamics/set`` is to change: temperature, friction, timestep

    Raises:
        AtomtugError: there is no such server, or it can't do this
    """
    with connect() as client:
        client.run(command_names.PAUSE)
        if dynamics:
            client.run(command_names.SET_DYNAMICS, **dynamics)
        client.run(command_names.RESET)
        try:
            yield client
        finally:
            with contextlib.suppress(ConnectionFailed, CommandFailed):
                client.run(command_names.PAUSE)


def run_trial(
    client: Client,
    make_plan: Callable[[ClientFrame], Plan[Outcome]],
    target: int | None,
    name: str,
    stopped: Callable[[], bool] = lambda: False,
) -> TrialRun:
    """Carry a plan out on a server, and record it.

    A simulation that stops, or a server that goes away, ends the trial, not the series: that is its outcome.

    Args:
        client: connected to a server that stands at the beginning
        make_plan: first frame -> the plan
        target: what the plan aims at, for an outcome that is not its own
        name: of the recording
        stopped: asked at each frame whether to stop

    Raises:
        PlanAbandoned: ``stopped`` said so; the recording is closed
        InputError: the plan does not fit the simulation
        CommandFailed: the recording can't be started
    """
    client.wait_for_frame()
    path = str(client.run(command_names.START_RECORDING, name=name).get("path", ""))
    try:
        outcome, ended_early = perform(client, make_plan, stopped=stopped), False
    except (CommandFailed, ConnectionFailed) as cause:
        outcome, ended_early = Outcome(str(cause), target), True
    finally:
        ended_at, error = _stop(client)
    return TrialRun(name, ended_at or path, outcome, ended_early, error)


def _stop(client: Client) -> tuple[str, str]:
    """Pause, end the recording, and say where it is, and why it ended before that if it did."""
    result: dict[str, Any] = {}
    status: dict[str, Any] = {}
    with contextlib.suppress(CommandFailed, ConnectionFailed):
        client.run(command_names.PAUSE)
    with contextlib.suppress(CommandFailed, ConnectionFailed):
        result = client.run(command_names.STOP_RECORDING)
    with contextlib.suppress(CommandFailed, ConnectionFailed):
        status = client.run(command_names.RECORDING_STATUS)
    return str(result.get("path", "")), str(status.get("error", ""))

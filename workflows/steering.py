"""Many trajectories by scripted hands: on a server of their own each, or on one that runs already."""

from collections.abc import Callable, Generator, Mapping
from pathlib import Path

import numpy as np

from atomtug.core.systems import System
from atomtug.server.app import ServerOptions, running_server
from atomtug.server.dynamics.uncertainty import DEFAULT_LIMIT, UncertaintyOptions, WhenUnsure
from atomtug.vr_client.client.client_frame import ClientFrame
from atomtug.vr_client.client.grpc_client import Client
from atomtug.vr_client.scripted.hands import Plan
from atomtug.vr_client.scripted.outcome import Outcome
from atomtug.vr_client.scripted.perform import PlanAbandoned
from atomtug.vr_client.scripted.series import ABSTRACTIONS, SteeringSeries
from atomtug.vr_client.scripted.steering import TrialRun, reset_server, run_trial
from atomtug.vr_client.scripted.trials import draw_trial, plan_on_the_spot
from atomtug.wire import frame_keys

Stopped = Callable[[], bool]


def steer(
    system: System,
    out: Path,
    trajectories: int = 1,
    series: SteeringSeries = ABSTRACTIONS,
    *,
    engine: str = "pm6",
    temperature: tuple[float, float] = (300.0, 300.0),
    friction: float = 1.0,
    timestep: float = 0.5,
    steps_per_frame: int = 5,
    uncertainty_limit: float = DEFAULT_LIMIT,
    when_unsure: WhenUnsure = UncertaintyOptions.when_unsure,
    anyway: bool = False,
    cool_after_pull: float = 0.0,
    follow_state: bool = True,
    first: int = 0,
    stopped: Stopped = lambda: False,
) -> Generator[TrialRun, None, None]:
    """Steer trajectories, each on a server of its own, so that what one leaves behind can't reach the next.

    Args:
        system: with two molecules in it, unless the script needs but one
        out: folder for the recordings
        trajectories: how many
        series: what the hands do
        engine: as ``atomtug serve`` names it
        temperature: K, the range that each trajectory's is drawn from
        friction: of the thermostat, 1/ps
        timestep: fs
        steps_per_frame: MD steps between two frames
        uncertainty_limit: kJ/mol from which on a network counts as unsure
        when_unsure: what is done then, see :class:`atomtug.server.dynamics.uncertainty.UncertaintyOptions`
        anyway: take a network even for a charge or multiplicity that it was not trained on
        cool_after_pull: 1/ps, friction for a short time after each release; 0 for none
        follow_state: whether Sparrow's methods look for lower electronic states while bonds break
        first: place in the series of the first trajectory, which what is drawn for it follows from
        stopped: asked at each frame whether to stop

    Yields:
        Each trajectory when it is done; not the one under way when ``stopped`` says so.

    Raises:
        AtomtugError: a server can't start, or the script doesn't fit the system
    """
    for number in range(first, first + trajectories):
        if stopped():
            return
        trial = draw_trial(system, number, series, temperature)
        options = ServerOptions(
            systems=[trial.system],
            engine=engine,
            anyway=anyway,
            cool_after_pull=cool_after_pull,
            uncertainty_limit=uncertainty_limit,
            when_unsure=when_unsure,
            follow_state=follow_state,
            friction=friction,
            timestep=timestep,
            steps_per_frame=steps_per_frame,
            recordings=out,
            temperature=trial.temperature,
            seed=trial.seed,
            paused=True,
            fps=0.0,
        )
        with running_server(options) as server, Client.connect(server.address) as client:
            name = series.recording_name(system.name, number)
            try:
                run = run_trial(client, trial.make_plan, trial.target, name, stopped=stopped)
            except PlanAbandoned:
                return
            yield run


def steer_on(
    connect: Callable[[], Client],
    trajectories: int = 1,
    series: SteeringSeries = ABSTRACTIONS,
    *,
    temperature: tuple[float, float] | None = None,
    dynamics: Mapping[str, float] | None = None,
    first: int = 0,
    stopped: Stopped = lambda: False,
) -> Generator[TrialRun, None, None]:
    """Steer trajectories on a server that runs already and records in its own folder.

    Args:
        connect: makes a connection to it; called for each trajectory
        trajectories: how many
        series: what the hands do, from where the radical is
        temperature: K, the range that each trajectory's is drawn from; None to leave the server's
        dynamics: what else ``dynamics/set`` is to change: friction, timestep
        first: place in the series of the first trajectory, which what is drawn for it follows from
        stopped: asked at each frame whether to stop

    Yields:
        Each trajectory when it is done; not the one under way when ``stopped`` says so.

    Raises:
        AtomtugError: there is no such server, or the script doesn't fit its system
    """
    for number in range(first, first + trajectories):
        if stopped():
            return
        changes = dict(dynamics or {})
        if temperature is not None:
            changes["temperature"] = float(np.random.default_rng([series.seed, number]).uniform(*temperature))

        def make_plan(frame: ClientFrame, number: int = number) -> Plan[Outcome]:
            return plan_on_the_spot(frame, number, series)

        with reset_server(connect, **changes) as client:
            name = str(client.current_frame.get(frame_keys.SIMULATION_NAME, "server"))
            try:
                run = run_trial(client, make_plan, None, series.recording_name(name, number), stopped=stopped)
            except PlanAbandoned:
                return
            yield run

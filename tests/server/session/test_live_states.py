"""A bond pulled apart on a live server: clients are told of the change of electronic state, and it is recorded."""

from pathlib import Path

import numpy as np
import pytest
from rpc_client import RawClient, spring

from atomtug.core.systems import System
from atomtug.recordings import Recording
from atomtug.server.app import ServerOptions, running_server

HYDROGEN = System("hydrogen", np.array([1, 1]), np.array([[0.0, 0.0, -0.37], [0.0, 0.0, 0.37]]))


def options(folder: Path, **changes) -> ServerOptions:
    return ServerOptions(
        [HYDROGEN], fps=100.0, timestep=0.25, temperature=10.0, wall_radius=0.0, recordings=folder, **changes
    )


@pytest.fixture
def server(tmp_path):
    with running_server(options(tmp_path)) as running:
        yield running


def pull_apart(client) -> None:
    for key, atom, sign in (("interaction.a", 0, -1), ("interaction.b", 1, 1)):
        place = (0.0, 0.0, sign * 0.2)
        client.update({key: spring(atom, position=place, scale=6e4, mass_weighted=False)})


def apart(positions: list[float]) -> bool:
    return bool(np.linalg.norm(np.subtract(positions[:3], positions[3:])) > 0.3)


def test_a_change_of_state_is_told_and_recorded(client):
    log = client.frames(every=True)
    log.wait_for("particle.positions", lambda positions: len(positions) == 6)
    client.run("recording/start", name="apart")
    assert client.run("engine/status")["settings"]["follow_state"] is True
    pull_apart(client)
    log.wait_for("particle.positions", apart)
    assert log.current["engine.state_changes"] >= 1
    before, after = log.current["engine.state_changed"]
    assert before > after
    log.wait_for("engine.spin_square", lambda value: value > 0.9)
    assert sorted(np.sign(log.current["particle.spins"])) == [-1.0, 1.0]
    path = client.run("recording/stop")["path"]
    with Recording(path) as recording:
        events = [event for event in recording.events if event.kind == "state_change"]
        assert events
        assert events[-1].data["before"] > events[-1].data["after"]
        spin_square = recording.column("spin_square")
        assert spin_square[0] == pytest.approx(0.0, abs=1e-6)
        assert spin_square[-1] > 0.9


def test_following_can_be_switched_off(tmp_path):
    with (
        running_server(options(tmp_path, follow_state=False)) as running,
        RawClient(running.address) as client,
    ):
        assert "follow_state" not in client.run("engine/status")["settings"]
        log = client.frames(every=True)
        pull_apart(client)
        log.wait_for("particle.positions", apart)
        assert log.current["engine.state_changes"] == 0
        assert log.current["engine.spin_square"] == pytest.approx(0.0, abs=1e-6)

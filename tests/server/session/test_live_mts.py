"""Multiple time steps through the real server: swapped to and from, undone, and told on screen."""

import grpc
import numpy as np
import pytest
from rpc_client import refused, spring

from atomtug.core.systems import load_system
from atomtug.core.units import KJMOL_PER_EV, NM_PER_ANGSTROM
from atomtug.server.app import ServerOptions, running_server
from atomtug.server.engines import create_engine

FIRST, SECOND = "mts:pm6/am1?n=3", "mts:pm6/am1?n=4"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    options = ServerOptions(
        systems=[load_system("methane")],
        engine=FIRST,
        fps=100.0,
        steps_per_frame=2,
        timestep=0.02,  # what a test meets on the way is not up to the machine
        recordings=tmp_path_factory.mktemp("recordings"),
        models=[],
    )
    with running_server(options) as running:
        yield running


def test_swaps_hands_undo_and_refusals(server, client):
    log = client.frames(every=True)
    shared = client.states()

    def goes_on(steps: int = 12) -> None:
        step = log.current["system.simulation.step"]
        log.wait(lambda: log.current["system.simulation.step"] > step + steps, "the simulation to go on")

    log.wait_for("system.simulation.step", lambda step: step > 6)
    shared.wait_for("engine.current", lambda name: name == FIRST)
    assert FIRST in client.run("engine/list")["engines"]
    with refused(
        grpc.StatusCode.FAILED_PRECONDITION, "every 3 steps, which are 6 fs with a time step of 2 fs"
    ):
        client.run("dynamics/set", timestep=2.0)
    assert client.run("dynamics/set")["timestep"] == 0.02
    goes_on()

    client.run("engine/load", engine="pm6")
    goes_on()
    answer = client.run("engine/load", engine=SECOND)
    assert (answer["engine"], answer["settings"]["n"]) == (SECOND, 4)
    shared.wait_for("engine.current", lambda name: name == SECOND)
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "There is no engine called"):
        client.run("engine/load", engine="mts:pm6/ann:none?n=4")
    goes_on()

    client.update({"interaction.a": spring(1, scale=50.0)})
    log.wait(lambda: log.current.get("energy.user.total", 0.0) != 0.0, "the hand to act")
    goes_on()
    client.update({"interaction.a": None})
    client.run("playback/reset")
    client.run("playback/step_back")
    client.run("playback/play")
    goes_on()

    stood = log.current["system.simulation.step"]
    client.run("playback/pause")
    client.run("playback/step")
    log.wait_for("system.simulation.step", lambda step: step > stood)
    log.wait_for("playback.playing", lambda playing: not playing)
    frame = log.current
    assert frame["engine.name"] == SECOND
    positions = np.reshape(frame["particle.positions"], (7, 3)) / NM_PER_ANGSTROM
    exact = create_engine("pm6", load_system("methane")).evaluate(positions)
    told = frame["energy.potential"] - frame["engine.energy_offset"]
    assert told == pytest.approx(exact.energy * KJMOL_PER_EV, abs=0.5)  # PM6's, or shifted to it steps ago

"""Hostile conditions: floods of updates, a disk that fills up, a clock that is set. The simulation goes on."""

import itertools
import os
import threading
import time
from pathlib import Path

import grpc
import numpy as np
import psutil
import pytest
from rpc_client import RPCS, RawClient, spring, struct
from server_process import HARMONIC, serving
from test_hostile_clients import ANSWERS, goes_on

from atomtug.core.errors import AtomtugError
from atomtug.protos import rpc_path, state_pb2
from atomtug.recordings import Recording

# Floods -------------------------------------------------------------------------------------------------

FLOOD = 4.0
"""Seconds."""
ROOM = 300 * 2**20
"""Bytes that a flood may cost: the state's limit, on its way to several readers."""


@pytest.mark.slow
def test_a_flood_of_updates_costs_bounded_memory_and_others_go_on(tmp_path):
    with (
        serving("serve", "--port", 0, "--recordings", tmp_path, "--engine", HARMONIC, "--fps", 50) as running,
        RawClient(running.address) as bystander,
        RawClient(running.address) as flooder,
        RawClient(running.address) as sleeper,
    ):
        log = bystander.frames(every=True)
        goes_on(log)
        states = sleeper.subscribe("SubscribeStateUpdates", b"")  # and is never read again
        next(states)
        before = memory(running.process.pid)
        floods = [
            lambda k: {f"flood.{k}": "x" * 1000},  # ever new keys
            lambda k: {f"heavy.{k % 4}": str(k) + "x" * 2_000_000},  # large ones
            lambda k: {
                "interaction.flood": spring(5, scale=1.0 + k % 7, note="x" * 10_000)
            },  # in the journal
            lambda k: {"interaction.flood": None, f"interaction.{k}": spring(1, scale=0.0)},
        ]
        ends = time.monotonic() + FLOOD
        threads = [threading.Thread(target=flood, args=(flooder, make, ends)) for make in floods]
        count = len(log.messages)
        for thread in threads:
            thread.start()
        highest = before
        while any(thread.is_alive() for thread in threads):
            highest = max(highest, memory(running.process.pid))
            log.more(1)  # frames come all the while
            time.sleep(0.05)
        assert len(log.messages) - count > 5
        assert highest - before < ROOM
        assert bystander.update({"interaction.mine": spring(2, position=(0.3, 0, 0), scale=5.0)})
        log.wait_for("forces.user.index", lambda held: 2 in held)
        flooder.close()
        log.wait_for("forces.user.index", lambda held: held == [2])


def flood(client: RawClient, make, ends: float) -> None:
    """As many updates under way at once as fit, until the time is over."""
    call = client.channel.unary_unary(rpc_path(RPCS["UpdateState"]))
    under_way: list[grpc.Future] = []
    for k in itertools.count():
        if time.monotonic() > ends:
            break
        update = state_pb2.StateUpdate(changed_keys=struct(make(k)))
        message = state_pb2.UpdateStateRequest(access_token="flood", update=update).SerializeToString()
        under_way.append(call.future(message))
        if len(under_way) >= 50:
            assert under_way.pop(0).code() in ANSWERS
    for each in under_way:
        assert each.code() in ANSWERS


def memory(pid: int) -> int:
    return psutil.Process(pid).memory_info().rss


# Disks --------------------------------------------------------------------------------------------------


def has_frames(path: Path) -> bool:
    try:
        with Recording(path) as recording:
            return len(recording) > 0
    except AtomtugError:
        return False


@pytest.mark.slow
def test_a_disk_that_fills_up_ends_the_recording_is_told_and_the_simulation_goes_on(tmp_path):
    arguments = ("--port", 0, "--recordings", tmp_path, "--engine", HARMONIC, "--fps", 100)
    with serving("serve", *arguments) as running, RawClient(running.address) as client:
        log = client.frames(every=True)
        log.wait(lambda: list(tmp_path.glob("*.h5")), "a recording")
        [path] = tmp_path.glob("*.h5")
        server = psutil.Process(running.process.pid)
        _, hardest = server.rlimit(psutil.RLIMIT_FSIZE)
        # Something must be on the disk before it is full.
        log.wait(lambda: has_frames(path), "frames on disk")
        # As far as a program can tell, a limit on the size of files is a disk that is full.
        server.rlimit(psutil.RLIMIT_FSIZE, (path.stat().st_size + 50_000, hardest))
        reason = log.wait_for("recording.error", bool)
        assert "The simulation goes on" in reason
        assert log.current["recording.name"] == ""
        goes_on(log)
        assert client.run("recording/status")["error"] == reason
        with Recording(path) as recording:
            assert len(list(recording.frames())) == len(recording) > 0
        server.rlimit(psutil.RLIMIT_FSIZE, (hardest, hardest))
        again = client.run("recording/start", name="again")["path"]
        goes_on(log)
        client.run("recording/stop")
    with Recording(again) as recording:
        assert recording.closed
        assert len(recording) > 0


# Clocks -------------------------------------------------------------------------------------------------

SET_CLOCK = """
import time
from pathlib import Path

real = time.time
time.time = lambda: real() + float(Path({shift!r}).read_text())
"""


@pytest.mark.slow
def test_a_clock_that_is_set_changes_nothing_but_what_is_written_of_the_time(tmp_path, monkeypatch):
    """In a server of its own, whose Python has a clock that this test sets."""
    shift = tmp_path / "shift"
    shift.write_text("0")
    (tmp_path / "sitecustomize.py").write_text(SET_CLOCK.format(shift=str(shift)))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    arguments = ("--port", 0, "--recordings", tmp_path / "runs", "--engine", HARMONIC, "--fps", 50)
    with (
        serving("serve", *arguments) as running,
        RawClient(running.address, name="me") as client,
        RawClient(running.address, name="other") as other,
    ):
        log = client.frames(every=True)
        assert client.lock({"scene": 600.0})
        for seconds in ("-315360000", "1e9", "-3600"):
            # In one piece: the server must never read half a number.
            (tmp_path / "next").write_text(seconds)
            (tmp_path / "next").replace(shift)
            goes_on(log)
            assert not other.update({"scene": [1.0]})  # the lock holds
            states = other.states(interval=0.01)
            assert client.update({"scene": [float(seconds)]})
            states.wait_for("scene", lambda value, seconds=seconds: value == [float(seconds)])
        path = client.run("recording/stop")["path"]
    with Recording(path) as recording:
        assert recording.closed
        assert len(recording) > 10
        assert (recording.steps[1:] >= recording.steps[:-1]).all()
        assert np.ptp(recording.wall_clock) > 1e9  # the clock was set indeed

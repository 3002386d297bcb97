"""A simulation process alone ends when it should, and its end is told."""

import json
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest
from handle_driver import driving, one_step
from rpc_client import PATIENCE

from atomtug.server.process import messages


def running(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_closing_ends_the_process_and_reports_nothing():
    with driving() as driver:
        driver.load()
        driver.order(messages.Play())
        driver.next(messages.Playing)
        driver.call(driver.handle.close)
        assert not running(driver.handle.pid)
        driver.set_interactions({})  # too late, and no harm
        assert driver.ended == []


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (signal.SIGKILL, "SIGKILL"),
        pytest.param(signal.SIGTERM, "SIGTERM", marks=pytest.mark.slow),
        (40, "signal 40"),
        pytest.param(signal.SIGALRM, "longer than", marks=pytest.mark.slow),
    ],
)
def test_how_it_ended_is_told_once(number, said):
    with driving() as driver:
        driver.load()
        os.kill(driver.handle.pid, number)
        driver.wait(lambda: driver.ended, "the end")
        assert said in driver.ended[0]
        driver.order(messages.Play())  # nobody hears it
    assert len(driver.ended) == 1


def test_a_calculation_that_takes_too_long_ends_the_process(tmp_path):
    watched = tmp_path / "fault"
    with driving(timeout=3.0) as driver:
        driver.load("ase:faulty_calculators.Faulty?" + json.dumps({"watch": str(watched)}))
        watched.write_text("hang")
        driver.order(messages.Play())
        driver.wait(lambda: driver.ended, "the end")
        assert driver.ended == ["a calculation took longer than 3 s"]


@pytest.mark.slow
def test_standing_still_for_longer_than_a_calculation_may_take_is_no_crime():
    with driving(timeout=3.0) as driver:
        driver.load()
        time.sleep(4.0)  # the time itself is what is tested
        assert one_step(driver).frame.step == 4
        assert driver.ended == []


def test_ctrl_c_in_the_terminal_is_not_for_the_simulation():
    with driving() as driver:
        os.kill(driver.handle.pid, signal.SIGINT)  # at once, before the process could ignore anything itself
        driver.load()
        os.kill(driver.handle.pid, signal.SIGINT)
        assert one_step(driver).frame.step == 4


SERVER_THAT_IS_KILLED = """
import asyncio, sys
from atomtug.server.process import messages
from atomtug.server.process.simulation_handle import SimulationHandle
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.core.systems import load_system
async def main():
    process = SimulationHandle("engine", 20.0, lambda handle, report: None)
    process.order(messages.Load(load_system("methane"), "ase:faulty_calculators.Harmonic", DynamicsSettings()))
    if sys.argv[1] == "playing":
        process.order(messages.Play())
    print(process.pid, flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""


@pytest.mark.parametrize("state", ["playing", pytest.param("paused", marks=pytest.mark.slow)])
def test_it_does_not_outlive_a_server_that_is_killed(state):
    with subprocess.Popen(
        [sys.executable, "-c", SERVER_THAT_IS_KILLED, state], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as server:
        try:
            pid = int(server.stdout.readline())
            assert running(pid)
        finally:
            server.kill()
    deadline = time.monotonic() + PATIENCE
    while running(pid):
        assert time.monotonic() < deadline
        time.sleep(0.01)

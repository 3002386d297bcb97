"""A simulation process alone: it obeys in order, answers, ends when it should, and its end is told."""

import asyncio
import contextlib
import inspect
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import numpy as np
import psutil
import pytest
from rpc_client import PATIENCE, wait_until

from atomtug.core.errors import CommandFailed, EngineError
from atomtug.core.systems import load_system
from atomtug.server.dynamics.force_laws import ActiveInteraction
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.server.process import messages
from atomtug.server.process.simulation_handle import MAX_QUEUED_ORDERS, SimulationHandle

METHANE, ETHANE = load_system("methane"), load_system("ethane")
SETTINGS = DynamicsSettings(steps_per_frame=4, thermostat="nve", timestep=0.5)
HARMONIC = "ase:faulty_calculators.Harmonic"


class Driver:
    """One process and all that it reports; its event loop runs in a thread."""

    def __init__(self, timeout: float = 20.0) -> None:
        self.reports: list[messages.Report] = []
        self.ended: list[str] = []
        self._news = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.handle = self.call(lambda: SimulationHandle("engine", timeout, self._receive))

    def call(self, function):
        """What ``function`` returns, or the result of the coroutine that it returns, on the event loop."""

        async def run():
            result = function()
            return await result if inspect.isawaitable(result) else result

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(timeout=PATIENCE)

    def _receive(self, handle: SimulationHandle, report: messages.Report) -> None:
        with self._news:
            if isinstance(report, messages.Ended):
                self.ended.append(report.reason)
            else:
                self.reports.append(report)
            self._news.notify_all()

    def wait(self, condition, what: str):
        deadline = time.monotonic() + PATIENCE
        with self._news:
            while not (result := condition()):
                if not self._news.wait(timeout=deadline - time.monotonic()):
                    raise AssertionError(f"waited for {what}; {self.ended or self.reports[-3:]}")
            return result

    def order(self, *orders: messages.Order) -> None:
        self.call(lambda: [self.handle.order(order) for order in orders] and None)

    def set_interactions(self, *changes) -> None:
        self.call(lambda: [self.handle.set_interactions(change) for change in changes] and None)

    def close(self) -> None:
        if not self._thread.is_alive():
            return
        self.call(self.handle.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=PATIENCE)

    def of(self, kind: type) -> list:
        return [report for report in self.reports if isinstance(report, kind)]

    def frames(self) -> list[messages.FrameReady]:
        return self.of(messages.FrameReady)

    def next(self, kind: type, after: int = 0):
        """The first report of this kind after the first so many."""
        return self.wait(
            lambda: [r for r in self.reports[after:] if isinstance(r, kind)], f"a {kind.__name__}"
        )[0]

    def load(self, engine: str = HARMONIC, system=METHANE, frame=None, settings=SETTINGS) -> None:
        start = len(self.reports)
        self.order(messages.SetFrameRate(0.0), messages.Load(system, engine, settings, frame))
        self.next(messages.Loaded, start)
        self.next(messages.FrameReady, start)


@contextlib.contextmanager
def driving(**options) -> Iterator[Driver]:
    driver = Driver(**options)
    try:
        yield driver
    finally:
        driver.close()


@pytest.fixture(scope="module")
def shared() -> Iterator[Driver]:
    with driving() as driver:
        yield driver


@pytest.fixture
def driver(shared) -> Driver:
    """Loaded with methane, standing still, nothing held."""
    shared.order(messages.Pause())
    shared.set_interactions({})
    shared.load()
    del shared.reports[:]
    return shared


def grip(*particles: int, position=(0.5, 0.5, 0.0)) -> ActiveInteraction:
    return ActiveInteraction(np.array(position, dtype=float), np.array(particles), "spring", 10.0)


def one_step(driver: Driver) -> messages.FrameReady:
    start = len(driver.reports)
    driver.order(messages.StepOnce())
    return driver.next(messages.FrameReady, start)


# Obeying ------------------------------------------------------------------------------------------------


def test_a_load_is_answered_with_the_engine_and_the_first_frame(driver):
    driver.load("pm6")
    loaded, frame = driver.of(messages.Loaded)[-1], driver.frames()[-1]
    assert loaded.engine == "pm6"
    assert loaded.settings["program"] == "sparrow"
    assert frame.begins
    assert frame.frame.step == 0
    np.testing.assert_array_equal(frame.frame.positions, METHANE.positions)


def test_it_stands_still_until_told_to_play_and_again_when_told_to_pause(driver):
    driver.order(messages.Play())
    driver.wait(lambda: len(driver.frames()) > 10, "frames")
    driver.order(messages.Pause())
    driver.wait(lambda: driver.of(messages.Playing)[-1:] == [messages.Playing(False)], "the pause")
    last = one_step(driver).frame.step  # what was on its way came before it
    assert one_step(driver).frame.step == last + 4
    steps = [report.frame.step for report in driver.frames()]
    assert steps == sorted(set(steps))
    assert set(np.diff(steps[:10])) == {4}


def test_each_step_once_is_one_frame_and_then_it_stands(driver):
    for count in range(1, 4):
        assert one_step(driver).frame.step == 4 * count
    assert [report.frame.step for report in driver.frames()] == [4, 8, 12]
    driver.wait(lambda: driver.of(messages.Playing)[-1] == messages.Playing(False), "standing still")


def test_steps_ordered_together_are_all_made(driver):
    driver.order(*[messages.StepOnce()] * 5)
    driver.wait(lambda: len(driver.frames()) >= 5, "five frames")
    assert one_step(driver).frame.step == 24


def test_a_reset_begins_again(driver):
    one_step(driver)
    driver.order(messages.Reset())
    frame = driver.wait(lambda: driver.frames()[-1].begins and driver.frames()[-1], "the beginning")
    assert frame.frame.step == 0
    assert one_step(driver).frame.step == 4


def test_what_is_held_acts_from_the_next_frame_on(driver):
    driver.set_interactions({"interaction.a": grip(1)})
    frame = one_step(driver).frame
    assert [hand.key for hand in frame.interactions] == ["interaction.a"]
    driver.set_interactions({})
    assert one_step(driver).frame.interactions == ()


def test_other_settings_act_from_the_next_frame_on(driver):
    driver.order(messages.Configure(SETTINGS.changed({"timestep": 0.1})))
    before = driver.of(messages.FrameReady)
    first, second = one_step(driver).frame, one_step(driver).frame
    ratio = (second.time - first.time) / (4 * 0.5)
    assert before == []
    assert ratio == pytest.approx(0.1 / 0.5 * (first.time / (4 * 0.1)), rel=1e-9)


def test_a_frame_rate_is_kept(driver):
    start = time.monotonic()
    driver.order(messages.SetFrameRate(50.0), messages.Play())
    driver.wait(lambda: len(driver.frames()) >= 20, "20 frames")
    assert time.monotonic() - start > 0.35  # 0.4 s if not for jitter; unhindered it is 0.02 s
    driver.wait(
        lambda: driver.frames()[-1].steps_per_second < 300,
        "a measured speed near 200 steps a second",
    )


def test_orders_before_any_load_do_no_harm():
    with driving() as driver:
        driver.order(messages.StepOnce(), messages.Reset(), messages.Configure(SETTINGS))
        driver.set_interactions({"interaction.a": grip(1)})
        driver.wait(lambda: driver.of(messages.Received), "an answer")
        assert driver.frames() == []
        driver.load()
        assert one_step(driver).frame.step == 4


def test_a_load_from_a_frame_goes_on_there(driver):
    for _ in range(3):
        frame = one_step(driver).frame
    expected = one_step(driver).frame
    driver.load(frame=frame)
    resumed = driver.frames()[-1]
    assert not resumed.begins
    assert resumed.frame.step == 12
    assert resumed.frame.time == frame.time
    np.testing.assert_array_equal(resumed.frame.positions, frame.positions)
    again = one_step(driver).frame
    np.testing.assert_allclose(again.positions, expected.positions, atol=1e-12)


@pytest.mark.parametrize(
    "engine", ["pm9", "ase:no.such.Thing", 'ase:faulty_calculators.Unwilling?{"most": 7}']
)
def test_a_load_that_fails_leaves_what_was_there(driver, engine):
    step = one_step(driver).frame.step
    driver.order(messages.Load(ETHANE, engine, SETTINGS))
    assert driver.next(messages.LoadFailed).reason.endswith(".")
    frame = one_step(driver).frame
    assert frame.step == step + 4
    assert len(frame.positions) == 7


def test_while_a_frame_takes_long_orders_are_obeyed_in_between():
    slow = DynamicsSettings(steps_per_frame=10_000, thermostat="nve")
    with driving() as driver:
        driver.load('ase:faulty_calculators.Slow?{"seconds": 0.02}', settings=slow)
        deadline = time.monotonic() + PATIENCE
        while len(driver.frames()) < 2:
            assert time.monotonic() < deadline
            driver.order(messages.Play())
            time.sleep(0.1)
            driver.order(messages.Pause())  # the frame would take 200 s
        assert 0 < driver.frames()[1].frame.step < 10_000
        driver.order(messages.Play(), messages.Reset())
        driver.wait(lambda: len(driver.frames()) > 2 and driver.frames()[-1].begins, "the reset")


def test_trouble_stops_it_at_the_last_good_frame(tmp_path):
    watched = tmp_path / "fault"
    with driving() as driver:
        driver.load("ase:faulty_calculators.Faulty?" + json.dumps({"watch": str(watched)}))
        good = one_step(driver).frame
        watched.write_text("after 2 raise")  # in the middle of a frame
        driver.order(messages.StepOnce())
        assert "the test wanted it so" in driver.next(messages.CalculationFailed).reason
        watched.write_text("raise")
        driver.order(messages.Reset())  # fails, too
        driver.wait(lambda: len(driver.of(messages.CalculationFailed)) == 2, "more trouble")
        after = one_step(driver).frame
        assert after.step == good.step + 4
        assert after.time == pytest.approx(good.time * 2)
        assert np.abs(after.positions - good.positions).max() < 0.1


# Ending -------------------------------------------------------------------------------------------------


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


# Crowds -------------------------------------------------------------------------------------------------


def test_orders_for_a_busy_process_wait_in_line_and_then_no_more_are_taken(tmp_path):
    watched = tmp_path / "fault"
    with driving() as driver:
        driver.load("ase:faulty_calculators.Faulty?" + json.dumps({"watch": str(watched)}))
        watched.write_text("hang")
        driver.order(messages.StepOnce())
        wait_until(lambda: not watched.exists(), "the calculation that hangs")
        with pytest.raises(CommandFailed, match=f"{MAX_QUEUED_ORDERS} commands wait already"):
            driver.order(*[messages.Pause()] * (MAX_QUEUED_ORDERS + 2))
        driver.set_interactions(*[{"interaction.a": grip(1)}] * 5000)  # never refused: the last one counts


def test_of_many_holds_the_last_one_counts(driver):
    driver.set_interactions(*[{"interaction.a": grip(1, position=(k, 0, 0))} for k in range(500)])
    driver.order(*[messages.StepOnce()] * 20)  # more than the hand needs to arrive
    driver.wait(lambda: len(driver.frames()) >= 20, "frames")
    [hand] = driver.frames()[-1].frame.interactions
    assert hand.position[0] / 10 == pytest.approx(499.0)


@pytest.mark.slow
def test_a_server_that_does_not_listen_for_a_while_misses_nothing():
    held_up, heard = threading.Event(), []

    async def main() -> None:
        def slow(handle: SimulationHandle, report: messages.Report) -> None:
            if isinstance(report, messages.Playing):
                time.sleep(0.5)  # frames fill the socket until the process has to wait
                held_up.set()
            if isinstance(report, messages.FrameReady):
                heard.append(report)

        handle = SimulationHandle("engine", 20.0, slow)
        handle.order(messages.SetFrameRate(0.0))
        handle.order(messages.Load(METHANE, HARMONIC, SETTINGS))
        handle.order(messages.Play())
        while len(heard) < 3000:
            await asyncio.sleep(0.01)
        await handle.close()

    asyncio.run(asyncio.wait_for(main(), PATIENCE))
    assert held_up.is_set()
    steps = [report.frame.step for report in heard]
    assert steps == list(range(0, 4 * len(steps), 4))


def test_a_mistake_in_what_receives_a_report_does_not_stop_the_simulation():
    frames, mistakes = [], []

    async def main() -> None:
        def receive(handle: SimulationHandle, report: messages.Report) -> None:
            if isinstance(report, messages.FrameReady):
                frames.append(report.frame.step)
                if len(frames) == 2:
                    raise ValueError("a mistake")

        asyncio.get_running_loop().set_exception_handler(lambda loop, context: mistakes.append(context))
        handle = SimulationHandle("engine", 20.0, receive)
        handle.order(messages.Load(METHANE, HARMONIC, SETTINGS))
        handle.order(messages.Play())
        while len(frames) < 5:
            await asyncio.sleep(0.01)
        await handle.close()

    asyncio.run(asyncio.wait_for(main(), PATIENCE))
    assert frames[:5] == [0, 4, 8, 12, 16]
    assert [str(mistake["exception"]) for mistake in mistakes] == ["a mistake"]


# Requests -----------------------------------------------------------------------------------------------


def test_a_request_is_answered_and_fails_with_a_sentence(driver):
    loaded = driver.call(lambda: driver.handle.request(messages.Load(ETHANE, HARMONIC, SETTINGS, index=3)))
    assert isinstance(loaded, messages.Loaded)
    assert (loaded.index, loaded.resumed) == (3, False)
    with pytest.raises(EngineError, match="no engine called"):
        driver.call(lambda: driver.handle.request(messages.Load(ETHANE, "pm9", SETTINGS)))
    released = driver.call(lambda: driver.handle.request(messages.Release()))
    assert isinstance(released, messages.Released)
    assert len(released.state.simulation.frame.positions) == 10


def test_a_request_to_a_process_that_ends_fails_with_how_it_ended():
    with driving() as driver:
        driver.load()
        exiting = messages.Load(
            ETHANE, 'ase:faulty_calculators.Unwilling?{"most": 7, "how": "exit"}', SETTINGS
        )
        with pytest.raises(EngineError, match=r"^engine can't simulate this: .* exit code 5"):
            driver.call(lambda: driver.handle.request(exiting))
        with pytest.raises(EngineError, match="exit code 5"):  # also when it has ended already
            driver.call(lambda: driver.handle.request(messages.Release()))

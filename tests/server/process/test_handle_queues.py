"""A simulation process under many orders and with a listener that is slow or makes mistakes."""

import asyncio
import json
import threading
import time

import pytest
from handle_driver import HARMONIC, METHANE, SETTINGS, driving, grip
from rpc_client import PATIENCE, wait_until

from atomtug.core.errors import CommandFailed
from atomtug.server.process import messages
from atomtug.server.process.simulation_handle import MAX_QUEUED_ORDERS, SimulationHandle


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

"""One simulation process, given orders, and all that it reports."""

import asyncio
import contextlib
import inspect
import threading
import time
from collections.abc import Iterator

import numpy as np
from rpc_client import PATIENCE

from atomtug.core.systems import load_system
from atomtug.server.dynamics.force_laws import ActiveInteraction
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.server.process import messages
from atomtug.server.process.simulation_handle import SimulationHandle

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


def grip(*particles: int, position=(0.5, 0.5, 0.0)) -> ActiveInteraction:
    return ActiveInteraction(np.array(position, dtype=float), np.array(particles), "spring", 10.0)


def one_step(driver: Driver) -> messages.FrameReady:
    start = len(driver.reports)
    driver.order(messages.StepOnce())
    return driver.next(messages.FrameReady, start)

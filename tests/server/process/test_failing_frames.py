"""An engine that fails at what only frames need (bond orders, say) as a system is loaded or another takes over."""

import pytest
from handle_driver import HARMONIC, SETTINGS
from test_hurried_frames import START, Timetable

from atomtug.core.errors import EngineError
from atomtug.core.systems import load_system
from atomtug.server.dynamics.simulation import Simulation
from atomtug.server.process import messages
from atomtug.server.process.worker import Worker

ETHANE = load_system("ethane")


@pytest.fixture
def failing(monkeypatch):
    """Frames that fail while the list is not empty."""
    reasons: list[str] = []
    working = Simulation.frame

    def frame(self):
        if reasons:
            raise EngineError(reasons[0])
        return working(self)

    monkeypatch.setattr(Simulation, "frame", frame)
    return reasons


class Interrupting(Timetable):
    """Lets frames fail from a time on."""

    def __init__(self, clock, arrivals, end, failing, since: float, until: float = 1e9) -> None:
        super().__init__(clock, arrivals, end)
        self._failing, self._since, self._until = failing, since, until

    def receive(self):
        orders = super().receive()
        self._failing[:] = ["No bond orders."] * (self._since <= self._clock.now - self._began < self._until)
        return orders

    def of(self, kind):
        return [report for _, report in self.sent if isinstance(report, kind)]


def run(clock, failing, arrivals, **times):
    table = Interrupting(clock, [*START, *arrivals], 1.05, failing, **times)
    Worker(table, 20.0, clock).run()
    return table


def test_a_process_that_can_not_say_where_it_is_lets_another_take_over_all_the_same(clock, failing):
    said = run(clock, failing, [(0.5, messages.Release())], since=0.5)
    assert said.of(messages.Released) == [messages.Released(None)]


def test_a_first_frame_that_fails_leaves_the_new_system_as_it_is(clock, failing):
    arrivals = [(0.5, messages.Load(ETHANE, HARMONIC, SETTINGS, None, 1)), (0.8, messages.Play())]
    said = run(clock, failing, arrivals, since=0.5, until=0.7)
    assert [failure.reason for failure in said.of(messages.CalculationFailed)] == ["No bond orders."]
    later = [frame for at, frame in said.frames() if at > 0.8]
    assert later
    assert all(len(frame.positions) == len(ETHANE.numbers) for frame in later)

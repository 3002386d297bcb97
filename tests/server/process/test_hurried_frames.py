"""What a hand does is seen in the next frame, which is made at once; the number of frames stays what it was.

The worker runs here, with a clock and a channel of the test's: computing takes no time on this clock.
"""

import math

import pytest
from handle_driver import HARMONIC, METHANE, SETTINGS, grip

from atomtug.core.errors import EngineError
from atomtug.server.dynamics.simulation import Simulation
from atomtug.server.process import messages
from atomtug.server.process.worker import Worker

INTERVAL = 0.1
"""Seconds between two frames."""


class Timetable:
    """Orders that arrive at set times; what the worker sends, with the time. Waiting moves the clock on."""

    def __init__(self, clock, arrivals, end: float) -> None:
        self._clock = clock
        self._arrivals = sorted(arrivals, key=lambda pair: pair[0])
        self._end = clock.now + end
        self._began = clock.now
        self.sent: list[tuple[float, messages.Report]] = []

    def poll(self, timeout: float | None) -> bool:
        until = math.inf if timeout is None else self._clock.now + timeout
        arrival = self._began + self._arrivals[0][0] if self._arrivals else self._end
        if arrival > until:
            self._clock.now = until
            return False
        self._clock.now = max(self._clock.now, arrival)
        return True

    def receive(self):
        if not self._arrivals:
            raise EOFError
        return [self._arrivals.pop(0)[1]]

    def send(self, message) -> None:
        self.sent.append((self._clock.now - self._began, message))

    def frames(self):
        return [(at, report.frame) for at, report in self.sent if isinstance(report, messages.FrameReady)]


START = [
    (0.0, messages.SetFrameRate(1 / INTERVAL)),
    (0.0, messages.Load(METHANE, HARMONIC, SETTINGS)),
    (0.0, messages.Play()),
]


def run(clock, *arrivals, end=1.05):
    timetable = Timetable(clock, [*START, *arrivals], end)
    Worker(timetable, 20.0, clock).run()
    return timetable.frames()


def test_the_frame_with_a_pulls_force_is_made_when_the_pull_arrives(clock):
    frames = run(clock, (0.33, messages.SetInteractions({"interaction.a": grip(0)})))
    pulled = [(at, frame) for at, frame in frames if frame.interactions]
    assert pulled[0][0] == pytest.approx(0.33)
    assert pulled[0][1].user_forces.any()


def test_so_is_the_frame_that_shows_that_it_was_let_go(clock):
    frames = run(
        clock,
        (0.31, messages.SetInteractions({"interaction.a": grip(0)})),
        (1.28, messages.SetInteractions({})),
        end=2.05,
    )
    pulled = [at for at, frame in frames if frame.interactions]
    free = [at for at, frame in frames if not frame.interactions and at > 0.31]
    assert pulled[0] == pytest.approx(0.31)
    assert free[0] == pytest.approx(1.28)


def test_a_hand_that_moves_all_the_time_gets_as_many_frames_as_nobody_and_the_same_steps_in_each(clock):
    calm = run(clock, end=5.05)
    moves = [
        (0.2 + 0.011 * k, messages.SetInteractions({"interaction.a": grip(0, position=(0.5, 0.001 * k, 0))}))
        for k in range(400)
    ]
    busy = run(clock, *moves, end=5.05)
    assert len(busy) - len(calm) in (0, 1)
    assert [frame.step for _, frame in busy][: len(calm)] == [frame.step for _, frame in calm]


def test_what_is_ordered_otherwise_hurries_no_frame(clock):
    calm = [at for at, _ in run(clock)]
    clock.now = 50.0
    assert [at for at, _ in run(clock, (0.33, messages.Configure(SETTINGS)))] == pytest.approx(calm)


def test_a_simulation_that_stands_still_stays_so(clock):
    frames = run(clock, (0.31, messages.Pause()), (0.5, messages.SetInteractions({"interaction.a": grip(0)})))
    assert max(at for at, _ in frames) < 0.4


@pytest.mark.parametrize("steps", [1, 3])
def test_a_failure_of_what_only_frames_need_is_told_and_does_not_end_the_process(clock, monkeypatch, steps):
    calls = []

    def fails(self):
        calls.append(self)
        if len(calls) == 1 + steps:
            raise EngineError("No bond orders: try again.")
        return working(self)

    working = Simulation.frame
    monkeypatch.setattr(Simulation, "frame", fails)
    timetable = Timetable(clock, [*START, (0.6, messages.Play())], 1.05)
    Worker(timetable, 20.0, clock).run()
    failures = [at for at, report in timetable.sent if isinstance(report, messages.CalculationFailed)]
    assert len(failures) == 1
    assert [at for at, _ in timetable.frames() if at > 0.6]

"""The simulation process: ``python -m atomtug.server.process.worker DESCRIPTOR SECONDS ENGINE``.

Sparrow holds Python's lock for the whole of a calculation, so the simulation has a process to itself. It carries
out the orders that come through the socket DESCRIPTOR, sends frames back, and ends when the socket closes.

A calculation that takes longer than SECONDS is ended by the kernel (an alarm that nobody handles), whatever
code is stuck: the server sees the process end and starts another from the last good frame. The same alarm ends
a process whose server was killed in the middle of a calculation. What ENGINE needs is imported before the first
order; any engine may be ordered.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import cast

from atomtug.core.errors import AtomtugError, EngineError, UnsureError
from atomtug.core.frame import Frame
from atomtug.server.dynamics.simulation import Simulation
from atomtug.server.engines import import_engine
from atomtug.server.process.channel import BlockingChannel
from atomtug.server.process.frame_clock import FrameClock
from atomtug.server.process.loading import load_simulation
from atomtug.server.process.messages import (
    CalculationFailed,
    Configure,
    FrameReady,
    GivingWay,
    GoBack,
    HandoverState,
    Load,
    Loaded,
    LoadFailed,
    LoadingStep,
    Order,
    Pause,
    Play,
    Playing,
    Received,
    Release,
    Released,
    Reset,
    SetFrameRate,
    SetInteractions,
    StateChanged,
    StepOnce,
    TakenOver,
    TakeOver,
)
from atomtug.server.process.time_limit import TimeLimit

POLL_INTERVAL = 0.001
"""Seconds between two checks for orders while a frame is being made; a check takes some microseconds."""
MAX_CALL_DURATION = 0.012
"""Seconds that a call of several MD steps should take at most: no order is read in the meantime."""
LOAD_TIMEOUT = 300.0
"""Seconds, at least, for an engine to be made and do its first calculation: it comes from a disk, and may have
to be compiled."""


class Worker:
    """Carries out orders and runs the simulation between them.

    Args:
        channel: to the server
        timeout: seconds a single calculation may take
        clock: seconds, monotonic
    """

    def __init__(
        self, channel: BlockingChannel, timeout: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._channel = channel
        self._timeout = timeout
        self._now = clock
        self._simulation: Simulation | None = None
        self._index = 0
        """Number of the system that is simulated."""
        self._last_good: Frame | None = None
        self._playing = False
        self._giving_way = False
        """Whether it waits for another engine to take over."""
        self._single_frames = 0
        """Frames to make before stopping again, where it isn't playing."""
        self._steps = 0
        """MD steps made of the next frame."""
        self._stride = 1
        """MD steps to ask for in one call, where the engine can make several."""
        self._unfelt = False
        """Whether interactions have changed since the last MD step."""
        self._clock = FrameClock(30.0, clock)
        self._last_poll = 0.0
        self._interruptions = 0
        """Orders so far that make the frame under way obsolete."""

    def run(self) -> None:
        """Work until the server closes the connection."""
        try:
            while True:
                if self._running and self._simulation is not None:
                    self._wait_for_turn()
                    if self._running:
                        self._make_frame(self._simulation)
                else:
                    self._process_orders(timeout=None)
        except (EOFError, BrokenPipeError, ConnectionResetError):
            return

    @property
    def _running(self) -> bool:
        return (self._playing or self._single_frames > 0) and not self._giving_way

    # Orders ---------------------------------------------------------------------------------------------

    def _wait_for_turn(self) -> None:
        """Carry out orders until the next frame is to be begun: at once if interactions have changed, so that people
        see what their hands do, as far as the frame rate allows."""
        begin = self._now() + self._clock.wait()
        while True:
            if self._unfelt:
                begin = self._now() + self._clock.hurry()
            left = max(begin - self._now(), 0.0)
            if not (self._process_orders(left) and left and self._running):
                return

    def _process_orders(self, timeout: float | None) -> bool:
        """Carry out a batch of orders; wait for one up to ``timeout`` seconds (None: without limit).

        Returns:
            whether there was one
        """
        came = self._channel.poll(timeout)
        if came:
            orders = cast(list[Order], self._channel.receive())
            self._channel.send(Received())
            for order in orders:
                self._execute(order)
        self._last_poll = self._now()
        return came

    def _execute(self, order: Order) -> None:
        limit = max(self._timeout, LOAD_TIMEOUT) if isinstance(order, Load | TakeOver) else self._timeout
        try:
            with TimeLimit(limit):
                match order:
                    case Load():
                        self._load(order)
                    case SetFrameRate(fps):
                        self._clock = FrameClock(fps, self._now)
                    case Release():
                        self._release()
                    case _ if self._simulation is not None:
                        self._change(self._simulation, order)
        except AtomtugError as error:
            self._fail(str(error))

    def _change(self, simulation: Simulation, order: Order) -> None:
        """Carry out an order that concerns the simulation that is loaded."""
        if isinstance(order, TakeOver | Play | StepOnce | Reset | GoBack):
            self._giving_way = False
        match order:
            case TakeOver():
                self._take_over(simulation, order)
            case Play():
                self._play(True)
            case Pause():
                self._play(False)
            case StepOnce():
                single_frames = self._single_frames + 1
                self._play(False)
                self._single_frames = single_frames
            case Reset():
                self._interruptions += 1
                simulation.reset()
                self._publish(simulation, begins=True)
            case GoBack(frame, index) if index == self._index:
                self._interruptions += 1
                simulation.go_back(frame)
                self._publish(simulation, begins=True)
            case SetInteractions(interactions):
                simulation.set_interactions(interactions)
                self._unfelt = True
            case Configure(settings):
                simulation.configure(settings)

    def _load(self, order: Load) -> None:
        resumed = order.frame is not None
        try:
            simulation = load_simulation(order, lambda step: self._channel.send(LoadingStep(step)))
        except AtomtugError as error:
            self._channel.send(LoadFailed(str(error), resumed))
            return
        self._interruptions += 1
        self._giving_way = False
        self._simulation, self._index = simulation, order.index
        self._last_good, self._steps = order.frame, 0
        engine = simulation.engine
        self._channel.send(Loaded(engine.name, engine.settings, order.index, resumed))
        if not order.standby:
            self._publish(simulation, begins=not resumed)

    def _release(self) -> None:
        state = None
        if self._simulation is not None:
            self._report_state_changes(self._simulation)
            with contextlib.suppress(EngineError):  # then the next one continues from the last frame
                now = self._simulation.state()
                state = HandoverState(now, self._playing, self._single_frames, self._steps)
        self._interruptions += 1
        self._playing, self._single_frames, self._steps = False, 0, 0
        self._giving_way = False
        self._channel.send(Released(state))

    def _take_over(self, simulation: Simulation, order: TakeOver) -> None:
        state = order.state
        try:
            if state is not None:
                simulation.take_over(state.simulation)
            elif order.frame is not None:
                simulation.take_over(replace(simulation.state(), frame=order.frame))
            last_good = simulation.frame()
        except EngineError as error:
            self._channel.send(LoadFailed(str(error), unsure=isinstance(error, UnsureError)))
            return
        self._interruptions += 1
        self._last_good = last_good
        if state is None:
            self._playing, self._single_frames, self._steps = order.playing, 0, 0
        else:
            self._playing, self._single_frames, self._steps = (
                state.playing,
                state.single_frames,
                state.steps,
            )
        self._clock.restart()
        engine = simulation.engine
        self._channel.send(TakenOver(engine.name, engine.settings, simulation.energy_offset))
        if not self._running:
            self._publish(simulation, begins=False)

    def _play(self, playing: bool) -> None:
        if not self._running:
            self._clock.restart()
        self._playing = playing
        self._single_frames = 0
        self._channel.send(Playing(playing))

    # Frames ---------------------------------------------------------------------------------------------

    def _make_frame(self, simulation: Simulation) -> None:
        interruptions, made = self._interruptions, 0
        try:
            while self._steps < simulation.settings.steps_per_frame:
                began = self._now()
                with TimeLimit(self._timeout):
                    count = simulation.advance(
                        min(simulation.settings.steps_per_frame - self._steps, self._stride)
                    )
                self._unfelt = False
                self._steps += count
                made += count
                self._adapt_stride((self._now() - began) / count)
                if self._now() - self._last_poll > POLL_INTERVAL:
                    self._process_orders(timeout=0.0)
                    if self._interruptions != interruptions:
                        return  # loaded, reset or released: this frame is obsolete
                    if not self._running:
                        break  # paused: show where it stopped
            self._clock.count(made)
            made = 0
            with TimeLimit(self._timeout):
                self._publish(simulation, begins=False)
        except UnsureError as error:
            self._clock.count(made)
            self._giving_way = True
            self._channel.send(GivingWay(str(error)))
            return
        except EngineError as error:
            self._fail(str(error))
            return
        if self._single_frames:
            self._single_frames -= 1
            if not self._single_frames:
                self._channel.send(Playing(False))

    def _adapt_stride(self, seconds: float) -> None:
        """From the time of one step. At most doubled, so that one quick step is not followed by a long call."""
        self._stride = max(1, min(int(MAX_CALL_DURATION / max(seconds, 1e-6)), 2 * self._stride))

    def _publish(self, simulation: Simulation, begins: bool) -> None:
        frame = simulation.frame()
        self._last_good, self._steps = frame, 0
        if begins:
            simulation.pop_state_changes()  # of what was before
        self._report_state_changes(simulation)
        self._channel.send(FrameReady(frame, begins, self._clock.steps_per_second))

    def _report_state_changes(self, simulation: Simulation) -> None:
        for change in simulation.pop_state_changes():
            self._channel.send(StateChanged(change))

    def _fail(self, reason: str) -> None:
        """Return to the last good frame, and wait for someone to play on or reset."""
        if self._simulation is not None and self._last_good is not None:
            self._simulation.restore(self._last_good)
            self._simulation.pop_state_changes()
            self._steps = 0
        self._play(False)
        self._channel.send(CalculationFailed(reason))


def main() -> None:
    """Run with the socket and the time limit of the command line."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    # Engines print what they like; the server's own output stays readable.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    descriptor, seconds, engine = sys.argv[1:]
    import_engine(engine)
    Worker(BlockingChannel(int(descriptor)), float(seconds)).run()


if __name__ == "__main__":
    main()

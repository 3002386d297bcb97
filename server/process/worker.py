"""The simulation process: ``python -m atomtug.server.process.worker FD SECONDS``.

Sparrow holds Python's lock for the whole of a calculation, so the simulation has a process to itself. It obeys
the orders that come through the socket FD, sends frames back, and ends when the socket closes.

A calculation that takes longer than SECONDS is cut off by the kernel (an alarm that nobody handles), whatever
code is stuck: the server sees the process end and starts another from the last good frame. The same alarm ends
a process whose server was killed in the middle of a calculation.
"""

import contextlib
import os
import signal
import sys
import time
from dataclasses import replace
from multiprocessing.connection import Connection

from atomtug.core.errors import AtomtugError, EngineError
from atomtug.core.frame import Frame
from atomtug.server.dynamics.simulation import Simulation
from atomtug.server.engines import create_engine
from atomtug.server.process.frame_clock import FrameClock
from atomtug.server.process.messages import (
    Configure,
    FrameReady,
    GoBack,
    Hold,
    Load,
    Loaded,
    LoadFailed,
    Order,
    Pause,
    Play,
    Playing,
    Received,
    Release,
    Released,
    Report,
    Reset,
    SetFrameRate,
    Standing,
    StepOnce,
    TakenOver,
    TakeOver,
    Trouble,
)

LOOK_INTERVAL = 0.005
"""Seconds between two looks at the socket while a frame is being worked out."""
LONGEST_CALL = 0.012
"""Seconds that a call of the engine should take at most, where it is ours to say: nobody is heard meanwhile."""
LOAD_PATIENCE = 300.0
"""Seconds, at least, for an engine to be made and do its first calculation: it comes from a disk, and may have
to be compiled."""


class Worker:
    """Obeys orders and runs the simulation between them.

    Args:
        connection: to the server
        patience: seconds a single calculation may take
    """

    def __init__(self, connection: Connection, patience: float) -> None:
        self._connection = connection
        self._patience = patience
        self._simulation: Simulation | None = None
        self._last_good: Frame | None = None
        self._playing = False
        self._singles = 0
        """Frames to make before standing still again, where it isn't playing."""
        self._steps = 0
        """MD steps made of the next frame."""
        self._stride = 1
        """MD steps to ask for in one call, where the engine can make several."""
        self._pace = FrameClock(30.0)
        self._looked = 0.0
        self._interruptions = 0

    def run(self) -> None:
        """Until the server closes the connection."""
        try:
            while True:
                if self._simulation is not None and (self._playing or self._singles):
                    self._obey(wait=self._pace.wait())
                    if self._playing or self._singles:
                        self._make_frame()
                else:
                    self._obey(wait=None)
        except (EOFError, BrokenPipeError, ConnectionResetError):
            return

    def _obey(self, wait: float | None) -> None:
        """Carry out what has been ordered; wait for orders up to ``wait`` seconds (None: until one comes)."""
        deadline = None if wait is None else time.monotonic() + wait
        while True:
            left = None if deadline is None else max(deadline - time.monotonic(), 0.0)
            if not self._connection.poll(left):
                break
            orders: list[Order] = self._connection.recv()
            self._send(Received())
            for order in orders:
                self._carry_out(order)
            if not wait:  # one parcel: a frame under way is not held up, nor does what comes later concern it
                break
        self._looked = time.monotonic()

    def _carry_out(self, order: Order) -> None:
        try:
            with self._alarm(LOAD_PATIENCE if isinstance(order, Load | TakeOver) else 0.0):
                self._do(order)
        except AtomtugError as error:
            self._give_up(str(error))

    def _do(self, order: Order) -> None:
        match order:
            case Load():
                self._load(order)
            case SetFrameRate(fps):
                self._pace = FrameClock(fps)
            case Release():
                self._release()
            case _ if self._simulation is None:
                pass
            case TakeOver():
                self._take_over(order)
            case Play():
                self._play(True)
            case Pause():
                self._play(False)
            case StepOnce():
                singles = self._singles + 1
                self._play(False)
                self._singles = singles
            case Reset():
                self._interruptions += 1
                self._simulation.reset()
                self._publish(begins=True)
            case GoBack(frame):
                self._interruptions += 1
                self._simulation.go_back(frame)
                self._publish(begins=True)
            case Hold(interactions):
                self._simulation.hold(interactions)
            case Configure(settings):
                self._simulation.configure(settings)

    def _load(self, order: Load) -> None:
        try:
            engine = create_engine(order.engine, order.system)
            simulation = Simulation(order.system, engine, order.settings)
            simulation.warm_up()
        except AtomtugError as error:
            self._send(LoadFailed(str(error)))
            return
        if order.frame is not None:
            simulation.restore(order.frame)
        self._interruptions += 1
        self._simulation = simulation
        if order.quiet:
            if order.frame is not None:
                self._rehearse(order.frame)
            self._send(Loaded(engine.name, engine.settings))
            return
        self._send(Loaded(engine.name, engine.settings))
        self._publish(begins=order.frame is None)

    def _rehearse(self, frame: Frame) -> None:
        """Calculate once where the simulation stands now, so that all that is slow the first time is done."""
        assert self._simulation is not None
        with contextlib.suppress(EngineError):  # it is about to be somewhere else: taking over will tell
            self._simulation.engine.evaluate(frame.positions)

    def _release(self) -> None:
        standing = None
        if self._simulation is not None:
            standing = Standing(self._simulation.state(), self._playing, self._singles, self._steps)
        self._interruptions += 1
        self._playing, self._singles, self._steps = False, 0, 0
        self._send(Released(standing))

    def _take_over(self, order: TakeOver) -> None:
        simulation, standing = self._simulation, order.standing
        assert simulation is not None
        try:
            if standing is not None:
                simulation.take_over(standing.simulation)
            elif order.frame is not None:
                simulation.take_over(replace(simulation.state(), frame=order.frame))
        except EngineError as error:
            self._send(LoadFailed(str(error)))
            return
        self._interruptions += 1
        self._last_good = simulation.frame()
        if standing is None:
            self._playing, self._singles, self._steps = order.playing, 0, 0
        else:
            self._playing, self._singles, self._steps = standing.playing, standing.singles, standing.steps
        self._pace.restart()
        self._send(TakenOver(simulation.engine.name, simulation.engine.settings, simulation.offset))
        if not (self._playing or self._singles):
            self._publish(begins=False)

    def _play(self, playing: bool) -> None:
        if not (self._playing or self._singles):
            self._pace.restart()
        self._playing = playing
        self._singles = 0
        self._send(Playing(playing))

    def _make_frame(self) -> None:
        simulation = self._simulation
        assert simulation is not None
        interruptions, made = self._interruptions, 0
        try:
            while self._steps < simulation.settings.steps_per_frame:
                began = time.monotonic()
                with self._alarm():
                    count = simulation.advance(
                        min(simulation.settings.steps_per_frame - self._steps, self._stride)
                    )
                self._steps += count
                made += count
                self._adapt_stride((time.monotonic() - began) / count)
                if time.monotonic() - self._looked > LOOK_INTERVAL:
                    self._obey(wait=0.0)
                    if self._interruptions != interruptions:
                        return  # loaded, reset or released: what was being worked out is not ours any more
                    if not (self._playing or self._singles):
                        break  # paused: show where it stands
        except EngineError as error:
            self._give_up(str(error))
            return
        self._pace.count(made)
        self._publish(begins=False)
        if self._singles:
            self._singles -= 1
            if not self._singles:
                self._send(Playing(False))

    def _adapt_stride(self, seconds: float) -> None:
        """From how long a step took. Twice as far at most, so that one quick step does not make a long leap."""
        self._stride = max(1, min(int(LONGEST_CALL / max(seconds, 1e-6)), 2 * self._stride))

    def _publish(self, begins: bool) -> None:
        assert self._simulation is not None
        frame = self._simulation.frame()
        self._last_good, self._steps = frame, 0
        self._send(FrameReady(frame, begins, self._pace.steps_per_second))

    def _give_up(self, reason: str) -> None:
        """Stand at the last good frame and wait for someone to play on or reset."""
        if self._simulation is not None and self._last_good is not None:
            self._simulation.restore(self._last_good)
            self._steps = 0
        self._play(False)
        self._send(Trouble(reason))

    def _send(self, report: Report) -> None:
        self._connection.send(report)

    def _alarm(self, least: float = 0.0) -> "_Alarm":
        return _Alarm(max(self._patience, least))


class _Alarm:
    """The kernel ends this process unless the block is left in time."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __enter__(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, self._seconds)

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0.0)


def main() -> None:
    """Run on the socket and with the patience of the command line."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's to handle
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    # Engines print what they like; the server's own output stays readable.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    Worker(Connection(int(sys.argv[1])), float(sys.argv[2])).run()


if __name__ == "__main__":
    main()

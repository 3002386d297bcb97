"""Restarts and handovers with processes that do what the test says, when it says so."""

import asyncio
from dataclasses import dataclass, field

import numpy as np
import pytest

from atomtug.core.errors import CommandFailed, EngineError
from atomtug.core.frame import Frame
from atomtug.core.systems import load_system
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.server.process import messages
from atomtug.server.process.active_process import ActiveProcess
from atomtug.server.process.resume_point import ResumePoint
from atomtug.server.process.simulation_handle import MAX_QUEUED_ORDERS

ZERO = np.zeros((7, 3))
RELEASED = messages.Released(None)
TAKEN_OVER = messages.TakenOver("am1", {}, 1.5)


def frame(step: int) -> Frame:
    return Frame(step, 0.0, ZERO, ZERO, 0.0, ZERO, 0.0, 0.0, 0.0, ZERO, ZERO, 0.0)


class FakeHandle:
    """A process that answers when the test says so."""

    def __init__(self, engine: str) -> None:
        self.engine = engine
        self.end_reason = ""
        self.orders: list[messages.Order] = []
        self.replies: list[asyncio.Future] = []

    def order(self, order) -> None:
        self.orders.append(order)

    def request(self, order) -> asyncio.Future:
        self.orders.append(order)
        reply = asyncio.get_running_loop().create_future()
        reply.add_done_callback(lambda done: done.cancelled() or done.exception())
        if self.end_reason:
            reply.set_exception(EngineError(self.end_reason))
        self.replies.append(reply)
        return reply

    def set_interactions(self, interactions) -> None:
        self.orders.append(messages.SetInteractions(interactions))

    def kinds(self) -> list[type]:
        return [type(order) for order in self.orders]


@dataclass
class Heard:
    """What the listener was told, as (name, first argument)."""

    calls: list[tuple[str, object]] = field(default_factory=list)

    def __getattr__(self, name: str):
        return lambda first, *_: self.calls.append((name, first))

    def failures(self) -> list[str]:
        return [text for name, text in self.calls if name == "on_failure"]


class Stage:
    """An active process that has made a frame on PM6."""

    def __init__(self) -> None:
        self.handles: list[FakeHandle] = []
        self.heard = Heard()
        self.point = ResumePoint([load_system("methane")], "pm6", DynamicsSettings(), 30.0, True)
        self.active = ActiveProcess(self.point, self.heard, self.start)
        self.active.start()
        self.report(messages.Loaded("pm6", {}, 0, False))
        self.report(messages.FrameReady(frame(5), True, 10.0))

    def start(self, engine: str) -> FakeHandle:
        self.handles.append(FakeHandle(engine))
        return self.handles[-1]

    def report(self, report: messages.Report, handle: FakeHandle | None = None) -> None:
        self.active.receive(handle or self.handles[-1], report)

    def end(self, handle: FakeHandle, reason: str) -> None:
        """As a handle that notices the end of its process does."""
        handle.end_reason = reason
        for reply in handle.replies:
            if not reply.done():
                reply.set_exception(EngineError(reason))
        self.active.receive(handle, messages.Ended(reason))

    async def hand_over(self, new: FakeHandle) -> asyncio.Task:
        task = asyncio.create_task(self.active.hand_over(new, "am1"))
        await settle()
        return task


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def on_loop(test):
    """A test that is a coroutine."""

    def run() -> None:
        asyncio.run(test())

    run.__name__ = test.__name__
    return run


@on_loop
async def test_a_process_that_ends_is_started_again_from_the_last_frame_with_all_that_is_wanted():
    stage = Stage()
    stage.point.interactions = {"interaction.a": "held"}
    stage.report(messages.FrameReady(frame(10), False, 10.0))
    stage.end(stage.handles[0], "it broke")
    new = stage.handles[1]
    assert new.kinds() == [messages.SetFrameRate, messages.Load, messages.SetInteractions, messages.Play]
    assert new.orders[1].frame.step == 10
    assert new.orders[2].interactions == {"interaction.a": "held"}
    assert stage.heard.failures() == ["pm6 was started again from the last good frame: it broke."]


@on_loop
async def test_one_that_ends_again_before_any_progress_is_started_paused():
    stage = Stage()
    stage.end(stage.handles[0], "it broke")
    stage.report(messages.Loaded("pm6", {}, 0, True))
    stage.report(messages.FrameReady(frame(5), False, 10.0))  # where the last one was
    stage.end(stage.handles[1], "it broke")
    assert messages.Play not in stage.handles[2].kinds()
    assert "failed twice at the same place (it broke)" in stage.heard.failures()[-1]
    assert ("on_playing", False) in stage.heard.calls


@pytest.mark.parametrize("how", ["refuses", "ends"])
def test_one_that_can_not_be_started_again_is_left_alone_until_someone_asks_for_more(how):
    async def play() -> None:
        stage = Stage()
        stage.end(stage.handles[0], "it broke")
        if how == "ends":
            stage.end(stage.handles[1], "it broke again")
        else:
            stage.report(messages.LoadFailed("It can't.", True))
        count = len(stage.handles)
        assert "paused at the last good frame" in stage.heard.failures()[-1]
        orders = len(stage.handles[-1].orders)
        stage.active.order(messages.SetFrameRate(10.0))
        assert len(stage.handles) == count
        assert len(stage.handles[-1].orders) == orders
        stage.active.order(messages.Play())
        assert stage.handles[-1].kinds()[-1] == messages.Play
        assert messages.Load in stage.handles[-1].kinds()[-4:]

    asyncio.run(play())


@on_loop
async def test_orders_given_during_a_handover_reach_the_new_process_in_order():
    stage = Stage()
    old, new = stage.handles[0], FakeHandle("am1")
    task = await stage.hand_over(new)
    stage.active.order(messages.Reset())
    old.replies[-1].set_result(RELEASED)
    await settle()
    stage.active.order(messages.StepOnce())
    stage.report(TAKEN_OVER, new)
    new.replies[-1].set_result(TAKEN_OVER)
    assert await task is old
    assert new.kinds()[-2:] == [messages.Reset, messages.StepOnce]
    assert old.kinds()[-1] == messages.Release
    assert ("on_engine_change", "am1") in stage.heard.calls
    stage.report(messages.FrameReady(frame(10), False, 10.0), old)  # no longer the active one
    assert stage.point.frame.step == 5


@on_loop
async def test_more_orders_than_can_be_kept_during_a_handover_are_refused():
    stage = Stage()
    task = await stage.hand_over(FakeHandle("am1"))
    for _ in range(MAX_QUEUED_ORDERS):
        stage.active.order(messages.Pause())
    with pytest.raises(CommandFailed, match="about to take over"):
        stage.active.order(messages.Pause())
    task.cancel()


@on_loop
async def test_if_the_new_process_refuses_the_old_one_continues_and_has_the_orders():
    stage = Stage()
    old, new = stage.handles[0], FakeHandle("am1")
    task = await stage.hand_over(new)
    stage.active.order(messages.Reset())
    old.replies[-1].set_result(RELEASED)
    await settle()
    new.replies[-1].set_exception(EngineError("No result here."))
    await settle()
    assert old.kinds()[-2:] == [messages.TakeOver, messages.SetInteractions]
    old.replies[-1].set_result(messages.TakenOver("pm6", {}, 0.0))
    with pytest.raises(EngineError, match="No result here"):
        await task
    assert old.kinds()[-1] == messages.Reset
    assert stage.point.engine == "pm6"


@on_loop
async def test_if_both_processes_end_a_third_one_continues_and_has_the_orders():
    stage = Stage()
    old, new = stage.handles[0], FakeHandle("am1")
    task = await stage.hand_over(new)
    stage.active.order(messages.Reset())
    stage.end(old, "killed")
    await settle()
    stage.end(new, "killed, too")
    with pytest.raises(EngineError, match="killed, too"):
        await task
    assert len(stage.handles) == 2
    third = stage.handles[1]
    assert third.engine == "pm6"
    assert third.orders[1].frame.step == 5
    assert third.kinds()[-1] == messages.Reset


@on_loop
async def test_a_process_that_ends_as_soon_as_it_has_taken_over_is_started_again():
    stage = Stage()
    old, new = stage.handles[0], FakeHandle("am1")
    task = await stage.hand_over(new)
    old.replies[-1].set_result(RELEASED)
    await settle()
    new.replies[-1].set_result(TAKEN_OVER)
    stage.end(new, "it broke")  # before the handover has noticed the answer
    assert await task is old
    assert stage.handles[1].engine == "am1"
    assert stage.heard.failures() == ["am1 was started again from the last good frame: it broke."]


@on_loop
async def test_orders_before_the_start_are_refused():
    point = ResumePoint([load_system("methane")], "pm6", DynamicsSettings(), 30.0, True)
    active = ActiveProcess(point, Heard(), FakeHandle)
    active.send_interactions()
    with pytest.raises(CommandFailed, match="not been started yet"):
        active.order(messages.Play())


# Another system in another process ----------------------------------------------------------------------


@on_loop
async def test_another_system_begins_in_its_process_and_what_the_old_one_says_is_not_heard():
    stage = Stage()
    old, new = stage.handles[0], FakeHandle("pm6")
    changed = DynamicsSettings(temperature=400.0)
    stage.point.settings = changed
    assert stage.active.replace(new, messages.Loaded("pm6", {"a": 1}, 0, False)) is old
    assert stage.heard.calls[-1] == ("on_loaded", 0)
    assert messages.Configure(changed) in new.orders
    assert new.kinds()[-2:] == [messages.Reset, messages.Play]
    heard = len(stage.heard.calls)
    stage.report(messages.FrameReady(frame(6), False, 10.0), old)
    stage.end(old, "exit code 1")
    assert len(stage.heard.calls) == heard
    stage.report(messages.FrameReady(frame(0), True, 10.0), new)
    assert stage.point.frame.step == 0


@on_loop
async def test_a_simulation_that_stands_still_does_so_with_another_system():
    stage = Stage()
    stage.point.playing = False
    new = FakeHandle("pm6")
    stage.active.replace(new, messages.Loaded("pm6", {}, 0, False))
    assert messages.Play not in new.kinds()


@on_loop
async def test_a_system_whose_process_ends_before_its_first_frame_is_begun_again_and_then_given_up():
    for way in ("loaded", "replaced"):
        stage = Stage()
        stage.point.systems = [load_system("methane"), load_system("ethane")]
        loaded = messages.Loaded("pm6", {}, 1, False)
        if way == "loaded":
            stage.report(loaded)
        else:
            stage.handles.append(FakeHandle("pm6"))
            stage.active.replace(stage.handles[-1], loaded)
        stage.end(stage.handles[-1], "it broke")
        again = stage.handles[-1].orders[1]
        assert isinstance(again, messages.Load)
        assert (again.system.name, again.frame) == ("ethane", None)
        assert "it broke" in stage.heard.failures()[-1]
        count = len(stage.handles)
        stage.report(loaded)
        stage.end(stage.handles[-1], "it broke")
        assert len(stage.handles) == count
        assert "can't simulate this: it broke" in stage.heard.failures()[-1]
        assert stage.heard.calls.count(("on_playing", False)) == 1
        stage.active.order(messages.Play())
        assert stage.handles[-1].orders[1].system.name == "ethane"


@on_loop
async def test_a_system_that_can_not_be_begun_again_is_said_to():
    stage = Stage()
    stage.report(messages.Loaded("pm6", {}, 0, False))
    stage.end(stage.handles[-1], "it broke")
    stage.report(messages.LoadFailed("The file is gone.", False))
    assert "The file is gone." in stage.heard.failures()[-1]
    assert ("on_playing", False) in stage.heard.calls

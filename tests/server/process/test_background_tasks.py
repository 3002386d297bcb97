"""Work goes on when whoever asked for it goes away, and its errors reach those who wait."""

import asyncio

import pytest

from atomtug.core.errors import EngineError
from atomtug.server.process.background_tasks import BackgroundTasks


def test_the_work_goes_on_without_the_caller():
    async def play() -> list[str]:
        tasks, go, done = BackgroundTasks(), asyncio.Event(), []

        async def work() -> None:
            await go.wait()
            done.append("done")

        caller = asyncio.create_task(tasks.run(work()))
        await asyncio.sleep(0)
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        go.set()
        while not done:
            await asyncio.sleep(0)
        return done

    assert asyncio.run(play()) == ["done"]


def test_an_error_reaches_the_caller():
    async def play() -> None:
        async def fail() -> None:
            raise EngineError("It can't.")

        await BackgroundTasks().run(fail())

    with pytest.raises(EngineError, match="can't"):
        asyncio.run(play())


def test_what_is_cancelled_is_not_done():
    async def play() -> list[str]:
        tasks, done = BackgroundTasks(), []

        async def work() -> None:
            await asyncio.sleep(60)
            done.append("done")

        caller = asyncio.create_task(tasks.run(work()))
        await asyncio.sleep(0)
        await tasks.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        return done

    assert asyncio.run(play()) == []

"""Processes that end, or refuse, just when another engine or system is to take over: none is left, none is missed."""

import asyncio

import pytest

from atomtug.core.errors import CommandFailed
from atomtug.core.systems import load_system
from atomtug.server.options import LiveOptions
from atomtug.server.process import messages
from atomtug.server.process.supervisor import Supervisor


class Process:
    """A process that answers each request at once."""

    def __init__(self, engine: str) -> None:
        self.engine = engine
        self.end_reason = ""
        self.ends_when_loaded = self.busy = self.closed = False
        self.orders: list[messages.Order] = []

    def order(self, order) -> None:
        self.orders.append(order)

    def request(self, order) -> asyncio.Future:
        if self.busy:
            raise CommandFailed("The simulation is busy.")
        self.orders.append(order)
        reply = asyncio.get_running_loop().create_future()
        if isinstance(order, messages.Load):
            reply.set_result(messages.Loaded(self.engine, {}, order.index, False))
            self.end_reason = "it was killed" if self.ends_when_loaded else ""
        else:
            reply.set_result(messages.Released(None))
        return reply

    def set_interactions(self, interactions) -> None:
        pass

    async def close(self) -> None:
        self.closed = True


class Staged(Supervisor):
    """A supervisor of these; behind the first, so ``many`` end as soon as they are loaded."""

    def __init__(self, many: int = 0) -> None:
        self.processes: list[Process] = []
        self.many = many
        super().__init__(LiveOptions([load_system("methane"), load_system("ethane")]), Quiet())

    def _start_handle(self, engine: str) -> Process:
        process = Process(engine)
        process.ends_when_loaded = bool(self.processes) and len(self.processes) <= self.many
        self.processes.append(process)
        return process


class Quiet:
    """Listens to nothing."""

    def __getattr__(self, name: str):
        return lambda *_: None


def test_a_process_that_ends_while_it_stands_by_with_a_system_is_not_the_one_that_begins():
    async def main() -> None:
        supervisor = Staged(many=2)
        await supervisor.start()
        await supervisor.bring(1)
        first, ended, ended_too, begins = supervisor.processes
        supervisor.pause()
        assert isinstance(begins.orders[-1], messages.Pause)
        assert [each.closed for each in (first, ended, ended_too, begins)] == [True, True, True, False]

    asyncio.run(main())


def test_an_engine_is_not_left_over_where_the_active_one_is_too_busy_to_be_asked():
    async def main() -> None:
        supervisor = Staged()
        await supervisor.start()
        supervisor.processes[0].busy = True
        with pytest.raises(CommandFailed, match="busy"):
            await supervisor.swap("am1")
        assert [each.closed for each in supervisor.processes] == [False, True]
        assert supervisor.engine == "pm6"

    asyncio.run(main())

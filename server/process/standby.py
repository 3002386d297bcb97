"""Processes in which another engine is ready: one that is being loaded, and those that were active before.

An engine is loaded in a process of its own. So frames continue while it is read, checked and compiled (Sparrow
holds Python's lock for a whole calculation: in the same process, JAX would make no progress); whatever goes wrong in
it does not concern the active process; and the engine that was active before can be back at once.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from typing import cast

from atomtug.core.errors import EngineError
from atomtug.core.systems import System
from atomtug.server.engines import Fingerprint, display_name, fingerprint
from atomtug.server.process.messages import Load, Loaded
from atomtug.server.process.resume_point import ResumePoint
from atomtug.server.process.simulation_handle import SimulationHandle

MAX_STANDBY = 2
"""Processes kept beside the active one."""


class StandbyProcesses:
    """Processes that are ready, by engine.

    Args:
        start_handle: starts a process for an engine
        timeout: seconds until an engine has to be ready
    """

    def __init__(self, start_handle: Callable[[str], SimulationHandle], timeout: float) -> None:
        self._start_handle = start_handle
        self._timeout = timeout
        self._ready: OrderedDict[Fingerprint, tuple[SimulationHandle, System]] = OrderedDict()

    async def prepare(self, engine: str, point: ResumePoint) -> SimulationHandle:
        """A process in which this engine is ready for the system of ``point``; it is the caller's from now on.

        Raises:
            EngineError: the engine can't simulate the system, or is not ready in time
        """
        known = self._ready.pop(fingerprint(engine), None)
        system = point.system
        if known is not None:
            handle, loaded_for = known
            if loaded_for is system and not handle.end_reason:
                return handle
            await handle.close()
        handle, _ = await self.load(replace(point.load_order(point.index, point.frame), engine=engine))
        return handle

    async def load(self, order: Load) -> tuple[SimulationHandle, Loaded]:
        """A new process in which this is loaded and stands by; it is the caller's from now on.

        Raises:
            EngineError: the engine can't simulate the system, or is not ready in time
        """
        handle = self._start_handle(order.engine)
        try:
            request = handle.request(replace(order, standby=True))
            return handle, cast(Loaded, await asyncio.wait_for(request, self._timeout))
        except TimeoutError as error:
            await handle.close()
            raise EngineError(
                f"{display_name(order.engine)} was not ready for {order.system.name} within {self._timeout:g} s."
            ) from error
        except BaseException:
            await handle.close()
            raise

    async def keep(self, key: Fingerprint, system: System, handle: SimulationHandle) -> None:
        """Keep a process that is not needed now; the one that was kept longest is ended if there are too many.

        Args:
            key: of the engine that is ready in it
            system: that it is ready for
            handle: the process
        """
        before = self._ready.pop(key, None)
        self._ready[key] = (handle, system)
        surplus = [] if before is None else [before[0]]
        while len(self._ready) > MAX_STANDBY:
            surplus.append(self._ready.popitem(last=False)[1][0])
        for old in surplus:
            await old.close()

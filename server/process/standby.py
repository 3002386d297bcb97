"""Processes that stand ready with another engine: one that is being loaded, and those that led before.

An engine is loaded in a process of its own. So frames go on while it is read, checked and compiled (PM6 holds
Python's lock for the whole of a calculation: beside it in one process, JAX would get nowhere); whatever goes
wrong in it, the process that leads is not concerned; and the one that led before can be back at once.
"""

import asyncio
from collections import OrderedDict

from atomtug.core.errors import EngineError
from atomtug.core.frame import Frame
from atomtug.core.systems import System
from atomtug.server.dynamics.simulation import DynamicsSettings
from atomtug.server.engines import display_name, fingerprint
from atomtug.server.process import messages
from atomtug.server.process.link import Link, Nobody, Understudy

Key = tuple[str, int, int]
SEATS = 2
"""Processes kept beside the one that leads."""


class Bench:
    """Links that stand ready, by engine.

    Args:
        calculation_patience: seconds a single calculation may take
        load_patience: seconds until an engine has to be ready
    """

    def __init__(self, calculation_patience: float, load_patience: float) -> None:
        self._calculation_patience = calculation_patience
        self._load_patience = load_patience
        self._seated: OrderedDict[Key, tuple[Link, System]] = OrderedDict()
        self._getting_ready: set[Link] = set()

    async def call(
        self, engine: str, system: System, settings: DynamicsSettings, frame: Frame | None
    ) -> Link:
        """A process in which this engine stands ready for this system.

        Raises:
            EngineError: it can't be; the sentence says why
        """
        link, made_for = self._seated.pop(fingerprint(engine), (None, None))
        if link is not None:
            if made_for is system and not link.over:
                return link
            await link.close()
        understudy = Understudy(display_name(engine))
        link = Link(self._calculation_patience, understudy)
        self._getting_ready.add(link)
        link.process.order(messages.Load(system, engine, settings, frame, quiet=True))
        try:
            await asyncio.wait_for(understudy.answer, self._load_patience)
        except BaseException as error:
            await link.close()
            if isinstance(error, TimeoutError):
                raise EngineError(
                    f"{display_name(engine)} was not ready for {system.name} within {self._load_patience:g} s."
                ) from error
            raise
        finally:
            self._getting_ready.discard(link)
        return link

    async def seat(self, engine: Key, system: System, link: Link) -> None:
        """Keep a process that is not needed now, for when it is."""
        link.role = Nobody()
        before = self._seated.pop(engine, None)
        self._seated[engine] = (link, system)
        leaving = [] if before is None else [before[0]]
        while len(self._seated) > SEATS:
            leaving.append(self._seated.popitem(last=False)[1][0])
        for old in leaving:
            await old.close()

    async def clear(self) -> None:
        """End all of them."""
        links = [link for link, _ in self._seated.values()]
        self._seated.clear()
        for link in [*links, *self._getting_ready]:
            await link.close()

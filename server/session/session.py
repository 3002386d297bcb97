"""What every session has, live or played back: shared state, frames, commands, and clients that come and go.

Transports call these methods, from one event loop; none of them blocks. A transport only carries bytes: what a
message means is decided here.
"""

import asyncio
import logging
import math
from collections.abc import Mapping
from typing import Any

from atomtug.core.errors import AtomtugError, InputError
from atomtug.server.session.clients import Clients
from atomtug.server.session.commands import Commands, Result, number
from atomtug.server.session.frame_stream import FrameStream
from atomtug.server.session.quota import Quota
from atomtug.server.session.state import SERVER_TOKEN, SharedState
from atomtug.wire import command_names, state_keys

log = logging.getLogger("atomtug.server")

CARE_INTERVAL = 0.2
"""Seconds between two looks at who has left."""


class Session:
    """Shared state, frames and commands, and the care for what clients leave behind."""

    def __init__(self) -> None:
        self.state = SharedState()
        self.frames = FrameStream()
        self.commands = Commands()
        self.clients = Clients()
        self._quota = Quota()
        self._care: asyncio.Task[None] | None = None
        self.commands.register(command_names.ORIENT_ORIGINS, self._orient_origins, radius=1.0)

    async def start(self) -> None:
        """Begin; returns when there is something for clients to see."""
        self._care = asyncio.create_task(self._take_care())

    async def close(self) -> None:
        """End, and leave nothing running."""
        if self._care is not None:
            self._care.cancel()

    def update_state(self, peer: str, token: str, changes: Mapping[str, Any]) -> bool:
        """A client's change of the shared state: all of it or nothing.

        Args:
            peer: the client's address
            token: names the holder of locks
            changes: new values by key; None removes

        Returns:
            False if another client has locked one of the keys.

        Raises:
            InputError: a value can't be what its key says
            StateFull: no room
        """
        if token != SERVER_TOKEN:
            if any(key.startswith(state_keys.USER_ORIGIN_PREFIX) for key in changes):
                raise InputError(
                    f"{state_keys.USER_ORIGIN_PREFIX}* says where a user stands: "
                    f"only the server moves people."
                )
            self._quota.admit(peer, changes)
        if not self.state.update(token, changes):
            return False
        self._quota.note(peer, changes)
        self.clients.wrote(peer, changes)
        return True

    def announce(self, values: Mapping[str, Any]) -> None:
        """Set keys that only the server may write."""
        self.state.update_locks(SERVER_TOKEN, dict.fromkeys(values, math.inf))
        self.state.update(SERVER_TOKEN, values)

    async def look_after(self) -> None:
        """Called a few times a second: what has been left behind is cleared away."""
        left = self.clients.left(self.state.values)
        if left:
            self.update_state("server", SERVER_TOKEN, dict.fromkeys(left))

    async def _take_care(self) -> None:
        while True:
            await asyncio.sleep(CARE_INTERVAL)
            try:
                await self.look_after()
            except AtomtugError as error:
                log.warning("%s", error)

    def _orient_origins(self, radius: Any) -> Result:
        """Stand the users in a circle, each facing its centre (angles as Narupa's servers set them)."""
        distance = number("radius", radius)
        users = sorted(
            key.removeprefix(state_keys.AVATAR_PREFIX)
            for key in self.state.values
            if key.startswith(state_keys.AVATAR_PREFIX)
        )
        origins = {}
        for index, user in enumerate(users):
            angle = 2 * math.pi * index / len(users)
            turn = -angle - math.pi / 2
            origins[state_keys.USER_ORIGIN_PREFIX + user] = {
                "position": [distance * math.cos(angle), 0.0, distance * math.sin(angle)],
                "rotation": [0.0, math.sin(turn / 2), 0.0, math.cos(turn / 2)],
            }
        self.state.update(SERVER_TOKEN, origins)
        return None

"""What every session has, live or played back: shared state, frames, commands, and its clients.

Transports call these methods from one event loop; none of them blocks. A transport only carries bytes: what a message
means is decided here.
"""

import asyncio
import math
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager

from atomtug.core.arrays import Floats
from atomtug.core.errors import AtomtugError, InputError
from atomtug.server.session.clients import Clients
from atomtug.server.session.commands import Commands, Result, number
from atomtug.server.session.frame_stream import FrameStream
from atomtug.server.session.ledger import Ledger
from atomtug.server.session.log import log
from atomtug.server.session.quota import check_quota
from atomtug.server.session.refusals import KeysRefused, Refusals
from atomtug.server.session.rights import (
    RIGHTS,
    KeysNotAllowed,
    Right,
    check_command,
    may_run,
    refused_keys,
    refused_locks,
)
from atomtug.server.session.scene import comfortable_scene, kept_in_step
from atomtug.server.session.state import SERVER_TOKEN, SharedState
from atomtug.wire import command_names, state_keys
from atomtug.wire.values import Changes, Value

HOUSEKEEPING_INTERVAL = 0.2
"""Seconds between two calls of :meth:`Session.housekeeping`."""
SERVER = "server"
"""The name under which the ledger has what the server itself changes."""


class Session:
    """Shared state, frames and commands; and removal of what clients leave behind."""

    def __init__(self) -> None:
        self.state = SharedState()
        self.frames = FrameStream()
        self.commands = Commands()
        self.clients = Clients()
        self.ledger = Ledger()
        self.refusals = Refusals(self.frames)
        self._housekeeping: asyncio.Task[None] | None = None
        self.links: Mapping[Right, str] = {}
        """To the page, by what they allow; empty where there is no page."""
        self.commands.register(command_names.SHARE_LINKS, self._share_links)
        self.commands.register(command_names.ORIENT_ORIGINS, self._orient_origins, radius=1.0)

    async def start(self) -> None:
        """Begin; returns when clients can be served."""
        self._housekeeping = asyncio.create_task(self._run_housekeeping())

    async def close(self) -> None:
        """End, and leave nothing running."""
        if self._housekeeping is not None:
            self._housekeeping.cancel()

    def update_state(self, peer: str, token: str, changes: Changes, right: Right = "own") -> bool:
        """Change the shared state for a client, and show it what is refused.

        Args:
            peer: the client's address
            token: identifies the holder of locks
            changes: new values by key; None removes
            right: the client's

        Returns:
            False if another client has locked one of the keys; nothing has changed then.

        Raises:
            KeysRefused: some values are not allowed for their keys; the others were taken
            InputError: a value is not allowed for its key, and nothing has changed
            StateFull: there is no room, and nothing has changed
        """
        try:
            refused = refused_keys(right, peer, self.ledger, changes)
            allowed = {key: value for key, value in changes.items() if key not in refused}
            taken = self._change_state(peer, token, allowed)
            if refused and taken:
                raise KeysNotAllowed(refused)
        except AtomtugError as error:
            self.clients.called(peer)  # what is refused to it is kept until it is gone
            if isinstance(error, KeysRefused):
                self.refusals.accept(peer, changes.keys() - error.sentences.keys())
            self.refusals.report(peer, error)
            raise
        if taken:
            self.refusals.accept(peer, changes)
        return taken

    def _change_state(self, peer: str, token: str, changes: Changes) -> bool:
        """As :meth:`update_state`, which shows the client what is refused."""
        if token != SERVER_TOKEN:
            # Such a key moves a user in their headset; another client could make them sick with it.
            if any(key.startswith(state_keys.USER_ORIGIN_PREFIX) for key in changes):
                raise InputError(
                    f"{state_keys.USER_ORIGIN_PREFIX}* says where a user stands: "
                    f"only the server moves people."
                )
            changes = {**changes, **kept_in_step(changes)}
            check_quota(self.ledger, peer, changes)
        if not self.state.update(token, changes):
            return False
        self.ledger.record(peer, changes)
        if token != SERVER_TOKEN:
            self.clients.called(peer)
        return True

    def _place_scene(self, positions: Floats) -> None:
        """Say where the molecule stands in the room, until a client moves it. ``positions`` (N, 3) angstrom."""
        scene: dict[str, Value] = {state_keys.SCENE: comfortable_scene(positions)}
        self.state.update(SERVER_TOKEN, {**scene, **kept_in_step(scene)})

    def update_locks(self, token: str, wishes: Mapping[str, float | None], right: Right = "own") -> bool:
        """Lock or release keys for a client, as :meth:`SharedState.update_locks`.

        Raises:
            KeysNotAllowed: the client has no right to some of the keys; nothing has changed
            StateFull: there would be too many locks
        """
        refused = refused_locks(right, wishes)
        if refused:
            raise KeysNotAllowed(refused)
        return self.state.update_locks(token, wishes)

    async def run_command(self, name: str, arguments: Mapping[str, Value], right: Right = "own") -> Result:
        """Run a command for a client.

        Raises:
            NotAllowed: the client has no right to
            AtomtugError: as :meth:`Commands.run`
        """
        check_command(right, name)
        return await self.commands.run(name, arguments)

    def commands_for(self, right: Right) -> dict[str, Mapping[str, Value]]:
        """The commands that a client may run, with their default arguments."""
        return {name: defaults for name, defaults in self.commands.list().items() if may_run(right, name)}

    def playing(self, name: str, right: Right) -> AbstractAsyncContextManager["Session"]:
        """A session of a client's own that plays one of this server's recordings, for as long as the block lasts.

        Args:
            name: of the recording
            right: the client's

        Raises:
            NotAllowed: the client may not
            AtomtugError: there is no such recording, or it can't be played now
        """
        raise InputError(f"This server has no recording {name[:100]!r} to open.")

    def announce(self, values: Mapping[str, Value]) -> None:
        """Set keys that only the server may write."""
        self.state.update_locks(SERVER_TOKEN, dict.fromkeys(values, math.inf))
        self.state.update(SERVER_TOKEN, values)

    async def housekeeping(self) -> None:
        """Remove what clients that are gone have left behind. Called a few times a second."""
        gone = self.clients.remove_gone()
        if not gone:
            return
        left = self.ledger.left_behind(gone, self.clients.present, self.state.values)
        self.ledger.release(gone)
        self.refusals.forget(gone)
        if left:
            self.update_state(SERVER, SERVER_TOKEN, dict.fromkeys(left))

    async def _run_housekeeping(self) -> None:
        while True:
            await asyncio.sleep(HOUSEKEEPING_INTERVAL)
            try:
                await self.housekeeping()
            except AtomtugError as error:
                log.warning("%s", error)

    def _share_links(self) -> Result:
        return {right: self.links.get(right, "") for right in RIGHTS}

    def _orient_origins(self, radius: Value) -> Result:
        """Stand the users in a circle, each facing its centre, with the angles that Narupa's servers use."""
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

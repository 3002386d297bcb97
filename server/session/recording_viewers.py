"""Clients that look at a recording while all others stay with the simulation: each in a session of its own."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from atomtug.core.errors import CommandFailed
from atomtug.server.session.rights import NotAllowed, Right
from atomtug.server.session.session import Session
from atomtug.server.session.stored_recordings import StoredRecordings

MOST_PLAYED = 8
"""Recordings that are played at a time."""


class RecordingViewers:
    """Plays stored recordings, each to one client.

    Args:
        stored: the recordings
    """

    def __init__(self, stored: StoredRecordings) -> None:
        self._stored = stored
        self._played = 0

    @contextlib.asynccontextmanager
    async def playing(self, name: str, right: Right) -> AsyncIterator[Session]:
        """As :meth:`Session.playing`: a stored recording.

        Raises:
            NotAllowed: the client is no owner
            CommandFailed: too many are being played
            InputError: there is no such recording
            RecordingError: it can't be read, or holds no frame
        """
        if right != "own":
            raise NotAllowed("Recordings are for the owner of the server to open.")
        if self._played >= MOST_PLAYED:
            raise CommandFailed(f"{MOST_PLAYED} recordings are being played already: close one.")
        path = self._stored.path(name)
        from atomtug.server.session.playback import PlaybackSession  # h5py is loaded when it is needed

        self._played += 1
        try:
            session = await asyncio.to_thread(PlaybackSession, [path], stored=self._stored)
            try:
                await session.start()
                yield session
            finally:
                await session.close()
        finally:
            self._played -= 1

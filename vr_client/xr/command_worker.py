"""Runs a server's commands in a thread of its own, because some take long, such as loading an engine."""

import queue
import threading
from collections.abc import Callable, Mapping
from typing import Any

from atomtug.core.errors import AtomtugError, CommandFailed
from atomtug.vr_client.client.grpc_client import Client
from atomtug.wire import command_names


class CommandWorker:
    """Runs the commands of one connection, one after the other.

    Args:
        client: the connection
        notify: is given sentences for the person in the headset
    """

    def __init__(self, client: Client, notify: Callable[[str], None]) -> None:
        self.names: frozenset[str] = frozenset()
        """Names of the server's commands."""
        self.engines: tuple[str, ...] = ()
        """Names of the engines that can be loaded."""
        self.systems: tuple[str, ...] = ()
        """Names of the systems that can be loaded."""
        self._client = client
        self._notify = notify
        self._requests: queue.SimpleQueue[tuple[str, Mapping[str, Any]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="atomtug-vr-commander", daemon=True)
        self._thread.start()

    def run(self, name: str, arguments: Mapping[str, Any]) -> None:
        """Request a command."""
        self._requests.put((name, arguments))

    def close(self) -> None:
        """End the thread, without waiting for a command that still runs."""
        self._requests.put(None)

    def _work(self) -> None:
        try:
            self.names = frozenset(self._client.commands())
            self._list_engines()
            self.systems = self._names_of(command_names.LIST_SYSTEMS, "simulations")
        except AtomtugError as error:
            self._notify(str(error))
        while (request := self._requests.get()) is not None:
            name, arguments = request
            try:
                self._client.run(name, **arguments)
                if name == command_names.LOAD_ENGINE:
                    self._list_engines()
            except CommandFailed as error:
                self._notify(str(error))
            except AtomtugError:
                pass  # the connection is gone: the link says so

    def _list_engines(self) -> None:
        self.engines = self._names_of(command_names.LIST_ENGINES, "engines")

    def _names_of(self, command: str, key: str) -> tuple[str, ...]:
        """The names that a command lists; none where the server does not have it."""
        listed = self._client.run(command).get(key, ()) if command in self.names else ()
        return tuple(name for name in listed if isinstance(name, str))

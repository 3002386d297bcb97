"""A bare WebSocket client: MessagePack and the protocol's own rules, nothing of atomtug's codecs."""

import contextlib
import itertools
import threading
from collections.abc import Callable
from typing import Any

import msgpack
import numpy as np
from rpc_client import PATIENCE, News
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

FLOATS = ("particle.positions", "particle.velocities", "particle.forces", "forces.user.sparse")


class RawSocket:
    """One connection, read in a thread; what was received, and what it adds up to."""

    def __init__(self, url: str, **options: Any) -> None:
        self._open = contextlib.ExitStack()
        patient = {"open_timeout": PATIENCE, "ping_timeout": PATIENCE}
        self.connection = self._open.enter_context(connect(url, max_size=None, **patient, **options))
        self.messages: list[dict[str, Any]] = []
        self.frame: dict[str, Any] = {}
        self.state: dict[str, Any] = {}
        self.errors: list[str] = []
        self.closed: ConnectionClosed | None = None
        self._news = News()
        self._numbers = itertools.count(1)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        try:
            while True:
                message = msgpack.unpackb(self.connection.recv())
                with self._news.message():
                    self._take(message)
        except ConnectionClosed as error:
            with self._news.message():
                self.closed = error

    def _take(self, message: dict[str, Any]) -> None:
        self.messages.append(message)
        if "frame" in message:
            if message["frame"]["frame.index"] == 0:
                self.frame = {}
            self.frame.update(message["frame"])
        if "state" in message:
            self.state.update(message["state"]["updates"])
            for key in message["state"]["removals"]:
                self.state.pop(key, None)
        if "error" in message:
            self.errors.append(message["error"])

    def wait(self, condition: Callable[[], Any], what: str) -> Any:
        """Whatever ``condition`` returned once it was true; looked at after each message."""
        return self._news.wait(condition, lambda: f"{what}; last: {self.messages[-1:]}")

    def send(self, message: Any) -> None:
        self.connection.send(msgpack.packb(message))

    def update(self, **updates: Any) -> None:
        """Keys with a dot in them: as ``update(**{"a.b": 1})``."""
        self.send({"state": {"updates": updates, "removals": []}})

    def remove(self, *keys: str) -> None:
        self.send({"state": {"updates": {}, "removals": list(keys)}})

    def ask(self, name: str, **arguments: Any) -> dict[str, Any]:
        """A command's whole answer."""
        number = next(self._numbers)
        self.send({"command": {"request": {"name": name, "arguments": arguments, "id": number}}})

        def answered() -> Any:
            commands = [m["command"] for m in self.messages if "command" in m]
            return next((c for c in commands if c["request"].get("id") == number), None)

        return self.wait(answered, f"the answer to {name}")

    def run(self, name: str, **arguments: Any) -> Any:
        """A command's result."""
        answer = self.ask(name, **arguments)
        assert "exception" not in answer, answer
        return answer["response"]

    def numbers(self, key: str) -> np.ndarray:
        """An array of the frame: (N, 3) for positions and their like."""
        values = np.frombuffer(self.frame[key], "<f4" if key in FLOATS else "<u4")
        return values.reshape(-1, 3) if key in FLOATS else values

    def close(self) -> None:
        self._open.close()

    def __enter__(self) -> "RawSocket":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

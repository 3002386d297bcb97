"""NanoVer's WebSocket messages: from bytes to events, and from events to bytes. No I/O.

Every message is one MessagePack map with any of the keys ``frame``, ``state`` and ``command``. Values may only be of
the kinds that gRPC can carry as well, because both endpoints write into the same shared state; but the shared state
may hold null and bytes, too, as it does in NanoVer.
"""

from collections.abc import Iterator, Mapping, Sized
from dataclasses import dataclass
from typing import TypeVar

import msgpack
import numpy as np

from atomtug.core.errors import InputError
from atomtug.core.text import shortened
from atomtug.server.session.frame_stream import WireFrame
from atomtug.server.session.quota import MAX_VALUES_EACH
from atomtug.wire import frame_keys
from atomtug.wire.packing import pack
from atomtug.wire.values import MAX_DEPTH, NULL, Changes, Value

PROTOCOL = "websocket"
LARGE = 256 * 1024
"""Bytes of a message from which on its values are counted while it is decoded."""

Container = TypeVar("Container", bound=Sized)


class Unreadable(Exception):
    """The bytes are not a message of this protocol."""


@dataclass(frozen=True)
class SharedStateChange:
    """New values of the shared state by key; None removes, :data:`NULL` is the value null."""

    changes: Changes


@dataclass(frozen=True)
class Request:
    """A command to run.

    Args:
        echo: the request as it came; the answer carries it too
        name, arguments: what to run
    """

    echo: Mapping[str, Value]
    name: str
    arguments: Mapping[str, Value]


@dataclass(frozen=True)
class Refusal:
    """A part of a message that can't be used, and what to answer.

    Args:
        reason: a sentence for the user
        echo: the command request; None for another part
    """

    reason: str
    echo: Mapping[str, Value] | None = None


Event = SharedStateChange | Request | Refusal


def decode(data: bytes | str) -> Iterator[Event]:
    """Decode a client's message: its change of the state first, then its commands.

    Raises:
        Unreadable: it is not a MessagePack map in a binary message
    """
    if isinstance(data, str):
        raise Unreadable("Messages are MessagePack in binary WebSocket messages, not text.")
    counter = _Counter() if len(data) > LARGE else None
    try:
        message = msgpack.unpackb(
            data,
            raw=False,
            strict_map_key=False,
            list_hook=None if counter is None else counter.count,
            object_hook=None if counter is None else counter.count,
            max_array_len=MAX_VALUES_EACH,
            max_map_len=MAX_VALUES_EACH,
        )
    except (ValueError, TypeError, RecursionError, _TooManyValues) as error:
        # Its own are ValueErrors; a list as a key is a TypeError.
        if isinstance(error, _TooManyValues) or "exceeds max_array" in str(error):
            yield Refusal(f"A message may hold {MAX_VALUES_EACH:,} values: send large data as bytes.")
            return
        raise Unreadable("The message is no MessagePack; it can't be decoded.") from error
    if not isinstance(message, dict):
        raise Unreadable("A message must be a MessagePack map, with state or command in it.")
    if "frame" in message:
        yield Refusal("Frames come from this server's own simulation: it takes none from clients.")
    if "state" in message:
        yield _state(message["state"])
    if "command" in message:
        parts = message["command"]
        for part in parts if isinstance(parts, list) else [parts]:
            yield from _command(part)


class _TooManyValues(Exception):
    """A message holds more values than a client may write."""


class _Counter:
    """Counts the values of a message while it is decoded: small values take many times their bytes in memory."""

    def __init__(self) -> None:
        self._values = 0

    def count(self, container: Container) -> Container:
        self._values += len(container)
        if self._values > MAX_VALUES_EACH:
            raise _TooManyValues
        return container


def encode_frame(frame: WireFrame) -> bytes:
    """Encode a frame, once for all clients."""
    encoded = frame.encoded.get(PROTOCOL)
    if encoded is None:
        values = {key: pack(key, value) for key, value in frame.values.items()}
        encoded = frame.encoded[PROTOCOL] = _pack({"frame": {frame_keys.FRAME_INDEX: frame.index, **values}})
    return encoded


def encode_state(changes: Changes) -> bytes:
    """Encode changes of the shared state (None: removed, :data:`NULL`: null)."""
    updates = {key: value for key, value in changes.items() if value is not None}
    removals = [key for key, value in changes.items() if value is None]
    return _pack({"state": {"updates": updates, "removals": removals}})


def encode_response(echo: Mapping[str, Value], response: Mapping[str, Value] | None) -> bytes:
    """Encode a command's answer."""
    return _pack({"command": {"request": echo, "response": response}})


def encode_refusal(refusal: Refusal) -> bytes:
    """Encode a refusal, as a command's ``exception`` or as ``error``, which older clients ignore."""
    if refusal.echo is None:
        return _pack({"error": refusal.reason})
    return _pack({"command": {"request": refusal.echo, "exception": refusal.reason}})


def _state(part: object) -> Event:
    updates = part.get("updates") or {} if isinstance(part, dict) else None
    removals = part.get("removals") or [] if isinstance(part, dict) else None
    if not isinstance(updates, dict) or not isinstance(removals, list):
        return Refusal("state must be a map with updates (a map) and removals (a list of keys).")
    if not all(isinstance(key, str) for key in (*updates, *removals)):
        return Refusal("Keys of the shared state must be text.")
    problems = (_problem(value, MAX_DEPTH, has_bytes=True) for value in updates.values())
    for key, problem in zip(updates, problems, strict=True):
        if problem:
            return Refusal(f"{shortened(key)}: {problem}.")
    written = {key: NULL if value is None else value for key, value in updates.items()}
    return SharedStateChange({**dict.fromkeys(removals), **written})


def _command(part: object) -> Iterator[Event]:
    if not isinstance(part, dict):
        yield Refusal("command must be a map with request in it, or a list of such maps.")
        return
    if "register" in part:
        yield Refusal("This server runs its own commands only: it passes none on to clients.")
    if "request" not in part or "response" in part or "exception" in part:
        return  # an answer, to a question that was never asked
    request = part["request"]
    if not isinstance(request, dict) or not isinstance(request.get("name"), str):
        yield Refusal("A command request must be a map with name, arguments and id.")
        return
    problem = _problem(request, MAX_DEPTH)
    if problem:
        yield Refusal(f"The request for {shortened(request['name'])} can't be used: {problem}.")
        return
    arguments = request.get("arguments")
    if not isinstance(arguments, dict | None):
        yield Refusal(f"The arguments of {shortened(request['name'])} must be a map.", request)
        return
    yield Request(request, request["name"], arguments or {})


def _problem(value: object, depth: int, has_bytes: bool = False) -> str:
    """What is wrong with a value; empty for a valid one.

    Args:
        value: as it was decoded
        depth: levels that it may have
        has_bytes: whether there may be bytes in it
    """
    if depth == 0:
        return f"a value may have {MAX_DEPTH} levels at most"
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            return "the keys of a map must be text"
        return next(filter(None, (_problem(part, depth - 1, has_bytes) for part in value.values())), "")
    if isinstance(value, list):
        return next(filter(None, (_problem(part, depth - 1, has_bytes) for part in value)), "")
    if (
        value is None
        or isinstance(value, bool | int | float | str)
        or (has_bytes and isinstance(value, bytes))
    ):
        return ""
    return f"{type(value).__name__} is none of what a value may be: number, text, truth value, list, map or nothing"


def _pack(message: Mapping[str, object]) -> bytes:
    packed: bytes = msgpack.packb(message, default=_plain)
    return packed


def _plain(value: object) -> object:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if value is NULL:
        return None
    if isinstance(value, Mapping):
        return dict(value)
    raise InputError(f"{type(value).__name__} can't be sent.")

"""What each call of the gRPC protocol does to a session, from decoded request to response. It knows no network."""

import asyncio
import base64
import math
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

from google.protobuf.message import Message

from atomtug.core.errors import InputError
from atomtug.protos import command_pb2, state_pb2, trajectory_pb2
from atomtug.server.session.rights import Right
from atomtug.server.session.session import Session
from atomtug.server.transport.grpc_codec import encode_frame
from atomtug.server.transport.rate_limit import RateLimit
from atomtug.server.transport.state_changes import state_changes
from atomtug.wire.struct_codec import dict_to_struct, dict_to_structs, struct_to_dict
from atomtug.wire.values import NULL, Changes, Value

MAX_UPDATE = 1024 * 1024
"""Bytes of a state update that is made of several values. Clients accept no message above 4 MiB."""
MAX_RECEIVED = 4 * 1024 * 1024
"""Bytes of a message that gRPC's clients accept, if they were not told otherwise."""
MAX_CONVERTED = 2 * MAX_RECEIVED
"""Bytes in memory of a value from which on it isn't even tried to make a gRPC message of it."""
MAX_INTERVAL = 60.0
"""Seconds between two messages of a stream, at most."""
MAX_LOCK = 3600.0
"""Seconds for which a client may lock a key at a time."""


class GrpcCalls:
    """The calls, by method.

    Args:
        session: what they act on
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    async def send_frames(
        self, request: trajectory_pb2.GetFrameRequest, peer: str, every: bool, fills_empty: bool = False
    ) -> AsyncGenerator[bytes, None]:
        """Encoded frames for one subscriber, without end.

        Args:
            request: with the least seconds between two frames
            peer: the subscriber's address
            every: whether to send each frame; if not, frames that wait are merged
            fills_empty: as :func:`encode_frame` takes it

        Raises:
            InputError: the interval is out of its range
        """
        rate_limit = RateLimit(_interval("frame_interval", request.frame_interval))
        reader = self._session.frames.reader(every, peer)
        changed = asyncio.Event()
        reader.on_frame(changed.set)
        try:
            while True:
                await changed.wait()
                await rate_limit.wait()
                changed.clear()
                while (frame := reader.pop()) is not None:
                    yield encode_frame(frame, fills_empty)
                    if not every or rate_limit.interval:
                        break
                if reader.waiting:
                    changed.set()
        finally:
            reader.close()

    async def send_state(
        self, request: state_pb2.SubscribeStateUpdatesRequest, peer: str
    ) -> AsyncGenerator[bytes, None]:
        """Encoded changes of the shared state for one subscriber, without end; the first holds all of it.

        Raises:
            InputError: the interval is out of its range
            StateFull: the subscriber reads too slowly
        """
        rate_limit = RateLimit(_interval("update_interval", request.update_interval))
        async with aclosing(state_changes(self._session.state.view(), rate_limit)) as stream:
            async for told in stream:
                changes = {key: self._convertible(key, value) for key, value in told.items()}
                for part in dict_to_structs(without_bytes(changes), MAX_UPDATE):
                    update = state_pb2.StateUpdate(changed_keys=part)
                    if update.ByteSize() > MAX_RECEIVED:  # a single value: the client goes on without it
                        update = state_pb2.StateUpdate(
                            changed_keys=dict_to_struct(dict.fromkeys(part.fields))
                        )
                    yield update.SerializeToString()

    def _convertible(self, key: str, value: Value) -> Value:
        """The value, or None for one that is too large for any gRPC message."""
        entry = self._session.ledger.entry(key)
        return None if entry is not None and entry.size > MAX_CONVERTED else value

    async def update_state(self, request: state_pb2.UpdateStateRequest, peer: str, right: Right) -> Message:
        """Change keys of the shared state.

        Raises:
            InputError: a value is not allowed for its key
            StateFull: there is no room
        """
        changes = struct_to_dict(request.update.changed_keys)
        success = self._session.update_state(peer, request.access_token, changes, right)
        return state_pb2.UpdateStateResponse(success=success)

    async def update_locks(self, request: state_pb2.UpdateLocksRequest, peer: str, right: Right) -> Message:
        """Lock or release keys of the shared state.

        Raises:
            InputError: a duration is out of its range
            StateFull: there are too many locks
        """
        wishes: dict[str, float | None] = {}
        for key, seconds in struct_to_dict(request.lock_keys).items():
            if seconds is not None and not (isinstance(seconds, float) and 0 <= seconds <= MAX_LOCK):
                raise InputError(
                    f"The lock on {key} must be for 0 to {MAX_LOCK:g} seconds, or null to release it."
                )
            wishes[key] = seconds
        success = self._session.update_locks(request.access_token, wishes, right)
        return state_pb2.UpdateLocksResponse(success=success)

    async def get_commands(self, request: command_pb2.GetCommandsRequest, peer: str, right: Right) -> Message:
        """The commands that the client may run, with those of their default arguments that have one."""
        offered = self._session.commands_for(right)
        return command_pb2.GetCommandsReply(
            commands=[
                command_pb2.CommandMessage(name=name, arguments=dict_to_struct(_given(arguments)))
                for name, arguments in offered.items()
            ]
        )

    async def run_command(self, request: command_pb2.CommandMessage, peer: str, right: Right) -> Message:
        """Run a command.

        Raises:
            AtomtugError: it can't be carried out
        """
        arguments = struct_to_dict(request.arguments)
        result = await self._session.run_command(request.name, arguments, right)
        return command_pb2.CommandReply(result=dict_to_struct(without_bytes(result or {})))


def _interval(name: str, seconds: float) -> float:
    if math.isnan(seconds) or not 0 <= seconds <= MAX_INTERVAL:
        raise InputError(f"{name} must be from 0 to {MAX_INTERVAL:g} seconds, not {seconds}.")
    return seconds


def without_bytes(changes: Changes) -> dict[str, Value]:
    """Changes of the shared state as gRPC can carry them: bytes as base64 text, and null as removed."""
    return {key: _without_bytes(value) for key, value in changes.items()}


def _without_bytes(value: Value) -> Value:
    if isinstance(value, Mapping):
        return {key: _without_bytes(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_without_bytes(part) for part in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return None if value is NULL else value


def _given(arguments: Mapping[str, Value]) -> dict[str, Value]:
    return {name: value for name, value in arguments.items() if value is not None}

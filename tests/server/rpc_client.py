"""A bare client: gRPC and the protocol's own rules, nothing of atomtug's clients or codecs."""

import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import pytest
from google.protobuf import struct_pb2

from atomtug.protos import PACKAGE_ROOTS, SERVICES, command_pb2, rpc_path, state_pb2, trajectory_pb2

PATIENCE = 120.0
"""Seconds; how long a busy machine may take for anything. Tests wait for an event, never for so long a time."""
RPCS = {rpc.name: rpc for rpc in SERVICES}


def plain(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return {key: plain(part) for key, part in value.struct_value.fields.items()}
    if kind == "list_value":
        return [plain(part) for part in value.list_value.values]
    return None if kind in (None, "null_value") else getattr(value, kind)


def struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    made = struct_pb2.Struct()
    made.update(values)
    return made


def wait_until(happens: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """Whatever ``happens`` returns once it is true."""
    deadline = time.monotonic() + patience
    while not (result := happens()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {patience:g} s for {what}")
        time.sleep(0.005)
    return result


@dataclass
class _Waiting:
    condition: Callable[[], Any]
    result: Any = None
    error: BaseException | None = None


class News:
    """Where the thread that reads messages wakes those who wait for one.

    Conditions are looked at by the reading thread, after each message: what holds for no longer than one message
    is not missed, however late the waiting thread gets its turn.
    """

    def __init__(self) -> None:
        self._came = threading.Condition()
        self._waiting: list[_Waiting] = []

    @contextmanager
    def message(self) -> Iterator[None]:
        """Around taking in one message."""
        with self._came:
            yield
            for each in self._waiting:
                if not each.result and each.error is None:
                    try:
                        each.result = each.condition()
                    except BaseException as error:
                        each.error = error
            self._came.notify_all()

    def wait(self, condition: Callable[[], Any], what: Callable[[], str], patience: float = PATIENCE) -> Any:
        """Whatever ``condition`` returned once it was true; ``what`` says what was waited for in vain."""
        deadline = time.monotonic() + patience
        with self._came:
            if result := condition():
                return result
            mine = _Waiting(condition)
            self._waiting.append(mine)
            try:
                while not mine.result and mine.error is None:
                    if not self._came.wait(timeout=max(0.0, deadline - time.monotonic())):
                        raise AssertionError(f"waited {patience:g} s for {what()}")
            finally:
                self._waiting.remove(mine)
            if mine.error is not None:
                raise mine.error
            return mine.result


class Log:
    """All messages of a stream, read in a thread, and what they add up to."""

    def __init__(self, call: Any, take: Callable[["Log", Any], Any]) -> None:
        self.messages: list[Any] = []
        self.current: dict[str, Any] = {}
        self.error: grpc.RpcError | None = None
        self._call = call
        self._take = take
        self._news = News()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        try:
            for message in self._call:
                with self._news.message():
                    self.messages.append(self._take(self, message))
        except grpc.RpcError as error:
            with self._news.message():
                self.error = error

    def wait(self, condition: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
        """Whatever ``condition`` returned once it was true; looked at after each message."""
        return self._news.wait(
            condition, lambda: f"{what}; last: {self.error or str(self.current)[:500]}", patience
        )

    def wait_for(self, key: str, test: Callable[[Any], Any] = lambda value: True) -> Any:
        """The value of ``key`` that was first there and passed ``test``."""
        [value] = self.wait(
            lambda: [self.current[key]] if key in self.current and test(self.current[key]) else None,
            f"{key} to be as wanted",
        )
        return value

    def more(self, count: int = 1) -> list[Any]:
        """The next so many messages."""
        start = len(self.messages)
        self.wait(lambda: len(self.messages) >= start + count, f"{count} more messages")
        return self.messages[start : start + count]

    def cancel(self) -> None:
        self._call.cancel()


def take_frame(log: Log, response: trajectory_pb2.GetFrameResponse) -> tuple[int, dict[str, Any]]:
    """(index, values), the values also merged into the log's current frame by the protocol's rule."""
    values: dict[str, Any] = {key: plain(value) for key, value in response.frame.values.items()}
    for key, array in response.frame.arrays.items():
        kind = array.WhichOneof("values")
        assert kind is not None, f"{key} says not what kind it is"
        values[key] = list(getattr(array, kind).values)
    if response.frame_index == 0:
        log.current = {}
    log.current = {**log.current, **values}
    return response.frame_index, values


def take_state(log: Log, update: state_pb2.StateUpdate) -> dict[str, Any]:
    changes = {key: plain(value) for key, value in update.changed_keys.fields.items()}
    merged = {**log.current, **changes}
    log.current = {key: value for key, value in merged.items() if value is not None}
    return changes


class RawClient:
    """One channel.

    Args:
        address: host:port
        root: package of the services
        credentials: of TLS; None for plain text
        token: sent as a bearer token; None for none
        name: access token for locks
    """

    def __init__(
        self,
        address: str,
        root: str = PACKAGE_ROOTS[1],
        credentials: grpc.ChannelCredentials | None = None,
        token: str | None = None,
        name: str = "",
    ) -> None:
        options = [("grpc.max_send_message_length", -1), ("grpc.use_local_subchannel_pool", 1)]
        if credentials is None:
            self.channel = grpc.insecure_channel(address, options)
        else:
            self.channel = grpc.secure_channel(address, credentials, options)
        self.address = address
        self._root = root
        self._metadata = () if token is None else (("authorization", f"Bearer {token}"),)
        self.name = name
        self.patience = PATIENCE
        """Seconds for an answer."""

    def __enter__(self) -> "RawClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.channel.close()

    def send(self, rpc_name: str, data: bytes) -> Any:
        """Any bytes to a unary rpc; the decoded answer."""
        rpc = RPCS[rpc_name]
        call = self.channel.unary_unary(rpc_path(rpc, self._root))
        return rpc.response.FromString(call(data, timeout=self.patience, metadata=self._metadata))

    def subscribe(self, rpc_name: str, data: bytes) -> Iterator[Any]:
        """Any bytes to a streaming rpc; the raw call."""
        rpc = RPCS[rpc_name]
        return self.channel.unary_stream(
            rpc_path(rpc, self._root), response_deserializer=rpc.response.FromString
        )(data, metadata=self._metadata)

    def frames(self, every: bool = False, interval: float = 0.0) -> Log:
        request = trajectory_pb2.GetFrameRequest(frame_interval=interval).SerializeToString()
        return Log(
            self.subscribe("SubscribeFrames" if every else "SubscribeLatestFrames", request), take_frame
        )

    def afresh(self) -> Log:
        """Every frame from a fresh start on; it plays."""
        log = self.frames(every=True)
        counter = log.wait_for("system.simulation.counter")
        self.run("playback/play")
        self.run("playback/reset")
        log.wait_for("system.simulation.counter", lambda value: value > counter)
        del log.messages[:]
        return log

    def states(self, interval: float = 0.0) -> Log:
        request = state_pb2.SubscribeStateUpdatesRequest(update_interval=interval).SerializeToString()
        return Log(self.subscribe("SubscribeStateUpdates", request), take_state)

    def update(self, changes: Mapping[str, Any]) -> bool:
        request = state_pb2.UpdateStateRequest(
            access_token=self.name, update=state_pb2.StateUpdate(changed_keys=struct(changes))
        )
        return self.send("UpdateState", request.SerializeToString()).success

    def lock(self, wishes: Mapping[str, float | None]) -> bool:
        request = state_pb2.UpdateLocksRequest(access_token=self.name, lock_keys=struct(wishes))
        return self.send("UpdateLocks", request.SerializeToString()).success

    def commands(self) -> dict[str, Any]:
        reply = self.send("GetCommands", b"")
        return {c.name: {k: plain(v) for k, v in c.arguments.fields.items()} for c in reply.commands}

    def run(self, command: str, /, **arguments: Any) -> dict[str, Any]:
        request = command_pb2.CommandMessage(name=command, arguments=struct(arguments))
        reply = self.send("RunCommand", request.SerializeToString())
        return {key: plain(value) for key, value in reply.result.fields.items()}


@contextmanager
def refused(code: grpc.StatusCode, *said: str) -> Iterator[None]:
    """The block must be refused with this code and a sentence that says this."""
    with pytest.raises(grpc.RpcError) as caught:
        yield
    error: Any = caught.value
    assert error.code() == code, f"{error.code()}: {error.details()}"
    for part in said:
        assert part in error.details(), error.details()
    assert error.details().rstrip().endswith("."), error.details()
    assert "Traceback" not in error.details()


def spring(*particles: int, position=(0.0, 0.0, 0.0), scale: float = 100.0, **more: Any) -> dict[str, Any]:
    """What a headset sends while a hand holds these atoms."""
    return {
        "position": [float(x) for x in position],
        "particles": list(particles),
        "interaction_type": "spring",
        "scale": scale,
        "mass_weighted": True,
        "reset_velocities": False,
        "max_force": math.inf,
        **more,
    }

"""The services as a table, so that one servicer can be registered under several package names."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from google.protobuf.message import Message

from atomtug.protos import command_pb2, state_pb2, trajectory_pb2

NARUPA_ROOT = "narupa.protocol"
PACKAGE_ROOTS = (NARUPA_ROOT, "nanover.protocol", "atomtug.protocol")
"""Narupa's package (to 2023), NanoVer's (2023-2025), and that of stubs made from the files in this folder; the
messages of all are the same bytes."""

DEFAULT_PORT = 38801
"""Where Narupa and NanoVer servers listen."""


RequestType = TypeVar("RequestType", bound=Message, covariant=True)


@dataclass(frozen=True)
class Rpc(Generic[RequestType]):
    """One remote procedure: what it takes, what it gives, and whether it gives a stream."""

    service: str
    name: str
    request: type[RequestType]
    response: type[Message]
    streams: bool = False


SUBSCRIBE_FRAMES = Rpc(
    "trajectory.TrajectoryService",
    "SubscribeFrames",
    trajectory_pb2.GetFrameRequest,
    trajectory_pb2.GetFrameResponse,
    streams=True,
)
SUBSCRIBE_LATEST_FRAMES = Rpc(
    "trajectory.TrajectoryService",
    "SubscribeLatestFrames",
    trajectory_pb2.GetFrameRequest,
    trajectory_pb2.GetFrameResponse,
    streams=True,
)
SUBSCRIBE_STATE_UPDATES = Rpc(
    "state.State",
    "SubscribeStateUpdates",
    state_pb2.SubscribeStateUpdatesRequest,
    state_pb2.StateUpdate,
    streams=True,
)
UPDATE_STATE = Rpc("state.State", "UpdateState", state_pb2.UpdateStateRequest, state_pb2.UpdateStateResponse)
UPDATE_LOCKS = Rpc("state.State", "UpdateLocks", state_pb2.UpdateLocksRequest, state_pb2.UpdateLocksResponse)
GET_COMMANDS = Rpc(
    "command.Command", "GetCommands", command_pb2.GetCommandsRequest, command_pb2.GetCommandsReply
)
RUN_COMMAND = Rpc("command.Command", "RunCommand", command_pb2.CommandMessage, command_pb2.CommandReply)
SERVICES: tuple[Rpc[Message], ...] = (
    SUBSCRIBE_FRAMES,
    SUBSCRIBE_LATEST_FRAMES,
    SUBSCRIBE_STATE_UPDATES,
    UPDATE_STATE,
    UPDATE_LOCKS,
    GET_COMMANDS,
    RUN_COMMAND,
)


def rpc_path(rpc: Rpc[Message], root: str = PACKAGE_ROOTS[0]) -> str:
    """The HTTP/2 path of a call, e.g. ``/narupa.protocol.state.State/UpdateState``."""
    return f"/{root}.{rpc.service}/{rpc.name}"

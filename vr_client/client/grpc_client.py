"""A client for Narupa's gRPC protocol, for scripts and notebooks. It knows only the protocol, not the server's code.

from atomtug.vr_client import Client

with Client.connect("localhost:38801") as client:
    print(client.wait_for_frame().potential_energy)
    client.run("playback/reset")
"""

import contextlib
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from google.protobuf.message import Message

from atomtug.core.closing import Closing
from atomtug.core.errors import AtomtugError, CommandFailed, ConnectionFailed
from atomtug.protos import PACKAGE_ROOTS, command_pb2, state_pb2, trajectory_pb2
from atomtug.vr_client.client.channel import Channel, M
from atomtug.vr_client.client.client_frame import ClientFrame
from atomtug.vr_client.client.interaction import Interaction
from atomtug.vr_client.client.subscription import Subscription
from atomtug.wire import command_names
from atomtug.wire.state_keys import INTERACTION_PREFIX
from atomtug.wire.struct_codec import dict_to_struct, struct_to_dict

LOADING = (command_names.LOAD_ENGINE, command_names.LOAD_OWN_SYSTEM)
"""Commands that are answered when an engine has been loaded and compiled."""
LOADING_PATIENCE = 300.0
"""Seconds that these may take."""
BEGINNINGS = (command_names.RESET, command_names.LOAD_SYSTEM, command_names.NEXT_SYSTEM)
"""Commands after which a simulation starts from the beginning."""
PATIENCE = 30.0
"""Seconds without an answer after which a server counts as stuck."""


class Client(Closing):
    """A connection to a server: its frames, its shared state, its commands, and hands on its atoms.

    Use :meth:`connect`, best in a ``with`` block: closing takes away the interactions that were started.
    """

    def __init__(self, channel: Channel, patience: float = PATIENCE) -> None:
        self._channel = channel
        self._patience = patience
        self.owner = str(uuid.uuid4())
        """This client's id: the owner of its interactions and of its locks."""
        self._interactions: set[str] = set()
        self._frames: Subscription[ClientFrame] | None = None
        self._frames_taken = 0
        self._begun = 0
        """How many simulations started since the frames were subscribed to."""
        self._state: Subscription[dict[str, Any]] | None = None

    @classmethod
    def connect(
        cls,
        address: str = "localhost",
        token: str | None = None,
        root_certificates: str | Path | None = None,
        package: str = PACKAGE_ROOTS[0],
        patience: float = PATIENCE,
    ) -> "Client":
        """Connect to a server and make sure that it answers.

        Args:
            address: ``host:port``, or a host alone for port 38801
            token: shared secret, where the server asks for one
            root_certificates: PEM file with the certificates to trust; TLS is used if one is given
            package: ``narupa.protocol``, or ``nanover.protocol`` for a server that has only that
            patience: seconds after which a call that isn't answered fails

        Raises:
            ConnectionFailed: there is no server, or it asks for another token
        """
        channel = Channel(address, token, root_certificates, package)
        client = cls(channel, patience)
        try:
            client.commands()
        except AtomtugError:
            channel.close()
            raise
        return client

    # Frames ---------------------------------------------------------------------------------------------

    def subscribe_frames(self, interval: float = 0.0, every: bool = False) -> None:
        """Subscribe to frames. Without this call, that is done with these defaults when a frame is first used.

        Args:
            interval: least time between two frames, seconds; 0 for every frame as it comes
            every: receive each frame in turn, however late, instead of only the newest
        """
        if self._frames is not None:
            self._frames.close()
        self._frames_taken = 0
        name = "SubscribeFrames" if every else "SubscribeLatestFrames"
        call = self._channel.stream(name, trajectory_pb2.GetFrameRequest(frame_interval=interval))
        self._frames = Subscription(call, ClientFrame(), self._merge, self._channel.failure, every)

    def _merge(self, frame: ClientFrame, message: trajectory_pb2.GetFrameResponse) -> ClientFrame:
        self._begun += message.frame_index == 0
        return frame.merged(ClientFrame.from_message(message))

    @property
    def current_frame(self) -> ClientFrame:
        """The newest frame with all that is known; empty before the first frame."""
        return self._frame_stream.value

    def wait_for_frame(
        self, condition: Callable[[ClientFrame], bool] | None = None, timeout: float | None = None
    ) -> ClientFrame:
        """The frame as it is now, or as soon as it meets the condition (by default: it has atoms).

        Raises:
            ConnectionFailed: it took longer than ``timeout`` seconds, or the server went away
        """
        wanted = condition or (lambda frame: frame.count > 0)
        deadline = time.monotonic() + (self._patience if timeout is None else timeout)
        stream = self._frame_stream
        seen = stream.count
        while not wanted(frame := stream.value):
            _, seen = stream.wait(seen, max(0.0, deadline - time.monotonic()))
        return frame

    def frames(self, timeout: float | None = None) -> Iterator[ClientFrame]:
        """Frames as they come, without end, each with everything known by then; the current one first.

        A loop that is slow gets the newest each time, or, subscribed to ``every``, each in turn.

        Raises:
            ConnectionFailed: none came for ``timeout`` seconds, or the server went away
        """
        stream = self._frame_stream
        seen = max(0, stream.count - 1)
        while True:
            frame, seen = stream.wait(seen, self._patience if timeout is None else timeout)
            yield frame

    def new_frames(self) -> list[ClientFrame]:
        """The frames that came since the last call, without waiting: the newest, or each with ``every``."""
        frames, self._frames_taken = self._frame_stream.since(self._frames_taken)
        return frames

    @property
    def _frame_stream(self) -> Subscription[ClientFrame]:
        if self._frames is None:
            self.subscribe_frames()
        assert self._frames is not None
        return self._frames

    # Shared state ---------------------------------------------------------------------------------------

    def subscribe_state(self, interval: float = 1 / 30) -> None:
        """Subscribe to the shared state. Without this call, that is done when the state is first used.

        Args:
            interval: least time between two updates, seconds
        """
        if self._state is not None:
            self._state.close()
        request = state_pb2.SubscribeStateUpdatesRequest(update_interval=interval)
        self._state = Subscription(
            self._channel.stream("SubscribeStateUpdates", request), {}, _changed, self._channel.failure
        )

    @property
    def state(self) -> dict[str, Any]:
        """A copy of the shared state, as far as it has been received."""
        return dict(self._state_stream.value)

    def wait_for_state(
        self, condition: Callable[[Mapping[str, Any]], bool], timeout: float | None = None
    ) -> dict[str, Any]:
        """The shared state as soon as it meets a condition.

        Raises:
            ConnectionFailed: it took longer than ``timeout`` seconds, or the server went away
        """
        deadline = time.monotonic() + (self._patience if timeout is None else timeout)
        stream = self._state_stream
        seen = stream.count
        while not condition(state := stream.value):
            _, seen = stream.wait(seen, max(0.0, deadline - time.monotonic()))
        return dict(state)

    @property
    def _state_stream(self) -> Subscription[dict[str, Any]]:
        if self._state is None:
            self.subscribe_state()
        assert self._state is not None
        return self._state

    def update_state(self, changes: Mapping[str, Any]) -> None:
        """Change the shared state: all of it or nothing; None removes a key.

        Raises:
            CommandFailed: another client has locked one of the keys, or a value can't be what its key says
        """
        update = state_pb2.StateUpdate(changed_keys=dict_to_struct(changes))
        request = state_pb2.UpdateStateRequest(access_token=self.owner, update=update)
        if not self._call("UpdateState", request, state_pb2.UpdateStateResponse).success:
            raise CommandFailed(f"Another client has locked {' or '.join(changes)}: try again later.")

    def lock(self, keys: Iterable[str], seconds: float) -> bool:
        """Lock keys against writing by other clients for a while; False if another client has locked one."""
        return self._update_locks(dict.fromkeys(keys, seconds))

    def unlock(self, keys: Iterable[str]) -> bool:
        """Unlock keys."""
        return self._update_locks(dict.fromkeys(keys))

    def _update_locks(self, wishes: Mapping[str, float | None]) -> bool:
        request = state_pb2.UpdateLocksRequest(access_token=self.owner, lock_keys=dict_to_struct(wishes))
        return self._call("UpdateLocks", request, state_pb2.UpdateLocksResponse).success

    # Commands -------------------------------------------------------------------------------------------

    def commands(self) -> dict[str, dict[str, Any]]:
        """The commands on offer, each with its default arguments."""
        reply = self._call("GetCommands", command_pb2.GetCommandsRequest(), command_pb2.GetCommandsReply)
        return {command.name: struct_to_dict(command.arguments) for command in reply.commands}

    def run(self, name: str, /, **arguments: Any) -> dict[str, Any]:
        """Run a command, e.g. ``client.run("playback/load", index=2)``, and return its result.

        Those that start a simulation from the beginning (:data:`BEGINNINGS`) return when its first frame is here.

        Raises:
            CommandFailed: there is no such command, or it failed
        """
        request = command_pb2.CommandMessage(name=name, arguments=dict_to_struct(arguments))
        if name in BEGINNINGS:
            self.wait_for_frame()  # else the first to come might still be an old one
        begun = self._begun
        patience = max(self._patience, LOADING_PATIENCE) if name in LOADING else self._patience
        reply = self._channel.call("RunCommand", request, command_pb2.CommandReply, patience)
        result = struct_to_dict(reply.result)
        if name in BEGINNINGS:
            self.wait_for_frame(lambda _: self._begun > begun)
        return result

    # Hands ----------------------------------------------------------------------------------------------

    def start_interaction(self, interaction: Interaction) -> str:
        """Start an interaction; returns the key that updates and removes it."""
        key = f"{INTERACTION_PREFIX}{uuid.uuid4()}"
        self.change_interactions({key: interaction})
        return key

    def update_interaction(self, key: str, interaction: Interaction) -> None:
        """Move or change an interaction."""
        self.change_interactions({key: interaction})

    def remove_interaction(self, key: str) -> None:
        """End an interaction."""
        self.change_interactions({key: None})

    def change_interactions(self, changes: Mapping[str, Interaction | None]) -> None:
        """Start, move and end (None) several interactions at once, by key.

        Raises:
            CommandFailed: the server refuses one of them, and then does none
        """
        self.update_state(
            {key: None if hand is None else hand.to_state(self.owner) for key, hand in changes.items()}
        )
        for key, hand in changes.items():
            (self._interactions.discard if hand is None else self._interactions.add)(key)

    @property
    def lost(self) -> AtomtugError | None:
        """Why a stream has ended, after which a new client is needed; None while all streams work."""
        ends = (stream.ended for stream in (self._frames, self._state) if stream is not None)
        return next((end for end in ends if end is not None), None)

    # Closing --------------------------------------------------------------------------------------------

    def close(self) -> None:
        """End all interactions and close the connection. Never raises, not even when the server has gone."""
        with contextlib.suppress(ConnectionFailed, CommandFailed):
            if self._interactions:
                self.change_interactions(dict.fromkeys(self._interactions))
        for stream in (self._frames, self._state):
            if stream is not None:
                stream.close()
        self._channel.close()

    def _call(self, name: str, request: Message, response: type[M]) -> M:
        return self._channel.call(name, request, response, self._patience)


def _changed(state: dict[str, Any], update: state_pb2.StateUpdate) -> dict[str, Any]:
    changes = struct_to_dict(update.changed_keys)
    return {key: value for key, value in {**state, **changes}.items() if value is not None}

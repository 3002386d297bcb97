"""Clients that mean harm, or are badly broken: they harm nobody but themselves."""

import contextlib
import socket
import string
import struct as binary
import threading
from pathlib import Path

import grpc
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rpc_client import Log, RawClient, spring, struct
from server_process import HARMONIC

from atomtug.core.systems import load_system
from atomtug.protos import SERVICES, command_pb2, state_pb2
from atomtug.server.app import ServerOptions, running_server

ANSWERS = (
    grpc.StatusCode.OK,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
)
METHANE = load_system("methane")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("hostile") / "recordings"


@pytest.fixture(scope="module")
def server(folder):
    options = ServerOptions([METHANE], engine=HARMONIC, fps=50.0, recordings=folder)
    with running_server(options) as running:
        yield running


@pytest.fixture(scope="module")
def fuzzer(server):
    """One client for all examples: a connection for each would take most of the time."""
    with RawClient(server.address) as made:
        yield made


@pytest.fixture(autouse=True)
def in_the_end_all_is_well(server, nothing_logged):
    """The simulation goes on, and nothing was logged."""
    yield
    with RawClient(server.address) as client:
        log = client.frames(every=True)
        client.run("playback/play")
        goes_on(log)


@pytest.fixture
def witness(server):
    """The frames that someone else sees."""
    with RawClient(server.address) as client:
        yield client.frames(every=True)


def goes_on(log: Log) -> None:
    count = len(log.messages)
    log.wait(lambda: len(log.messages) > count + 5, "more frames")


def outcome(client: RawClient, rpc: str, data: bytes) -> tuple[grpc.StatusCode, str]:
    try:
        client.send(rpc, data)
    except grpc.RpcError as error:
        return error.code(), error.details()
    return grpc.StatusCode.OK, ""


# Messages that are well formed and make no sense --------------------------------------------------------

words = st.sampled_from(
    ["interaction.a", "avatar.a", "selection.root", "scene", "update.index.a", "engine.current"]
)
keys = words | st.text(max_size=12).filter(lambda key: key.isprintable())
values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=10,
)
fields = st.sampled_from(
    ["position", "particles", "interaction_type", "scale", "max_force", "owner.id", "label"]
)
almost = st.dictionaries(fields, values | st.just([0.0, 1.0, 2.0]) | st.just("spring"), max_size=6)


@settings(max_examples=40)
@given(
    changes=st.dictionaries(keys, values | almost, max_size=4),
    locks=st.dictionaries(keys, values, max_size=3),
)
@example(changes={"avatar.": None, "interaction.": {}}, locks={"": 0.0})
def test_any_state_and_any_lock_is_taken_or_refused_with_a_sentence(fuzzer, changes, locks):
    update = state_pb2.UpdateStateRequest(
        access_token="me", update=state_pb2.StateUpdate(changed_keys=struct(changes))
    )
    wishes = state_pb2.UpdateLocksRequest(access_token="me", lock_keys=struct(locks))
    for rpc, message in (("UpdateState", update), ("UpdateLocks", wishes)):
        code, said = outcome(fuzzer, rpc, message.SerializeToString())
        assert code in ANSWERS
        assert code == grpc.StatusCode.OK or said.endswith(".")
    released = state_pb2.UpdateLocksRequest(access_token="me", lock_keys=struct(dict.fromkeys(locks)))
    assert outcome(fuzzer, "UpdateLocks", released.SerializeToString())[0] == grpc.StatusCode.OK
    removed = state_pb2.StateUpdate(changed_keys=struct(dict.fromkeys(changes)))
    request = state_pb2.UpdateStateRequest(access_token="me", update=removed)
    assert outcome(fuzzer, "UpdateState", request.SerializeToString())[0] == grpc.StatusCode.OK


@pytest.fixture(scope="module")
def arguments(server) -> dict[str, list[str]]:
    """Of each command."""
    return {name: [*defaults] for name, defaults in server.session.commands.list().items()}


@pytest.mark.slow
@settings(max_examples=40)
@given(data=st.data())
def test_any_arguments_of_any_command_are_taken_or_refused_with_a_sentence(fuzzer, arguments, data):
    name = data.draw(st.sampled_from(sorted(arguments)))
    given_ = data.draw(st.dictionaries(st.sampled_from([*arguments[name], "other"]), values, max_size=3))
    message = command_pb2.CommandMessage(name=name, arguments=struct(given_))
    code, said = outcome(fuzzer, "RunCommand", message.SerializeToString())
    assert code in ANSWERS, said
    assert code == grpc.StatusCode.OK or said.endswith(("...", "."))
    fuzzer.run("dynamics/set", temperature=300.0, friction=1.0, timestep=0.5)
    fuzzer.run("trajectory/set-dynamics-interval", interval=0.02)
    with contextlib.suppress(grpc.RpcError):  # nothing is being recorded
        fuzzer.run("recording/stop")


@settings(max_examples=25)
@given(data=st.binary(max_size=60), rpc=st.sampled_from([rpc.name for rpc in SERVICES if rpc.streams]))
def test_random_bytes_begin_a_stream_or_are_refused(fuzzer, data, rpc):
    stream = fuzzer.subscribe(rpc, data)
    try:
        next(stream)
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.INVALID_ARGUMENT  # noqa: PT017
    else:
        stream.cancel()


# Names --------------------------------------------------------------------------------------------------

odd = st.sampled_from(
    ["..", "/", "\\", ".", "~", "\0", "\n", "%2e", "C:", "//", "a", ".h5", " ", "é", "\u2025"]
)


@settings(max_examples=30)
@given(name=st.lists(odd | st.text(string.printable, max_size=3), max_size=5).map("".join))
@example(name="../escaped")
@example(name="/tmp/escaped")
@example(name="a/../../escaped")
@example(name="..")
@example(name="ok")
def test_whatever_a_recording_is_called_it_is_in_the_folder(fuzzer, folder, name):
    before = set(folder.glob("*"))
    try:
        path = Path(fuzzer.run("recording/start", name=name)["path"])
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.INVALID_ARGUMENT  # noqa: PT017
    else:
        fuzzer.run("recording/stop")
        assert path.resolve().parent == folder.resolve()
        assert path.suffix == ".h5"
        path.unlink()
    assert {entry.name for entry in folder.parent.iterdir()} <= {"recordings"}
    assert set(folder.glob("*")) == before


# Connections --------------------------------------------------------------------------------------------


def reset_hard(connection: socket.socket) -> None:
    """Gone without a word: the other side gets a RST."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, binary.pack("ii", 1, 0))
    connection.close()


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),  # TLS where there is none
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 4000,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9) + b"\x7f\xff\xff\x00\x00\x00\x00\x00\x01",
        bytes(range(256)) * 100,
    ],
    ids=["nothing", "http", "tls", "noise in HTTP/2", "a huge frame", "noise"],
)
def test_connections_that_speak_something_else_or_break_off_harm_nobody(server, witness, said):
    host, _, port = server.address.rpartition(":")
    for _ in range(20):
        connection = socket.create_connection((host, int(port)), timeout=30)
        with contextlib.suppress(OSError):
            connection.sendall(said)
        reset_hard(connection)
    goes_on(witness)


def test_a_client_cut_off_in_the_middle_of_its_streams_leaves_nothing(server, witness):
    """Through a relay whose sockets are reset, as when a network breaks."""
    host, _, port = server.address.rpartition(":")
    with Relay(host, int(port)) as relay, RawClient(f"127.0.0.1:{relay.port}") as client:
        frames, states = client.frames(every=True), client.states()
        assert client.update({"interaction.cut": spring(5, position=(0.5, 0, 0), scale=1.0)})
        witness.wait_for("forces.user.index", lambda held: held == [5])
        frames.more(3)
        states.wait_for("interaction.cut")
        relay.cut()
        witness.wait_for("forces.user.index", lambda held: held == [])
        frames.wait(lambda: frames.error, "the news of it")
        assert frames.error.code() == grpc.StatusCode.UNAVAILABLE


class Relay:
    """Passes bytes on between a client and a server, until it is cut."""

    def __init__(self, host: str, port: int) -> None:
        self._goal = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._sockets: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._goal)
                self._sockets += [client, server]
                for source, sink in ((client, server), (server, client)):
                    threading.Thread(target=self._pass_on, args=(source, sink), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)

    def cut(self) -> None:
        self._listener.close()
        for each in self._sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            reset_hard(each)

    def __enter__(self) -> "Relay":
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()

"""Who may come in: tokens, TLS, addresses. The session is the bare one; what it serves doesn't matter here."""

import asyncio
import socket
import subprocess

import grpc
import pytest
from rpc_client import RawClient, refused, struct

from atomtug.core.errors import InputError
from atomtug.protos import PACKAGE_ROOTS, command_pb2
from atomtug.server.app import run_in_thread
from atomtug.server.listening import ListenOptions, read_token
from atomtug.server.session.session import Session

TOKEN = "a long and secret word"


def served(**network):
    return run_in_thread(Session, ListenOptions(port=0, **network))


# Tokens -------------------------------------------------------------------------------------------------


def test_with_the_right_token_everything_is_allowed():
    with served(token=TOKEN) as server, RawClient(server.address, token=TOKEN) as client:
        assert client.update({"a": 1.0})
        assert client.lock({"a": 1.0})
        assert "multiuser/radially-orient-origins" in client.commands()
        assert client.states().wait_for("a") == 1.0


@pytest.mark.parametrize("token", [None, "", "wrong", TOKEN + "x", TOKEN.upper()])
def test_without_it_nothing_is(token):
    with served(token=TOKEN) as server, RawClient(server.address, token=token) as client:
        for attempt in (lambda: client.update({"a": 1.0}), client.commands, lambda: client.lock({"a": 1.0})):
            with refused(grpc.StatusCode.UNAUTHENTICATED, "token"):
                attempt()
        for every in (True, False):
            log = client.frames(every)
            log.wait(lambda log=log: log.error, "refusal")
            assert log.error.code() == grpc.StatusCode.UNAUTHENTICATED
        assert server.session.state.values == {}


def test_a_token_is_not_asked_for_where_there_is_none():
    with served() as server, RawClient(server.address, token="whatever") as client:
        assert client.update({"a": 1.0})


def test_a_token_file_holds_one_secret(tmp_path):
    path = tmp_path / "token"
    path.write_text(f"  {TOKEN}\n")
    assert read_token(path) == TOKEN
    path.write_text("short")
    with pytest.raises(InputError, match="8 characters"):
        read_token(path)
    path.write_bytes(b"\xff\xfe\xfa\xfb\xfc\xfd\xfe\xff")
    with pytest.raises(InputError, match="can't be read"):
        read_token(path)
    with pytest.raises(InputError, match="can't be read"):
        read_token(tmp_path / "missing")


# TLS ----------------------------------------------------------------------------------------------------


def test_tls_encrypts_for_those_who_trust_the_certificate(certificate):
    cert, key = certificate
    trust = grpc.ssl_channel_credentials(cert.read_bytes())
    with (
        served(tls_cert=cert, tls_key=key, token=TOKEN) as server,
        RawClient(server.address, credentials=trust, token=TOKEN) as client,
        RawClient(server.address, credentials=trust) as stranger,
    ):
        assert client.update({"a": 1.0})
        with refused(grpc.StatusCode.UNAUTHENTICATED):
            stranger.update({"a": 2.0})


def test_tls_turns_away_those_who_speak_in_the_clear_or_trust_another(certificate):
    cert, key = certificate
    with served(tls_cert=cert, tls_key=key) as server:
        for credentials in (None, grpc.ssl_channel_credentials()):
            with (
                RawClient(server.address, credentials=credentials) as client,
                pytest.raises(grpc.RpcError) as caught,
            ):
                client.update({"a": 1.0})
            assert caught.value.code() == grpc.StatusCode.UNAVAILABLE
        assert server.session.state.values == {}


def test_certificate_and_key_come_as_a_pair(certificate):
    cert, key = certificate
    for given in ({"tls_cert": cert}, {"tls_key": key}):
        with pytest.raises(InputError, match="both"), served(**given):
            pass


def test_a_certificate_that_is_not_there_or_is_none_is_a_sentence_about_it(certificate, tmp_path):
    cert, key = certificate
    with (
        pytest.raises(InputError, match=r"missing\.pem can't be read"),
        served(tls_cert=tmp_path / "missing.pem", tls_key=key),
    ):
        pass
    junk = tmp_path / "junk.pem"
    junk.write_text("this is no certificate")
    for given in ({"tls_cert": junk, "tls_key": key}, {"tls_cert": cert, "tls_key": junk}):
        with pytest.raises(InputError, match="certificate"), served(**given):
            pass


def test_a_key_that_does_not_belong_to_the_certificate_is_a_sentence_about_it(certificate, tmp_path):
    other = tmp_path / "other.pem"
    subprocess.run(["openssl", "genrsa", "-out", other, "2048"], check=True, capture_output=True)
    with pytest.raises(InputError, match="certificate"), served(tls_cert=certificate[0], tls_key=other):
        pass


# Addresses ----------------------------------------------------------------------------------------------


def test_a_port_in_use_is_a_sentence_that_says_what_to_do():
    with (
        served() as server,
        pytest.raises(InputError, match=r"Can't listen on localhost:\d+.*--port"),
        run_in_thread(Session, ListenOptions(port=server.port)),
    ):
        pass


def test_an_address_of_another_machine_is_a_sentence():
    with pytest.raises(InputError, match="Can't listen on"), served(listen="203.0.113.7"):
        pass


def test_a_port_that_another_program_has_at_one_address_of_the_host_is_taken():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        taken = pytest.raises(InputError, match=rf"Can't listen on localhost:{port}.*--port")
        with taken, run_in_thread(Session, ListenOptions(port=port)):
            pass


def test_a_closed_server_frees_its_port_at_once():
    with served() as server:
        port = server.port
    with socket.socket() as probe:
        probe.settimeout(1.0)
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    with run_in_thread(Session, ListenOptions(port=port)) as again:
        assert again.port == port


def test_a_session_that_can_not_start_leaves_nothing_listening():
    class Broken(Session):
        closed = False

        async def start(self) -> None:
            raise InputError("It does not start.")

        async def close(self) -> None:
            type(self).closed = True
            await super().close()

    with pytest.raises(InputError, match="does not start"), run_in_thread(Broken, ListenOptions(port=0)):
        pass
    assert Broken.closed


# Both generations of clients ----------------------------------------------------------------------------


@pytest.mark.parametrize("root", PACKAGE_ROOTS)
def test_narupa_and_nanover_clients_find_all_services_and_meet_in_the_same_state(root):
    other = next(name for name in PACKAGE_ROOTS if name != root)
    with (
        served() as server,
        RawClient(server.address, root) as client,
        RawClient(server.address, other) as friend,
    ):
        seen = friend.states()
        assert client.update({"scene": [0.0] * 10})
        assert seen.wait_for("scene") == [0.0] * 10
        assert client.lock({"scene": 5.0})
        assert not RawClient(server.address, other, name="another").update({"scene": [1.0]})
        assert client.commands() == friend.commands()
        client.frames()
        client.frames(every=True)


def test_what_this_server_does_not_do_is_unimplemented_and_not_a_crash():
    with served() as server, RawClient(server.address) as client:
        for path in (
            "/narupa.protocol.trajectory.TrajectoryService/GetFrame",
            "/narupa.protocol.instance.InstanceService/LoadTrajectory",
            "/another.protocol.state.State/UpdateState",
        ):
            with pytest.raises(grpc.RpcError) as caught:
                client.channel.unary_unary(path)(b"")
            assert caught.value.code() == grpc.StatusCode.UNIMPLEMENTED
        assert client.update({"still": "here"})


def test_a_handler_that_takes_its_time_keeps_no_one_waiting():
    class Slow(Session):
        def __init__(self) -> None:
            super().__init__()
            self.commands.register("wait", self._wait)

        async def _wait(self) -> None:
            await asyncio.sleep(60)

    with run_in_thread(Slow, ListenOptions(port=0)) as server, RawClient(server.address) as client:
        request = command_pb2.CommandMessage(name="wait", arguments=struct({})).SerializeToString()
        waiting = client.channel.unary_unary("/narupa.protocol.command.Command/RunCommand").future(request)
        assert client.update({"a": 1.0})
        assert not waiting.done()
        waiting.cancel()

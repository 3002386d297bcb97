"""Where the WebSocket endpoint listens, and who is let in: tokens, other pages, TLS, ports, the end."""

import asyncio
import json
import socket
import ssl
import urllib.error
import urllib.request

import pytest
from ipv6 import has_ipv6
from websockets.asyncio.client import connect as connect_async
from websockets.exceptions import InvalidHandshake, InvalidStatus
from ws_client import RawSocket

from atomtug.core.errors import InputError
from atomtug.server.app import run_in_thread
from atomtug.server.listening import ListenOptions
from atomtug.server.session.session import Session
from atomtug.server.transport import websocket_endpoint as websocket_transport

TOKEN = "a long and secret word"


@pytest.fixture(scope="module")
def server():
    with run_in_thread(Session, ListenOptions(port=0, web_port=0)) as running:
        yield running


def turned_away(url: str, **options) -> int:
    with pytest.raises(InvalidStatus) as caught:
        RawSocket(url, **options)
    return caught.value.response.status_code


def test_a_token_is_asked_for_where_there_is_one():
    with run_in_thread(Session, ListenOptions(port=0, web_port=0, token=TOKEN)) as server:
        assert turned_away(server.websocket) == 401
        assert turned_away(server.websocket + "/?token=wrong") == 401
        RawSocket(server.websocket, additional_headers={"Authorization": f"Bearer {TOKEN}"}).close()
        RawSocket(server.websocket + "/?token=" + TOKEN.replace(" ", "%20")).close()
        # The page holds no secret: it asks for the token.
        assert urllib.request.urlopen(server.page).status == 200


def test_a_page_that_was_turned_away_can_ask_why(server):
    assert urllib.request.urlopen(server.page + "/access").status == 200
    with run_in_thread(Session, ListenOptions(port=0, web_port=0, token=TOKEN)) as guarded:
        with pytest.raises(urllib.error.HTTPError, match="401") as caught:
            urllib.request.urlopen(guarded.page + "/access")
        assert b"asks for a token" in caught.value.read()
        with pytest.raises(urllib.error.HTTPError, match="401") as caught:
            urllib.request.urlopen(guarded.page + "/access?token=wrong")
        assert b"token is none of this server's" in caught.value.read()
        assert (
            urllib.request.urlopen(guarded.page + "/access?token=" + TOKEN.replace(" ", "%20")).status == 200
        )


def test_a_web_page_from_elsewhere_may_not_steer(server):
    assert turned_away(server.websocket, origin="http://evil.example") == 403
    RawSocket(server.websocket, origin=server.page).close()


def test_any_path_is_the_protocol_and_without_upgrade_the_page(server):
    RawSocket(server.websocket + "/some/path").close()
    with urllib.request.urlopen(server.page) as answer:
        assert answer.headers["Content-Type"].startswith("text/html")
        assert b"Atomtug" in answer.read()
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(server.page + "/server/app.py")
    with pytest.raises((urllib.error.HTTPError, ConnectionError)):
        urllib.request.urlopen(urllib.request.Request(server.page, data=json.dumps({}).encode()))


def test_with_tls_the_page_is_https_and_the_protocol_wss(certificate):
    cert, key = certificate
    trust = ssl.create_default_context(cafile=str(cert))
    with run_in_thread(Session, ListenOptions(port=0, web_port=0, tls_cert=cert, tls_key=key)) as server:
        assert server.page.startswith("https://localhost:")
        assert server.websocket.startswith("wss://")
        with RawSocket(server.websocket, ssl=trust) as client:
            client.update(a=1)
            client.wait(lambda: client.state.get("a") == 1, "the echo")
        assert urllib.request.urlopen(server.page, context=trust).status == 200
        with pytest.raises((OSError, InvalidHandshake)):
            RawSocket(server.websocket.replace("wss", "ws"))


def test_a_port_in_use_is_a_sentence_that_says_what_to_do(server):
    port = int(server.page.rsplit(":", 1)[1])
    with (
        pytest.raises(InputError, match=r"Can't listen on localhost:\d+.*--ws-port"),
        run_in_thread(Session, ListenOptions(port=0, web_port=port)),
    ):
        pass


def test_the_two_addresses_of_localhost_have_one_port(server):
    port = int(server.page.rsplit(":", 1)[1])
    for family, address in {(found[0], found[4][0]) for found in socket.getaddrinfo("localhost", port)}:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            if family == socket.AF_INET or has_ipv6():
                probe.connect((address, port))


def test_closing_tells_the_clients():
    with run_in_thread(Session, ListenOptions(port=0, web_port=0)) as server:
        client = RawSocket(server.websocket)
    client.wait(lambda: client.closed, "the end")
    assert client.closed.rcvd.code == 1001


def test_a_frame_does_not_wait_until_the_answer_before_it_is_confirmed():
    """Each connection sends at once: TCP would hold a second small message back for up to 40 ms."""

    async def main() -> int:
        session = Session()
        session.announce({"imd.force_law": "narupa"})
        endpoint = websocket_transport.WebSocketEndpoint(session)
        port = await endpoint.start("127.0.0.1", 0)
        try:
            async with connect_async(f"ws://127.0.0.1:{port}") as client:
                await client.recv()  # the state: it is served
                [connection] = [each for server in endpoint._servers for each in server.connections]
                connected = connection.transport.get_extra_info("socket")
                return connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        finally:
            await endpoint.close()

    assert asyncio.run(main())

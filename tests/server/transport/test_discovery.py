"""Announcing a server on the local network."""

import asyncio
import contextlib
import getpass
import json
import logging
import os
import socket
import sys
from types import SimpleNamespace

import psutil
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from ipv6 import has_ipv6
from rpc_client import PATIENCE

from atomtug.server.app import serving
from atomtug.server.listening import ListenOptions
from atomtug.server.session.session import Session
from atomtug.server.transport.discovery import MAX_BYTES, PORT, Discovery, announcement, broadcast_routes

# Other tests may run on this machine: on Linux, each process has loopback addresses of its own to be heard at.
HEARD_AT = (
    f"127.{os.getpid() // 250 % 250 + 1}.{os.getpid() % 250}.2" if sys.platform == "linux" else "127.0.0.1"
)
SERVICES = {"trajectory": 38801, "imd": 38801, "multiplayer": 38801}


@given(name=st.text(st.characters(codec="utf-8"), max_size=3000))
@example(name="x" * 900)
@example(name="😀" * 1000)
def test_an_announcement_is_json_of_at_most_1024_bytes_whatever_the_name(name):
    data = announcement(name, "192.168.1.2", "some-id", SERVICES)
    assert len(data) <= MAX_BYTES == 1024
    hub = json.loads(data.decode())
    assert name.startswith(hub.pop("name"))
    assert hub == {
        "address": "192.168.1.2",
        "id": "some-id",
        "essd_version": "1.0.0",
        "services": SERVICES,
    }


def test_a_name_that_fits_is_told_in_full():
    assert json.loads(announcement("Ada: atomtug", "10.0.0.1", "id", SERVICES))["name"] == "Ada: atomtug"


def interface(address: str, broadcast: str | None, family: int = socket.AF_INET) -> SimpleNamespace:
    return SimpleNamespace(
        family=family, address=address, netmask="255.255.255.0", broadcast=broadcast, ptp=None
    )


@pytest.fixture
def networks(monkeypatch):
    """A machine with these networks."""

    def have(*interfaces: SimpleNamespace) -> None:
        monkeypatch.setattr(psutil, "net_if_addrs", lambda: {str(k): [i] for k, i in enumerate(interfaces)})

    return have


def test_it_is_told_on_every_network_that_can_reach_the_server(networks):
    networks(
        interface("127.0.0.1", "127.255.255.255"),
        interface("192.168.1.2", "192.168.1.255"),
        interface("10.0.0.7", "10.0.0.255"),
        interface("fe80::1", None, socket.AF_INET6),
        interface("172.16.0.1", None),
    )
    both = [("192.168.1.2", "192.168.1.255"), ("10.0.0.7", "10.0.0.255")]
    assert broadcast_routes("0.0.0.0") == both
    assert broadcast_routes("[::]") == both
    assert broadcast_routes("10.0.0.7") == both[1:]
    assert broadcast_routes("127.0.0.1") == []


@pytest.fixture
def listener():
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as ear:
        ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        ear.bind((HEARD_AT, PORT))
        ear.settimeout(PATIENCE)
        yield ear


async def announced_twice(listener: socket.socket) -> list[dict]:
    """The first two datagrams of a server that a listener hears."""
    discovery = Discovery("bench", "0.0.0.0", SERVICES)
    discovery.start()
    try:
        return [json.loads(await asyncio.to_thread(listener.recv, 4096)) for _ in range(2)]
    finally:
        discovery.close()


def test_datagrams_reach_a_listener_again_and_again_with_one_identity(networks, listener):
    networks(interface("192.168.1.2", HEARD_AT))
    first, second = asyncio.run(announced_twice(listener))
    assert first == second
    assert first["name"] == "bench"
    assert first["address"] == "192.168.1.2"
    assert first["services"]["trajectory"] == 38801


def test_a_network_that_is_down_does_not_silence_the_others(networks, listener):
    networks(interface("192.168.1.2", "255.255.255.255.1"), interface("10.0.0.7", HEARD_AT))

    async def announce_and_hear() -> bytes:
        discovery = Discovery("bench", "0.0.0.0", SERVICES)
        discovery.start()
        try:
            return await asyncio.to_thread(listener.recv, 4096)
        finally:
            discovery.close()

    assert json.loads(asyncio.run(announce_and_hear()))["address"] == "10.0.0.7"


def serve_for_a_moment(network: ListenOptions) -> int:
    async def main() -> int:
        async with serving(Session(), network) as server:
            return server.port

    return asyncio.run(main())


def test_a_server_on_all_networks_is_announced_with_its_port_and_a_warning_is_given(
    networks, listener, caplog
):
    networks(interface("192.168.1.2", HEARD_AT))

    async def main() -> tuple[int, dict]:
        async with serving(Session(), ListenOptions("0.0.0.0", 0, name="mine")) as server:
            return server.port, json.loads(await asyncio.to_thread(listener.recv, 4096))

    port, heard = asyncio.run(main())
    assert heard["name"] == "mine"
    assert heard["services"] == {"trajectory": port, "imd": port, "multiplayer": port}
    [warning] = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert "without TLS or a token" in warning


def test_websocket_is_announced_under_the_name_that_says_whether_it_is_encrypted(
    networks, listener, certificate
):
    networks(interface("192.168.1.2", HEARD_AT))

    async def services(**tls) -> tuple[str, dict]:
        network = ListenOptions("0.0.0.0", 0, web_port=0, token="long enough", **tls)
        async with serving(Session(), network) as server:
            heard = json.loads(await asyncio.to_thread(listener.recv, 4096))
            return server.page, heard["services"]

    page, plain = asyncio.run(services())
    assert page == f"http://192.168.1.2:{plain['ws']}"
    assert "wss" not in plain
    while True:  # what the first server sent last may still be waiting
        page, encrypted = asyncio.run(services(tls_cert=certificate[0], tls_key=certificate[1]))
        if "wss" in encrypted:
            break
    assert page == f"https://192.168.1.2:{encrypted['wss']}"
    assert encrypted["https"] == encrypted["wss"]
    assert "ws" not in encrypted


def test_a_server_without_a_name_is_called_after_its_user(networks, listener, monkeypatch):
    networks(interface("192.168.1.2", HEARD_AT))

    async def name() -> str:
        async with serving(Session(), ListenOptions("0.0.0.0", 0, token="long enough")):
            return json.loads(await asyncio.to_thread(listener.recv, 4096))["name"]

    monkeypatch.setattr(getpass, "getuser", lambda: "ada")
    assert asyncio.run(name()) == "ada: atomtug"

    def nobody() -> str:
        raise OSError("No username set in the environment")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert asyncio.run(name()) == "someone: atomtug"


def test_a_server_with_a_token_is_not_warned_about(networks, caplog):
    networks(interface("192.168.1.2", HEARD_AT))
    serve_for_a_moment(ListenOptions("0.0.0.0", 0, token="long enough"))
    assert caplog.records == []


def test_a_server_that_no_network_can_hear_says_so(networks, caplog):
    networks()
    serve_for_a_moment(ListenOptions("0.0.0.0", 0, token="long enough"))
    assert "have to be given its address" in caplog.text


@pytest.mark.parametrize("listen", ["localhost", "127.0.0.1"])
def test_a_loopback_server_is_neither_announced_on_a_network_nor_warned_about(
    networks, listener, caplog, listen
):
    networks(interface("192.168.1.2", HEARD_AT))
    listener.settimeout(0.3)
    serve_for_a_moment(ListenOptions(listen, 0))
    assert caplog.records == []
    with pytest.raises(TimeoutError):
        listener.recv(4096)


@pytest.fixture
def everywhere_listener():
    """What a client's search for servers listens with."""
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as ear:
        ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "SO_REUSEPORT"):
            ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        ear.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        ear.bind(("0.0.0.0", PORT))
        ear.settimeout(PATIENCE)
        yield ear


@pytest.mark.parametrize("listen", ["localhost", "127.0.0.1", "0.0.0.0"])
def test_a_search_on_the_same_machine_finds_a_server_by_loopback(networks, everywhere_listener, listen):
    networks(interface("127.0.0.1", None))
    name = f"search {os.getpid()} {listen}"

    def find() -> dict:
        while (hub := json.loads(everywhere_listener.recv(4096)))["name"] != name:
            pass
        return hub

    async def main() -> tuple[str, dict]:
        options = ListenOptions(listen, 0, web_port=0, token="long enough", name=name)
        async with serving(Session(), options) as server:
            return server.page, await asyncio.to_thread(find)

    page, hub = asyncio.run(main())
    assert hub["address"] == "127.0.0.1"
    assert page.endswith(f":{hub['services']['ws']}")


def test_a_server_is_one_server_whatever_network_it_is_heard_on(networks, listener):
    networks(interface("192.168.1.2", HEARD_AT), interface("10.0.0.7", HEARD_AT))
    first, second = asyncio.run(announced_twice(listener))
    assert {first["address"], second["address"]} == {"192.168.1.2", "10.0.0.7"}
    assert first["id"] == second["id"]


@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 here")
@pytest.mark.parametrize("listen", ["::1", "[::1]"])
def test_ipv6_addresses_may_be_given_with_or_without_brackets(listen):
    assert serve_for_a_moment(ListenOptions(listen, 0)) > 0


def test_only_this_machine_reaches_a_loopback_address():
    assert ListenOptions("::1").is_loopback
    assert ListenOptions("[::1]").is_loopback
    assert not ListenOptions("::").is_loopback
    assert not ListenOptions("some.host.name").is_loopback

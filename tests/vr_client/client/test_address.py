"""How a server's address is read, and that a proxy is never asked for this machine itself."""

import os
import subprocess
import sys

import pytest

from atomtug.core.errors import InputError
from atomtug.vr_client.client.address import Address

PROXY = "http://127.0.0.1:9"
"""Nobody listens there: whoever asks it gets no answer."""
PROXIES = {"http_proxy": PROXY, "https_proxy": PROXY, "all_proxy": PROXY, "no_proxy": "", "no_grpc_proxy": ""}


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("localhost", "localhost:38801"),
        ("localhost:38802", "localhost:38802"),
        ("192.168.1.5", "192.168.1.5:38801"),
        ("[::1]", "[::1]:38801"),
        ("[::1]:40000", "[::1]:40000"),
        ("::1", "[::1]:38801"),
        ("fe80::1:2", "[fe80::1:2]:38801"),
    ],
)
def test_the_default_port_need_not_be_given(text, full):
    assert str(Address.parse(text)) == full


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("localhost:70000", "There is no port 70000"),
        ("localhost:-5", "There is no port -5"),
        ("localhost:0", "There is no port 0"),
        ("localhost:http", "'http' in the address 'localhost:http' is no port number"),
        ("localhost:", "is no port number"),
        ("localhost:²", "is no port number"),
        (":38801", "names no host"),
        ("", "names no host"),
        ("http://localhost:38801", "without http:// and path"),
        ("localhost:38801/page", "is no server's address"),
    ],
)
def test_what_is_no_address_is_answered_with_a_sentence(text, sentence):
    with pytest.raises(InputError, match=r"(?s).*" + sentence.replace("(", r"\(")):
        Address.parse(text)


@pytest.mark.parametrize(
    "text", ["localhost", "LOCALHOST:1", "127.0.0.1", "127.3.2.1:5", "[::1]:5", "0.0.0.0"]
)
def test_this_machine_is_reached_without_a_proxy(text):
    assert Address.parse(text).is_loopback
    assert Address.parse(text).proxy(PROXIES) == ""


def test_another_machine_is_reached_through_the_proxy_unless_it_is_excepted():
    far = Address.parse("lab.example.org")
    assert far.proxy(PROXIES) == f"{PROXY} (https_proxy)"
    assert far.proxy({"http_proxy": PROXY}) == f"{PROXY} (http_proxy)"
    assert far.proxy({**PROXIES, "no_proxy": "localhost, example.org"}) == ""
    assert far.proxy({}) == ""


def run_client(address):
    code = (
        "import sys\n"
        "from atomtug.core.errors import AtomtugError\n"
        "from atomtug.vr_client import Client\n"
        "try:\n"
        "    with Client.connect(sys.argv[1], patience=20.0) as client:\n"
        "        print(client.wait_for_frame().count)\n"
        "except AtomtugError as error:\n"
        "    print(error)\n"
    )
    return subprocess.run(
        [sys.executable, "-c", code, address],
        env={**os.environ, **PROXIES},
        capture_output=True,
        text=True,
        timeout=90,
    ).stdout


def test_proxies_in_the_environment_do_not_keep_clients_from_a_server_on_this_machine(live_server):
    assert run_client(live_server.address) == "7\n"


def test_where_the_proxy_fails_the_error_names_it():
    told = run_client("192.0.2.1:38801")
    assert "No atomtug server can be reached at 192.0.2.1:38801" in told
    assert f"went through the proxy {PROXY} (https_proxy)" in told
    assert "no_proxy=192.0.2.1" in told

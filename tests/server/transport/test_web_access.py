"""Who may open a WebSocket: the browser's own page, clients that are no browser, and whoever has the token."""

import socket
from http import HTTPStatus

import pytest

from atomtug.server.session.rights import NO_TOKENS, Tokens
from atomtug.server.transport.web_access import denial, given_token, is_own_name, same_place

TOKEN = "a long & secret word"


def headers(origin: str | None = None, host: str = "localhost:38802", **more: str) -> dict[str, str]:
    return {"Host": host, **({} if origin is None else {"Origin": origin}), **more}


@pytest.mark.parametrize(
    "host",
    [
        "localhost:38802",
        "127.0.0.1:38802",
        "[::1]:38802",
        "192.168.1.2:38802",
        f"{socket.gethostname()}:38802",
    ],
)
def test_the_page_that_this_server_gave_may_steer_it(host):
    assert denial("/", headers(f"http://{host}", host), NO_TOKENS) is None


def test_a_client_that_is_no_browser_may_come_by_any_name():
    assert denial("/", headers(), NO_TOKENS) is None
    assert denial("/any/path", headers(host="lab.example.org"), NO_TOKENS) is None


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "https://localhost.evil.example:38802",
        "http://localhost:38803",
        "http://localhost",
        "null",
        "",
        "file://",
        "http://",
        "http://[::1",
        "http://localhost:99999",
    ],
)
def test_a_page_from_elsewhere_may_not(origin):
    status, reason = denial("/", headers(origin), NO_TOKENS)
    assert status == HTTPStatus.FORBIDDEN
    assert "elsewhere" in reason
    assert denial(f"/?token={TOKEN}", headers(origin), Tokens(TOKEN)) is not None


def test_a_foreign_name_that_points_here_is_no_name_of_ours():
    status, reason = denial("/", headers("http://evil.example:38802", "evil.example:38802"), NO_TOKENS)
    assert status == HTTPStatus.FORBIDDEN
    assert "by that name" in reason


def test_with_a_token_the_page_may_come_by_any_name():
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    named = headers("https://lab.example.org", "lab.example.org", **bearer)
    assert denial("/", named, Tokens(TOKEN)) is None
    assert (
        denial("/", headers("https://lab.example.org", "lab.example.org:443", **bearer), Tokens(TOKEN))
        is None
    )


@pytest.mark.parametrize("given", ["", "wrong", TOKEN + "x", TOKEN.upper(), "gänzlich falsch"])
def test_without_the_token_nobody_comes_in(given):
    for request in (headers(Authorization=f"Bearer {given}"), headers()):
        status, reason = denial(f"/?token={given}" if len(request) == 1 else "/", request, Tokens(TOKEN))
        assert status == HTTPStatus.UNAUTHORIZED
        assert "token" in reason


def test_the_token_comes_in_the_address_or_a_header():
    assert given_token("/?token=a%20long%20%26%20secret%20word", {}) == TOKEN
    assert given_token("/", {"Authorization": f"bearer {TOKEN}"}) == TOKEN
    assert given_token("/", {"Authorization": f"Basic {TOKEN}"}) == ""
    for coding in ("utf-8", "iso-8859-1"):
        header = "gänzlich".encode(coding).decode("iso-8859-1")  # as the WebSocket library hands it on
        assert given_token("/", {"Authorization": f"Bearer {header}"}) == "gänzlich"
    assert given_token("/?other=1", {}) == ""
    assert denial("/?token=a%20long%20%26%20secret%20word", headers(), Tokens(TOKEN)) is None


def test_ports_that_go_without_saying():
    assert same_place("http://localhost", "localhost:80")
    assert same_place("https://LOCALHOST:443", "localhost")
    assert not same_place("http://localhost:443", "localhost:80")


@pytest.mark.parametrize("host", ["", "evil.example", "localhost.example:80", "1.2.3.4.example", "[::1"])
def test_names_that_are_not_ours(host):
    assert not is_own_name(host)

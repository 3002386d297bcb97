"""What ``--share`` adds to the options on the network, and the QR code that it prints."""

import re
import stat

import click
import numpy as np
import pytest
import zxingcpp
from click.testing import CliRunner

from atomtug.cli.network import make_network, network_options, resolved
from atomtug.cli.sharing import qr_code
from atomtug.server.listening import ListenOptions
from atomtug.server.share_links import share_links
from atomtug.server.transport.addresses import own_addresses


@pytest.fixture
def network(tmp_path, monkeypatch):
    """The options of a server that is started with these arguments; what is made lies in ``tmp_path``."""
    monkeypatch.setattr(click, "get_app_dir", lambda name: str(tmp_path / name))

    def start(*arguments: object) -> ListenOptions:
        got: list[ListenOptions] = []

        @click.command()
        @network_options
        def command(open_page, **network):
            values, _ = resolved(network)
            got.append(make_network(**values))

        result = CliRunner().invoke(command, [str(argument) for argument in arguments])
        if result.exception is not None:
            raise result.exception
        return got[0]

    return start


def test_without_it_nothing_is_made(network, tmp_path):
    assert network() == ListenOptions(web_port=38802)
    assert list(tmp_path.iterdir()) == []


def test_it_listens_everywhere_with_a_certificate_and_three_tokens_that_stay(network, tmp_path):
    first, second = network("--share"), network("--share")
    assert first == second
    assert first.listen == "0.0.0.0"
    assert first.tls_context() is not None
    assert first.credentials() is not None
    assert len({first.token, first.token_pull, first.token_watch} - {None}) == 3
    files = [path for path in (tmp_path / "atomtug" / "share").iterdir() if path.name != "certificate.pem"]
    assert len(files) == 4
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_what_is_given_is_kept(network, tmp_path, certificate_files):
    token = tmp_path / "mine"
    token.write_text("a secret of mine")
    cert, key = certificate_files
    shared = network(
        "--share", "--listen", "localhost", "--token-file", token, "--tls-cert", cert, "--tls-key", key
    )
    assert (shared.listen, shared.token) == ("localhost", "a secret of mine")
    assert (shared.tls_cert, shared.tls_key) == (cert, key)
    assert shared.token_pull is not None


@pytest.fixture
def certificate_files(tmp_path):
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    cert.touch()
    key.touch()
    return cert, key


def test_the_links_have_the_token_behind_the_hash(network):
    shared = network("--share")
    links = share_links("https://192.168.1.5:38802", shared.tokens)
    assert links["own"] == f"https://192.168.1.5:38802/#token={shared.token}"
    assert list(links) == ["own", "pull", "watch"]
    assert share_links("http://localhost:38802", ListenOptions().tokens) == {"own": "http://localhost:38802"}


def test_a_camera_reads_the_code_that_a_terminal_shows():
    link = "https://192.168.100.200:38802/#token=Zm9vYmFyLWJhel9xdXV4MQ"
    rows = []
    for line in qr_code(link).splitlines():
        shown = re.sub(r"\x1b\[[\d;]*m", "", line)
        rows += [[block in "▀█" for block in shown], [block in "▄█" for block in shown]]
    assert len(rows) <= 42  # a window of 24 lines shows it
    dark = np.kron(np.array(rows), np.ones((8, 8)))
    [read] = zxingcpp.read_barcodes((255 * (1 - dark)).astype(np.uint8))
    assert read.text == link


def test_own_addresses_are_ones_that_others_can_use():
    for address in own_addresses():
        assert not address.startswith(("127.", "fe80", "169.254."))
        assert address != "::1"

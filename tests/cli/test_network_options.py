"""Where a server listens, as the command line takes it."""

import pytest
from click.testing import CliRunner

from atomtug.cli import cli
from atomtug.cli.network import make_network
from atomtug.core.errors import InputError
from atomtug.server.listening import ListenOptions


def network(port: int, ws_port: int | None) -> ListenOptions:
    return make_network("localhost", port, ws_port, None, None, None, None, None, "")


@pytest.mark.parametrize("option", ["--port", "--ws-port"])
@pytest.mark.parametrize("port", ["-5", "65536", "70000"])
def test_a_port_that_cannot_be_is_refused_with_a_sentence(option, port):
    result = CliRunner().invoke(cli, ["serve", "methane", option, port])
    assert result.exit_code == 2
    assert f"Invalid value for '{option}': {port} is not in the range 0<=x<=65535." in result.output


@pytest.mark.parametrize(
    ("port", "given", "page"), [(38801, None, 38802), (0, None, 0), (65535, 5, 5), (1, 0, 0)]
)
def test_the_page_has_the_port_after_unless_told_otherwise(port, given, page):
    assert network(port, given).web_port == page


def test_the_last_port_has_none_after_it():
    with pytest.raises(InputError, match="give --ws-port"):
        network(65535, None)

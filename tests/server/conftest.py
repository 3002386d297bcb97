"""Servers that several tests share, and the way for simulation processes to find this folder's engines."""

import logging
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from rpc_client import RawClient

HERE = Path(__file__).parent


@pytest.fixture(autouse=True, scope="session")
def engines_of_this_folder() -> Iterator[None]:
    """``ase:faulty_calculators.Faulty`` can be imported by the processes that tests start."""
    with pytest.MonkeyPatch.context() as patch:
        for folder in (HERE.parent, HERE):
            patch.setenv("PYTHONPATH", str(folder), prepend=os.pathsep)
        yield


class Clock:
    """Stands still, but for tests that set ``now``."""

    now = 50.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(server) -> Iterator[RawClient]:
    """A client of the module's server; what it holds is let go in the end."""
    with RawClient(server.address) as made:
        yield made
        server_keys = [key for key in server.session.state.values if key.startswith("interaction.")]
        made.update(dict.fromkeys(server_keys))


@pytest.fixture
def nothing_logged(caplog) -> Iterator[None]:
    """The server has nothing to complain about, except that the machine is busy."""
    with caplog.at_level(logging.WARNING):
        yield
    records = [*caplog.get_records("setup"), *caplog.get_records("call"), *caplog.records]
    lines = [record.getMessage() for record in records]
    assert [line for line in lines if "steps a second asked for" not in line] == []


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> tuple[Path, Path]:
    """Self-signed, for localhost: (certificate, key)."""
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    made_by = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    subprocess.run(
        [
            *made_by,
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
            "-keyout",
            key,
            "-out",
            cert,
        ],
        check=True,
        capture_output=True,
    )
    return cert, key

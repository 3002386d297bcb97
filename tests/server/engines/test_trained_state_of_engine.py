"""A network is not used for a charge or multiplicity that it does not know, unless somebody insists."""

from pathlib import Path

import grpc
import pytest
from click.testing import CliRunner
from rpc_client import RawClient, wait_until

from atomtug.cli import cli
from atomtug.core.errors import EngineError, InputError
from atomtug.core.systems import load_system
from atomtug.recordings import Recording
from atomtug.server.app import ServerOptions, running_server
from atomtug.server.engines import create_engine

CATION = load_system("methane", charge=1, multiplicity=1)
OLD = Path(__file__).parents[2] / "files_of_0_1" / "model.safetensors"
WHY = "was trained on charge 0 with multiplicity 2, not on charge 1 with multiplicity 1"


@pytest.mark.parametrize(
    ("engine", "why"), [("ann:alkanes", WHY), (f"ann:{OLD}", "does not say which charges")]
)
def test_7_a_network_is_refused_and_the_option_named(engine, why):
    with pytest.raises(InputError, match=why) as caught:
        create_engine(engine, CATION)
    assert "--anyway" in str(caught.value)
    settings = create_engine(engine, CATION, anyway=True).settings
    assert why in str(settings["warning"])
    assert "warning" not in create_engine(engine, load_system("methane")).settings


def test_7_serve_refuses_it(tmp_path):
    arguments = [
        "methane",
        "--charge",
        "1",
        "--multiplicity",
        "1",
        "--engine",
        "ann:alkanes",
        "--recordings",
        str(tmp_path),
    ]
    done = CliRunner().invoke(cli, ["serve", *arguments, "--port", "0", "--ws-port", "0"])
    assert isinstance(done.exception, EngineError)
    assert WHY in str(done.exception)


def test_7_a_swap_to_it_is_refused_and_the_engine_stays(tmp_path):
    with (
        running_server(ServerOptions([CATION], recordings=tmp_path)) as server,
        RawClient(server.address) as client,
    ):
        with pytest.raises(grpc.RpcError, match=WHY):
            client.run("engine/load", engine="ann:alkanes")
        state = server.session.state.values
        assert state["engine.current"] == "pm6"
        assert WHY in state["engine.error"]


@pytest.mark.slow
def test_7_anyway_takes_it_with_a_warning_that_stays(tmp_path):
    options = ServerOptions([CATION], recordings=tmp_path, record=True, anyway=True, paused=True)
    with running_server(options) as server, RawClient(server.address) as client:
        state = server.session.state.values
        assert state["engine.warning"] == ""
        client.run("engine/load", engine="ann:alkanes")
        wait_until(lambda: WHY in server.session.state.values["engine.warning"], "the warning")
        assert WHY in client.run("engine/status")["settings"]["warning"]
        path = Path(client.run("recording/start")["path"])
        client.run("engine/load", engine="pm6")
        wait_until(lambda: server.session.state.values["engine.warning"] == "", "no warning of pm6")
    with Recording(path) as recording:
        assert WHY in recording.provenance["engine_settings"]["warning"]

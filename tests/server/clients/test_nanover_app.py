"""What the headset app of NanoVer shows in its menu: commands under ``user/`` with a label, and their answers."""

from pathlib import Path

import pytest
from rpc_client import wait_until
from ws_client import RawSocket

from atomtug.core.systems import load_system
from atomtug.server.app import ServerOptions, running_server


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    options = ServerOptions([load_system("methane")], fps=100.0, web_port=0, recordings=folder)
    with running_server(options) as running:
        yield running


def test_the_menu_of_the_headset_app_offers_undo_and_record_and_shows_what_came_of_it(server):
    with RawSocket(server.websocket) as app:
        app.wait(lambda: "particle.positions" in app.frame, "a frame")
        listed = app.run("commands/list")["commands"]
        menu = {each["name"]: each for each in listed if each["name"].startswith("user/")}
        assert set(menu) == {"user/undo", "user/record"}
        assert all(each["label"] and each["icon"] for each in menu.values())
        assert all("label" not in each for each in listed if each["name"] not in menu)

        assert "nothing to undo" in app.ask("user/undo")["exception"]
        app.run("checkpoint/save")
        counter = app.frame["system.simulation.counter"]
        assert app.run("user/undo")["result"].endswith("0 earlier ones can be undone.")
        app.wait(lambda: app.frame["system.simulation.counter"] == counter + 1, "the undo")

        begun = app.run("user/record")["result"]
        path = Path(begun.removeprefix("Recording to ").removesuffix("."))
        wait_until(lambda: app.run("recording/status")["frames"] > 1, "frames")
        assert app.run("user/record")["result"].endswith(f"frames were recorded to {path}.")
        assert path.is_file()

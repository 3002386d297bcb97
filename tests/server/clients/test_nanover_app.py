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
    suggestions = {"interaction.scale": "50", "interaction.type": "gaussian", "box.locked": "true"}
    options = ServerOptions(
        [load_system("methane")], fps=100.0, web_port=0, recordings=folder, suggestions=suggestions
    )
    with running_server(options) as running:
        yield running


def test_the_menu_of_the_headset_app_offers_undo_and_record_and_shows_what_came_of_it(server):
    with RawSocket(server.websocket) as app:
        app.wait(lambda: "particle.positions" in app.frame, "a frame")
        listed = app.run("commands/list")["commands"]
        menu = {each["name"]: each for each in listed if each["name"].startswith("user/")}
        engines = app.run("engine/list")["engines"]
        others = {"user/undo", "user/record", "user/relax", "user/learn"}
        assert set(menu) == others | {f"user/engine/{name}" for name in engines}
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


def test_the_menu_relaxes_the_molecule_and_changes_engines(server):
    with RawSocket(server.websocket) as app:
        app.wait(lambda: app.state.get("dynamics.thermostat") == "langevin", "the state")
        assert app.run("user/relax")["result"].startswith("The molecule relaxes")
        app.wait(lambda: app.frame["system.temperature"] == 0.0, "atoms at rest")
        app.wait(lambda: app.state["dynamics.thermostat"] == "relax", "the state")
        assert app.run("user/relax")["result"] == "The molecule moves again, at 300 K."
        app.wait(lambda: app.frame["system.temperature"] > 0.0, "motion")
        assert app.run("user/engine/am1")["result"] == "am1 computes the forces now."
        app.wait(lambda: app.frame["engine.name"] == "am1", "its frames")
        assert app.run("user/engine/pm6")["result"] == "pm6 computes the forces now."


def test_the_molecule_stands_at_chest_height_until_somebody_moves_it(server):
    with RawSocket(server.websocket) as app:
        scene = app.wait(lambda: app.state.get("scene"), "the scene")
        x, y, z, *turn, scale, _, _ = scene
        assert turn == [0.0, 0.0, 0.0, 1.0]
        positions = load_system("methane").positions / 10  # nm
        middle = (positions.min(axis=0) + positions.max(axis=0)) / 2
        assert [x, y, z] + middle * [-scale, scale, scale] == pytest.approx([0.0, 1.25, 0.6])
        assert 0.3 <= scale <= 1.5
        assert app.state["transform.simulation"]["transform"][7] == -scale
        moved = [0.0, 2.0, 0.0, *turn, 1.0, 1.0, 1.0]
        app.update(scene=moved)
        app.wait(lambda: app.state["scene"] == moved, "the move")
        app.run("playback/reset")
        assert app.state["scene"] == moved


def test_what_is_suggested_is_there_in_the_types_that_the_app_asks_for(server):
    with RawSocket(server.websocket) as app:
        app.wait(lambda: "suggested.box.locked" in app.state, "the state")
        suggested = {key: app.state[key] for key in app.state if key.startswith("suggested.")}
        assert suggested == {
            "suggested.interaction.scale": 50.0,
            "suggested.interaction.type": "gaussian",
            "suggested.box.locked": True,
        }
        assert isinstance(suggested["suggested.interaction.scale"], float)  # the app asks for a double
        app.update(**{"suggested.interaction.scale": 10.0})
        app.wait(lambda: app.state["suggested.interaction.scale"] == 10.0, "the change")

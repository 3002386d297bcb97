"""Recordings served to clients: what was seen live, with the same commands."""

import asyncio
from dataclasses import replace

import grpc
import numpy as np
import pytest
from rpc_client import Log, RawClient, refused
from toy_engines import HarmonicEngine

from atomtug.core.errors import InputError, RecordingError
from atomtug.core.systems import load_system
from atomtug.core.systems.bonds import perceive_bonds
from atomtug.core.units import KCALMOL_PER_EV
from atomtug.recordings import RecordingWriter, events
from atomtug.server.app import run_in_thread
from atomtug.server.dynamics.force_laws import ActiveInteraction
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.server.dynamics.simulation import Simulation
from atomtug.server.listening import ListenOptions
from atomtug.server.session.playback import PlaybackSession
from atomtug.wire.frames import frame_values

FRAMES = 30


def make_recording(path, name: str):
    system = load_system(name)
    simulation = Simulation(system, HarmonicEngine(system.positions), DynamicsSettings(seed=1))
    simulation.set_interactions(
        {"interaction.a": ActiveInteraction(np.array([0.5, 0.5, 0]), np.array([0]), "spring", 50.0)}
    )
    made = []
    with RecordingWriter(path, system, {"engine": "harmonic"}) as writer:
        for index in range(FRAMES):
            frame = replace(simulation.frame(), engine="harmonic")
            bonds = perceive_bonds(system.numbers, frame.positions)
            writer.append(frame, bonds if index < 20 else bonds[1:])
            made.append(frame)
            for _ in range(5):
                simulation.step()
    return made


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("played")
    return {
        name: (folder / f"{name}.h5", make_recording(folder / f"{name}.h5", name))
        for name in ("methane", "ethane")
    }


@pytest.fixture(scope="module")
def server(recorded):
    paths = [path for path, _ in recorded.values()]
    with run_in_thread(lambda: PlaybackSession(paths, fps=100.0), ListenOptions(port=0)) as running:
        yield running


@pytest.fixture
def log(client) -> Log:
    """Every frame of the first recording, from its beginning, paused."""
    made = client.frames(every=True)
    counter = made.wait_for("system.simulation.counter")
    client.run("playback/load", index=0)
    client.run("playback/pause")
    client.run("playback/reset")
    made.wait(lambda: made.current.get("system.simulation.counter", 0) >= counter + 2, "the beginning")
    made.wait_for("playback.playing", lambda playing: not playing)
    return made


def at(log: Log, place: int) -> dict:
    log.wait_for("playback.frame", lambda frame: frame == place)
    return log.current


def test_clients_see_each_frame_as_it_was_live(client, log, recorded):
    _, frames = recorded["methane"]
    for place in (0, 1, 2):
        seen = at(log, place)
        for key, value in frame_values(frames[place]).items():
            if key == "server.timestamp":
                continue
            if isinstance(value, np.ndarray):
                np.testing.assert_allclose(seen[key], value, rtol=1e-5, atol=1e-4)
            else:
                assert seen[key] == (pytest.approx(value, nan_ok=True) if isinstance(value, float) else value)
        client.run("playback/step")
    assert seen["particle.elements"] == load_system("methane").numbers.tolist()
    assert seen["particle.names"] == load_system("methane").atom_names
    assert seen["playback.frames"] == FRAMES
    assert seen["forces.user.index"] == [0]


def test_it_plays_in_order_begins_again_at_the_end_and_tells_so_by_index_zero(client, log):
    start = len(log.messages)
    counter = log.current["system.simulation.counter"]
    client.run("playback/play")
    log.wait_for("system.simulation.counter", lambda value: value > counter)
    log.wait_for("playback.frame", lambda frame: frame > 3)
    places = [(i, v["playback.frame"]) for i, v in log.messages[start:] if "playback.frame" in v]
    round_trip = [place for _, place in places][: FRAMES - 1]
    assert round_trip == list(range(1, FRAMES))
    assert {index for index, place in places if place == 0} == {0}
    assert all(index > 0 for index, place in places if place > 0)


def test_bonds_are_those_of_the_frame(client, log):
    client.run("playback/seek", frame=19)
    before = at(log, 19)["bond.pairs"]
    client.run("playback/step")
    assert at(log, 20)["bond.pairs"] == before[2:]


def test_molecules_are_named_whenever_bonds_have_changed(client, log):
    client.run("playback/seek", frame=0)
    assert at(log, 0)["molecule.names"] == ["CH4", "CN"]
    client.run("playback/seek", frame=20)
    assert at(log, 20)["molecule.names"] != ["CH4", "CN"]
    client.run("playback/seek", frame=1)
    assert at(log, 1)["molecule.names"] == ["CH4", "CN"]
    client.run("playback/step")
    at(log, 2)
    assert "molecule.names" not in log.messages[-1][1]
    counter = log.current["system.simulation.counter"]
    client.run("playback/reset")
    log.wait_for("system.simulation.counter", lambda value: value > counter)
    assert log.current["molecule.names"] == ["CH4", "CN"]


def test_the_hands_of_a_recording_are_in_the_shared_state_as_they_were_live(tmp_path):
    """Watched live by a headset, then played: the same keys, places and atoms."""
    held = {
        "position": [0.5, 0.5, 0.0],
        "particles": [0],
        "interaction_type": "spring",
        "scale": 50.0,
        "owner.id": "ada",
        "label": "hand.left",
    }
    path = tmp_path / "held.h5"
    system = load_system("methane")
    simulation = Simulation(system, HarmonicEngine(system.positions), DynamicsSettings(seed=1))
    bonds = perceive_bonds(system.numbers, system.positions)
    active = ActiveInteraction(np.array(held["position"]), np.array([0]), "spring", 50.0)
    with RecordingWriter(path, system, {"engine": "harmonic"}) as writer:
        writer.append(simulation.frame(), bonds)
        data = {key: value for key, value in held.items() if key != "position"}
        writer.event(events.INTERACTION, key="interaction.a", owner="ada", **data)
        for interactions in ({"interaction.a": active}, {}):
            simulation.set_interactions(interactions)
            simulation.step()
            writer.append(simulation.frame(), bonds)

    async def main() -> None:
        session = PlaybackSession([path], loop=False)

        def hands() -> dict:
            return {
                key: value for key, value in session.state.values.items() if key.startswith("interaction.")
            }

        session._begin()
        assert not hands()
        await session.commands.run("playback/step", {})
        shown = dict(hands()["interaction.a"])
        np.testing.assert_allclose(shown.pop("position"), held["position"], atol=1e-6)
        assert shown == data
        await session.commands.run("playback/step", {})
        assert not hands()
        await session.commands.run("playback/step_back", {})
        assert set(hands()) == {"interaction.a"}
        await session.commands.run("playback/load", {"index": 0})
        assert not hands()
        await session.close()

    asyncio.run(main())


def test_steps_go_either_way_by_one_and_stop_at_the_ends(client, log):
    client.run("playback/seek", frame=5)
    at(log, 5)
    client.run("playback/step_back")
    at(log, 4)
    client.run("playback/step")
    client.run("playback/step")
    at(log, 6)
    client.run("playback/seek", frame=0)
    client.run("playback/step_back")
    at(log, 0)
    client.run("playback/seek", frame=FRAMES - 1)
    client.run("playback/step")
    at(log, FRAMES - 1)
    assert log.current["playback.playing"] is False


@pytest.mark.parametrize("frame", [-1.0, float(FRAMES), 0.5, "first", None])
def test_there_is_no_seeking_beyond_the_ends(client, frame):
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "frame"):
        client.run("playback/seek", frame=frame)


def test_several_recordings_are_listed_loaded_and_cycled(client, log):
    assert client.run("playback/list") == {"simulations": ["methane.h5", "ethane.h5"]}
    states = client.states()
    assert states.wait_for("simulation.index") == 0
    client.run("playback/next")
    assert states.wait_for("simulation.name", lambda name: name == "ethane.h5")
    assert states.current["simulation.index"] == 1
    log.wait_for("system.simulation.name", lambda name: name == "ethane")
    assert log.current["particle.count"] == 10
    client.run("playback/next")
    log.wait_for("system.simulation.name", lambda name: name == "methane")
    client.run("playback/load", index=5)
    log.wait_for("system.simulation.name", lambda name: name == "ethane")


def test_a_recording_that_is_loaded_while_another_stands_still_plays(client, log):
    client.run("playback/next")
    log.wait_for("system.simulation.name", lambda name: name == "ethane")
    log.wait_for("playback.playing", bool)
    log.wait_for("playback.frame", lambda frame: frame > 1)


def test_the_speed_can_be_asked_and_set(client, log):
    assert client.run("trajectory/get-dynamics-interval") == {"interval": pytest.approx(0.01)}
    client.run("trajectory/set-dynamics-interval", interval=0.02)
    assert client.run("trajectory/get-dynamics-interval") == {"interval": pytest.approx(0.02)}
    client.run("trajectory/set-dynamics-interval", interval=0.01)
    for interval in (0.0, -1.0, 1e6, "fast"):
        with pytest.raises(grpc.RpcError) as caught:
            client.run("trajectory/set-dynamics-interval", interval=interval)
        assert "interval" in caught.value.details()


def test_the_shared_state_works_as_in_a_live_session(server, client):
    with RawClient(server.address) as other:
        states = other.states()
        client.states()
        client.update({"avatar.me": {"name": "Me"}, "interaction.a": {"anything": 1.0}})
        assert states.wait_for("avatar.me") == {"name": "Me"}


def test_what_a_playback_can_not_do_it_does_not_offer(client):
    assert not {"dynamics/set", "recording/start", "engine/status"} & set(client.commands())
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "no command 'dynamics/set'"):
        client.run("dynamics/set", temperature=1.0)


def test_played_once_it_stands_still_at_the_end(recorded):
    path, _ = recorded["methane"]
    with (
        run_in_thread(
            lambda: PlaybackSession([path], fps=500.0, loop=False), ListenOptions(port=0)
        ) as server,
        RawClient(server.address) as client,
    ):
        log = client.frames(every=True)
        at(log, FRAMES - 1)
        log.wait_for("playback.playing", lambda playing: not playing)
        assert log.current["system.simulation.counter"] == 0
        client.run("playback/reset")
        client.run("playback/play")
        log.wait_for("system.simulation.counter", lambda value: value == 1)
        at(log, FRAMES - 1)


def test_what_can_not_be_played_is_a_sentence(tmp_path):
    with pytest.raises(InputError, match="nothing to play"):
        PlaybackSession([])
    with pytest.raises(RecordingError, match="no file"):
        PlaybackSession([tmp_path / "missing.h5"])
    (tmp_path / "junk.h5").write_text("no recording")
    with pytest.raises(RecordingError, match="not an HDF5 file"):
        PlaybackSession([tmp_path / "junk.h5"])
    RecordingWriter(tmp_path / "empty.h5", load_system("methane"), {}).close()
    with pytest.raises(RecordingError, match="no frame"):
        PlaybackSession([tmp_path / "empty.h5"])


def test_a_recording_that_is_damaged_within_does_not_end_the_session(recorded, tmp_path, caplog):
    path, _ = recorded["methane"]
    broken = tmp_path / "broken.h5"
    broken.write_bytes(path.read_bytes())
    with (
        run_in_thread(lambda: PlaybackSession([path, broken], fps=200.0), ListenOptions(port=0)) as server,
        RawClient(server.address) as client,
    ):
        log = client.frames(every=True)
        at(log, 3)
        client.run("playback/next")
        log.wait_for("system.simulation.counter", lambda value: value >= 1)
        # Its data are cut away under the reader's hands.
        with broken.open("r+b") as file:
            file.truncate(4000)
        trouble = log.wait_for("system.simulation.exception", bool)
        assert "damaged" in trouble
        assert trouble in caplog.text
        assert log.wait_for("playback.playing", lambda playing: not playing) is False
        with refused(grpc.StatusCode.FAILED_PRECONDITION, "damaged"):
            client.run("playback/reset")
        client.run("playback/load", index=0)
        client.run("playback/play")
        log.wait_for("system.simulation.exception", lambda text: text == "")
        at(log, 3)


def test_it_loops_or_ends_as_is_asked_and_begins_anew_when_it_is_played_again(recorded):
    path, _ = recorded["methane"]

    async def main() -> None:
        session = PlaybackSession([path], loop=True)
        run = session.commands.run
        session._begin()
        assert await run("playback/loop", {}) == {"loop": True}
        await run("playback/seek", {"frame": FRAMES - 1})
        session._advance()
        assert session.frames.current.values["playback.frame"] == 0
        assert await run("playback/loop", {"loop": False}) == {"loop": False}
        await run("playback/seek", {"frame": FRAMES - 1})
        session._advance()
        assert session.frames.current.values["playback.playing"] is False
        assert session.frames.current.values["playback.frame"] == FRAMES - 1
        await run("playback/play", {})
        assert session.frames.current.values["playback.frame"] == 0
        with pytest.raises(InputError, match="true or false"):
            await run("playback/loop", {"loop": 1})
        await session.close()

    asyncio.run(main())


def test_the_recordings_that_are_played_are_listed_with_their_place_and_can_not_be_changed(client, recorded):
    listed = client.run("recordings/list")
    assert [(each["name"], each["index"]) for each in listed["recordings"]] == [
        ("methane.h5", 0),
        ("ethane.h5", 1),
    ]
    assert not {"recordings/rename", "recordings/delete"} & set(client.commands())
    seen = client.run("playback/overview")
    _, frames = recorded[seen["name"].removesuffix(".h5")]
    assert seen["frames"] == len(seen["energies"]) == len(frames)
    change = (frames[-1].energy - frames[0].energy) * KCALMOL_PER_EV
    assert seen["energies"][-1] == pytest.approx(change, abs=0.01)

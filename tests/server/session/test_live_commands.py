"""Commands of a live session, through the real server: which there are, playback, and places for users."""

import grpc
import numpy as np
import pytest
from playing import STEPS, paused, step_once
from rpc_client import refused

from atomtug.core.shipped import shipped_models
from atomtug.core.systems import load_system
from atomtug.protos import SERVICES
from atomtug.server.engines import Catalogue

LIVE_COMMANDS = {
    "playback/play": {},
    "playback/pause": {},
    "playback/step": {},
    "playback/step_back": {},
    "playback/reset": {},
    "checkpoint/save": {},
    "checkpoint/restore": {},
    "playback/list": {},
    "system/list": {},
    "playback/load": {"index": 0.0, "clear_state": True},
    "playback/next": {},
    "trajectory/get-dynamics-interval": {},
    "trajectory/set-dynamics-interval": {"interval": 1 / 30},
    "recording/start": {},
    "recording/stop": {},
    "recording/save_last": {},
    "recording/status": {},
    "recordings/list": {},
    "recordings/read": {"name": "", "format": "h5", "offset": 0.0},
    "recordings/rename": {"name": "", "to": ""},
    "engine/list": {},
    "engine/load": {"engine": "pm6"},
    "engine/status": {},
    "dynamics/set": {},
    "share/links": {},
    "user/undo": {},
    "user/record": {},
    "user/relax": {},
    "learning/start": {},
    "learning/stop": {},
    "learning/status": {},
    "learning/report": {"text": "", "figures": {}},
    "user/learn": {},
    **{f"user/engine/{name}": {} for name in Catalogue(["pm6"], [shipped_models()]).engines()},
    "multiuser/radially-orient-origins": {"radius": 1.0},
}


def test_all_commands_are_listed_with_their_defaults(client):
    assert client.commands() == LIVE_COMMANDS


def test_no_command_of_the_list_is_an_empty_promise(client, log):
    client.run("learning/report", text="", figures={})  # there is a learner
    for name, defaults in client.commands().items():
        others = name.startswith("user/engine/") and not name.endswith("/pm6")
        if others or name in ("recording/stop", "playback/load", "playback/next"):
            continue
        if name in ("recording/save_last", "recordings/read", "recordings/rename"):
            continue  # while it is recorded, or without a name, there is nothing for them to do
        if name in ("playback/step_back", "user/undo"):
            client.run("checkpoint/save")
        client.run(name, **defaults)
    client.run("user/record")  # it ended the recording, and begins one again
    client.run("recording/stop")
    client.run("user/relax")  # so does this: the molecule moves again


# Playback -----------------------------------------------------------------------------------------------


def test_pause_holds_still_and_play_goes_on_from_there(client, log):
    step = paused(client, log)
    client.run("playback/play")
    client.run("playback/play")  # playing while playing is no toggle
    log.wait_for("playback.playing", bool)
    log.wait_for("system.simulation.step", lambda now: now > step)
    following = [v["system.simulation.step"] for _, v in log.messages if "system.simulation.step" in v]
    assert step + STEPS in following


def test_each_step_is_exactly_one_frame(client, log):
    step = paused(client, log)
    seen = len(log.messages)
    for count in range(1, 5):
        assert step_once(client, log) == step + count * STEPS
    steps = [v["system.simulation.step"] for _, v in log.messages[seen:] if "system.simulation.step" in v]
    assert steps == [step + count * STEPS for count in range(1, 5)]
    assert log.wait_for("playback.playing", lambda playing: not playing) is False


def test_steps_asked_for_in_quick_succession_are_all_made(client, log):
    step = paused(client, log)
    for _ in range(4):
        client.run("playback/step")
    log.wait_for("system.simulation.step", lambda now: now >= step + 4 * STEPS)
    assert step_once(client, log) == step + 5 * STEPS


def test_step_while_playing_makes_one_more_frame_and_pauses(client, log):
    client.run("playback/step")
    log.wait_for("playback.playing", lambda playing: not playing)
    step = step_once(client, log)
    assert step_once(client, log) == step + STEPS


def test_reset_starts_over_under_index_zero_and_counts_up(client, log):
    counter = log.current["system.simulation.counter"]
    client.run("playback/reset")
    log.wait_for("system.simulation.counter", lambda value: value == counter + 1)
    [(index, values)] = [m for m in log.messages if m[1].get("system.simulation.counter") == counter + 1]
    assert index == 0
    assert (values["system.simulation.step"], values["system.simulation.time"]) == (0, 0)
    assert values["forces.user.work_done"] == 0
    start = load_system("methane").positions.ravel() / 10
    np.testing.assert_allclose(values["particle.positions"], start, atol=1e-6)
    assert values["particle.names"] == load_system("methane").atom_names
    log.wait_for("system.simulation.step", lambda step: step > 0)  # it was playing and still is


def test_reset_while_paused_stays_paused(client, log):
    paused(client, log)
    counter = log.current["system.simulation.counter"]
    client.run("playback/reset")
    log.wait_for("system.simulation.counter", lambda value: value == counter + 1)
    assert log.current["playback.playing"] is False
    assert step_once(client, log) == STEPS


def test_the_interval_between_frames_can_be_asked_and_set(client, log):
    assert client.run("trajectory/get-dynamics-interval") == {"interval": pytest.approx(0.01)}
    client.run("trajectory/set-dynamics-interval", interval=0.05)
    assert client.run("trajectory/get-dynamics-interval") == {"interval": pytest.approx(0.05)}
    log.more(2)
    stamps = [v["server.timestamp"] for _, v in log.more(24) if "server.timestamp" in v]
    assert stamps[-1] - stamps[0] > 0.7 * 0.05 * (len(stamps) - 1)
    for interval in (0.0, 0.01):
        client.run("trajectory/set-dynamics-interval", interval=interval)
        assert client.run("trajectory/get-dynamics-interval") == {"interval": pytest.approx(interval)}
        log.more(2)


@pytest.mark.parametrize("interval", [-1.0, 1e-9, 1e9, float("nan"), "fast", None, [0.1]])
def test_an_interval_that_is_none_is_refused(client, interval):
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "interval"):
        client.run("trajectory/set-dynamics-interval", interval=interval)


def test_a_step_back_goes_to_the_last_instant_remembered(client, log):
    paused(client, log)
    there = list(log.current["particle.positions"])
    client.run("checkpoint/save")
    step_once(client, log)
    assert log.current["particle.positions"] != there
    counter = log.current["system.simulation.counter"]
    client.run("playback/step_back")
    log.wait_for("system.simulation.counter", lambda value: value > counter)
    assert log.current["particle.positions"] == there


# Users --------------------------------------------------------------------------------------------------


def test_users_are_stood_in_a_circle_each_facing_the_centre(client):
    states = client.states()
    client.update({f"avatar.{user}": {"playerid": user} for user in ("a", "b", "c", "d")})
    client.run("multiuser/radially-orient-origins", radius=2.0)
    places = [states.wait_for(f"user-origin.{user}") for user in ("a", "b", "c", "d")]
    np.testing.assert_allclose(
        [p["position"] for p in places], [[2, 0, 0], [0, 0, 2], [-2, 0, 0], [0, 0, -2]], atol=1e-12
    )
    for place in places:
        x, y, z, w = place["rotation"]
        assert x**2 + y**2 + z**2 + w**2 == pytest.approx(1.0)
        assert (x, z) == (0.0, 0.0)
        # Turned about y (left-handed, z ahead), z points to the centre, -position.
        ahead = np.array([2 * w * y, 0.0, w * w - y * y])
        np.testing.assert_allclose(2.0 * ahead, -np.array(place["position"]), atol=1e-9)


def test_a_radius_that_is_none_is_refused(client):
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "radius must be a number"):
        client.run("multiuser/radially-orient-origins", radius="wide")


def test_the_services_are_those_of_the_protocol():
    assert {(rpc.service, rpc.name) for rpc in SERVICES} == {
        ("trajectory.TrajectoryService", "SubscribeFrames"),
        ("trajectory.TrajectoryService", "SubscribeLatestFrames"),
        ("state.State", "SubscribeStateUpdates"),
        ("state.State", "UpdateState"),
        ("state.State", "UpdateLocks"),
        ("command.Command", "GetCommands"),
        ("command.Command", "RunCommand"),
    }

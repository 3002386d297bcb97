"""Commands of a live session, through the real server: playback, dynamics, engine, several systems."""

from concurrent.futures import ThreadPoolExecutor

import grpc
import numpy as np
import pytest
from rpc_client import refused, spring, wait_until

from atomtug.core.shipped import shipped_models
from atomtug.core.systems import load_system
from atomtug.protos import SERVICES
from atomtug.server.app import ServerOptions, running_server
from atomtug.server.engines import Catalogue

STEPS = 5
SYSTEMS = ("methane", "ethane", "methane")
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


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    options = ServerOptions(
        systems=[load_system(name) for name in SYSTEMS],
        fps=100.0,
        steps_per_frame=STEPS,
        recordings=tmp_path_factory.mktemp("recordings"),
    )
    with running_server(options) as running:
        yield running


@pytest.fixture
def log(client):
    """Every frame; the first system plays."""
    client.run("trajectory/set-dynamics-interval", interval=0.01)
    made = client.frames(every=True)
    counter = made.wait_for("system.simulation.counter")
    client.run("playback/load", index=0)
    client.run("playback/play")
    made.wait_for("system.simulation.counter", lambda value: value > counter)
    made.wait_for("playback.playing", bool)
    made.wait_for("system.simulation.step", lambda step: step > 0)
    del made.messages[:]
    return made


def paused(client, log) -> int:
    """The step at which it stands still."""
    client.run("playback/pause")
    log.wait_for("playback.playing", lambda playing: not playing)
    # Whatever was on its way is here before the frame of a step, and the step is over when it is said to stand
    # still for the second time: when it begins, and after its frame.
    start = len(log.messages)
    client.run("playback/step")
    log.wait(
        lambda: sum(values.get("playback.playing") is False for _, values in log.messages[start:]) >= 2,
        "one more frame",
    )
    return int(log.current["system.simulation.step"])


def step_once(client, log) -> int:
    before = log.current["system.simulation.step"]
    client.run("playback/step")
    return log.wait_for("system.simulation.step", lambda step: step > before)


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


# Several systems ----------------------------------------------------------------------------------------


def test_systems_are_listed_loaded_by_index_and_cycled(client, log):
    assert client.run("playback/list") == {"simulations": list(SYSTEMS)}
    states = client.states()
    assert states.wait_for("simulation.name") == "methane"
    client.run("playback/load", index=1)
    assert states.wait_for("simulation.index", lambda index: index == 1) == 1
    assert states.current["simulation.name"] == "ethane"
    assert log.wait_for("system.simulation.name", lambda name: name == "ethane")
    assert log.current["particle.count"] == 10
    assert len(log.wait_for("particle.positions", lambda p: len(p) == 30)) == 30
    client.run("playback/next")
    log.wait_for("system.simulation.name", lambda name: name == "methane")
    client.run("playback/next")
    client.run("playback/load", index=4.0)  # modulo the number of systems
    assert log.wait_for("system.simulation.name", lambda name: name == "ethane")
    assert client.run("engine/status")["system"] == "ethane"


@pytest.mark.parametrize(("command", "arguments"), [("playback/load", {"index": 1}), ("playback/next", {})])
def test_what_is_loaded_while_it_stands_still_plays(client, log, command, arguments):
    paused(client, log)
    client.run(command, **arguments)
    log.wait_for("system.simulation.name", lambda name: name == "ethane")
    log.wait_for("playback.playing", bool)
    step = log.wait_for("system.simulation.step", lambda step: step > 0)
    log.wait_for("system.simulation.step", lambda now: now > step)


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


def test_a_load_is_a_reset_to_clients(client, log):
    counter = log.current["system.simulation.counter"]
    client.run("playback/load", index=1)
    log.wait_for("system.simulation.name", lambda name: name == "ethane")
    [(index, values)] = [m for m in log.messages if m[1].get("system.simulation.name") == "ethane"]
    assert index == 0
    assert values["system.simulation.counter"] == counter + 1
    assert values["particle.elements"] == load_system("ethane").numbers.tolist()


def test_loads_by_several_clients_at_once_are_done_one_after_the_other(client, log):
    counter = log.current["system.simulation.counter"]
    with ThreadPoolExecutor(6) as several:
        done = [several.submit(client.run, "playback/load", index=index) for index in (1, 0, 1, 0, 1, 2)]
    assert [future.result() for future in done] == [{}] * 6
    log.wait_for("system.simulation.counter", lambda value: value == counter + 6)
    loaded = client.run("engine/status")["system"]
    assert log.current["system.simulation.name"] == loaded
    assert log.current["particle.count"] == len(load_system(loaded).numbers)
    step = log.current["system.simulation.step"]
    log.wait_for("system.simulation.step", lambda now: now > step)
    assert len(log.current["particle.positions"]) == 3 * log.current["particle.count"]


def test_a_load_lets_go_of_what_was_held_and_drops_selections_unless_told_to_keep_them(client, log):
    states = client.states()
    client.update({"interaction.a": spring(2), "selection.x": {"name": "x"}, "scene": [0.0]})
    states.wait_for("selection.x")
    client.run("playback/load", index=1, clear_state=False)
    states.wait(lambda: "interaction.a" not in states.current, "the hand to be gone")
    assert "selection.x" in states.current
    client.run("playback/load", index=0)
    states.wait(lambda: "selection.x" not in states.current, "the selection to be gone")
    assert states.current["scene"] == [0.0]


def test_atoms_are_counted_by_the_system_that_is_loaded_now(client, log):
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "no atom 9", "0 to 6"):
        client.update({"interaction.a": spring(9)})
    client.run("playback/load", index=1)
    assert client.update({"interaction.a": spring(9)})
    log.wait_for("forces.user.index", lambda held: held == [9])


@pytest.mark.parametrize("index", ["0", None, 0.5, float("inf"), True])
def test_an_index_that_is_none_is_refused(client, index):
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "index must be a"):
        client.run("playback/load", index=index)


# Dynamics and engine ------------------------------------------------------------------------------------


def test_dynamics_can_be_changed_while_it_runs(client, log):
    before = client.run("dynamics/set")
    assert before == {
        "temperature": 300.0,
        "friction": 1.0,
        "timestep": 0.5,
        "thermostat": "langevin",
        "steps_per_frame": STEPS,
        "force_law": "narupa",
        "force_cap": 20000.0,
    }
    try:
        changes = {"temperature": 350.0, "timestep": 0.1}
        assert client.run("dynamics/set", **changes) == {**before, **changes}

        def last_stride() -> float:
            frames = [v for _, v in log.messages if "system.simulation.time" in v][-2:]
            return frames[1]["system.simulation.time"] - frames[0]["system.simulation.time"]

        log.wait(lambda: len(log.messages) > 5, "some frames")
        log.wait(lambda: last_stride() == pytest.approx(STEPS * 0.1e-3, rel=1e-6), "the new time step")
        assert client.run("engine/status")["dynamics"]["temperature"] == 350.0
    finally:
        client.run("dynamics/set", **before)


def test_steps_force_law_and_limit_are_changed_and_said_to_all(client, log):
    before = client.run("dynamics/set")
    try:
        changes = {"steps_per_frame": 3, "force_law": "nanover-2026", "force_cap": 500.0}
        client.run("dynamics/set", **changes)
        states = client.states()
        states.wait_for("dynamics.settings", lambda settings: settings["steps_per_frame"] == 3)
        states.wait_for("imd.force_law", lambda law: law == "nanover-2026")
        states.wait_for("imd.force_cap", lambda cap: cap == 500.0)

        def stride() -> float:
            steps = [v["system.simulation.step"] for _, v in log.messages if "system.simulation.step" in v][
                -2:
            ]
            return steps[1] - steps[0] if len(steps) == 2 else 0

        log.wait(lambda: stride() == 3, "frames of three steps")
    finally:
        client.run("dynamics/set", **before)


def test_a_hotter_thermostat_heats(client, log):
    try:
        client.run("dynamics/set", temperature=3000, friction=500)
        log.wait_for("system.temperature", lambda kelvin: kelvin > 1500)
    finally:
        client.run("dynamics/set", temperature=300, friction=1)
        client.run("playback/reset")


@pytest.mark.parametrize(
    "change",
    [
        {"temperature": -1.0},
        {"temperature": float("nan")},
        {"friction": 1e9},
        {"timestep": 0.0},
        {"timestep": "long"},
        {"pressure": 1.0},
        {"steps_per_frame": 0},
        {"steps_per_frame": 2.5},
        {"force_law": "hooke"},
        {"force_cap": -1.0},
        {"temperature": 310.0, "timestep": 100.0},
    ],
)
def test_impossible_dynamics_are_refused_and_nothing_of_them_is_taken(client, change):
    before = client.run("dynamics/set")
    with refused(grpc.StatusCode.INVALID_ARGUMENT, max(change, key=lambda name: name != "temperature")):
        client.run("dynamics/set", **change)
    assert client.run("dynamics/set") == before


def test_engines_are_listed_with_the_one_in_use(client):
    answer = client.run("engine/list")
    assert answer["current"] == "pm6"
    assert {"pm6", "am1", "dftb3"} <= set(answer["engines"])


def test_the_engine_tells_how_it_is(client, log):
    status = wait_until(
        lambda: (s := client.run("engine/status"))["steps_per_second"] > 0 and s, "a measured speed"
    )
    assert status["engine"] == "pm6"
    assert status["settings"]["program"] == "sparrow"
    assert status["steps_per_second_asked"] == 500.0
    assert status["playing"] is True
    assert status["exception"] == ""
    assert status["clients"] >= 1
    assert status["dynamics"]["thermostat"] == "langevin"


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

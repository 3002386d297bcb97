"""Several systems in a live session, through the real server: listed, loaded, one at a time."""

from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from playing import SYSTEMS, paused
from rpc_client import refused, spring

from atomtug.core.systems import load_system


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

"""What a client of Narupa 2023 does and needs: its copies of frames, its avatars, its hands."""

from typing import Any

import pytest
from rpc_client import RawClient, spring

from atomtug.core.systems import load_system
from atomtug.protos import NARUPA_ROOT
from atomtug.server.app import ServerOptions, running_server


class NarupaFrame:
    """Its current frame: each array is set again from its values, and the kind is that of the first one."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    def take(self, index: int, values: dict[str, Any]) -> None:
        if index == 0:
            self.values = {}
        self.values.update(values)
        for value in self.values.values():
            if isinstance(value, list) and not value:
                raise ValueError("Cannot decide what type to use for an empty object.")


@pytest.fixture(scope="module")
def server():
    systems = [load_system("ethane"), load_system("methane")]
    with running_server(ServerOptions(systems, fps=100.0, thermostat="nve")) as running:
        yield running


@pytest.fixture
def narupa(server):
    with RawClient(server.address, NARUPA_ROOT) as made:
        yield made


def test_no_array_is_empty_and_what_was_pulled_is_pulled_by_nothing_afterwards(narupa):
    log = narupa.frames(every=True)
    log.wait_for("particle.positions")
    narupa.update({"interaction.a": spring(9, position=(0.4, 0.2, 0))})
    log.wait_for("forces.user.index", lambda held: held == [9])
    narupa.update({"interaction.a": None})
    log.wait_for("forces.user.sparse", lambda force: force == [0.0, 0.0, 0.0])
    assert log.current["forces.user.index"] == [0]
    assert log.current["engine.uncertainty.atoms"] == [0.0]
    current = NarupaFrame()
    for index, values in log.messages:
        current.take(index, values)
    assert len(current.values["particle.positions"]) == 3 * current.values["particle.count"]


def test_clients_of_nanover_still_get_empty_arrays(server):
    with RawClient(server.address, "nanover.protocol") as nanover:
        log = nanover.frames()
        log.wait_for("particle.positions")
        assert log.current["forces.user.index"] == log.current["engine.uncertainty.atoms"] == []


def test_a_hand_on_an_atom_that_is_gone_freezes_no_avatar(server, narupa):
    """A holds atom 9 of ethane while B loads methane, which has no such atom."""
    with RawClient(server.address, NARUPA_ROOT) as other:
        mine, theirs = narupa.frames(every=True), other.frames(every=True)
        states = other.states()
        mine.wait_for("particle.count", lambda count: count == 10)
        hand = spring(9, position=(0.4, 0.2, 0))
        assert narupa.update({"avatar.a": {"playerid": "a", "step": 1.0}, "interaction.a": hand})
        states.wait_for("avatar.a", lambda avatar: avatar["step"] == 1.0)
        other.run("playback/load", index=1)
        mine.wait_for("system.simulation.name", lambda name: name == "methane")
        for step in (2.0, 3.0):
            with pytest.raises(Exception, match="no atom 9"):
                narupa.update({"avatar.a": {"playerid": "a", "step": step}, "interaction.a": hand})
            states.wait_for("avatar.a", lambda avatar, step=step: avatar["step"] == step)
        assert "no atom 9" in mine.wait_for("system.simulation.exception", bool)
        assert narupa.update({"interaction.a": spring(1, position=(0.1, 0.1, 0))})
        mine.wait_for("system.simulation.exception", lambda text: text == "")
        theirs.more(1)
        assert not any(values.get("system.simulation.exception") for _, values in theirs.messages)
        other.run("playback/load", index=0)
        mine.wait_for("system.simulation.name", lambda name: name == "ethane")


def test_a_lock_still_refuses_all_of_an_update(server, narupa):
    with RawClient(server.address, NARUPA_ROOT, name="another") as other:
        assert other.lock({"scene": 60.0})
        assert narupa.update({"scene": [1.0], "avatar.l": {}}) is False
        assert other.lock({"scene": None})
        assert "avatar.l" not in server.session.state.values


def test_when_it_leaves_each_key_with_its_id_goes_with_it(server, narupa):
    states = narupa.states()
    keys = ["avatar.v1", "report.connection.health.v1", "object.v1.cup", "selection.v1.0", "cursor.v1.left"]
    with RawClient(server.address, NARUPA_ROOT) as visitor:
        visitor.states().wait_for("imd.force_law")
        visitor.update({**dict.fromkeys(keys, 1.0), "selection.root": 1.0})
        states.wait(lambda: set(keys) <= set(states.current), "its keys")
    states.wait(lambda: not set(keys) & set(states.current), "its keys to go")
    assert states.current["selection.root"] == 1.0
    narupa.update({"selection.root": None})

"""Who may do what: each command and each kind of key against each right, over gRPC and WebSocket."""

import grpc
import pytest
from rpc_client import RawClient, refused, spring
from ws_client import RawSocket

from atomtug.core.errors import InputError
from atomtug.core.systems import load_system
from atomtug.server.app import ServerOptions, run_in_thread
from atomtug.server.listening import ListenOptions
from atomtug.server.session.live import LiveSession
from atomtug.server.session.rights import Tokens, may_run
from atomtug.wire.command_names import COMMANDS

TOKENS = {"own": "the owner's word", "pull": "the pupils' word", "watch": "the class's word"}
READING = {
    "playback/list",
    "system/list",
    "learning/status",
    "trajectory/get-dynamics-interval",
    "engine/list",
    "engine/status",
}
KEYS = {
    "avatar.{0}": {"name": "me"},
    "playarea.{0}": {"A": [0.0, 0.0, 0.0]},
    "cursor.{0}.left": {},
    "update.index.{0}": 1.0,
    "interaction.{0}": spring(1, position=(0.1, 0.1, 0.1)),
    "scene": [0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0],
    "transform.simulation": {},
    "suggested.box.locked": True,
    "selection.{0}.1": {},
    "anything": 1.0,
}
PRESENCE = {"avatar.{0}", "playarea.{0}", "cursor.{0}.left", "update.index.{0}"}
ALLOWED = {
    "watch": PRESENCE,
    "pull": PRESENCE | {"interaction.{0}", "scene", "transform.simulation"},
    "own": set(KEYS),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    options = ServerOptions([load_system("methane")], fps=100.0, recordings=folder).live()
    listen = ListenOptions(
        port=0, web_port=0, token=TOKENS["own"], token_pull=TOKENS["pull"], token_watch=TOKENS["watch"]
    )
    with run_in_thread(lambda: LiveSession(options), listen) as running:
        yield running


def socket(server, right: str) -> RawSocket:
    return RawSocket(server.websocket, additional_headers={"Authorization": f"Bearer {TOKENS[right]}"})


@pytest.mark.parametrize("right", list(TOKENS))
def test_over_grpc_each_kind_of_key_is_for_those_who_may(server, right):
    with RawClient(server.address, token=TOKENS[right]) as client:
        for pattern, value in KEYS.items():
            key = pattern.format(f"g-{right}")
            if pattern in ALLOWED[right]:
                assert client.update({key: value})
                assert client.update({key: None})
            else:
                with refused(grpc.StatusCode.PERMISSION_DENIED, "You may watch"):
                    client.update({key: value})
                assert server.session.state.values.get(key) != value


@pytest.mark.parametrize("right", list(TOKENS))
def test_over_websocket_each_kind_of_key_is_for_those_who_may(server, right):
    with socket(server, right) as client:
        client.update(**{pattern.format(f"w-{right}"): value for pattern, value in KEYS.items()})
        keys = {pattern.format(f"w-{right}") for pattern in ALLOWED[right]} - {
            "scene",
            "transform.simulation",
        }
        client.wait(lambda: keys <= set(client.state), "what is allowed")
        others = {pattern.format(f"w-{right}") for pattern in KEYS} - keys - {"scene", "transform.simulation"}
        assert not others & set(client.state)
        assert len(client.errors) == (right != "own")
        client.remove(*keys)
        client.wait(lambda: not keys & set(client.state), "their removal")


@pytest.mark.parametrize("right", list(TOKENS))
def test_each_command_is_offered_to_those_who_may_run_it_and_refused_to_others(server, right):
    offered = set(server.session.commands.list())
    allowed = offered if right == "own" else READING
    with RawClient(server.address, token=TOKENS[right]) as client, socket(server, right) as page:
        assert set(client.commands()) == allowed
        listed = page.run("commands/list")
        assert set(listed["list"]) == allowed
        assert {each["name"] for each in listed["commands"]} == allowed
        assert listed["right"] == right
        for name in sorted(READING):
            client.run(name)
            page.run(name)
        for name in sorted(offered - allowed):
            with refused(grpc.StatusCode.PERMISSION_DENIED, "owner"):
                client.run(name)
            assert "owner" in page.ask(name)["exception"]


def test_the_list_of_commands_that_only_read_is_complete():
    assert {command.name for command in COMMANDS if command.for_all} == READING
    assert not any(may_run("watch", command.name) for command in COMMANDS if not command.for_all)


def test_nobody_but_the_owner_changes_what_is_anothers(server):
    with socket(server, "pull") as anna, RawClient(server.address, token=TOKENS["pull"]) as ben:
        anna.update(**{"avatar.anna": {}, "interaction.anna": spring(1, position=(0.1, 0.1, 0.1))})
        anna.wait(lambda: "interaction.anna" in anna.state, "her hand")
        for key in ("avatar.anna", "interaction.anna"):
            with refused(grpc.StatusCode.PERMISSION_DENIED, "another client's"):
                ben.update({key: None})
        with RawClient(server.address, token=TOKENS["own"]) as owner:
            assert owner.update({"interaction.anna": None})
        anna.wait(lambda: "interaction.anna" not in anna.state, "its end")


def test_what_may_be_is_taken_from_a_message_with_what_may_not(server):
    with socket(server, "watch") as watcher:
        hand = {"interaction.w": spring(1, position=(0.1, 0.1, 0.1))}
        watcher.update(**{"avatar.w": {"name": "W"}, **hand})
        watcher.wait(lambda: "avatar.w" in watcher.state, "the avatar")
        text = watcher.wait(lambda: watcher.frame.get("system.simulation.exception"), "the sentence")
        assert text.startswith("You may watch here, not pull")
        assert "interaction.w" not in server.session.state.values


@pytest.mark.parametrize(("right", "keys"), [("watch", []), ("pull", ["scene"]), ("own", ["scene", "any"])])
def test_locks_are_for_those_who_may_move_what_they_lock(server, right, keys):
    with RawClient(server.address, token=TOKENS[right], name=right) as client:
        for key in ("scene", "any"):
            if key in keys:
                assert client.lock({key: 1.0})
                assert client.lock({key: None})
            else:
                with refused(grpc.StatusCode.PERMISSION_DENIED, "lock"):
                    client.lock({key: 60.0})


def test_every_right_sees_frames_and_state_and_no_other_token_does(server):
    for right, token in TOKENS.items():
        with RawClient(server.address, token=token) as client, socket(server, right) as page:
            client.frames().wait_for("particle.positions")
            client.states().wait_for("engine.current")
            page.wait(lambda page=page: "particle.positions" in page.frame, "a frame")
    with (
        RawClient(server.address, token="none of these") as stranger,
        refused(grpc.StatusCode.UNAUTHENTICATED, "token"),
    ):
        stranger.commands()


def test_grpc_and_the_page_have_a_port_each():
    with pytest.raises(InputError, match="Port 4000 can't be both gRPC's and the page's"):
        ListenOptions(port=4000, web_port=4000)
    assert ListenOptions(port=0, web_port=0).web_port == 0


def test_tokens_for_others_need_the_owners_and_must_differ():
    with pytest.raises(InputError, match="need --token-file"):
        ListenOptions(token_watch="a secret word")
    with pytest.raises(InputError, match="must differ"):
        ListenOptions(token="a secret word", token_pull="a secret word")
    assert Tokens().right("") == Tokens().right("whatever") == "own"
    assert Tokens("own", None, "watch").right("") is None

"""What was seen to go wrong in NanoVer's reference server (0.1.3018), and does not here.

Most of it is tested where it belongs; this table says where, and this file has the rest.

==========================================================  ====================================================
there                                                       here
==========================================================  ====================================================
a message that can't be decoded silences its client         test_websocket.py: what_is_no_message_ends_that_connection
an unknown interaction_type pauses everybody                test_malformed_messages.py: a_wrong_interaction_is_refused
an index out of range erases everybody's interactions       here; test_malformed_messages.py
a NaN position makes the atoms NaN                          here; test_malformed_messages.py
letting go under NVE, with a velocity reset, pauses         here
a command keeps its client's other messages waiting         test_access.py: a_handler_that_takes_its_time
no token, no limits                                         test_access.py, test_quota.py, test_hostile_clients.py
it listens on all interfaces, whatever it is told           here
anyone may move a user by user-origin                       here
a client that shows no avatar leaves its hands pulling      test_live_hands.py, test_websocket.py
the engine is called three times a step                     dynamics/test_simulation.py: evaluated_exactly_once_a_step
bonds are found once and never change                       test_live_hands.py: pulling_a_hydrogen_off_methane
30 frames x 5 steps a second, however fast the engine       here
frames between two of a client's are lost to a recording    test_live_recordings.py: holds_every_frame
a crash loses a recording's index                           test_serve_and_play.py: killed_outright
==========================================================  ====================================================
"""

import math
import socket

import grpc
import psutil
import pytest
from rpc_client import Log, RawClient, refused, spring
from server_process import HARMONIC

from atomtug.core.systems import load_system
from atomtug.server.app import ServerOptions, run_in_thread, running_server
from atomtug.server.listening import ListenOptions
from atomtug.server.session.session import Session

BAD = grpc.StatusCode.INVALID_ARGUMENT


@pytest.fixture(scope="module")
def server():
    options = ServerOptions([load_system("methane")], engine=HARMONIC, fps=0.0, thermostat="nve")
    with running_server(options) as running:
        yield running


def goes_on(log: Log, steps: int = 50) -> None:
    start = log.current["system.simulation.step"]
    log.wait_for("system.simulation.step", lambda step: step > start + steps)
    assert log.current["system.simulation.exception"] == ""


@pytest.mark.parametrize(
    "wrong",
    [
        {"particles": [99.0]},
        {"particles": [-1.0]},
        {"position": [math.nan, 0.0, 0.0]},
        {"interaction_type": "lasso"},
        {"max_force": math.nan},
    ],
    ids=str,
)
def test_what_one_does_wrong_neither_pauses_nor_erases_what_others_hold(server, client, wrong):
    log = client.frames(every=True)
    client.update({"interaction.good": spring(2, position=(0.2, 0.0, 0.0), scale=1.0)})
    log.wait_for("forces.user.index", lambda held: held == [2])
    with RawClient(server.address) as clumsy:
        with refused(BAD, "interaction.bad"):
            clumsy.update({"interaction.bad": spring(5) | wrong})
        goes_on(log)
        assert clumsy.update({"interaction.bad": spring(5, position=(0.3, 0.0, 0.0), scale=1.0)})
        log.wait_for("forces.user.index", lambda held: held == [2, 5])
    assert all(math.isfinite(x) for x in log.current["particle.positions"])


def test_letting_go_with_a_velocity_reset_works_without_a_thermostat(client):
    log = client.frames(every=True)
    for _ in range(3):
        client.update({"interaction.a": spring(5, position=(0.4, 0.0, 0.0), reset_velocities=True)})
        log.wait_for("forces.user.index", lambda held: held == [5])
        client.update({"interaction.a": None})
        log.wait_for("forces.user.index", lambda held: held == [])
    goes_on(log)
    assert log.current["playback.playing"] is True


def test_steps_are_not_rationed_where_the_engine_is_fast(client):
    """Rationed, two frames are never much less than a thirtieth of a second apart, nor ten frames than nine."""
    log = client.frames(every=True)

    def rushed() -> bool:
        stamps = [v["server.timestamp"] for _, v in log.messages if "server.timestamp" in v]
        return any(later - sooner < 0.5 * 9 / 30 for sooner, later in zip(stamps, stamps[9:], strict=False))

    log.wait(rushed, "ten frames in half the time that a rationed server takes")


def test_only_the_server_moves_people(client):
    client.update({"avatar.me": {"name": "me"}})
    try:
        with refused(BAD, "only the server moves people"):
            client.update({"user-origin.me": {"position": [9.0, 9.0, 9.0], "rotation": [0.0, 0.0, 0.0, 1.0]}})
        client.run("multiuser/radially-orient-origins", radius=2.0)
        place = client.states().wait_for("user-origin.me")
        assert place["position"] == pytest.approx([2.0, 0.0, 0.0])
        with refused(BAD, "only the server moves people"):
            client.update({"user-origin.me": None})
    finally:
        client.update({"avatar.me": None})


def test_unless_told_otherwise_it_listens_where_only_this_machine_can_reach_it():
    addresses = [
        address.address
        for network in psutil.net_if_addrs().values()
        for address in network
        if address.family == socket.AF_INET and not address.address.startswith("127.")
    ]
    with run_in_thread(Session, ListenOptions(port=0)) as server:
        ports = {server.port, int(server.page.rsplit(":", 1)[1])} if server.page else {server.port}
        mine = [
            connection.laddr.ip
            for connection in psutil.Process().net_connections("tcp")
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port in ports
        ]
        assert mine
        assert all(ip.startswith("127.") or ip in ("::1", "::ffff:127.0.0.1") for ip in mine)
        for address in addresses:
            with socket.socket() as probe:
                probe.settimeout(5.0)
                assert probe.connect_ex((address, server.port)) != 0

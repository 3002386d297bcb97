"""What the terminal says while the headset is worn."""

import grpc
import pytest

from atomtug.vr_client.client.channel import Channel
from atomtug.vr_client.xr.snapshot import ServerStatus, Snapshot
from atomtug.vr_client.xr.status_report import FIRST, INTERVAL, StatusReport

LOOKING = ServerStatus(False, "No atomtug server can be reached at localhost:1.")
THERE = ServerStatus(True)


@pytest.fixture
def said():
    return []


@pytest.fixture
def report(said):
    return StatusReport(said.append)


def frame(number):
    return Snapshot(number=number, system="methane", engine="pm6")


def test_what_changes_is_said_once(report, said):
    for now in (0.0, 0.1, 0.2):
        report.moment(now, Snapshot(), LOOKING)
    assert said == [LOOKING.message]
    for now in (0.3, 0.4):
        report.moment(now, frame(1), THERE)
    assert said[1:] == ["The server is there: methane, pm6."]
    report.moment(0.5, frame(2), LOOKING)
    report.moment(0.6, frame(1), THERE)
    assert said[2:] == [LOOKING.message, said[1]]


def test_the_speed_is_said_soon_and_then_now_and_then(report, said):
    step = 1 / 64  # frames of the headset; the server sends a frame for every second one
    for k in range(int((FIRST + INTERVAL + 1) / step)):
        report.moment(k * step, frame(1 + k // 2), THERE)
    assert said[1:] == ["64 frames a second in the headset; the server sends 32."] * 2


def test_a_headset_that_was_away_does_not_make_it_slow(report, said):
    for k in range(10):
        report.moment(k * 0.1, frame(k + 1), THERE)
    report.pause()
    for k in range(int(FIRST / 0.125) + 2):
        report.moment(1000.0 + k * 0.125, frame(11 + k), THERE)
    assert said[1:] == ["8 frames a second in the headset; the server sends 8."]


def test_what_stopped_the_simulation_is_said(report, said):
    report.moment(0.0, frame(1), THERE)
    report.moment(0.1, Snapshot(number=2, trouble="The engine gave up."), THERE)
    assert said[-1] == "The engine gave up."


@pytest.mark.parametrize(
    ("details", "told"),
    [
        ("failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:1: Failed to connect to "
         "remote host: connect: Connection refused (111)", "nothing listens there"),
        ("DNS resolution failed for nowhere: C-ares status is not ARES_SUCCESS", "no machine of this name"),
        ("Socket closed", "it went away"),
        ("something new", "unavailable"),
    ],
)  # fmt: skip
def test_no_text_of_grpc_reaches_a_person(details, told):
    class Failure(grpc.RpcError):
        def code(self):
            return grpc.StatusCode.UNAVAILABLE

        def details(self):
            return details

    channel = Channel("localhost:1")
    try:
        sentence = str(channel.failure(Failure()))
    finally:
        channel.close()
    assert told in sentence
    assert details not in sentence

"""When an engine counts as unsure, and what follows: frames marked, said, paused, or another engine in its place."""

import asyncio
import json
from dataclasses import replace

import numpy as np
import pytest
from rpc_client import RawClient

from atomtug.core.errors import EngineError, InputError
from atomtug.core.frame import Frame
from atomtug.core.systems import load_system
from atomtug.core.units import KJMOL_PER_EV
from atomtug.recordings import Recording
from atomtug.server.app import ServerOptions, running_server
from atomtug.server.dynamics.uncertainty import UncertaintyMonitor, UncertaintyOptions
from atomtug.server.session import live
from atomtug.server.session.engine_fallback import FALLBACK_STEPS, EngineFallback
from atomtug.trainer.labels.frames import open_runs
from atomtug.wire.frames import frame_values

METHANE = load_system("methane")
ZERO = np.zeros((1, 3))


def frame(doubt: float | None, step: int = 0) -> Frame:
    """With an uncertainty of so many kJ/mol."""
    uncertain = None if doubt is None else doubt / KJMOL_PER_EV
    each = None if doubt is None else np.array([doubt / KJMOL_PER_EV])
    return Frame(
        step, 0.0, ZERO, ZERO, 0.0, ZERO, 0.0, 0.0, 0.0, ZERO, ZERO, 0.0,
        uncertainty=uncertain, atomic_uncertainty=each,
    )  # fmt: skip


def test_frames_beyond_the_limit_are_marked():
    monitor = UncertaintyMonitor(UncertaintyOptions(10.0))
    assert [monitor.update(frame(doubt)) for doubt in (1, 9.9, 10.1, 30, 2)] == [
        False,
        False,
        True,
        True,
        False,
    ]
    assert monitor.candidates == 2


def test_it_is_sure_again_only_well_below_the_limit():
    monitor = UncertaintyMonitor(UncertaintyOptions(10.0))
    seen = []
    for doubt in (9.5, 10.5, 9.5, 10.5, 7.9, 9.5):
        monitor.update(frame(doubt))
        seen.append(monitor.unsure)
    assert seen == [False, True, True, True, False, False]


def test_an_engine_that_can_not_tell_or_a_limit_of_none_marks_nothing():
    monitor = UncertaintyMonitor(UncertaintyOptions(10.0))
    monitor.update(frame(50.0))
    assert not monitor.update(frame(None))
    assert not monitor.unsure
    assert not UncertaintyMonitor(UncertaintyOptions(0.0)).update(frame(1e5))


@pytest.mark.parametrize("options", [{"limit": -1.0}, {"limit": float("nan")}, {"when_unsure": "panic"}])
def test_options_that_make_no_sense_are_refused(options):
    with pytest.raises(InputError):
        UncertaintyOptions(**options)


def test_the_wire_tells_uncertainty_in_kilojoules_or_that_there_is_none():
    told = frame_values(frame(12.5))
    assert told["engine.uncertainty"] == pytest.approx(12.5)
    assert told["engine.uncertainty.atoms"] == pytest.approx([125.0])  # of forces, per nanometre
    silent = frame_values(frame(None))
    assert np.isnan(silent["engine.uncertainty"])
    assert len(silent["engine.uncertainty.atoms"]) == 0


class FakeSession:
    """The active engine, as the fallback sees it."""

    def __init__(self, can: bool = True) -> None:
        self.engine, self.can, self.asked = "ann:a", can, []
        self.fallback = EngineFallback(self.swap)

    async def swap(self, engine: str) -> None:
        self.asked.append(engine)
        if not self.can:
            raise EngineError("It can't.")
        self.engine = engine

    async def frame(self, step: int, unsure: bool = False) -> None:
        self.fallback.update(frame(None, step), unsure, self.engine)
        for _ in range(3):
            await asyncio.sleep(0)


def test_a_fallback_engine_takes_over_for_a_while_and_gives_back():
    async def play() -> FakeSession:
        session = FakeSession()
        await session.frame(10)
        assert session.engine == "ann:a"
        await session.frame(20, unsure=True)
        assert session.engine == "pm6"
        await session.frame(30)
        await session.frame(30 + FALLBACK_STEPS - 1)
        assert session.engine == "pm6"
        await session.frame(30 + FALLBACK_STEPS)
        assert session.engine == "ann:a"
        await session.frame(40 + FALLBACK_STEPS, unsure=True)
        return session

    assert asyncio.run(play()).asked == ["pm6", "ann:a", "pm6"]


def test_a_fallback_engine_that_can_not_is_not_asked_again_at_each_frame():
    async def play() -> FakeSession:
        session = FakeSession(can=False)
        await session.frame(10, unsure=True)
        for step in range(20, 1000, 20):
            await session.frame(step, unsure=True)
        assert session.asked == ["pm6"]
        await session.frame(1000)
        await session.frame(1010, unsure=True)
        return session

    assert asyncio.run(play()).asked == ["pm6", "pm6"]


def test_an_engine_that_a_client_chose_meanwhile_is_left_alone():
    async def play() -> FakeSession:
        session = FakeSession()
        await session.frame(10, unsure=True)
        session.engine = "ann:b"
        for step in range(20, 1000, 20):
            await session.frame(step, unsure=True)
        return session

    assert asyncio.run(play()).engine == "ann:b"


# In a session -------------------------------------------------------------------------------------------


def doubting(**options) -> ServerOptions:
    """An engine that doubts where the last atom is away from its start."""
    return ServerOptions([METHANE], engine="ase:faulty_calculators.Harmonic", fps=60.0, **options)


@pytest.fixture
def doubts(monkeypatch):
    """The session hears an uncertainty with each frame: 20 kJ/mol from the tenth on, 1 before."""
    take = live.LiveSession.on_frame

    def with_doubt(self, frame, begins, pace):
        doubt = (20.0 if frame.step >= 50 else 1.0) / KJMOL_PER_EV
        each = np.full(len(frame.positions), doubt)
        take(self, replace(frame, uncertainty=doubt, atomic_uncertainty=each), begins, pace)

    monkeypatch.setattr(live.LiveSession, "on_frame", with_doubt)


def test_the_session_says_so_and_marks_what_it_records(doubts, tmp_path):
    with (
        running_server(doubting(recordings=tmp_path, record=True)) as server,
        RawClient(server.address) as client,
    ):
        log, states = client.frames(every=True), client.states()
        log.wait_for("engine.unsure", bool)
        states.wait(lambda: states.current.get("engine.unsure") is True, "the state to say so")
        assert states.current["engine.uncertainty_limit"] == 8.4
        step = log.current["system.simulation.step"]
        log.wait_for("system.simulation.step", lambda now: now > step + 50)
        status = client.run("engine/status")
        assert status["unsure"] is True
        assert status["candidates"] > 5
        assert status["playing"] is True
        path = client.run("recording/stop")["path"]
    with Recording(path) as recording:
        marked = recording.column("candidate").astype(bool)
        np.testing.assert_array_equal(marked, recording.steps >= 50)
        assert [e.data["unsure"] for e in recording.events if e.kind == "unsure"] == [True]
        assert recording.frame(-1).uncertainty * KJMOL_PER_EV == pytest.approx(20.0)
        assert recording.frame(-1).atomic_uncertainty * KJMOL_PER_EV == pytest.approx(20.0, rel=1e-6)
    [everything], [candidates] = open_runs(path), open_runs(path, candidates_only=True)
    np.testing.assert_array_equal(candidates.sound, everything.sound[marked[everything.sound]])
    assert 0 < len(candidates.sound) < len(everything.sound)


def test_it_pauses_by_option_and_can_be_played_on(doubts, tmp_path):
    options = doubting(recordings=tmp_path, when_unsure="pause")
    with running_server(options) as server, RawClient(server.address) as client:
        log = client.frames(every=True)
        log.wait_for("engine.unsure", bool)
        log.wait_for("playback.playing", lambda playing: not playing)
        step = log.current["system.simulation.step"]
        client.run("playback/play")
        log.wait_for("system.simulation.step", lambda now: now > step + 50)
        assert log.wait_for("playback.playing", bool)


def test_pm6_stands_in_by_option(doubts, tmp_path, monkeypatch):
    watched = tmp_path / "none"
    options = ServerOptions(
        [METHANE],
        engine="ase:faulty_calculators.Faulty?" + json.dumps({"watch": str(watched), "stiffness": 20.0}),
        fps=60.0,
        when_unsure="pm6",
    )
    with running_server(options) as server, RawClient(server.address) as client:
        log = client.frames(every=True)
        log.wait_for("engine.name", lambda name: name == "pm6")
        steps = [v["system.simulation.step"] for _, v in log.messages if "system.simulation.step" in v]
        assert np.all(np.diff(steps) == 5)

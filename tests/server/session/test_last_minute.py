"""What happens while nothing is recorded is kept for a minute, and can be saved."""

import asyncio
from dataclasses import replace

import numpy as np
import pytest
from toy_engines import HarmonicEngine

from atomtug.core.errors import CommandFailed
from atomtug.core.frame import AppliedInteraction
from atomtug.core.systems import load_system
from atomtug.core.systems.bonds import perceive_bonds
from atomtug.recordings import Recording, events
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.server.dynamics.simulation import Simulation
from atomtug.server.session.commands import Commands
from atomtug.server.session.frame_stream import FrameStream
from atomtug.server.session.last_minute import LastMinute
from atomtug.server.session.recorder import Recorder
from atomtug.server.session.recording_control import RecordingControl

METHANE = load_system("methane")
BONDS = perceive_bonds(METHANE.numbers, METHANE.positions)
FRAME = Simulation(METHANE, HarmonicEngine(METHANE.positions), DynamicsSettings()).frame()
HAND = AppliedInteraction("interaction.a", np.zeros(3), np.array([1]), np.ones((1, 3)), 0.5)


def written(kept: LastMinute) -> list[str]:
    """What would be written, by the names that :func:`say` and :func:`show` gave."""
    taken = kept.take()
    assert taken is not None
    told: list[str] = []
    for write in taken.writes:
        write(told)  # type: ignore[arg-type]
    return told


def say(kept: LastMinute, name: str, kind: str, /, **data: object) -> None:
    kept.add_event(kind, data, lambda told: told.append(name))  # type: ignore[arg-type]


def show(kept: LastMinute, name: str) -> None:
    kept.add_frame(lambda told: told.append(name), FRAME)  # type: ignore[arg-type]


def test_a_frame_is_kept_for_a_minute_and_what_was_said_before_as_long_as_it_holds(clock):
    kept = LastMinute(clock=clock)
    kept.begin(METHANE, {})
    say(kept, "first hand", events.INTERACTION, key="a")
    say(kept, "other hand", events.INTERACTION, key="b")
    say(kept, "pm6", events.ENGINE, name="pm6")
    say(kept, "pause", events.PAUSE)
    show(kept, "old frame")
    for _ in range(30):
        clock.now += 1.0
        show(kept, "old frame")
    say(kept, "b lets go", events.INTERACTION_END, key="b")
    for number in range(61):
        clock.now += 1.0
        show(kept, str(number))
    assert kept.frames == 61
    assert written(kept) == ["first hand", "pm6", *map(str, range(61))]
    assert kept.take() is None
    show(kept, "next frame")
    assert written(kept) == ["first hand", "pm6", "next frame"]


def test_what_came_before_a_pause_is_kept_through_it(clock):
    kept = LastMinute(clock=clock)
    kept.begin(METHANE, {})
    show(kept, "before")
    clock.now += 3600.0
    show(kept, "after")
    assert written(kept) == ["before", "after"]


def test_no_more_is_kept_than_there_is_room_for(clock):
    kept = LastMinute(most_bytes=20_000, clock=clock)
    kept.begin(METHANE, {})
    for number in range(100):
        show(kept, str(number))
    told = written(kept)
    assert 5 < len(told) < 20
    assert told[-1] == "99"
    kept.begin(None, {})
    show(kept, "of nothing")
    assert kept.take() is None


@pytest.fixture
def recorder(tmp_path):
    made = Recorder(tmp_path, lambda reason: None)
    yield made
    made.close()


def test_what_was_not_recorded_becomes_a_recording_like_any_other(recorder):
    recorder.remember(METHANE, {"engine": "harmonic"})
    recorder.event(events.INTERACTION, key="interaction.a", owner="ada")
    for step in range(5):
        recorder.frame(replace(FRAME, step=step, interactions=(HAND,)), BONDS)
    saved = recorder.save_last()
    assert saved is not None
    assert saved.frames == 5
    with Recording(saved.path.result(timeout=120)) as recording:
        assert recording.closed
        assert recording.steps.tolist() == [0, 1, 2, 3, 4]
        assert recording.provenance["engine"] == "harmonic"
        assert recording.events[0].data["owner"] == "ada"
        assert [hand.key for hand in recording.frame(3).interactions] == ["interaction.a"]
        assert np.all(np.diff(recording.wall_clock) >= 0)
    assert recorder.save_last() is None


def test_what_was_asked_for_by_one_who_has_gone_is_saved_all_the_same(tmp_path):
    failures: list[str] = []
    recorder = Recorder(tmp_path, failures.append)
    recorder.remember(METHANE, {})
    recorder.frame(FRAME, BONDS)
    saved = recorder.save_last("asked")
    assert saved is not None
    assert saved.path.cancel()  # as asyncio does when a client vanishes
    recorder.close()
    assert (failures, recorder.error) == ([], "")
    with Recording(tmp_path / "asked.h5") as recording:
        assert (len(recording), recording.closed) == (1, True)


def test_what_is_recorded_is_not_kept_as_well(recorder):
    recorder.remember(METHANE, {})
    recorder.frame(FRAME, BONDS)
    recorder.start(METHANE, {}, "run")
    recorder.frame(FRAME, BONDS)
    assert recorder.save_last() is None
    recorder.stop()
    assert recorder.save_last() is None


def test_by_command_it_is_said_where_it_is_and_why_there_is_nothing(tmp_path):
    async def main() -> None:
        commands = Commands()
        control = RecordingControl(
            tmp_path,
            False,
            FrameStream(),
            lambda name: control.recorder.start(METHANE, {}, name),
            lambda: None,
        )
        control.register(commands)
        control.start()
        with pytest.raises(CommandFailed, match="Nothing has happened"):
            await commands.run("recording/save_last", {})
        control.recorder.remember(METHANE, {})
        control.recorder.frame(FRAME, BONDS)
        answer = await commands.run("recording/save_last", {"name": "by chance"})
        assert answer == {"path": str(tmp_path / "by chance.h5"), "frames": 1, "seconds": 0.0}
        await commands.run("recording/start", {"name": "on purpose"})
        with pytest.raises(CommandFailed, match=r"is in on purpose\.h5 already"):
            await commands.run("recording/save_last", {})
        await control.close()

    asyncio.run(main())

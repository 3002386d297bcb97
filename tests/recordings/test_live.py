"""A recording can be followed while it grows, and outlives a writer that is killed."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import pytest
from recording_helpers import BONDS, METHANE, assert_same_frame, make_frame

from atomtug.core.errors import RecordingError
from atomtug.recordings import FLUSH_INTERVAL, Recording, RecordingWriter
from atomtug.recordings.opening import RecordingFile

WRITER = """
import sys, time
sys.path.insert(0, {folder!r})
from recording_helpers import BONDS, METHANE, make_frame
from atomtug.recordings import RecordingWriter

frames = [make_frame(step, hands=step % 3) for step in range(500)]
with RecordingWriter({path!r}, METHANE, {{"engine": "pm6"}}) as writer:
    print("ready", flush=True)
    for step in range({count}):
        writer.append(frames[step % 500], BONDS[: 4 + step // 50 % 2])
        if step % 40 == 0:
            writer.event("note", step=step)
        if {told}:
            print(repr(time.time()), flush=True)
        time.sleep({pause})
"""


@contextmanager
def writing(
    path: Path, count: int = 10**9, pause: float = 0.003, told: bool = False
) -> Iterator[subprocess.Popen[str]]:
    """A process that records :func:`make_frame` frames until it is stopped; ``told``: it says when, one a line."""
    script = WRITER.format(
        folder=str(Path(__file__).parent), path=str(path), count=count, pause=pause, told=told
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()  # type: ignore[union-attr]


def test_a_reader_in_another_process_follows_a_live_recording(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    with writing(path):
        deadline = time.monotonic() + 120
        seen: list[int] = []
        with Recording(path) as recording:
            assert not recording.closed
            # Frames come in several portions while it is written, not all at the end: it has none.
            while len(seen) < 5 and time.monotonic() < deadline:
                if recording.refresh() not in seen:
                    seen.append(len(recording))
                    if seen[-1]:
                        step = len(recording) - 1
                        expected = make_frame(step % 500, hands=step % 500 % 3)
                        assert_same_frame(recording.frame(-1), expected)
                        assert len(recording.bonds(-1)) == 4 + step // 50 % 2
                        assert len(recording.energies) == len(recording)
                time.sleep(0.02)
        assert len(seen) == 5
        assert seen == sorted(seen)


@pytest.mark.parametrize("kills", [1, pytest.param(8, marks=pytest.mark.slow)])
def test_kill_9_loses_less_than_a_second(tmp_path: Path, kills: int) -> None:
    for attempt in range(kills):
        path = tmp_path / f"run-{attempt}.h5"
        with writing(path, pause=random.uniform(0.0, 0.005), told=True) as process:
            assert process.stdout is not None
            first = recorded = float(process.stdout.readline())
            ends = first + random.uniform(0.6, 1.6)
            while recorded < ends:
                recorded = float(process.stdout.readline())
            process.send_signal(signal.SIGKILL)
            process.wait()
            told = [line for line in process.stdout.read().split("\n") if line.count(".") == 1]
            recorded = float(told[-2]) if len(told) > 1 else recorded  # the last line may be cut off
        with Recording(path) as recording:
            assert not recording.closed
            assert len(recording) > 0
            assert recorded - recording.wall_clock[-1] < 1.0
            for step, frame in enumerate(recording.frames()):
                assert frame.step == step % 500
                assert len(recording.bonds(step)) == 4 + step // 50 % 2
            last = len(recording) - 1
            assert_same_frame(recording.frame(last), make_frame(last % 500, hands=last % 500 % 3))
            notes = [event.data["step"] for event in recording.events if event.kind == "note"]
            # A note follows its frame: that of the last frame may be lost where the frame is not.
            assert notes[: (last - 1) // 40 + 1] == list(range(0, last, 40))
            assert recording.refresh() == last + 1


def test_frames_reach_the_file_without_being_asked_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("atomtug.recordings.writer.time.monotonic", lambda: now[0])
    path = tmp_path / "run.h5"
    with RecordingWriter(path, METHANE, {}) as writer, Recording(path) as recording:
        writer.append(make_frame(0), BONDS)
        assert recording.refresh() == 0, "frames wait in memory"
        now[0] += FLUSH_INTERVAL
        writer.append(make_frame(1), BONDS)
        assert recording.refresh() == 2
        writer.event("pause")
        assert len(recording.events) == 1
        now[0] += FLUSH_INTERVAL
        writer.event("play")
        recording.refresh()
        assert [event.kind for event in recording.events] == ["engine", "pause", "play"]


def test_a_reader_sees_that_the_writer_has_closed(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    writer = RecordingWriter(path, METHANE, {})
    with Recording(path) as recording:
        assert not recording.closed
        assert len(recording) == 0
        writer.append(make_frame(0), BONDS)
        writer.close()
        assert recording.refresh() == 1
        assert recording.closed
        assert recording.refresh() == 1
        assert_same_frame(recording.frame(0), make_frame(0))


def test_a_read_that_crossed_a_write_is_tried_again(tmp_path: Path) -> None:
    """As when HDF5 meets a half-written index: wrong for a moment, right the next."""
    path = tmp_path / "run.h5"
    with RecordingWriter(path, METHANE, {}) as writer:
        writer.append(make_frame(0), BONDS)
        writer.flush()
        source = RecordingFile(path)
        answers = [OSError("incorrect metadata checksum"), OSError("wrong B-tree signature"), None]

        def torn(file: h5py.File) -> int:
            answer = answers.pop(0)
            if answer is not None:
                raise answer
            return len(file["particles/atoms/position/value"])

        assert source.read(torn) == 1
        answers += [OSError("again")] * 10
        with pytest.raises(RecordingError, match=r"damaged, a part of it can't be read \(again\)"):
            source.read(torn)
        source.close()


def test_what_a_failed_flush_left_behind_is_ignored(tmp_path: Path) -> None:
    """Datasets may be longer than what was committed, with anything in the rest."""
    path = tmp_path / "run.h5"
    with RecordingWriter(path, METHANE, {}) as writer:
        writer.event("note", number=0)
        for step in range(10):
            writer.append(make_frame(step, hands=1), BONDS[: 4 + step % 2])
    with h5py.File(path, "r+") as file:
        assert list(file["committed"]) == [10, 3, 10]
        file["committed"][:] = [4, 2, 3]
        file["events/text"][-10:] = 0
        file["connectivity/bond_changes/frame"][3:] = 0
        file["interactions/frame_end"][4:] = 0
    with Recording(path) as recording:
        assert len(recording) == len(recording.interactions) == len(recording.energies) == 4
        assert recording.frame(-1).step == 3
        assert [event.kind for event in recording.events] == ["note", "engine"]
        assert [frame for frame, _ in recording.bond_changes] == [0, 1, 2]


def test_an_existing_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    path.write_text("precious")
    with pytest.raises(RecordingError, match="exists and is never overwritten"):
        RecordingWriter(path, METHANE, {})
    assert path.read_text() == "precious"


def test_folders_are_made(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "run.h5"
    RecordingWriter(path, METHANE, {}).close()
    assert path.is_file()


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordingError, match=r"folder .*file can't be made because .*: choose another"):
        RecordingWriter(tmp_path / "file" / "run.h5", METHANE, {})
    with pytest.raises(
        RecordingError, match=r"can't be made at .* because the system says: file name too long"
    ):
        RecordingWriter(tmp_path / ("x" * 300), METHANE, {})


def test_a_frame_of_another_system_is_refused(tmp_path: Path) -> None:
    from atomtug.core.systems import load_system

    with RecordingWriter(tmp_path / "run.h5", METHANE, {}) as writer:
        with pytest.raises(RecordingError, match=r"10 atoms can't go into .* of 7"):
            writer.append(make_frame(0, load_system("ethane")), BONDS)
        writer.append(make_frame(0), BONDS)
        assert len(writer) == 1


def test_a_closed_writer_says_so(tmp_path: Path) -> None:
    writer = RecordingWriter(tmp_path / "run.h5", METHANE, {})
    writer.close()
    writer.close()
    for call in (
        writer.flush,
        lambda: writer.event("play"),
        lambda: writer.append(make_frame(0), BONDS),
    ):
        with pytest.raises(RecordingError, match="is closed"):
            call()

"""The recorder's thread: order, names, and failing without harm."""

import subprocess
import sys
import threading
import time
from concurrent.futures import Future
from pathlib import Path

import numpy as np
import pytest
from rpc_client import wait_until
from toy_engines import HarmonicEngine

from atomtug.core.errors import InputError, RecordingError
from atomtug.core.frame import Frame
from atomtug.core.systems import System, load_system
from atomtug.core.systems.bonds import perceive_bonds
from atomtug.recordings import Recording
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.server.dynamics.simulation import Simulation
from atomtug.server.session import recorder as recorder_module
from atomtug.server.session.recorder import Recorder

METHANE = load_system("methane")
BONDS = perceive_bonds(METHANE.numbers, METHANE.positions)


@pytest.fixture
def failures() -> list[str]:
    return []


@pytest.fixture
def recorder(tmp_path, failures):
    made = Recorder(tmp_path, failures.append)
    yield made
    made.close()


def moving(count: int) -> list[Frame]:
    simulation = Simulation(METHANE, HarmonicEngine(METHANE.positions), DynamicsSettings())
    made = []
    for _ in range(count):
        simulation.step()
        made.append(simulation.frame())
    return made


@pytest.fixture(scope="module")
def frames() -> list[Frame]:
    return moving(50)


def test_frames_go_to_the_file_in_order_and_events_between_them(recorder, frames):
    recorder.start(METHANE, {"engine": "harmonic"}, "run")
    for frame in frames[:20]:
        recorder.frame(frame, BONDS)
    recorder.event("note", text="half way")
    for frame in frames[20:]:
        recorder.frame(frame, BONDS)
    assert recorder.frames == 50
    path = recorder.stop()
    with Recording(path) as recording:
        assert recording.steps.tolist() == [frame.step for frame in frames]
        np.testing.assert_allclose(recording.positions[7], frames[7].positions)
        [note] = [event for event in recording.events if event.kind == "note"]
        assert note.frame == 20


def test_without_a_recording_frames_and_events_are_dropped(recorder, frames, tmp_path):
    recorder.frame(frames[0], BONDS)
    recorder.event("note")
    assert recorder.stop() is None
    assert (recorder.frames, recorder.path) == (0, None)
    assert list(tmp_path.iterdir()) == []


def test_frames_reach_the_disk_though_no_other_follows(recorder, frames, tmp_path):
    recorder.start(METHANE, {}, "quiet").result(timeout=30)
    recorder.frame(frames[0], BONDS)
    deadline = time.monotonic() + 30
    while True:
        with Recording(tmp_path / "quiet.h5") as recording:
            if len(recording) == 1:
                break
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_closing_ends_the_recording_properly(recorder, frames):
    recorder.start(METHANE, {}, "closed")
    recorder.frame(frames[0], BONDS)
    path = recorder.path
    recorder.close()
    recorder.close()
    with Recording(path) as recording:
        assert recording.closed
        assert len(recording) == 1


@pytest.mark.parametrize("name", ["../up", "a/b", "", ".hidden", "a\0b", "x" * 200, "a\nb", 5, ["a"]])
def test_a_name_that_could_leave_the_folder_or_is_none_is_refused(recorder, name):
    with pytest.raises(InputError, match="can't be called"):
        recorder.start(METHANE, {}, name)
    assert recorder.path is None


def test_names_are_given_once_even_before_the_first_file_is_there(recorder, tmp_path):
    for _ in range(3):
        recorder.start(METHANE, {}, "same")
    recorder.stop()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["same-2.h5", "same-3.h5", "same.h5"]


@pytest.mark.parametrize("name", ["x" * 300, "a/b\\c: d", "...", "日本"])
def test_a_system_of_any_name_can_be_recorded(recorder, frames, name):
    recorder.start(System(name, METHANE.numbers, METHANE.positions, 0, 2), {}).result(timeout=30)
    recorder.frame(frames[0], BONDS)
    with Recording(recorder.stop()) as recording:
        assert recording.system.name == name


def test_a_recording_that_can_not_be_made_is_told_and_the_next_may_succeed(tmp_path, frames, failures):
    folder = tmp_path / "folder"
    folder.write_text("a file is in the way")
    recorder = Recorder(folder, failures.append)
    opened: Future = recorder.start(METHANE, {}, "x")
    with pytest.raises(RecordingError, match="can't be made"):
        opened.result(timeout=30)
    recorder.frame(frames[0], BONDS)
    recorder.stop()
    assert len(failures) == 1
    assert recorder.error == failures[0]
    folder.unlink()
    recorder.start(METHANE, {}, "x").result(timeout=30)
    recorder.frame(frames[0], BONDS)
    assert recorder.error == ""
    assert recorder.stop() == folder / "x.h5"
    recorder.close()


def test_a_recording_whose_asker_has_gone_is_made_all_the_same_and_so_are_later_ones(
    recorder, frames, tmp_path, failures
):
    asked = recorder.start(METHANE, {}, "first")
    asked.cancel()
    for frame in frames:
        recorder.frame(frame, BONDS)
    recorder.start(METHANE, {}, "second").result(timeout=30)
    recorder.frame(frames[0], BONDS)
    recorder.stop()
    assert failures == []
    with Recording(tmp_path / "first.h5") as first, Recording(tmp_path / "second.h5") as second:
        assert (len(first), len(second)) == (len(frames), 1)


def test_a_mistake_of_ours_ends_one_recording_and_not_the_recorder(
    recorder, frames, tmp_path, failures, caplog
):
    recorder.start(METHANE, {}, "first").result(timeout=30)
    recorder.frame(frames[0], BONDS)
    recorder.frame(None, BONDS)
    wait_until(lambda: failures, "the failure")
    assert "AttributeError" in failures[0]
    assert "The simulation goes on" in failures[0]
    assert "Recording failed" in caplog.text
    recorder.start(METHANE, {}, "second").result(timeout=30)
    recorder.frame(frames[0], BONDS)
    recorder.stop()
    with Recording(tmp_path / "first.h5") as first, Recording(tmp_path / "second.h5") as second:
        assert len(first) <= 1
        assert len(second) == 1


FULL_DISK = """
import resource, signal, sys, time
from pathlib import Path
from test_recorder import BONDS, METHANE, moving
from atomtug.server.session.recorder import Recorder

# A limit on the size of files is a disk that is full, as far as a program can tell.
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
folder, failures = Path(sys.argv[1]), []
recorder = Recorder(folder, failures.append)
recorder.start(METHANE, {}, "full").result(timeout=30)
size = (folder / "full.h5").stat().st_size + 2_000_000
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
frames, deadline = moving(50), time.monotonic() + 60
while not failures and time.monotonic() < deadline:
    for frame in frames:
        recorder.frame(frame, BONDS)
    time.sleep(0.02)
recorder.frame(frames[0], BONDS)  # harmless
assert recorder.path is None and recorder.error == failures[0]
recorder.close()  # as a server does: Python must not end while the recorder's thread is inside HDF5
print(*failures)
"""


def test_a_disk_that_is_full_in_the_middle_ends_the_recording_with_a_word(tmp_path):
    ran = subprocess.run(
        [sys.executable, "-c", FULL_DISK, tmp_path],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert ran.stderr == ""
    assert ran.stdout.count("The simulation goes on") == 1
    with Recording(tmp_path / "full.h5") as recording:
        assert len(recording) > 1


def test_a_folder_in_which_nothing_can_even_be_looked_for_is_a_sentence(tmp_path, failures):
    recorder = Recorder(tmp_path / ("x" * 300), failures.append)
    with pytest.raises(RecordingError, match="can't be made"):
        recorder.start(METHANE, {}, "x").result(timeout=30)
    recorder.close()
    assert len(failures) == 1


def test_a_disk_that_can_not_keep_up_ends_the_recording_instead_of_filling_the_memory(
    recorder, frames, failures, tmp_path, monkeypatch
):
    monkeypatch.setattr(recorder_module, "MAX_WAITING", 20)
    recorder.start(METHANE, {}, "slow").result(timeout=30)
    for _ in range(200):
        for frame in frames:
            recorder.frame(frame, BONDS)
        if failures:
            break
    recorder.close()
    assert "can't keep up" in failures[0]
    with Recording(tmp_path / "slow.h5") as recording:
        assert recording.closed
        assert len(recording) >= 1


class Gate:
    """A writer in place of the real one that writes when it is told to, and fails if it is told so."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.open = threading.Event()
        self.fails = False
        self.written: list[Frame] = []
        self.closed = False

    def append(self, frame: Frame, *_: object) -> None:
        assert self.open.wait(timeout=60)
        if self.fails:
            raise RecordingError(f"{self.path.name} can't be written.")
        self.written.append(frame)

    def event(self, *_: object, **__: object) -> None:
        pass

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def gates(monkeypatch) -> dict[str, Gate]:
    """The writers made since, by name of their file."""
    made: dict[str, Gate] = {}

    def make(path: Path, *_: object) -> Gate:
        return made.setdefault(path.name, Gate(path))

    monkeypatch.setattr(recorder_module.recordings, "RecordingWriter", make)
    return made


def test_a_recording_that_fails_after_the_next_has_begun_leaves_that_one_alone(
    recorder, frames, failures, gates
):
    recorder.start(METHANE, {}, "first").result(timeout=30)
    gates["first.h5"].fails = True
    recorder.frame(frames[0], BONDS)  # waits for the disk
    opened = recorder.start(METHANE, {}, "second")
    recorder.frame(frames[1], BONDS)
    gates["first.h5"].open.set()
    opened.result(timeout=30)
    gates["second.h5"].open.set()
    recorder.frame(frames[2], BONDS)
    assert recorder.path.name == "second.h5"
    assert recorder.stop().name == "second.h5"
    assert failures == ["first.h5 can't be written. The simulation goes on."]
    assert gates["second.h5"].written == frames[1:3]
    assert gates["second.h5"].closed
    assert (recorder.error, recorder.frames) == ("", 2)


def test_a_disk_that_is_stuck_is_reported_at_once_by_whoever_gives_it_a_frame(
    recorder, frames, failures, gates, monkeypatch
):
    monkeypatch.setattr(recorder_module, "MAX_WAITING", 5)
    recorder.start(METHANE, {}, "stuck").result(timeout=30)
    for frame in frames[:10]:
        recorder.frame(frame, BONDS)
    assert "can't keep up" in failures[0]  # though the disk has not written a single frame
    assert (recorder.path, recorder.error) == (None, failures[0])
    gates["stuck.h5"].open.set()
    recorder.close()
    assert gates["stuck.h5"].written == frames[: recorder.frames]  # what was given before is kept
    assert gates["stuck.h5"].closed
    assert len(failures) == 1


def test_threads_that_start_recordings_at_once_each_get_a_file_of_their_own(recorder, frames, tmp_path):
    def record() -> None:
        for _ in range(5):
            recorder.start(METHANE, {}, "same")
            recorder.frame(frames[0], BONDS)

    threads = [threading.Thread(target=record) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    recorder.stop()
    made = sorted(tmp_path.iterdir())
    assert len(made) == 20
    counts = []
    for path in made:
        with Recording(path) as recording:
            assert recording.closed
            counts.append(len(recording))
    assert sum(counts) == 20

"""Full disks and damaged or foreign files give one clear sentence, and never take the process down."""

import errno
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import h5py
import numpy as np
import pytest
from recording_helpers import BONDS, METHANE, assert_same_frame, make_frame

from atomtug.core.errors import RecordingError
from atomtug.recordings import Recording, RecordingWriter
from atomtug.recordings.growing import GrowingDataset

FULL_DISK = """
import resource, os, sys
sys.path.insert(0, {folder!r})
from recording_helpers import BONDS, METHANE, make_frame
from atomtug.core.errors import RecordingError
from atomtug.recordings import RecordingWriter

writer = RecordingWriter({path!r}, METHANE, {{}})
for step in range(20):
    writer.append(make_frame(step, hands=1), BONDS)
writer.flush()
resource.setrlimit(resource.RLIMIT_FSIZE, (os.path.getsize({path!r}) + {room}, resource.RLIM_INFINITY))
try:
    for step in range(20, 3000):
        writer.append(make_frame(step, hands=1), BONDS)
        if step % 50 == 0:
            writer.flush()
except RecordingError as error:
    print(error)
try:
    writer.append(make_frame(0), BONDS)
except RecordingError as error:
    print(error)
writer.close()
print("alive")
"""


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    path = tmp_path / "run.h5"
    with RecordingWriter(path, METHANE, {}) as writer:
        for step in range(300):
            writer.append(make_frame(step, hands=step % 2), BONDS)
    return path


@pytest.fixture
def no_flush_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is, frames go to the file only when the test says so."""
    monkeypatch.setattr("atomtug.recordings.writer.FLUSH_INTERVAL", 1e9)


@pytest.mark.parametrize("room", [0, 3000, 50000])
def test_a_disk_that_refuses_writes_stops_the_recording_only(tmp_path: Path, room: int) -> None:
    path = tmp_path / "run.h5"
    script = FULL_DISK.format(folder=str(Path(__file__).parent), path=str(path), room=room)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    first, second, last = done.stdout.splitlines()
    assert first.startswith(f"Recording to {path} stopped because the system says: file too large:")
    assert second == first
    assert last == "alive"
    with Recording(path) as recording:
        assert len(recording) >= 20
        for step, frame in enumerate(recording.frames()):
            assert_same_frame(frame, make_frame(step, hands=1))


@pytest.mark.usefixtures("no_flush_by_itself")
def test_a_disk_nearly_full_stops_the_recording_while_it_can_be_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.h5"
    usage = shutil.disk_usage(tmp_path)
    with RecordingWriter(path, METHANE, {}) as writer:
        writer.append(make_frame(0), BONDS)
        writer.flush()
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=10**6))
        writer.append(make_frame(1), BONDS)
        with pytest.raises(RecordingError, match="stopped because the disk is full: what was written"):
            writer.flush()
    with Recording(path) as recording:
        assert recording.closed
        assert len(recording) == 1


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.ENOSPC, "no"), "the disk is full"),
        (OSError(errno.EIO, "no"), "the system says: input/output error"),
        (RuntimeError("Unable to flush (errno = 28, error message = 'x')"), "the disk is full"),
        (RuntimeError("something else"), "the file can't be written"),
    ],
)
@pytest.mark.usefixtures("no_flush_by_itself")
def test_a_failed_write_is_told_in_words_and_keeps_what_was_flushed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str
) -> None:
    path = tmp_path / "run.h5"

    def fail(_: GrowingDataset) -> None:
        raise error

    with RecordingWriter(path, METHANE, {}) as writer:
        for step in range(3):
            writer.append(make_frame(step), BONDS)
        writer.flush()
        writer.append(make_frame(3), BONDS)
        monkeypatch.setattr(GrowingDataset, "write", fail)
        with pytest.raises(RecordingError, match=f"stopped because {reason}: what was written until then"):
            writer.flush()
        with pytest.raises(RecordingError, match="stopped because"):
            writer.event("play")
    with Recording(path) as recording:
        assert not recording.closed
        assert [frame.step for frame in recording.frames()] == [0, 1, 2]


@pytest.mark.usefixtures("no_flush_by_itself")
def test_frames_that_cannot_be_written_at_the_end_are_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = RecordingWriter(tmp_path / "run.h5", METHANE, {})
    writer.append(make_frame(0), BONDS)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 10, 0))  # type: ignore[attr-defined]
    with pytest.raises(RecordingError, match="the disk is full"):
        writer.close()
    writer.close()


def test_a_folder_whose_free_space_is_unknown_can_be_recorded_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(_: Path) -> None:
        raise OSError(errno.ENOSYS, "no")

    monkeypatch.setattr(shutil, "disk_usage", unknown)
    with RecordingWriter(tmp_path / "run.h5", METHANE, {}) as writer:
        writer.append(make_frame(0), BONDS)
    with Recording(tmp_path / "run.h5") as recording:
        assert len(recording) == 1


def test_a_file_that_is_deleted_while_it_is_written_is_told_and_one_that_is_moved_goes_on(
    tmp_path: Path,
) -> None:
    path, elsewhere = tmp_path / "run.h5", tmp_path / "other.h5"
    with RecordingWriter(path, METHANE, {}) as writer:
        writer.append(make_frame(0), BONDS)
        writer.flush()
        path.rename(elsewhere)
        writer.append(make_frame(1), BONDS)
        writer.flush()
    with Recording(elsewhere) as recording:
        assert len(recording) == 2
    writer = RecordingWriter(path, METHANE, {})
    path.unlink()
    writer.append(make_frame(0), BONDS)
    with pytest.raises(RecordingError, match="the file was deleted: start a new recording"):
        writer.flush()
    writer.close()


def test_a_disk_full_from_the_start_leaves_no_file(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    script = (
        "import resource, sys\n"
        "from atomtug.core.errors import RecordingError\n"
        "from atomtug.recordings import RecordingWriter\n"
        "from atomtug.core.systems import load_system\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n"
        f"    RecordingWriter({str(path)!r}, load_system('methane'), {{}})\n"
        "except RecordingError as error:\n"
        "    print(error)\n"
    )
    # Measuring coverage would write files of its own, beyond the limit.
    plain = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, env=plain
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"A recording can't be made at {path} because the system says: file too")
    assert not path.exists()


def test_a_truncated_file_is_called_damaged(finished: Path, tmp_path: Path) -> None:
    whole = finished.read_bytes()
    cut = tmp_path / "cut.h5"
    for length in [13, 50, 1000, 20000, len(whole) // 2, len(whole) - 1]:
        cut.write_bytes(whole[:length])
        with pytest.raises(
            RecordingError,
            match=r"cut.h5 is damaged, .*; use another copy, or save its whole frames by `atomtug repair`\.$",
        ):
            Recording(cut)


def test_a_truncated_copy_of_a_live_file_is_read_or_called_damaged(tmp_path: Path) -> None:
    path, cut = tmp_path / "run.h5", tmp_path / "cut.h5"
    with RecordingWriter(path, METHANE, {}) as writer:
        for step in range(300):
            writer.append(make_frame(step, hands=step % 2), BONDS)
        writer.flush()
        whole = path.read_bytes()
    readable = []
    for length in range(12, len(whole) + 1, len(whole) // 40):
        cut.write_bytes(whole[:length])
        with suppress(RecordingError), Recording(cut) as recording:
            _read_all(recording)
            readable.append((length, len(recording)))
    assert all(frames == 300 for _, frames in readable), readable
    cut.write_bytes(whole)
    with Recording(cut) as recording:
        assert len(recording) == 300


@pytest.mark.parametrize("seed", range(40))
def test_flipped_bytes_are_read_or_called_damaged(finished: Path, tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    content = np.frombuffer(finished.read_bytes(), dtype=np.uint8).copy()
    # Most of what can confuse a reader is at the start: the groups and attributes.
    places = rng.integers(0, min(len(content), 30000), size=3)
    content[places] ^= rng.integers(1, 256, size=3, dtype=np.uint8)
    bad = tmp_path / "bad.h5"
    bad.write_bytes(content.tobytes())
    with suppress(RecordingError), Recording(bad) as recording:
        _read_all(recording)


def _read_all(recording: Recording) -> None:
    assert recording.provenance is not None
    assert recording.system is not None
    for name in recording.columns:
        assert len(recording.column(name)) == len(recording)
    assert len(list(recording.frames())) == len(recording)
    for index in range(len(recording)):
        recording.bonds(index)


def test_files_that_are_no_recordings_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"There is no file .*none.h5: check the path\."):
        Recording(tmp_path / "none.h5")
    with pytest.raises(RecordingError, match="is a folder"):
        Recording(tmp_path)
    text = tmp_path / "text.h5"
    text.write_text("hello")
    with pytest.raises(RecordingError, match="it is not an HDF5 file"):
        Recording(text)
    foreign = tmp_path / "foreign.h5"
    with h5py.File(foreign, "w") as file:
        file["xyz"] = [1.0]
    with pytest.raises(RecordingError, match="an HDF5 file but no recording: it was not written by atomtug"):
        Recording(foreign)
    with h5py.File(foreign, "r+") as file:
        file.attrs["format"] = "atomtug labels"
    with pytest.raises(RecordingError, match="its format is 'atomtug labels'"):
        Recording(foreign)


def test_a_newer_format_is_told(finished: Path) -> None:
    with h5py.File(finished, "r+") as file:
        file.attrs["format_version"] = 2
    with pytest.raises(
        RecordingError, match="version 2 of the format, and this atomtug knows 1: install a newer"
    ):
        Recording(finished)


def test_a_missing_part_is_told(finished: Path) -> None:
    with h5py.File(finished, "r+") as file:
        del file["observables/user_work/value"]
        file["observables/user_energy/value"].resize(10, axis=0)
    with Recording(finished) as recording:
        with pytest.raises(RecordingError, match=r"is damaged, a part of it can't be read .*user_work"):
            recording.frame(0)
        with pytest.raises(RecordingError, match="user_energy/value is too short"):
            _ = recording.user_energies
        assert len(recording.positions) == 300


def test_a_recording_that_was_closed_is_not_read_on(finished: Path) -> None:
    recording = Recording(finished)
    recording.close()
    recording.close()
    with pytest.raises(RecordingError, match="has been closed: open it again"):
        recording.frame(0)


def test_impossible_atoms_are_told(finished: Path) -> None:
    with h5py.File(finished, "r+") as file:
        file["particles/atoms/species"][0] = 500
    with Recording(finished) as recording, pytest.raises(RecordingError, match="no chemical element"):
        _ = recording.system


def test_a_file_abandoned_while_it_was_made_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("atomtug.recordings.opening.PATIENCE", 0.1)
    path = tmp_path / "run.h5"
    script = (
        "import h5py, os\n"
        f"file = h5py.File({str(path)!r}, 'x', libver='v110')\n"
        "file['a'] = 1\n"
        "file.flush()\n"
        "os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=False)
    with pytest.raises(RecordingError, match="holds nothing yet"):
        Recording(path)

"""What can be saved of a damaged recording is saved, in a new file; the damaged one stays as it was."""

import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import example, given, settings
from hypothesis import strategies as st
from recording_helpers import BONDS, METHANE, assert_same_frame, make_frame

from atomtug.cli import cli
from atomtug.core.errors import RecordingError
from atomtug.recordings import Recording, RecordingWriter, layout
from atomtug.recordings.layout import FrameColumn
from atomtug.recordings.repair import RepairReport, is_whole, repair

FRAMES = 160
EXTRA = FrameColumn("uncertainty", "kJ mol-1")


def bonds_at(step: int) -> np.ndarray:
    return BONDS if step % 50 < 30 else BONDS[:4]


def fill(writer: RecordingWriter) -> None:
    for step in range(FRAMES):
        if step % 20 == 0:
            writer.event("interaction", key="interaction.0", owner="someone", scale=float(step))
            writer.flush()
        writer.append(make_frame(step, hands=step % 2), bonds_at(step), extra={"uncertainty": 0.5 * step})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("repair")


class Content(bytes):
    """Of a file; pytest and Hypothesis needn't print all of it."""

    def __repr__(self) -> str:
        return f"<{len(self)} bytes>"


@pytest.fixture(scope="module")
def closed(folder: Path) -> Content:
    with RecordingWriter(folder / "closed.h5", METHANE, {"engine": "pm6", "seed": 7}, [EXTRA]) as writer:
        fill(writer)
    return Content((folder / "closed.h5").read_bytes())


@pytest.fixture(scope="module")
def live(folder: Path) -> Content:
    """As a copy made while the writer was at work."""
    with RecordingWriter(folder / "live.h5", METHANE, {"engine": "pm6", "seed": 7}, [EXTRA]) as writer:
        fill(writer)
        writer.flush()
        return Content((folder / "live.h5").read_bytes())


def repaired(content: bytes, folder: Path) -> RepairReport | str:
    """What became of these bytes in ``folder/new.h5``, or the sentence that nothing could be saved."""
    damaged, new = folder / "damaged.h5", folder / "new.h5"
    damaged.write_bytes(content)
    new.unlink(missing_ok=True)
    try:
        return repair(damaged, new)
    except RecordingError as error:
        assert not new.exists()
        return str(error)
    finally:
        assert damaged.read_bytes() == content


def check(path: Path, frames: int, bonds: bool = True) -> None:
    """A whole recording of so many frames, each as it was written."""
    assert is_whole(path)
    with Recording(path) as recording:
        assert len(recording) == frames
        for step in {0, frames // 2, frames - 1}:
            assert_same_frame(recording.frame(step), make_frame(step, hands=step % 2))
        written = METHANE.positions + 0.01 * np.arange(frames)[:, None, None]
        np.testing.assert_allclose(recording.positions, written, rtol=1e-14)
        np.testing.assert_array_equal(recording.column("uncertainty"), 0.5 * np.arange(frames))
        if bonds:
            for step in range(frames):
                np.testing.assert_array_equal(recording.bonds(step), bonds_at(step))
        definitions = [event for event in recording.events if event.kind == "interaction"]
        assert [event.frame for event in definitions] == [
            *range(
                0, min(frames + 1, FRAMES), 40
            )  # one that precedes the first lost frame may still be there
        ] or [event.frame for event in definitions] == [*range(0, frames, 20)]
        assert recording.provenance["seed"] == 7
        assert recording.provenance["repaired"]["frames"] == frames


# Cut short ----------------------------------------------------------------------------------------------


@settings(max_examples=10)
@given(part=st.floats(0.0, 1.0, exclude_max=True))
@example(part=0.0)
@example(part=0.3)
@example(part=0.9999)
@pytest.mark.parametrize("kind", ["closed", "live"])
def test_a_file_cut_anywhere_keeps_all_whole_frames_or_says_that_there_are_none(
    closed: bytes, live: bytes, folder: Path, kind: str, part: float
) -> None:
    whole = closed if kind == "closed" else live
    found = repaired(whole[: int(part * len(whole))], folder)
    if isinstance(found, str):
        assert found.startswith(f"Nothing of {folder / 'damaged.h5'} can be saved: ")
        assert found.endswith(".")
        assert part < 0.75
    else:
        assert 0 < found.frames <= found.promised == FRAMES
        assert found.bonds_known
        assert found.lost == ()
        check(folder / "new.h5", found.frames)


def test_the_more_is_left_the_more_is_saved(closed: bytes, folder: Path) -> None:
    saved = [repaired(closed[: int(part * len(closed))], folder) for part in (0.8, 0.85, 0.9, 0.9999)]
    frames = [found.frames for found in saved if isinstance(found, RepairReport)]
    assert len(frames) == 4
    assert frames == sorted(frames)
    assert frames[0] > FRAMES / 20
    assert frames[-1] >= FRAMES - 48  # the chunk of positions that the missing bytes are of


# Damaged within -----------------------------------------------------------------------------------------


@pytest.mark.slow
@settings(max_examples=12)
@given(
    places=st.lists(
        st.tuples(st.floats(0.0, 1.0, exclude_max=True), st.integers(1, 255)), min_size=1, max_size=4
    ),
    early=st.booleans(),
)
def test_bytes_changed_anywhere_end_in_a_readable_file_or_a_sentence(
    closed: bytes, folder: Path, places: list[tuple[float, int]], early: bool
) -> None:
    content = bytearray(closed)
    for place, flip in places:
        content[int(place * (25_000 if early else len(content)))] ^= flip
    found = repaired(bytes(content), folder)
    if isinstance(found, str):
        assert found.endswith(".")
    else:
        with Recording(folder / "new.h5") as recording:
            assert len(list(recording.frames())) == len(recording) == found.frames
            assert recording.bonds(found.frames - 1).shape[1:] == (2,)
            table = recording.interactions
            assert len(table.frames) == len(table.ends) == len(table.positions)
            assert len(table.particles) == len(table.forces)


@pytest.mark.parametrize("start", [0, 8, 12, 36, 44])
def test_the_first_bytes_are_known_and_can_be_made_again(closed: bytes, folder: Path, start: int) -> None:
    found = repaired(closed[:start] + bytes(48 - start) + closed[48:], folder)
    assert found == RepairReport(FRAMES, FRAMES, True, ())
    check(folder / "new.h5", FRAMES)


def damage(folder: Path, closed: bytes, how) -> bytes:
    path = folder / "within.h5"
    path.write_bytes(closed)
    with h5py.File(path, "r+") as file:
        how(file)
    return path.read_bytes()


def test_a_column_that_is_gone_is_nan_and_named(closed: bytes, folder: Path) -> None:
    def drop(file: h5py.File) -> None:
        del file["observables/user_work/value"]

    found = repaired(damage(folder, closed, drop), folder)
    assert found == RepairReport(FRAMES, FRAMES, True, ("user_work",))
    with Recording(folder / "new.h5") as recording:
        assert np.isnan(recording.column("user_work")).all()
        assert recording.frame(FRAMES - 1).step == FRAMES - 1


@pytest.mark.parametrize("name", ["position", "velocity", "engine_force"])
def test_without_the_atoms_ways_nothing_is_left(closed: bytes, folder: Path, name: str) -> None:
    def drop(file: h5py.File) -> None:
        del file[f"particles/atoms/{name}/value"]

    assert str(repaired(damage(folder, closed, drop), folder)).endswith(f"its {name} can't be read.")


def test_a_damaged_line_of_the_journal_leaves_the_others_where_they_are(closed: bytes, folder: Path) -> None:
    def spoil(file: h5py.File) -> None:
        end = int(file[layout.EVENT_END.path][2])
        file[layout.EVENT_TEXT.path][end - 10 : end - 5] = 0

    assert isinstance(repaired(damage(folder, closed, spoil), folder), RepairReport)
    with Recording(folder / "new.h5") as recording, Recording(folder / "closed.h5") as before:
        assert [event.kind for event in recording.events].count("lost") == 1
        assert len(recording.events) == len(before.events)
        hands = [[hand.key for hand in frame.interactions] for frame in recording.frames()]
        assert hands[1] == ["interaction.0"]


def test_bonds_that_are_lost_are_found_again_from_the_positions(closed: bytes, folder: Path) -> None:
    def spoil(file: h5py.File) -> None:
        file[layout.BOND_END.path][1] = -5

    found = repaired(damage(folder, closed, spoil), folder)
    assert found == RepairReport(FRAMES, FRAMES, False, ())
    check(folder / "new.h5", FRAMES, bonds=False)
    with Recording(folder / "new.h5") as recording:
        np.testing.assert_array_equal(recording.bonds(0), BONDS)  # the frames' geometry is methane's, moved


@pytest.mark.parametrize("mark", [-1, 2**60])
def test_a_mark_that_makes_no_sense_is_not_believed(closed: bytes, folder: Path, mark: int) -> None:
    def spoil(file: h5py.File) -> None:
        file[layout.COMMITTED][:] = mark

    assert repaired(damage(folder, closed, spoil), folder) == RepairReport(FRAMES, FRAMES, True, ())
    check(folder / "new.h5", FRAMES)


def test_hands_whose_numbers_make_no_sense_end_what_is_saved(closed: bytes, folder: Path) -> None:
    def spoil(file: h5py.File) -> None:
        file[layout.FRAME_END.path][50] = 2**60

    found = repaired(damage(folder, closed, spoil), folder)
    assert isinstance(found, RepairReport)
    assert found.frames == 50
    check(folder / "new.h5", 50)


# Places and the command ---------------------------------------------------------------------------------


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["repair", *map(str, arguments)])


def test_the_command_says_what_it_saved_and_where(closed: bytes, tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    path.write_bytes(closed[: len(closed) * 9 // 10])
    result = run(path)
    assert result.exit_code == 0, result.output
    new = tmp_path / "run-repaired.h5"
    with Recording(new) as recording:
        assert result.output == f"{new}: {len(recording)} of {FRAMES} frames saved\n"
    again = run(path)
    assert isinstance(again.exception, RecordingError)
    assert "exists and is never overwritten" in str(again.exception)
    assert run(path, "--out", tmp_path / "new" / "b.h5").exit_code == 0
    assert run(path, new, "--out", tmp_path / "c.h5").exit_code == 2


def test_a_whole_file_is_left_alone(closed: bytes, tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    path.write_bytes(closed)
    result = run(path)
    assert result.output == f"{path} is whole: there is nothing to repair.\n"
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.h5"]


def test_what_is_no_recording_is_a_sentence(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(RecordingError, match="There is no file"):
        repair(tmp_path / "none.h5", tmp_path / "new.h5")
    with pytest.raises(RecordingError, match="is a folder"):
        repair(tmp_path, tmp_path / "new.h5")
    assert "it is empty" in str(repaired(b"", folder))
    assert "can't be read" in str(repaired(b"some text " * 100, folder))
    with h5py.File(tmp_path / "foreign.h5", "w") as file:
        file["xyz"] = [1.0]
    with pytest.raises(RecordingError, match="no recording: it was not written by atomtug"):
        repair(tmp_path / "foreign.h5", tmp_path / "new.h5")


def test_a_disk_that_is_full_leaves_no_half_of_a_new_file(closed: bytes, tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    path.write_bytes(closed[: len(closed) * 9 // 10])
    script = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from atomtug.core.errors import RecordingError\n"
        "from atomtug.recordings.repair import repair\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50000, 50000))\n"
        "try:\n"
        f"    repair(Path({str(path)!r}), Path({str(tmp_path / 'new.h5')!r}))\n"
        "except RecordingError as error:\n"
        "    print(error)\n"
    )
    environment = {"PATH": "", "HOME": str(tmp_path)}  # no measuring of coverage, which would write files too
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "can't be written because the system says: file too large" in done.stdout
    assert not (tmp_path / "new.h5").exists()
    assert shutil.disk_usage(tmp_path).free

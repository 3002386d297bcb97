"""The server's recordings as clients see them: listed, played, renamed, downloaded, deleted where that is allowed."""

import asyncio
import base64
import os
import shutil
from pathlib import Path

import ase.io
import grpc
import pytest
from rpc_client import RawClient, refused
from ws_client import RawSocket

from atomtug.core.errors import CommandFailed, InputError
from atomtug.core.systems import load_system
from atomtug.recordings import Recording, RecordingWriter
from atomtug.server.app import ServerOptions, run_in_thread
from atomtug.server.listening import ListenOptions
from atomtug.server.session.commands import Commands
from atomtug.server.session.live import LiveSession
from atomtug.server.session.stored_recordings import CHUNK, StoredRecordings

SAMPLE = Path(__file__).parents[3] / "recordings" / "sample.h5"
TOKENS = {"own": "the owner's word", "pull": "the pupils' word", "watch": "the class's word"}


class Stored:
    """Those of a folder with one recording, one that is damaged, and a file of another kind."""

    def __init__(self, folder: Path, allow_delete: bool = True) -> None:
        self.folder = folder
        self.writing: Path | None = None
        shutil.copy(SAMPLE, folder / "first.h5")
        (folder / "broken.h5").write_bytes(SAMPLE.read_bytes()[:3000])
        (folder / "notes.txt").write_text("of another kind")
        os.utime(folder / "broken.h5", (1000, 1000))
        self.stored = StoredRecordings(folder, writing=lambda: self.writing, allow_delete=allow_delete)
        self.commands = Commands()
        self.stored.register(self.commands)

    def run(self, command: str, /, **arguments):
        return asyncio.run(self.commands.run(command, arguments))


@pytest.fixture
def stored(tmp_path):
    made = Stored(tmp_path)
    yield made
    made.stored.close()


def test_each_recording_is_listed_with_a_curve_and_one_that_is_damaged_with_the_reason(stored):
    answer = stored.run("recordings/list")
    assert answer["total"] == 2
    first, broken = answer["recordings"]
    with Recording(SAMPLE) as recording:
        assert (first["name"], first["frames"], first["runs"]) == ("first.h5", len(recording), 1)
        assert first["formula"] == recording.system.formula
    assert first["bytes"] == SAMPLE.stat().st_size
    assert len(first["curve"]) == min(60, first["frames"])
    assert max(first["curve"]) > 1.0
    assert not first["writing"]
    assert "damaged" in broken["error"]


def test_a_link_that_leads_nowhere_hides_no_recording(stored):
    (stored.folder / "moved.h5").symlink_to(stored.folder / "away.h5")
    assert stored.run("recordings/list")["total"] == 2
    assert stored.run("recordings/rename", name="first.h5", to="second") == {"name": "second.h5"}


@pytest.mark.slow
def test_an_export_with_nowhere_to_go_is_a_sentence(stored, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(stored.folder / "none"))
    with pytest.raises(CommandFailed, match=r"first\.h5 can't be exported \(No such file"):
        stored.run("recordings/read", name="first.h5", format="extxyz")


def test_what_is_being_written_is_listed_and_left_alone(stored):
    stored.writing = stored.folder / "first.h5"
    assert stored.run("recordings/list")["recordings"][0]["writing"]
    for name, arguments in (("rename", {"to": "x"}), ("delete", {}), ("read", {})):
        with pytest.raises(CommandFailed, match="being written"):
            stored.run(f"recordings/{name}", name="first.h5", **arguments)


def test_what_another_process_writes_is_listed_and_left_alone(stored):
    with RecordingWriter(stored.folder / "theirs.h5", load_system("methane"), {}):
        os.utime(stored.folder / "theirs.h5", (2000, 2000))  # its simulation is paused
        listed = {entry["name"]: entry["writing"] for entry in stored.run("recordings/list")["recordings"]}
        assert listed == {"first.h5": False, "theirs.h5": True, "broken.h5": False}
        for command, arguments in (("rename", {"to": "mine"}), ("delete", {}), ("read", {})):
            with pytest.raises(CommandFailed, match=r"theirs\.h5 is being written by another server"):
                stored.run(f"recordings/{command}", name="theirs.h5", **arguments)
    assert stored.run("recordings/rename", name="theirs.h5", to="mine") == {"name": "mine.h5"}


def test_a_recording_is_renamed_and_nothing_is_overwritten(stored):
    assert stored.run("recordings/rename", name="first.h5", to="the good one") == {"name": "the good one.h5"}
    assert (stored.folder / "the good one.h5").read_bytes() == SAMPLE.read_bytes()
    before = (stored.folder / "broken.h5").read_bytes()
    with pytest.raises(CommandFailed, match="already"):
        stored.run("recordings/rename", name="the good one.h5", to="broken.h5")
    assert (stored.folder / "broken.h5").read_bytes() == before
    for to in ("../up", "a/b", ".hidden", "", 5):
        with pytest.raises(InputError, match="can't be called"):
            stored.run("recordings/rename", name="the good one.h5", to=to)


def test_only_recordings_of_the_folder_can_be_named(stored):
    shutil.copy(SAMPLE, stored.folder.parent / "outside.h5")
    for name in ("../outside.h5", str(stored.folder / "first.h5"), "notes.txt", "none.h5", ""):
        for command in ("read", "rename", "delete"):
            with pytest.raises(InputError, match="There is no recording"):
                stored.run(f"recordings/{command}", name=name)
    assert (stored.folder.parent / "outside.h5").exists()


def test_a_recording_is_deleted_where_the_server_was_started_so(stored, tmp_path):
    assert stored.run("recordings/delete", name="broken.h5") == {"name": "broken.h5"}
    assert not (stored.folder / "broken.h5").exists()
    (tmp_path / "kept").mkdir()
    strict = Stored(tmp_path / "kept", allow_delete=False)
    assert "recordings/delete" not in strict.commands.list()
    with pytest.raises(CommandFailed, match="--allow-delete"):
        strict.run("recordings/delete", name="first.h5")
    assert (strict.folder / "first.h5").exists()


def test_a_recording_is_downloaded_in_parts(stored):
    data, size = b"", 1
    while len(data) < size:
        answer = stored.run("recordings/read", name="first.h5", offset=len(data))
        assert answer["file"] == "first.h5"
        assert 0 < len(answer["data"]) <= CHUNK
        data, size = data + answer["data"], answer["size"]
    assert data == SAMPLE.read_bytes()
    assert stored.run("recordings/read", name="first.h5", offset=size)["data"] == b""
    for offset in (-1, size + 1):
        with pytest.raises(InputError, match="offset"):
            stored.run("recordings/read", name="first.h5", offset=offset)
    with pytest.raises(InputError, match="format is h5, extxyz or nanover"):
        stored.run("recordings/read", name="first.h5", format="pdf")


@pytest.mark.slow
def test_a_recording_is_downloaded_in_another_programs_format(stored, tmp_path):
    async def main() -> bytes:
        answer = await stored.commands.run("recordings/read", {"name": "first.h5", "format": "extxyz"})
        assert answer["file"] == "first.extxyz"
        data = answer["data"]
        while len(data) < answer["size"]:
            arguments = {"name": "first.h5", "format": "extxyz", "offset": len(data)}
            data += (await stored.commands.run("recordings/read", arguments))["data"]
        with pytest.raises(CommandFailed, match=r"broken\.h5 can't be exported: .*damaged"):
            await stored.commands.run("recordings/read", {"name": "broken.h5", "format": "nanover"})
        return data

    (tmp_path / "got.extxyz").write_bytes(asyncio.run(main()))
    with Recording(SAMPLE) as recording:
        assert len(ase.io.read(tmp_path / "got.extxyz", index=":")) == len(recording)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    shutil.copy(SAMPLE, folder / "the sample.h5")
    (folder / "broken.h5").write_bytes(SAMPLE.read_bytes()[:3000])
    options = ServerOptions([load_system("methane")], recordings=folder, paused=True).live()
    listen = ListenOptions(port=0, web_port=0, token=TOKENS["own"], token_pull=TOKENS["pull"])
    with run_in_thread(lambda: LiveSession(options), listen) as running:
        yield running


def place(server, name: str, right: str = "own") -> RawSocket:
    return RawSocket(
        f"{server.websocket}/play/{name}", additional_headers={"Authorization": f"Bearer {TOKENS[right]}"}
    )


def test_a_recording_is_played_to_one_client_while_all_others_stay_live(server):
    with place(server, "the%20sample.h5") as viewer, RawClient(server.address, token=TOKENS["own"]) as live:
        viewer.wait(lambda: viewer.frame.get("playback.frames"), "the recording")
        viewer.run("playback/pause")
        viewer.run("playback/seek", frame=7)
        viewer.wait(lambda: viewer.frame["playback.frame"] == 7, "the frame")
        with Recording(SAMPLE) as recording:
            assert viewer.frame["playback.frames"] == len(recording)
            assert viewer.frame["system.simulation.step"] == recording.steps[7]
            seen = viewer.run("playback/overview")
        assert seen["frames"] == viewer.frame["playback.frames"]
        assert seen["runs"] == [0]
        assert "the sample.h5" in {each["name"] for each in viewer.run("recordings/list")["recordings"]}
        assert "dynamics/set" in live.commands()
        live.frames().wait_for("particle.positions")
        assert "playback.frames" not in server.session.frames.current.values
        viewer.update(**{"interaction.mine": {"particles": [0]}})
        viewer.wait(lambda: "interaction.mine" in viewer.state, "what it wrote, in its own session")
        assert "interaction.mine" not in server.session.state.values


@pytest.mark.parametrize(
    ("name", "right", "why"),
    [
        ("none.h5", "own", "There is no recording"),
        ("..%2Fthe%20sample.h5", "own", "There is no recording"),
        ("broken.h5", "own", "damaged"),
        ("the%20sample.h5", "pull", "for the owner"),
    ],
)
def test_what_can_not_be_played_is_told_why_and_closed(server, name, right, why):
    with place(server, name, right) as viewer:
        viewer.wait(lambda: viewer.closed is not None, "the end")
        assert why in viewer.errors[0]
        assert viewer.closed.rcvd.code == 4404


def test_over_grpc_bytes_are_base64_text(server):
    with RawClient(server.address, token=TOKENS["own"]) as client:
        answer = client.run("recordings/read", name="the sample.h5")
        assert base64.b64decode(answer["data"]) == SAMPLE.read_bytes()[:CHUNK]
    with (
        RawClient(server.address, token=TOKENS["pull"]) as pupil,
        refused(grpc.StatusCode.PERMISSION_DENIED, "owner"),
    ):
        pupil.run("recordings/list")

"""What can be played besides our recordings: NanoVer's and Narupa's, written here by hand, H5MD, XYZ, ASE's."""

import struct
import zipfile
from pathlib import Path
from typing import Any

import ase.io
import h5py
import msgpack
import numpy as np
import pytest
from ase import Atoms
from google.protobuf.message import Message
from recording_helpers import BONDS, METHANE, make_frame

from atomtug.core.errors import RecordingError
from atomtug.core.units import KJMOL_NM_PER_FORCE, KJMOL_PER_EV
from atomtug.protos import state_pb2, trajectory_pb2
from atomtug.recordings import Recording, RecordingWriter, events
from atomtug.recordings.export import export
from atomtug.recordings.foreign import ForeignTrajectory
from atomtug.recordings.playable import open_playable, shared_state
from atomtug.wire.struct_codec import dict_to_struct

CO = np.array([[0.0, 0.0, 0.0], [0.11, 0.0, 0.0]])
AVATAR = {"playerid": "a", "name": "Ada", "components": []}


def write_zip(path: Path, messages: list[dict[str, Any]]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("messages.msgpack", b"".join(map(msgpack.packb, messages)))
        archive.writestr("index.msgpack", msgpack.packb([]))
    return path


def first_frame(elements: bytes = bytes([6, 8]), positions: np.ndarray = CO) -> dict[str, Any]:
    return {
        "frame": {
            "frame.index": 0,
            "particle.count": len(elements),
            "particle.elements": elements,
            "particle.positions": positions.astype("<f4").tobytes(),
            "bond.pairs": np.array([0, 1], "<u4").tobytes(),
            "energy.potential": 100.0,
        }
    }


def test_a_recording_of_nanover_is_read_increment_by_increment(tmp_path):
    hand = {"position": [0.1, 0.0, 0.0], "particles": [1.0]}
    path = write_zip(
        tmp_path / "theirs.nanover.zip",
        [
            {"state": {"updates": {"avatar.a": AVATAR, "scene": [0.0] * 10}, "removals": []}},
            first_frame(),
            {"state": {"updates": {"interaction.a": hand}}},
            {
                "frame": {
                    "frame.index": 1,
                    "particle.positions": (CO + 0.01).astype("<f4").tobytes(),
                    "forces.user.index": np.array([1], "<u4").tobytes(),
                    "forces.user.sparse": np.array([9.0, 0, 0], "<f4").tobytes(),
                    "particle.colors": bytes(8),
                }
            },
            {"frame": {"frame.index": 2, "energy.kinetic": 1.0}},
            {"state": {"removals": ["avatar.a"]}, "frame": {"frame.index": 3, **first_frame()["frame"]}},
            first_frame(bytes([8, 8])),
        ],
    )
    played = open_playable(path)
    assert isinstance(played, ForeignTrajectory)
    assert len(played) == 3
    assert played.system.symbols == ["C", "O"]
    assert "Another molecule follows after frame 2" in played.system.notes[0]
    np.testing.assert_allclose(played.frame(1).positions, 10 * (CO + 0.01), atol=1e-6)
    assert played.frame(1).energy == pytest.approx(100.0 / KJMOL_PER_EV)
    np.testing.assert_allclose(played.frame(1).user_forces[1], [9.0 / KJMOL_NM_PER_FORCE, 0, 0])
    assert played.bonds(1).tolist() == [[0, 1]]
    assert shared_state(played, 0) == {"avatar.a": AVATAR}
    assert shared_state(played, 1) == {"avatar.a": AVATAR, "interaction.a": hand}
    assert shared_state(played, 2) == {"interaction.a": hand}


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    path = tmp_path / "ours.h5"
    with RecordingWriter(path, METHANE, {"engine": "pm6"}) as writer:
        for step in (0, 5, 10):
            if step == 5:
                writer.event(events.PERSON, key="avatar.a", value=AVATAR)
            if step == 10:
                writer.event(events.PERSON, key="avatar.a", value=None)
            writer.append(make_frame(step), BONDS)
    return path


@pytest.mark.parametrize(
    ("form", "name"), [("nanover", "x.nanover.zip"), ("h5md", "x.h5md"), ("extxyz", "x.extxyz")]
)
def test_what_we_export_plays_as_the_recording_does(ours, tmp_path, form, name):
    with Recording(ours) as recording:
        export([recording], form, tmp_path / name)
        played = open_playable(tmp_path / name)
        assert isinstance(played, ForeignTrajectory)
        assert len(played) == len(recording) == 3
        np.testing.assert_array_equal(played.system.numbers, recording.system.numbers)
        for index in range(3):
            np.testing.assert_allclose(
                played.frame(index).positions, recording.frame(index).positions, atol=1e-4
            )
        if form != "h5md":
            assert played.frame(1).energy == pytest.approx(recording.frame(1).energy)
        if form == "nanover":
            assert [shared_state(played, index) for index in range(3)] == [{}, {"avatar.a": AVATAR}, {}]


def test_a_hand_plays_with_all_that_its_client_wrote(tmp_path):
    written = {
        "interaction_type": "distance", "length": 0.15, "scale": 4.0, "damping": 2.0, "counter_particles": [2, 3],
        "max_force": 900.0, "mass_weighted": True, "reset_velocities": False, "label": "right", "owner.id": "ada",
    }  # fmt: skip
    with RecordingWriter(tmp_path / "held.h5", METHANE, {}) as writer:
        writer.event(events.INTERACTION, key="interaction.0", **written)
        writer.append(make_frame(0, hands=1), BONDS)
    with Recording(tmp_path / "held.h5") as recording:
        shown = dict(shared_state(recording, 0)["interaction.0"])
        assert np.shape(shown.pop("position")) == (3,)
        assert shown == {**written, "particles": [0, 1]}


def test_avatars_of_a_recording_are_there_from_when_they_came_until_they_left(ours):
    played = open_playable(ours)
    assert isinstance(played, Recording)
    assert [shared_state(played, index) for index in range(3)] == [{}, {"avatar.a": AVATAR}, {}]
    played.close()


def test_a_plain_xyz_file_has_bonds_by_distance(tmp_path):
    path = tmp_path / "co.xyz"
    ase.io.write(path, [Atoms("CO", 10 * CO), Atoms("CO", 30 * CO)], format="extxyz")
    played = open_playable(path)
    assert [played.bonds(index).tolist() for index in range(2)] == [[[0, 1]], []]
    assert np.isnan(played.frame(0).energy)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cut.nanover.zip", b"PK\x03\x04 and then nothing"),
        ("missing.nanover.zip", None),
        ("words.xyz", b"these are words\n"),
        ("empty.xyz", b""),
        ("words.h5", b"these are words\n"),
    ],
)
def test_what_can_not_be_played_is_a_sentence(tmp_path, name, content):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(RecordingError, match=name):
        open_playable(tmp_path / name)


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [{"frame": {"frame.index": 0}}],
        [{"frame": {**first_frame()["frame"], "particle.positions": b"\x00" * 4}}],
        [{"frame": {**first_frame()["frame"], "bond.pairs": np.array([0, 7], "<u4").tobytes()}}],
        [{"frame": 7}],
        [7],
    ],
)
def test_messages_that_make_no_sense_are_a_sentence(tmp_path, messages):
    path = write_zip(tmp_path / "odd.nanover.zip", messages)
    with pytest.raises(RecordingError, match=r"odd\.nanover\.zip"):
        open_playable(path)


def test_a_zip_that_is_damaged_inside_its_compressed_messages_is_a_sentence(tmp_path):
    path = tmp_path / "deflated.nanover.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("messages.msgpack", msgpack.packb({"noise": np.random.default_rng(1).bytes(2000)}))
    whole = bytearray(path.read_bytes())
    whole[46:50] = b"\xff" * 4  # behind the member's header and name: no kind of block that there is
    path.write_bytes(whole)
    with pytest.raises(RecordingError, match=r"deflated\.nanover\.zip"):
        open_playable(path)


MAGIC = 6661355757386708963


def write_records(
    path: Path, records: list[tuple[int, Message]], magic: int = MAGIC, version: int = 2
) -> Path:
    """By the facts sheet: magic, version, then time stamp (16 bytes), length (8 bytes) and message of each."""
    content = struct.pack("<QQ", magic, version)
    for stamp, message in records:
        packed = message.SerializeToString()
        content += struct.pack("<QQQ", stamp, 0, len(packed)) + packed
    path.write_bytes(content)
    return path


def narupa_frame(index: int, positions: np.ndarray, topology: bool = False) -> Message:
    message = trajectory_pb2.GetFrameResponse(frame_index=index)
    arrays, values = message.frame.arrays, message.frame.values
    arrays["particle.positions"].float_values.values.extend(positions.ravel())
    values["energy.potential"].number_value = 100.0 + index
    if topology:
        arrays["particle.elements"].index_values.values.extend([6, 8])
        arrays["particle.names"].string_values.values.extend(["C1", "O1"])
        arrays["bond.pairs"].index_values.values.extend([0, 1])
    return message


def state_update(**changes: Any) -> Message:
    return state_pb2.StateUpdate(
        changed_keys=dict_to_struct({k.replace("_", "."): v for k, v in changes.items()})
    )


@pytest.fixture
def narupas(tmp_path: Path) -> Path:
    frames = [
        (1000 * index, narupa_frame(index, CO + 0.01 * index, topology=index == 0)) for index in range(3)
    ]
    hand = {"position": [0.1, 0.0, 0.0], "particles": [1.0]}
    states = [
        (0, state_update(avatar_a=AVATAR, scene=[0.0] * 10)),
        (1000, state_update(interaction_a=hand)),
        (1500, state_update(avatar_a=None)),
    ]
    write_records(tmp_path / "old.state", states)
    return write_records(tmp_path / "old.traj", frames)


@pytest.mark.parametrize("given", ["old.traj", "old.state"])
def test_a_recording_of_narupa_is_read_from_both_of_its_files(narupas, given):
    played = open_playable(narupas.with_name(given))
    assert (len(played), played.system.symbols) == (3, ["C", "O"])
    np.testing.assert_allclose(played.frame(2).positions, 10 * (CO + 0.02), atol=1e-6)
    assert played.frame(2).energy == pytest.approx(102.0 / KJMOL_PER_EV)
    assert played.bonds(2).tolist() == [[0, 1]]
    assert shared_state(played, 0) == {"avatar.a": AVATAR}
    assert set(shared_state(played, 1)) == {"avatar.a", "interaction.a"}
    assert set(shared_state(played, 2)) == {"interaction.a"}


def test_a_recording_of_narupa_that_was_cut_off_ends_with_its_last_whole_message(narupas):
    narupas.with_suffix(".state").unlink()
    narupas.write_bytes(narupas.read_bytes()[:-5])
    played = open_playable(narupas)
    assert len(played) == 2
    assert shared_state(played, 1) == {}


@pytest.mark.parametrize("length", [2**40, 2**63, 2**64 - 1])
def test_a_length_beyond_the_end_of_a_narupa_recording_ends_it(narupas, length):
    narupas.with_suffix(".state").unlink()
    narupas.write_bytes(narupas.read_bytes() + struct.pack("<QQQ", 5000, 0, length) + b"not so much")
    assert len(open_playable(narupas)) == 3


@pytest.mark.parametrize(
    ("name", "records", "magic", "version", "said"),
    [
        ("odd.traj", [(0, state_update(avatar_a=AVATAR))], MAGIC, 2, "holds no frame"),
        ("odd.traj", [], MAGIC, 3, "version 3 of Narupa's format, and only version 2"),
        ("odd.traj", [], 7, 2, "no trajectory of ASE, Narupa or NanoVer"),
        ("odd.state", [], MAGIC, 2, r"its frames, .*odd\.traj, are not there"),
    ],
)
def test_what_is_no_recording_of_narupa_is_a_sentence(tmp_path, name, records, magic, version, said):
    with pytest.raises(RecordingError, match=said):
        open_playable(write_records(tmp_path / name, records, magic, version))


def test_a_trajectory_of_ase_has_the_same_ending_and_is_played_too(tmp_path):
    ase.io.write(tmp_path / "co.traj", [Atoms("CO", 10 * CO), Atoms("CO", 11 * CO)])
    played = open_playable(tmp_path / "co.traj")
    np.testing.assert_allclose(played.frame(1).positions, 11 * CO)


def test_h5md_without_species_takes_them_from_the_topology_beside_it(ours, tmp_path):
    with Recording(ours) as recording:
        export([recording], "h5md", tmp_path / "x.h5md")
    with h5py.File(tmp_path / "x.h5md", "r+") as file:
        del file["particles/atoms/species"]
    assert list(open_playable(tmp_path / "x.h5md").system.numbers) == list(METHANE.numbers)
    (tmp_path / "x.pdb").write_text("these are words\n")
    with pytest.raises(RecordingError, match=r"x\.pdb"):
        open_playable(tmp_path / "x.h5md")
    (tmp_path / "x.pdb").unlink()
    with pytest.raises(RecordingError, match=r"put its topology beside it, x\.pdb"):
        open_playable(tmp_path / "x.h5md")

"""Exports, read again by other code: ASE, h5py, and msgpack by hand."""

import struct
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import ase.io
import h5py
import msgpack
import numpy as np
import pytest
from ase import units
from recording_helpers import BONDS, METHANE, make_frame

from atomtug.core.errors import RecordingError
from atomtug.core.systems import load_system
from atomtug.recordings import FrameColumn, Recording, RecordingWriter
from atomtug.recordings.export import FORMATS, export

KJMOL = units.kJ / units.mol
HAND = {
    "key": "interaction.0",
    "owner": "ada",
    "owner.id": "ada",
    "interaction_type": "spring",
    "scale": 100.0,
    "max_force": float("inf"),
    "server_note": "not for the wire",
}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Six frames: a hand in frames 1 to 3, a bond broken from frame 2, a reset before frame 4."""
    path = tmp_path / "run.h5"
    with RecordingWriter(
        path, METHANE, {"engine": "pm6"}, [FrameColumn("uncertainty", "kJ mol-1")]
    ) as writer:
        writer.event("interaction", **HAND)
        for number, step in enumerate([0, 5, 10, 15, 0, 5]):
            frame = replace(make_frame(step, hands=1 <= number <= 3), user_forces=np.zeros((7, 3)))
            if 1 <= number <= 3:
                frame.user_forces[[0, 1]] = frame.interactions[0].forces
            bonds = BONDS if number < 2 else BONDS[:-1]
            writer.append(frame, bonds, wall_clock=1e9 + 0.1 * number, extra={"uncertainty": number})
    return path


def exported(path: Path, name: str, to: Path) -> Path:
    with Recording(path) as recording:
        export([recording], name, to)
    return to


def test_extxyz_is_read_by_ase_with_the_engines_energy_and_forces(run: Path, tmp_path: Path) -> None:
    images = ase.io.read(exported(run, "extxyz", tmp_path / "run.extxyz"), ":")
    assert len(images) == 6
    with Recording(run) as recording:
        for atoms, frame in zip(images, recording.frames(), strict=True):
            assert list(atoms.numbers) == list(METHANE.numbers)
            np.testing.assert_allclose(atoms.positions, frame.positions, atol=1e-7)
            np.testing.assert_allclose(atoms.get_velocities(), frame.velocities, atol=1e-7)
            np.testing.assert_allclose(atoms.get_potential_energy(), frame.energy)
            np.testing.assert_allclose(atoms.get_forces(), frame.forces, atol=1e-7)
            np.testing.assert_allclose(atoms.arrays["user_forces"], frame.user_forces, atol=1e-7)
            assert atoms.info["step"] == frame.step
            assert atoms.info["time_ps"] == pytest.approx(frame.time / (1000 * units.fs))
            assert (atoms.info["engine"], atoms.info["charge"], atoms.info["multiplicity"]) == ("pm6", 0, 2)


def test_h5md_holds_only_what_h5md_describes(run: Path, tmp_path: Path) -> None:
    with h5py.File(exported(run, "h5md", tmp_path / "run.h5md")) as file:
        assert set(file) == {"h5md", "particles", "observables", "connectivity", "parameters"}
        atoms = file["particles/atoms"]
        assert list(atoms["position/step"]) == [0, 5, 10, 15, 15, 20], "ascending over the reset"
        assert np.diff(atoms["position/time"]).min() >= 0
        frame = make_frame(10)
        np.testing.assert_allclose(atoms["position/value"][2], frame.positions / 10)
        np.testing.assert_allclose(
            atoms["engine_force/value"][2], frame.forces / (KJMOL / units.nm), rtol=3e-7
        )
        assert atoms["force/value"].attrs["unit"] == "kJ mol-1 nm-1"
        assert file["observables/potential_energy/value"][2] == pytest.approx(frame.energy / KJMOL)
        assert list(file["observables/uncertainty/value"]) == [0, 1, 2, 3, 4, 5]
        for group in (
            *(atoms[name] for name in atoms if "value" in atoms[name]),
            *file["observables"].values(),
        ):
            assert len(group["value"]) == 6
            assert group["step"] == atoms["position/step"]
        bonds = file["connectivity/bonds"]
        assert list(bonds["step"]) == [0, 10]
        np.testing.assert_array_equal(bonds["value"][0], BONDS)
        np.testing.assert_array_equal(bonds["value"][1], [*BONDS[:-1].tolist(), [-1, -1]])
        assert file[bonds.attrs["particles_group"]] == atoms
        assert file["parameters"].attrs["engine"] == "pm6"


def read_nanover(path: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """By the facts sheet: two stored members, an index of maps into concatenated messages."""
    with zipfile.ZipFile(path) as archive:
        assert [info.compress_type for info in archive.infolist()] == [zipfile.ZIP_STORED] * 2
        index = msgpack.unpackb(archive.read("index.msgpack"))
        content = archive.read("messages.msgpack")
    assert sum(entry["length"] for entry in index) == len(content)
    return index, [msgpack.unpackb(content[e["offset"] : e["offset"] + e["length"]]) for e in index]


def test_nanover_gets_what_a_client_would_have_seen(run: Path, tmp_path: Path) -> None:
    index, messages = read_nanover(exported(run, "nanover", tmp_path / "run.nanover.zip"))
    stamps = [entry["metadata"]["timestamp"] for entry in index]
    assert stamps == sorted(stamps)
    assert stamps[0] == 0
    assert stamps[-1] == pytest.approx(500_000, abs=1)
    frames = [message["frame"] for message in messages if "frame" in message]
    assert [frame["frame.index"] for frame in frames] == [0, 1, 2, 3, 0, 1], "0 begins anew"
    assert [frame["system.simulation.counter"] for frame in frames] == [0, 0, 0, 0, 1, 1]
    for entry, message in zip(index, messages, strict=True):
        assert entry["metadata"]["types"] == list(message)
        if "frame" in message:
            assert entry["metadata"]["frame.index"] == message["frame"]["frame.index"]

    first = frames[0]
    assert first["particle.count"] == 7
    assert list(first["particle.elements"]) == list(METHANE.numbers), "bytes"
    assert first["particle.names"] == METHANE.atom_names
    assert first["residue.names"] == ["CH4", "CN"]
    assert struct.unpack("<7I", first["particle.residues"]) == (0, 0, 0, 0, 0, 1, 1)
    assert struct.unpack("<10I", first["bond.pairs"]) == tuple(BONDS.ravel())
    assert list(first["bond.orders"]) == [1] * 5

    second = make_frame(5, hands=1)
    positions = struct.unpack("<21f", frames[1]["particle.positions"])
    np.testing.assert_allclose(positions, second.positions.ravel() / 10, rtol=1e-6)
    np.testing.assert_allclose(
        struct.unpack("<21f", frames[1]["particle.forces.system"]),
        second.forces.ravel() / (KJMOL / units.nm),
        rtol=1e-6,
    )
    assert frames[1]["energy.potential"] == pytest.approx(second.energy / KJMOL)
    assert frames[1]["system.simulation.time"] == pytest.approx(2.5e-3)
    assert struct.unpack("<2I", frames[1]["forces.user.index"]) == (0, 1)
    np.testing.assert_allclose(
        struct.unpack("<6f", frames[1]["forces.user.sparse"]),
        second.interactions[0].forces.ravel() / (KJMOL / units.nm),
        rtol=1e-6,
    )
    assert "particle.elements" not in frames[1]
    assert "bond.pairs" not in frames[1]
    assert struct.unpack("<8I", frames[2]["bond.pairs"]) == tuple(BONDS[:-1].ravel())


def test_nanover_gets_the_hands_as_shared_state(run: Path, tmp_path: Path) -> None:
    _, messages = read_nanover(exported(run, "nanover", tmp_path / "run.nanover.zip"))
    assert ["state" if "state" in message else "frame" for message in messages] == [
        "frame",
        *["state", "frame"] * 4,
        "frame",
    ]
    states = [message["state"] for message in messages if "state" in message]
    hand = states[0]["updates"]["interaction.0"]
    position = hand.pop("position")
    np.testing.assert_allclose(position, make_frame(5, hands=1).interactions[0].position / 10)
    assert hand == {
        "interaction_type": "spring",
        "scale": 100.0,
        "max_force": float("inf"),
        "owner.id": "ada",
        "particles": [0, 1],
    }
    assert states[0]["removals"] == []
    assert states[-1] == {"updates": {}, "removals": ["interaction.0"]}


def test_qml_gathers_recordings_in_hartree_and_bohr(run: Path, tmp_path: Path) -> None:
    with Recording(run) as one, Recording(run) as two:
        export([one, two], "qml", tmp_path / "all.h5")
        with h5py.File(tmp_path / "all.h5") as file:
            assert set(file) == {"xyz", "zs", "ene", "forces", "traj_idx", "Filenumber"}
            assert list(file["traj_idx"]) == [0] * 4 + [1] * 2 + [2] * 4 + [3] * 2  # a reset before frame 4
            assert list(file["Filenumber"]) == [0, 1, 2, 3, 0, 1] * 2
            np.testing.assert_array_equal(file["zs"], np.tile(METHANE.numbers, (12, 1)))
            for place, step in ((1, 5), (9, 15)):
                frame = make_frame(step)
                np.testing.assert_allclose(file["xyz"][place], frame.positions)
                np.testing.assert_allclose(file["ene"][place], frame.energy / units.Hartree)
                np.testing.assert_allclose(
                    file["forces"][place], frame.forces / (units.Hartree / units.Bohr), rtol=3e-7
                )


def test_qml_refuses_different_atoms(run: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.h5"
    ethane = load_system("ethane")
    with RecordingWriter(other, ethane, {}) as writer:
        writer.append(make_frame(0, ethane), BONDS)
    apart = pytest.raises(RecordingError, match=r"C2H6 \+ CN.* not of the same atoms in the same order")
    with Recording(run) as one, Recording(other) as two, apart:
        export([one, two], "qml", tmp_path / "all.h5")
    assert not list(tmp_path.glob("*all.h5*")), "nothing half-done stays"


@pytest.mark.parametrize("name", list(FORMATS))
def test_a_file_is_replaced_only_when_asked(run: Path, tmp_path: Path, name: str) -> None:
    out = tmp_path / "out"
    out.write_text("precious")
    with Recording(run) as recording:
        with pytest.raises(RecordingError, match=r"exists: choose another name with --out, or .* --force"):
            export([recording], name, out)
        assert out.read_text() == "precious"
        done: list[int] = []
        export([recording], name, out, overwrite=True, progress=done.append)
    assert out.read_bytes() != b"precious"
    assert sum(done) == 6
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "out.pdb", "run.h5"]


def test_a_topology_is_beside_every_export(run: Path, tmp_path: Path) -> None:
    for name, form in FORMATS.items():
        exported(run, name, tmp_path / f"run{form.suffix}")  # to the same topology, which needs no --force
    lines = (tmp_path / "run.pdb").read_text().splitlines()
    assert lines[0] == "TITLE     CH4 + CN, charge 0, multiplicity 2; bonds of frame 0"
    assert lines[1] == "HETATM    1  C   CH4 A   1    {:8.3f}{:8.3f}{:8.3f}  1.00  0.00           C".format(
        *(METHANE.positions[0].round(3) + 0.0)
    )
    assert lines[6][:26] == "HETATM    6  C    CN B   2"
    assert [line for line in lines if line.startswith("CONECT")] == [
        "CONECT    1    2    3    4    5",
        *(f"CONECT    {atom}    1" for atom in (2, 3, 4, 5)),
        "CONECT    6    7",
        "CONECT    7    6",
    ]
    read = ase.io.read(tmp_path / "run.pdb")
    assert list(read.numbers) == list(METHANE.numbers)
    np.testing.assert_allclose(read.positions, METHANE.positions, atol=6e-4)


@pytest.mark.parametrize("name", ["h5md", "qml"])
def test_a_disk_that_refuses_a_write_ends_an_export_with_a_sentence(
    run: Path, tmp_path: Path, name: str, refusing_disk: Callable[[], AbstractContextManager[None]]
) -> None:
    before = sorted(tmp_path.iterdir())
    with refusing_disk(), pytest.raises(RecordingError, match="out can't be written: File too large"):
        exported(run, name, tmp_path / "out")
    assert sorted(tmp_path.iterdir()) == before


def test_names_that_are_longer_than_the_columns_of_a_topology_shift_none(tmp_path: Path) -> None:
    isobutane = load_system("isobutane")
    with RecordingWriter(tmp_path / "run.h5", isobutane, {}) as writer:
        writer.append(make_frame(0, isobutane), BONDS)
    exported(tmp_path / "run.h5", "dcd", tmp_path / "run.dcd")
    lines = (tmp_path / "run.pdb").read_text().splitlines()
    assert {line[17:20] for line in lines if line.startswith("HETATM")} == {"UNL", " CN"}
    assert list(ase.io.read(tmp_path / "run.pdb").symbols) == isobutane.symbols


def test_a_topology_that_is_something_else_is_not_replaced(run: Path, tmp_path: Path) -> None:
    (tmp_path / "run.pdb").write_text("precious")
    with pytest.raises(RecordingError, match=r"run\.pdb exists: .* --force"):
        exported(run, "extxyz", tmp_path / "run.extxyz")
    assert (tmp_path / "run.pdb").read_text() == "precious"
    assert not (tmp_path / "run.extxyz").exists()


def test_dcd_has_a_header_and_single_coordinates_one_after_the_other(run: Path, tmp_path: Path) -> None:
    content = exported(run, "dcd", tmp_path / "run.dcd").read_bytes()
    records = []
    while content:
        (length,) = struct.unpack_from("<i", content)
        records.append(content[4 : 4 + length])
        assert struct.unpack_from("<i", content, 4 + length) == (length,)
        content = content[8 + length :]
    header, _, count, *coordinates = records
    assert (header[:4], len(header)) == (b"CORD", 84)
    assert struct.unpack_from("<4i", header, 4) == (6, 0, 1, 6)
    akma = 0.04888821  # ps
    assert struct.unpack_from("<f", header, 40) == pytest.approx((2.5e-3 / akma,), rel=1e-5)
    assert struct.unpack("<i", count) == (7,)
    positions = np.array([np.frombuffer(each, "<f4") for each in coordinates]).reshape(6, 3, 7)
    np.testing.assert_allclose(positions[2].T, make_frame(10).positions, atol=1e-5)


def test_a_recording_without_frames_is_told(tmp_path: Path) -> None:
    path = tmp_path / "empty.h5"
    RecordingWriter(path, METHANE, {}).close()
    with Recording(path) as recording, pytest.raises(RecordingError, match="no frames yet"):
        export([recording], "extxyz", tmp_path / "empty.extxyz")


def test_a_place_that_cannot_be_written_is_told(run: Path, tmp_path: Path) -> None:
    with Recording(run) as recording, pytest.raises(RecordingError, match=r"can't be written: .*\.$"):
        export([recording], "qml", run / "below" / "a.h5")


def test_a_live_recording_can_be_exported(tmp_path: Path) -> None:
    path = tmp_path / "live.h5"
    with RecordingWriter(path, METHANE, {}) as writer:
        writer.append(make_frame(0), BONDS)
        writer.flush()
        with Recording(path) as recording:
            export([recording], "extxyz", tmp_path / "live.extxyz")
    assert len(ase.io.read(tmp_path / "live.extxyz", ":")) == 1

"""What is written is what is read: every field, in units checked against ase.units."""

import json
from pathlib import Path

import h5py
import numpy as np
import pytest
from ase import units
from hypothesis import given, settings
from hypothesis import strategies as st
from recording_helpers import BONDS, METHANE, assert_same_frame, bonds_of, frames_of, make_frame

from atomtug.core.errors import RecordingError
from atomtug.core.systems import System, load_system
from atomtug.recordings import FrameColumn, Recording, RecordingWriter

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
names = st.text(st.characters(categories=["Ll"]), min_size=1, max_size=6)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.h5"


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_any_frames_bonds_and_events_come_back(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    atoms = data.draw(st.integers(1, 5))
    positions = 2.0 * np.arange(3 * atoms, dtype=float).reshape(atoms, 3)
    system = System("any", np.full(atoms, 2), positions)
    frames = data.draw(st.lists(st.tuples(frames_of(atoms), bonds_of(atoms)), max_size=8))
    notes = data.draw(st.lists(st.tuples(names, st.dictionaries(names, json_values, max_size=3)), max_size=3))
    path = tmp_path_factory.mktemp("any") / "run.h5"
    with RecordingWriter(path, system, {}) as writer:
        for kind, note in notes:
            writer.event(f"note-{kind}", **note)
        for frame, bonds in frames:
            writer.append(frame, bonds)
            if data.draw(st.booleans()):
                writer.flush()
    with Recording(path) as recording:
        assert len(recording) == len(frames)
        for index, (frame, bonds) in enumerate(frames):
            assert_same_frame(recording.frame(index), frame)
            np.testing.assert_array_equal(recording.bonds(index), bonds)
        read = [(event.kind, event.data) for event in recording.events if event.kind.startswith("note-")]
        assert read == [(f"note-{kind}", note) for kind, note in notes]


def test_the_file_is_in_nm_ps_and_kilojoules_per_mole(path: Path) -> None:
    frame = make_frame(3, hands=1)
    with RecordingWriter(path, METHANE, {}) as writer:
        writer.append(frame, BONDS, wall_clock=12.5)
    velocity = (units.Angstrom / units.nm) / (1.0 / (1000 * units.fs))
    kjmol = 1.0 / (units.kJ / units.mol)
    expected = {
        "particles/atoms/position/value": ("nm", frame.positions / 10.0),
        "particles/atoms/velocity/value": ("nm ps-1", frame.velocities * velocity),
        "particles/atoms/engine_force/value": ("kJ mol-1 nm-1", frame.forces * kjmol * 10),
        "particles/atoms/user_force/value": ("kJ mol-1 nm-1", frame.user_forces * kjmol * 10),
        "particles/atoms/wall_force/value": ("kJ mol-1 nm-1", frame.wall_forces * kjmol * 10),
        "particles/atoms/force/value": ("kJ mol-1 nm-1", frame.total_forces * kjmol * 10),
        "particles/atoms/position/time": ("ps", frame.time / (1000 * units.fs)),
        "observables/potential_energy/value": ("kJ mol-1", frame.energy * kjmol),
        "observables/kinetic_energy/value": ("kJ mol-1", frame.kinetic_energy * kjmol),
        "observables/wall_energy/value": ("kJ mol-1", frame.wall_energy * kjmol),
        "observables/user_energy/value": ("kJ mol-1", frame.user_energy * kjmol),
        "observables/user_work/value": ("kJ mol-1", frame.user_work * kjmol),
        "observables/temperature/value": ("K", frame.temperature),
        "observables/wall_clock/value": ("s", 12.5),
        "interactions/position": ("nm", frame.interactions[0].position / 10.0),
        "interactions/energy": ("kJ mol-1", frame.interactions[0].energy * kjmol),
    }
    with h5py.File(path) as file:
        for name, (unit, value) in expected.items():
            assert file[name].attrs["unit"] == unit, name
            np.testing.assert_allclose(file[name][0], value, rtol=3e-7, err_msg=name)
        np.testing.assert_allclose(
            file["interactions/force"][:], frame.interactions[0].forces * kjmol * 10, rtol=3e-7
        )
        # A kJ/mol is 0.0103643 eV: a check that does not go through anybody's table.
        assert file["observables/potential_energy/value"][0] == pytest.approx(-100.3 / 0.010364270, rel=1e-6)


def test_arrays_over_all_frames_are_in_ase_units(path: Path) -> None:
    frames = [make_frame(step, hands=step % 2) for step in range(5)]
    with RecordingWriter(path, METHANE, {}) as writer:
        for frame in frames:
            writer.append(frame, BONDS, wall_clock=1000.0 + frame.step)
    with Recording(path) as recording:
        whole = {
            "positions": "positions",
            "velocities": "velocities",
            "forces": "forces",
            "user_forces": "user_forces",
            "wall_forces": "wall_forces",
            "energies": "energy",
            "kinetic_energies": "kinetic_energy",
            "temperatures": "temperature",
            "wall_energies": "wall_energy",
            "user_energies": "user_energy",
            "user_work": "user_work",
            "times": "time",
            "steps": "step",
        }
        for ours, theirs in whole.items():
            np.testing.assert_allclose(
                getattr(recording, ours), [getattr(frame, theirs) for frame in frames], rtol=3e-7, atol=1e-12
            )
        np.testing.assert_allclose(recording.times_ps, [frame.step * 0.5e-3 for frame in frames])
        np.testing.assert_array_equal(recording.wall_clock, [1000, 1001, 1002, 1003, 1004])
        assert not recording.positions.flags.writeable


def test_h5md_elements_share_steps_and_times(path: Path) -> None:
    with RecordingWriter(path, METHANE, {"author": "Ada"}) as writer:
        writer.append(make_frame(7), BONDS)
    with h5py.File(path) as file:
        assert list(file["h5md"].attrs["version"]) == [1, 1]
        assert file["h5md/author"].attrs["name"] == "Ada"
        assert file["h5md/creator"].attrs["name"] == "atomtug"
        atoms = file["particles/atoms"]
        assert list(atoms["species"]) == list(METHANE.numbers)
        np.testing.assert_allclose(atoms["mass"], METHANE.masses)
        assert list(atoms["box"].attrs["boundary"]) == ["none"] * 3
        assert atoms["box"].attrs["dimension"] == 3
        np.testing.assert_array_equal(file["connectivity/bonds"], BONDS)
        elements = [atoms[name] for name in atoms if "value" in atoms[name]]
        elements += [file["observables"][name] for name in file["observables"]]
        assert len(elements) == 14
        for element in elements:
            assert element["step"] == atoms["position/step"], "a hard link, not a copy"
            assert element["time"] == atoms["position/time"]
            assert len(element["value"]) == 1


def test_system_and_provenance_can_be_read_back(path: Path) -> None:
    system = load_system("isobutane")
    told = {"engine": {"name": "pm6", "settings": {"scf": 1e-7}}, "seed": 3, "nothing": None, "list": [1, 2]}
    RecordingWriter(path, system, told).close()
    with Recording(path) as recording:
        assert recording.system.name == "isobutane"
        assert (recording.system.charge, recording.system.multiplicity) == (0, 2)
        np.testing.assert_array_equal(recording.system.numbers, system.numbers)
        np.testing.assert_allclose(recording.system.positions, system.positions, rtol=1e-15)
        for key, value in told.items():
            assert recording.provenance[key] == value
        assert recording.provenance["versions"]["scine-sparrow"]
        assert recording.provenance["system"]["formula"] == "C4H10 + CN"
    with h5py.File(path) as file:
        single = file["parameters"].attrs
        assert single["engine.name"] == "pm6"
        assert single["engine.settings.scf"] == 1e-7
        assert single["seed"] == 3
        assert single["versions.numpy"] == np.__version__
        assert single["system.formula"] == "C4H10 + CN"
        assert json.loads(single["provenance"])["seed"] == 3
        assert file.attrs["format"] == "atomtug recording"
        assert file.attrs["format_version"] == 1


def test_bonds_are_stored_only_when_they_change(path: Path) -> None:
    other = BONDS[:-1]
    with RecordingWriter(path, METHANE, {}) as writer:
        for step, bonds in enumerate([BONDS, BONDS, other, other, BONDS]):
            writer.append(make_frame(step), bonds)
    with Recording(path) as recording:
        assert [frame for frame, _ in recording.bond_changes] == [0, 2, 4]
        for step, bonds in enumerate([BONDS, BONDS, other, other, BONDS]):
            np.testing.assert_array_equal(recording.bonds(step), bonds)
        np.testing.assert_array_equal(recording.bonds(-1), BONDS)


def test_events_carry_the_frame_they_precede(path: Path) -> None:
    with RecordingWriter(path, METHANE, {}) as writer:
        writer.event("play")
        writer.append(make_frame(0), BONDS)
        writer.append(make_frame(1), BONDS)
        writer.event("exception", text="SCF müde", where=np.array([1.5, 2.5]), file=Path("a/b"), atoms={2, 1})
        writer.event("dynamics", temperature=np.float64(350.0), friction=float("inf"))
    with Recording(path) as recording:
        tagged = [(event.kind, event.frame) for event in recording.events]
        assert tagged == [("play", 0), ("engine", 0), ("exception", 2), ("dynamics", 2)]
        assert recording.events[2].data == {
            "text": "SCF müde",
            "where": [1.5, 2.5],
            "file": "a/b",
            "atoms": [1, 2],
        }
        assert recording.events[3].data == {"temperature": 350.0, "friction": float("inf")}
        assert recording.events[0].wall_clock == pytest.approx(recording.wall_clock[0], abs=5.0)


def test_an_event_that_is_not_json_is_refused(path: Path) -> None:
    with RecordingWriter(path, METHANE, {}) as writer, pytest.raises(TypeError, match="plain JSON"):
        writer.event("note", value=object())


def test_a_hand_is_defined_once_however_often_it_moves(path: Path) -> None:
    hand = {"key": "interaction.0", "owner": "ada", "interaction_type": "spring", "scale": 100.0}
    with RecordingWriter(path, METHANE, {}) as writer:
        for step in range(4):
            writer.event("interaction", position=[step, 0, 0], max_force=float("inf"), **hand)
            writer.append(make_frame(step, hands=1), BONDS)
        writer.event("interaction", **{**hand, "scale": 50.0})
        writer.append(make_frame(4, hands=1), BONDS)
        writer.event("interaction_end", key="interaction.0")
        writer.event("interaction", **{**hand, "scale": 50.0, "owner": "bob"})
        writer.append(make_frame(5, hands=1), BONDS)
    with Recording(path) as recording:
        definitions = [event for event in recording.events if event.kind == "interaction"]
        assert [(e.frame, e.data["owner"], e.data["scale"]) for e in definitions] == [
            (0, "ada", 100.0),
            (4, "ada", 50.0),
            (5, "bob", 50.0),
        ]
        rows = recording.interactions
        owners = [recording.events[index].data["owner"] for index in rows.events]
        assert owners == ["ada"] * 5 + ["bob"]
        assert list(rows.frames) == [0, 1, 2, 3, 4, 5]
        assert len(rows) == 6


def test_a_hand_nobody_defined_is_recorded_under_its_key(path: Path) -> None:
    with RecordingWriter(path, METHANE, {}) as writer:
        writer.append(make_frame(0, hands=2), BONDS)
    with Recording(path) as recording:
        assert [hand.key for hand in recording.frame(0).interactions] == ["interaction.0", "interaction.1"]
        assert recording.events[-1].data == {"key": "interaction.1"}


def test_engines_can_be_swapped_while_recording(path: Path) -> None:
    with RecordingWriter(path, METHANE, {}) as writer:
        writer.event("engine", name="pm6", settings={"a": 1})
        for step, engine in enumerate(["pm6", "pm6", "am1", "pm6"]):
            writer.append(make_frame(step, engine=engine), BONDS)
    with Recording(path) as recording:
        assert recording.engines == ("pm6", "am1")
        assert [frame.engine for frame in recording.frames()] == ["pm6", "pm6", "am1", "pm6"]


def test_optional_columns_are_recorded_and_described(path: Path) -> None:
    columns = [
        FrameColumn("uncertainty", "kJ mol-1"),
        FrameColumn("atom_uncertainty", "kJ mol-1 nm-1", per_atom=True, dtype="f4"),
        FrameColumn("label_force", per_atom=True, width=3),
        FrameColumn("calls", dtype="i4"),
    ]
    with RecordingWriter(path, METHANE, {}, columns) as writer:
        writer.append(
            make_frame(0),
            BONDS,
            extra={
                "uncertainty": 1.5,
                "atom_uncertainty": np.arange(7),
                "label_force": np.ones((7, 3)),
                "calls": 3,
            },
        )
        writer.append(make_frame(1), BONDS, extra={"uncertainty": 2.5})
        writer.append(make_frame(2), BONDS)
    with Recording(path) as recording:
        np.testing.assert_array_equal(recording.column("uncertainty"), [1.5, 2.5, np.nan])
        np.testing.assert_array_equal(recording.column("atom_uncertainty")[0], np.arange(7))
        assert np.isnan(recording.column("atom_uncertainty")[1:]).all()
        assert recording.column("label_force").shape == (3, 7, 3)
        assert list(recording.column("calls")) == [3, 0, 0]
        assert recording.columns["uncertainty"].unit == "kJ mol-1"
        assert recording.columns["atom_uncertainty"].per_atom
        assert recording.columns["label_force"].width == 3
        assert_same_frame(recording.frame(2), make_frame(2))
        with pytest.raises(RecordingError, match=r"no column 'charges'; it has .*uncertainty"):
            recording.column("charges")


def test_a_frame_may_be_changed_after_it_was_appended(path: Path) -> None:
    frame = make_frame(0)
    with RecordingWriter(path, METHANE, {}) as writer:
        writer.append(frame, BONDS)
        frame.positions[:] = np.nan
    with Recording(path) as recording:
        assert_same_frame(recording.frame(0), make_frame(0))


def test_many_frames_come_back_in_blocks(path: Path) -> None:
    with RecordingWriter(path, METHANE, {}) as writer:
        for step in range(700):
            writer.append(make_frame(step, hands=step % 3), BONDS)
    with Recording(path) as recording:
        assert [frame.step for frame in recording.frames()] == list(range(700))
        assert [frame.step for frame in recording.frames(500, 503)] == [500, 501, 502]
        for index in (0, 255, 256, 401, 699, -1):
            assert_same_frame(recording.frame(index), make_frame(index % 700, hands=index % 700 % 3))
        for index in (700, -701):
            with pytest.raises(IndexError, match="700 frames"):
                recording.frame(index)


def test_an_empty_recording_has_no_frames(path: Path) -> None:
    RecordingWriter(path, METHANE, {}).close()
    with Recording(path) as recording:
        assert len(recording) == 0
        assert recording.positions.shape == (0, 7, 3)
        assert list(recording.frames()) == []
        assert recording.events == ()
        assert len(recording.interactions) == 0
        with pytest.raises(IndexError):
            recording.bonds(0)


def test_a_hand_on_several_atoms_is_noted_again_only_when_it_changes(tmp_path):
    """Told as the server tells it: with the particles as an array."""
    path = tmp_path / "hand.h5"
    with RecordingWriter(path, METHANE, {"engine": "pm6"}) as writer:
        for scale in (1.0, 1.0, 2.0):
            writer.event("interaction", key="interaction.a", particles=np.array([0, 1]), scale=scale)
        writer.append(make_frame(0), np.empty((0, 2), dtype=int))
    with Recording(path) as recording:
        noted = [event.data for event in recording.events if event.kind == "interaction"]
    assert [data["scale"] for data in noted] == [1.0, 2.0]
    assert all(data["particles"] == [0, 1] for data in noted)


@pytest.mark.parametrize("wrong", [np.zeros(3), np.zeros((7, 3)), 1.0, "no number"])
def test_a_value_of_the_wrong_shape_is_refused_and_leaves_the_recording_whole(tmp_path, wrong):
    column = FrameColumn("doubt", per_atom=True)
    with RecordingWriter(tmp_path / "a.h5", METHANE, {}, [column]) as writer:
        writer.append(make_frame(0), BONDS, extra={"doubt": np.arange(7.0)})
        with pytest.raises(RecordingError, match=r"doubt.*\(7,\)"):
            writer.append(make_frame(1, engine="another"), BONDS, extra={"doubt": wrong})
        writer.append(make_frame(2), BONDS, extra={"doubt": np.arange(7.0) + 1})
    with Recording(tmp_path / "a.h5") as recording:
        assert len(recording) == 2
        assert_same_frame(recording.frame(1), make_frame(2))
        assert [event.data["name"] for event in recording.events if event.kind == "engine"] == ["pm6"]

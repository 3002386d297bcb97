import numpy as np
import pytest

from atomtug.protos import trajectory_pb2
from atomtug.vr_client import ClientFrame
from atomtug.wire import frame_keys


def message(index, values=None, floats=None, indices=None, strings=None):
    response = trajectory_pb2.GetFrameResponse(frame_index=index)
    for key, value in (values or {}).items():
        if isinstance(value, str):
            response.frame.values[key].string_value = value
        else:
            response.frame.values[key].number_value = value
    for key, array in (floats or {}).items():
        response.frame.arrays[key].float_values.values.extend(array)
    for key, array in (indices or {}).items():
        response.frame.arrays[key].index_values.values.extend(array)
    for key, array in (strings or {}).items():
        response.frame.arrays[key].string_values.values.extend(array)
    return response


FIRST = message(
    0,
    {"system.simulation.time": 0.0, "energy.potential": -5.0},
    {"particle.positions": [0.0, 0.0, 0.0, 0.1, 0.0, 0.0]},
    {"particle.elements": [6, 7], "particle.residues": [0, 0], "bond.pairs": [0, 1]},
    {"particle.names": ["C", "N"], "residue.names": ["CN"]},
)


def test_a_frame_says_what_the_wire_said():
    frame = ClientFrame.from_message(FIRST)
    assert frame.count == 2
    assert frame.numbers.tolist() == [6, 7]
    assert frame.bonds.tolist() == [[0, 1]]
    assert frame.atom_names == ["C", "N"]
    assert frame.residue_names == ["CN", "CN"]
    assert frame["energy.potential"] == frame.potential_energy == -5.0
    np.testing.assert_allclose(frame.positions_nm[1], [0.1, 0.0, 0.0], rtol=1e-6)
    np.testing.assert_allclose(frame.positions[1], [1.0, 0.0, 0.0], rtol=1e-6)


def test_an_increment_changes_only_what_it_holds():
    frame = ClientFrame.from_message(FIRST).merged(
        ClientFrame.from_message(message(1, {"system.simulation.time": 0.5}))
    )
    assert (frame.index, frame.time, frame.count) == (1, 0.5, 2)
    assert frame.atom_names == ["C", "N"]


def test_index_zero_drops_everything_known_before():
    frame = ClientFrame.from_message(FIRST).merged(
        ClientFrame.from_message(message(0, {"system.simulation.time": 0.0}))
    )
    assert set(frame) == {"system.simulation.time"}


def test_an_empty_frame_has_sensible_answers():
    frame = ClientFrame()
    assert (frame.count, frame.time, frame.resets, frame.exception, frame.work_done) == (0, 0.0, 0, "", 0.0)
    assert frame.positions.shape == (0, 3)
    assert frame.bonds.shape == (0, 2)
    assert frame.user_forces.shape == (0, 3)
    assert frame.residue_names == []
    assert np.isnan(frame.potential_energy)


def test_an_array_of_no_type_counts_as_empty():
    response = message(1)
    response.frame.arrays["bond.pairs"].SetInParent()
    assert ClientFrame.from_message(response).bonds.shape == (0, 2)


def test_unknown_keys_pass_through():
    frame = ClientFrame.from_message(message(3, {"my.own": "text"}))
    assert frame["my.own"] == "text"


def test_arrays_cannot_be_changed_by_accident():
    frame = ClientFrame.from_message(FIRST)
    assert not frame["particle.positions"].flags.writeable


def test_atoms_are_called_as_the_server_calls_them_and_by_index_where_it_does_not():
    named = ClientFrame(
        1,
        {
            "particle.positions": np.zeros(12),
            "particle.names": ["C", "H1", "H2", "N"],
            "particle.residues": [0, 0, 0, 1],
            "residue.names": ["CH2", "N"],
        },
    )
    assert named.atom_labels == ["C", "H1", "H2", "N:N"]
    assert ClientFrame(1, {"particle.positions": np.zeros(6)}).atom_labels == ["0", "1"]


@pytest.mark.parametrize(
    ("values", "charge"),
    [
        ({frame_keys.TOTAL_CHARGE: 1.0}, 1),
        ({frame_keys.TOTAL_CHARGE: -1.0, frame_keys.PARTICLE_CHARGES: [0.4, 0.6]}, -1),
        ({frame_keys.PARTICLE_CHARGES: [0.4, 0.6]}, 1),
        ({frame_keys.TOTAL_CHARGE: float("nan")}, 0),
        ({frame_keys.TOTAL_CHARGE: "plus"}, 0),
        ({}, 0),
    ],
)
def test_the_charge_is_as_the_server_says_or_that_of_the_atoms(values, charge):
    assert ClientFrame(1, values).total_charge == charge

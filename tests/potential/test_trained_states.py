"""A model knows the charges and multiplicities that it was trained on."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from potential_helpers import small_model
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from atomtug.core.errors import InputError
from atomtug.core.shipped import shipped_models
from atomtug.core.systems import load_system
from atomtug.potential import load_model, save_model
from atomtug.potential.header import KEY
from atomtug.potential.trained_states import objection

METHANE = load_system("methane").numbers
OLD = Path(__file__).parents[1] / "files_of_0_1" / "model.safetensors"


def test_7_the_header_keeps_states_and_warning(tmp_path):
    model = small_model()
    provenance = replace(model.provenance, states=((0, 2), (1, 1)), warning="It is odd.")
    save_model(replace(model, provenance=provenance), tmp_path / "m.safetensors")
    assert load_model(tmp_path / "m.safetensors").provenance == provenance


@pytest.mark.parametrize(
    "states", [5, "0 2", [[0, 2]], [{"charge": 0}], [{"charge": 0.5, "multiplicity": 2}]]
)
def test_7_states_that_are_none_are_refused(tmp_path, states):
    path = tmp_path / "m.safetensors"
    save_model(small_model(), path)
    with safe_open(path, framework="numpy") as file:
        content = json.loads(file.metadata()[KEY])
    content["provenance"]["states"] = states
    save_file(load_file(path), path, metadata={KEY: json.dumps(content)})
    with pytest.raises(InputError, match=r"states|charge|multiplicity"):
        load_model(path)


def test_7_shipped_models_know_neutral_doublets_and_files_of_0_1_nothing():
    shipped = sorted(shipped_models().glob("*.safetensors"))
    assert shipped
    assert {load_model(path).provenance.states for path in shipped} == {((0, 2),)}
    assert load_model(OLD).provenance.states == ()


def test_7_other_states_are_objected_to_and_named():
    assert objection([(0, 2)], METHANE, 0, 2) == ""
    said = objection([(0, 2), (1, 3)], METHANE, 1, 1)
    assert said == (
        "was trained on charge 0 with multiplicity 2, charge 1 with multiplicity 3, "
        "not on charge 1 with multiplicity 1"
    )
    assert objection([(0, 2)], METHANE, 0, 4)


def test_7_a_model_that_says_nothing_is_taken_for_neutral_systems_of_lowest_multiplicity():
    assert objection([], METHANE, 0, 2) == ""
    assert objection([], METHANE[:5], 0, 1) == ""
    for charge, multiplicity in ((1, 1), (0, 4), (-1, 1)):
        assert "does not say" in objection([], METHANE, charge, multiplicity)

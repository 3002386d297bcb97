"""One network learns one charge and multiplicity of a formula."""

from dataclasses import replace

import numpy as np
import pytest
from fit_helpers import QUICK, data_set

from atomtug.core.errors import InputError
from atomtug.potential import load_model
from atomtug.trainer.data import DataSet, write
from atomtug.trainer.fit import find_conflict, gather
from atomtug.workflows import train


def with_cation() -> DataSet:
    """Neutral methane + CN, and its cation under another name."""
    data = data_set({"methane": 6, "ethane": 6})
    molecules = data.molecules
    molecules["cation"] = replace(molecules["methane"], name="cation", charge=1, multiplicity=1)
    molecules["cation"] = replace(molecules["cation"], trajectory=np.full(6, -1))
    return data


def test_7_a_model_knows_what_it_was_trained_on(tmp_path):
    write(data_set({"methane": 6}), tmp_path / "a.h5")
    training = train([tmp_path / "a.h5"], tmp_path / "m.safetensors", QUICK)
    assert load_model(training.path).provenance.states == ((0, 2),)
    assert load_model(training.path).provenance.warning == ""


def test_7_mixed_charges_of_one_formula_are_refused_and_warned_of_in_the_model(tmp_path):
    write(with_cation(), tmp_path / "a.h5")
    with pytest.raises(
        InputError, match=r"charge 0 with multiplicity 2 and charge 1 with multiplicity 1.*--anyway"
    ):
        train([tmp_path / "a.h5"], tmp_path / "m.safetensors", QUICK)
    training = train([tmp_path / "a.h5"], tmp_path / "m.safetensors", QUICK, anyway=True)
    provenance = load_model(training.path).provenance
    assert provenance.states == ((0, 2), (1, 1))
    assert provenance.warning == training.planned.warning
    assert "can't learn both" in provenance.warning


def test_7_a_model_does_not_go_on_with_another_charge(tmp_path):
    neutral = data_set({"methane": 6})
    write(neutral, tmp_path / "a.h5")
    model = train([tmp_path / "a.h5"], tmp_path / "m.safetensors", QUICK).path
    neutral.molecules["methane"] = replace(neutral.molecules["methane"], charge=-1, multiplicity=1)
    write(neutral, tmp_path / "b.h5")
    with pytest.raises(InputError, match="was trained on charge 0 with multiplicity 2, not on charge -1"):
        train([tmp_path / "b.h5"], tmp_path / "n.safetensors", QUICK, start=model)


def test_7_different_formulas_may_have_different_states():
    data = data_set({"methane": 3, "ethane": 3})
    data.molecules["ethane"] = replace(data.molecules["ethane"], charge=1, multiplicity=1)
    samples = gather([data])
    assert find_conflict(samples) == ""
    assert {(sample.charge, sample.multiplicity) for sample in samples} == {(0, 2), (1, 1)}
    assert np.isfinite([sample.energy for sample in samples]).all()

"""A model corrected by a few labels of another level of theory."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fit_helpers import QUICK, data_set

from atomtug.core.errors import InputError
from atomtug.potential import Evaluator, Model, Provenance, load_model, save_model
from atomtug.trainer.data import read, write
from atomtug.trainer.dft import Theory
from atomtug.trainer.fit import Sample, Settings, gather, rebased
from atomtug.workflows.training import evaluate, train

WB97X = Path(__file__).parent / "data_files" / "methane-wb97x.h5"
"""Methane + CN at wB97X/def2-TZVP: 50 geometries of the shipped training data, some of the held-out trajectory."""


def mean_apart(model: Model, samples: list[Sample]) -> float:
    """The mean difference of the labels of one molecule and a model's energies, eV."""
    evaluator = Evaluator(model, samples[0].numbers)
    return float(np.mean([each.energy - evaluator.evaluate(each.positions).energy for each in samples]))


def test_a_model_of_another_level_is_no_start_and_one_that_is_corrected_is_the_only_one(tmp_path):
    base, labels, out = (tmp_path / name for name in ("base.safetensors", "labels.h5", "out.safetensors"))
    model = Model.untrained(QUICK.architecture((1, 6, 7)))
    save_model(replace(model, provenance=Provenance(Theory("pbe").to_json())), base)
    data = data_set({"methane": 12})
    data.theory = Theory("wb97x")
    write(data, labels)
    with pytest.raises(InputError, match="--delta corrects it to theirs"):
        train([labels], out, QUICK, start=base)
    with pytest.raises(InputError, match="leave away the others"):
        train([labels], out, QUICK, start=base, delta=base)


@pytest.mark.slow
def test_another_level_of_theory_begins_with_the_same_shape_and_other_energies_of_the_elements():
    samples = gather([data_set({"methane": 12})])
    model = Model.untrained(QUICK.architecture((1, 6, 7)))
    moved = rebased(model, samples)
    assert abs(mean_apart(model, samples)) > 1000.0
    assert abs(mean_apart(moved, samples)) < 0.01
    one, other = (
        Evaluator(each, samples[0].numbers).evaluate(samples[0].positions) for each in (model, moved)
    )
    assert np.array_equal(one.forces, other.forces)


@pytest.mark.slow
def test_fifty_labels_bring_a_network_from_pbe_to_wb97x(tmp_path):
    data = read(WB97X)
    parts = {name: tmp_path / f"{name}.h5" for name in ("train", "heldout")}
    for name, path in parts.items():
        kept = [m.subset(np.array([data.trajectories[i].name == name for i in m.trajectory])) for m in data]
        write(type(data)(data.theory, data.trajectories, kept, data.attributes), path)
    settings = Settings(validation=0.0, epochs=40)
    train([parts["train"]], tmp_path / "corrected.safetensors", settings, delta=Path("alkanes"))
    before, after = (
        evaluate(model, [parts["heldout"]]).overall["network"]
        for model in (Path("alkanes"), tmp_path / "corrected.safetensors")
    )
    assert load_model(tmp_path / "corrected.safetensors").provenance.theory == data.theory.to_json()
    assert after.mae_kcal < 0.5 * before.mae_kcal
    assert after.force_mae_kcal_A < 0.7 * before.force_mae_kcal_A

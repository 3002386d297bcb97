"""A model corrected by a few labels of another level of theory."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fit_helpers import QUICK, data_set

from atomtug.core.errors import InputError
from atomtug.core.shipped import find_model
from atomtug.potential import Evaluator, Model, Provenance, load_model, save_model
from atomtug.trainer.data import DataSet, write
from atomtug.trainer.dft import Theory
from atomtug.trainer.fit import Sample, Settings, gather, rebased
from atomtug.workflows.training import DELTA_TEACHING, evaluate, train

FILES = Path(__file__).parent / "data_files"
"""Methane + CN at wB97X/def2-TZVP, by `atomtug label`: 50 of data/train.h5, and data/reach/hot.h5."""


def mean_apart(model: Model, samples: list[Sample]) -> float:
    """The mean difference of the labels of one molecule and a model's energies, eV."""
    evaluator = Evaluator(model, samples[0].numbers)
    return float(np.mean([each.energy - evaluator.evaluate(each.positions).energy for each in samples]))


def write_both(base: Path, labels: Path) -> tuple[Model, DataSet]:
    """An untrained model of PBE, and labels of wB97X."""
    model = Model.untrained(QUICK.architecture((1, 6, 7)))
    save_model(replace(model, provenance=Provenance(Theory("pbe").to_json())), base)
    data = data_set({"methane": 12})
    data.theory = Theory("wb97x")
    write(data, labels)
    return model, data


def test_a_model_of_another_level_is_no_start_and_one_that_is_corrected_is_the_only_one(tmp_path):
    base, labels, out = (tmp_path / name for name in ("base.safetensors", "labels.h5", "out.safetensors"))
    write_both(base, labels)
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
def test_a_corrected_model_has_the_form_of_the_old_one_and_the_level_of_theory_of_the_labels(tmp_path):
    base, labels, out = (tmp_path / name for name in ("base.safetensors", "labels.h5", "out.safetensors"))
    model, data = write_both(base, labels)
    taught = []
    done = train([labels], out, replace(QUICK, epochs=1), delta=base, on_taught=taught.append)
    corrected = load_model(out)
    assert corrected.provenance.theory == Theory("wb97x").to_json()
    assert corrected.architecture == model.architecture
    learned = sum(done.planned.learned.values())
    assert sum(taught) >= DELTA_TEACHING.geometries // 2 + learned
    assert abs(mean_apart(corrected, gather([data]))) < 1.0


@pytest.mark.slow
def test_fifty_labels_bring_the_shipped_network_from_pbe_to_wb97x(tmp_path):
    corrected, hot = tmp_path / "corrected.safetensors", [FILES / "wb97x_hot.h5"]
    settings = Settings(validation=0.0, epochs=40, learning_rate=5e-4, force_weight=0.1)
    train([FILES / "wb97x_train.h5"], corrected, settings, delta=find_model(Path("alkanes")))
    before, after = (
        evaluate(model, hot).overall["network"] for model in (find_model(Path("alkanes")), corrected)
    )
    assert after.mae_kcal < 0.5 * before.mae_kcal
    assert after.force_mae_kcal_A < 0.3 * before.force_mae_kcal_A

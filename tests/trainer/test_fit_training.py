"""Training: what is learned, held out, resumed, refused."""

import json
from dataclasses import replace

import jax
import numpy as np
import pytest
from fit_helpers import QUICK, data_set
from safetensors import safe_open
from safetensors.numpy import save_file

from atomtug.core.errors import InputError
from atomtug.potential import load_model, save_model
from atomtug.trainer.fit import (
    Log,
    Prepared,
    Settings,
    fit,
    folds,
    gather,
    groups,
    hold_out,
    plot_log,
    read_log,
)


@pytest.fixture(scope="module")
def samples():
    return gather([data_set()])


@pytest.fixture(scope="module")
def prepared(samples):
    return Prepared(samples, QUICK)


def weights(model):
    return [np.asarray(leaf) for leaf in jax.tree.leaves(model.parameters)]


def same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(weights(one), weights(other), strict=True))


@pytest.mark.slow
def test_a_seed_gives_the_same_model_to_the_bit_and_another_seed_another(prepared):
    first, second = fit(prepared, QUICK).model, fit(prepared, QUICK).model
    assert same(first, second)
    assert not same(first, fit(prepared, replace(QUICK, seed=1)).model)


def test_training_goes_on_from_a_checkpoint_to_the_same_end(prepared, tmp_path):
    whole = fit(prepared, QUICK)
    path, log = tmp_path / "training.checkpoint", tmp_path / "log.jsonl"
    asked = iter([True])
    fit(prepared, QUICK, checkpoint=path, log=Log(log), stop=lambda: next(asked, False))
    assert path.exists()
    assert [entry["epoch"] for entry in read_log(log)] == [1]
    resumed = fit(prepared, QUICK, checkpoint=path, log=Log(log, 1))
    assert resumed.epochs == whole.epochs == QUICK.epochs
    assert same(resumed.model, whole.model)
    assert [entry["epoch"] for entry in read_log(log)] == [1, 2, 3]


def test_a_checkpoint_of_another_training_is_refused(prepared, tmp_path):
    path = tmp_path / "training.checkpoint"
    fit(prepared, QUICK, checkpoint=path)
    with pytest.raises(InputError, match="other data or options"):
        fit(prepared, replace(QUICK, learning_rate=1e-3), checkpoint=path)
    path.write_bytes(b"nonsense")
    with pytest.raises(InputError, match="no checkpoint"):
        fit(prepared, QUICK, checkpoint=path)


def test_a_checkpoint_of_a_training_with_another_start_is_refused(samples, prepared, tmp_path):
    path, starts = (
        tmp_path / "training.checkpoint",
        [fit(prepared, replace(QUICK, seed=n)).model for n in (0, 1)],
    )
    after = Prepared(samples, QUICK, starts[0])
    fit(after, QUICK, start=starts[0], checkpoint=path)
    fit(after, QUICK, start=starts[0], checkpoint=path)
    with pytest.raises(InputError, match="other data or options"):
        fit(after, QUICK, start=starts[1], checkpoint=path)
    with safe_open(path, framework="numpy") as file:
        metadata, arrays = file.metadata(), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    identity = {name: value for name, value in json.loads(metadata["identity"]).items() if name != "start"}
    save_file(arrays, path, {**metadata, "identity": json.dumps(identity)})  # as an older version has it
    assert fit(after, QUICK, start=starts[1], checkpoint=path).epochs == QUICK.epochs


def test_forces_and_energies_are_learned(samples):
    settings = replace(QUICK, epochs=60, members=1, hidden=(16,), components=40, n_basis=5)
    prepared = Prepared(samples, settings)
    which, judged = hold_out(samples, settings.validation, 0)
    errors = []
    fit(prepared, settings, which, judged, on_epoch=lambda _epoch, _loss, validated: errors.append(validated))
    assert errors[-1].forces < 0.6 * errors[0].forces
    assert min(each.score for each in errors) < 0.7 * errors[0].score


def test_data_without_forces_trains_on_energies(tmp_path):
    samples = gather([data_set(forces=False)])
    prepared = Prepared(samples, QUICK)
    assert all(block.arrays.jacobian is None for block in prepared.blocks)
    losses = []
    fitted = fit(
        prepared, replace(QUICK, epochs=30), on_epoch=lambda _epoch, loss, _validated: losses.append(loss)
    )
    assert losses[-1] < losses[0]
    assert np.isnan(fitted.validated.forces)
    save_model(fitted.model, tmp_path / "m.safetensors")
    assert "force_mae_kcal_A" not in load_model(tmp_path / "m.safetensors").provenance.scores["validation"]


def test_some_geometries_may_lack_forces():
    with_forces, without = data_set(seed=0), data_set(seed=1, forces=False, key="b-")
    prepared = Prepared(gather([with_forces, without]), QUICK)
    losses = []
    fit(prepared, QUICK, on_epoch=lambda _epoch, loss, _validated: losses.append(loss))
    assert np.all(np.isfinite(losses))


@pytest.mark.slow
def test_a_model_goes_on_with_other_data(prepared, samples):
    model = fit(prepared, replace(QUICK, epochs=30)).model
    more = gather([data_set(seed=5, key="b-")])
    again = Prepared(more, QUICK, model)
    untrained = Prepared(more, QUICK)
    losses: dict[str, list[float]] = {"continued": [], "new": []}
    for name, data, start in (("continued", again, model), ("new", untrained, None)):
        fitted = fit(
            data, replace(QUICK, epochs=1), start=start,
            on_epoch=lambda _epoch, loss, _validated, name=name: losses[name].append(loss),
        )  # fmt: skip
    assert losses["continued"][0] < 0.5 * losses["new"][0]
    assert fitted.model.architecture == QUICK.architecture((1, 6, 7))
    continued = fit(again, replace(QUICK, epochs=1), start=model).model
    assert continued.reference == model.reference
    assert continued.provenance.settings["continued_from"] == model.provenance.data_hash


def test_whole_trajectories_of_every_molecule_are_held_out(samples):
    which, judged = hold_out(samples, 0.3, 0)
    of_sample = groups(samples)
    assert sorted([*which, *judged]) == list(range(len(samples)))
    assert not set(of_sample[which]) & set(of_sample[judged])
    assert {samples[index].molecule for index in judged} == {"methane", "ethane"}
    assert len(hold_out(samples, 0.0, 0)[1]) == 0


def test_nothing_to_hold_out_is_said():
    lonely = gather([data_set(trajectories=1)])
    with pytest.raises(InputError, match="No molecule has a trajectory"):
        hold_out(lonely, 0.1, 0)


def test_folds_judge_by_every_trajectory_once(samples):
    parts = list(folds(samples, 3, 0))
    assert sorted(np.concatenate([judged for _, judged in parts])) == list(range(len(samples)))
    of_sample = groups(samples)
    for which, judged in parts:
        assert not set(of_sample[which]) & set(of_sample[judged])
    with pytest.raises(InputError, match="folds"):
        list(folds(samples, 7, 0))


def test_sets_of_different_theories_are_not_mixed():
    other = data_set(seed=3, key="b-")
    other.theory = type(other.theory)("b3lyp", "sto-3g", grid="0")
    with pytest.raises(InputError, match="different methods"):
        gather([data_set(), other])


def test_a_geometry_in_two_files_counts_once():
    assert len(gather([data_set(), data_set()])) == len(gather([data_set()]))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"learning_rate": 0}, "above 0"),
        ({"l1": -1.0}, "0 or more"),
        ({"validation": 1.0}, "share"),
        ({"x": 1}, "x"),
    ],
)
def test_settings_that_make_no_training(values, said):
    with pytest.raises(InputError, match=said):
        Settings.from_plain(values)


def test_settings_survive_json():
    assert Settings.from_plain(json.loads(json.dumps(QUICK.to_plain()))) == QUICK


def test_a_log_is_drawn(prepared, tmp_path):
    fit(prepared, QUICK, log=Log(tmp_path / "a.jsonl"))
    plot_log(tmp_path / "a.jsonl", tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    (tmp_path / "b.jsonl").write_text("nonsense")
    with pytest.raises(InputError, match="log of a training"):
        read_log(tmp_path / "b.jsonl")

"""A model file comes back as it was, or is refused with a sentence."""

import json
from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from potential_helpers import distorted, small_model
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from atomtug.core.errors import InputError
from atomtug.potential import Evaluator, load_model, save_model
from atomtug.potential.header import KEY


@pytest.fixture
def path(tmp_path):
    target = tmp_path / "models" / "small.safetensors"
    save_model(small_model(), target)
    return target


def test_round_trip(path):
    before, after = small_model(), load_model(path)
    assert (after.architecture, after.reference, after.provenance) == (
        before.architecture,
        before.reference,
        before.provenance,
    )
    numbers, positions = distorted("methane")
    one, two = Evaluator(before, numbers).evaluate(positions), Evaluator(after, numbers).evaluate(positions)
    assert one.energy == two.energy
    np.testing.assert_array_equal(one.forces, two.forces)


def test_writing_leaves_one_file(path):
    save_model(small_model(seed=3), path)
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def change(path, header=None, tensors=None):
    """Rewrite a file with parts of its header or weights replaced."""
    arrays = load_file(path)
    with safe_open(path, framework="numpy") as file:
        content = json.loads(file.metadata()[KEY])
    if header:
        header(content)
    if tensors:
        tensors(arrays)
    save_file(arrays, path, metadata={KEY: json.dumps(content)})


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (lambda h: h.update(version=99), "format version 99"),
        (lambda h: h.update(format="other"), "not that of a model"),
        (lambda h: h.update(elements=["H", "C", "Xy"]), "element 'Xy'"),
        (lambda h: h.update(elements=["C", "H", "N"]), "ascending"),
        (lambda h: h.update(elements=["H", "C"]), "missing or too many"),
        (lambda h: h["descriptor"].update(kind="soap"), "descriptor"),
        (lambda h: h["descriptor"].update(n_basis=9), "header makes that"),
        (lambda h: h["descriptor"].update(n_basis=True), "n_basis"),
        (lambda h: h["descriptor"].update(tau="x"), "tau"),
        (lambda h: h["descriptor"].update(r_cut=float("nan")), "No symmetry functions"),
        (lambda h: h["descriptor"].pop("r_min"), "r_min"),
        (lambda h: h["network"].update(hidden=[7]), "missing or too many"),
        (lambda h: h["network"].update(hidden=[7, 5.5]), "whole numbers"),
        (lambda h: h["network"].update(hidden=[7, 10**9]), "no hidden layers"),
        (lambda h: h["network"].update(activation="exec"), "activation"),
        (lambda h: h["network"].update(members=3), "header makes that"),
        (lambda h: h["energy"].update(unit="hartree"), "eV"),
        (lambda h: h["energy"]["per_atom"].pop("C"), "number C"),
        (lambda h: h["energy"].update(intercept=float("inf")), "finite"),
        (lambda h: h.pop("provenance"), "provenance"),
    ],
)
def test_a_wrong_header_is_refused(path, header, words):
    change(path, header=header)
    with pytest.raises(InputError, match=words):
        load_model(path)


@pytest.mark.parametrize(
    ("tensors", "words"),
    [
        (lambda t: t.pop("C/0/bias"), "C/0/bias is missing"),
        (lambda t: t.update(extra=np.zeros(3, np.float32)), "extra"),
        (lambda t: t.update({"H/1/weight": np.zeros((2, 7, 6), np.float32)}), "header makes that"),
        (lambda t: t.update({"H/1/bias": np.full((2, 5), np.nan, np.float32)}), "not a number"),
        (lambda t: t.update({"H/1/bias": np.zeros((2, 5), np.float64)}), "F64"),
    ],
)
def test_wrong_weights_are_refused(path, tensors, words):
    change(path, tensors=tensors)
    with pytest.raises(InputError, match=words):
        load_model(path)


def test_other_files_are_refused(path, tmp_path):
    with pytest.raises(InputError, match="no model file"):
        load_model(tmp_path / "none.safetensors")
    save_file({"x": np.zeros(3, np.float32)}, tmp_path / "x.safetensors")
    with pytest.raises(InputError, match="no model of atomtug"):
        load_model(tmp_path / "x.safetensors")
    whole = path.read_bytes()
    for content in (b"", b"hello", whole[:100], whole[:-5], whole + b"x", b"\xff" * 64):
        path.write_bytes(content)
        with pytest.raises(InputError, match="can't be read"):
            load_model(path)


def test_what_json_cannot_hold_is_refused(tmp_path):
    from dataclasses import replace

    model = small_model()
    broken = replace(model, provenance=replace(model.provenance, scores={"mae": float("nan")}))
    with pytest.raises(InputError, match="JSON"):
        save_model(broken, tmp_path / "m.safetensors")


def test_weights_must_be_numbers():
    model = small_model()
    first = model.parameters[0][0]
    broken = first._replace(bias=jnp.full_like(first.bias, jnp.nan))
    with pytest.raises(InputError, match="H/0/bias"):
        replace(model, parameters=((broken, *model.parameters[0][1:]), *model.parameters[1:]))

"""A network in the form that the paper's authors publish theirs in, and the model file that is made of it."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import tensorflow_checkpoint
from potential_helpers import distorted
from reference_potential import energies, symmetry_functions

from atomtug.potential import Evaluator, load_model, save_model

TOOL = Path(__file__).parents[2] / "tools/convert_paper_network.py"
KJMOL_PER_EV = 96.48533212
SUFFIXES = {1: "", 6: "_1", 7: "_2"}
"""Of the names of an element's weights."""
PAPER = {
    "4": (13, 0.8, 3.440665282995163, 1.8930017259735163),
    "6": (16, 0.8, 3.0959454963762645, 1.7612032005732925),
}


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("convert_paper_network", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def weights(features, hidden=(3, 2), seed=0):
    """Random weights under the paper's names, rows are outputs; beside them an integer that is no weight."""
    random = np.random.default_rng(seed)
    sizes = {"in": (hidden[0], features), "hidden_1": (hidden[1], hidden[0]), "out": (1, hidden[1])}
    result = {"global_step": np.array(7, np.int64)}
    for suffix in SUFFIXES.values():
        for name, shape in sizes.items():
            result[f"Weights/weight_{name}{suffix}"] = random.normal(0.0, 0.5, shape).astype("<f4")
            result[f"Weights/bias_{name}{suffix}"] = random.normal(0.0, 0.5, shape[:1]).astype("<f4")
    return result


def energy(number, given, numbers, positions):
    """The paper's formula, eV: a sum over atoms of sigmoid networks, in kJ/mol."""
    total = 0.0
    features = symmetry_functions(*PAPER[number], [1, 6, 7], numbers, positions)
    for element, values in zip(numbers, features, strict=True):
        for name in ("in", "hidden_1", "out"):
            weight, bias = (
                np.float64(given[f"Weights/{part}_{name}{SUFFIXES[element]}"]) for part in ("weight", "bias")
            )
            values = weight @ values + bias
            if name != "out":
                values = 1.0 / (1.0 + np.exp(-values))
        total += values[0]
    return total / KJMOL_PER_EV


def converted(tool, folder, number):
    """A checkpoint's weights, and the model file that is made of it."""
    n_basis = PAPER[number][0]
    given = weights(3 * n_basis + 6 * n_basis**2)
    tensorflow_checkpoint.write(folder / "saved" / "variables", given)
    save_model(tool.convert(folder / "saved", number), folder / "paper.safetensors")
    return given, load_model(folder / "paper.safetensors")


@pytest.mark.parametrize("number", PAPER)
def test_a_checkpoint_becomes_a_model_of_the_same_energies(tool, tmp_path, number):
    given, model = converted(tool, tmp_path, number)
    assert model.architecture.hidden == (3, 2)
    numbers, positions = distorted()
    expected = energy(number, given, numbers, positions)
    assert energies(model, numbers, positions) == pytest.approx([expected], abs=1e-7)


@pytest.mark.slow
def test_a_converted_network_can_be_served(tool, tmp_path):
    given, model = converted(tool, tmp_path, "6")
    numbers, positions = distorted()
    found = Evaluator(model, numbers).evaluate(positions)
    assert found.energy == pytest.approx(energy("6", given, numbers, positions), abs=2e-6)


def test_what_is_no_checkpoint_is_said(tool, tmp_path):
    tensorflow_checkpoint.write(tmp_path / "variables", weights(5))
    index = tmp_path / "variables" / "variables.index"
    index.write_bytes(index.read_bytes()[:-1])
    with pytest.raises(SystemExit, match="no index of a TensorFlow checkpoint"):
        tool.convert(tmp_path, "6")

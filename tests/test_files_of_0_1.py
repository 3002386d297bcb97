"""Files that version 0.1 wrote still open and mean the same. The numbers are what version 0.1 read from them."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from atomtug.cli import cli
from atomtug.core.systems import System
from atomtug.potential import load_model
from atomtug.potential.model import UNCALIBRATED
from atomtug.server.engines import create_engine
from atomtug.trainer.data import read
from atomtug.trainer.fit import gather

FILES = Path(__file__).parent / "files_of_0_1"

# The first labelled geometry: methane + CN as a recording begins.
ENERGY = -3617.7837339058397
FORCE_ON_NITROGEN = [1.20388358, -0.0642632707, -0.648516493]
ENGINE_ENERGY = -475.15493099194765
# What the model gives for it.
MODEL_ENERGY = -3621.2237565644073
MODEL_FORCE_ON_CARBON = [0.303959459, -0.060583781, -0.145042974]
MODEL_SPREAD = 0.21275505423545837


def test_a_data_set_keeps_its_labels_their_units_and_their_origin():
    data = read(FILES / "labels.h5")
    assert data.theory is not None
    assert (data.theory.functional, data.theory.basis) == ("pbe", "def2-svp")
    samples = gather([data])
    assert sorted(sample.frame for sample in samples) == [0, 80, 160, 240]
    first = samples[0]
    assert (first.molecule, first.engine, list(first.numbers)) == ("methane", "pm6", [6, 1, 1, 1, 1, 6, 7])
    assert first.energy == pytest.approx(ENERGY, abs=1e-9)
    assert first.forces is not None
    np.testing.assert_allclose(first.forces[6], FORCE_ON_NITROGEN, atol=1e-8)
    assert first.engine_energy == pytest.approx(ENGINE_ENERGY, abs=1e-9)


def test_a_model_gives_the_same_energy_forces_and_spread():
    first = gather([read(FILES / "labels.h5")])[0]
    system = System("methane", np.asarray(first.numbers), np.asarray(first.positions), multiplicity=2)
    result = create_engine(f"ann:{FILES / 'model.safetensors'}", system).evaluate(system.positions)
    assert result.energy == pytest.approx(MODEL_ENERGY, abs=1e-4)
    np.testing.assert_allclose(result.forces[0], MODEL_FORCE_ON_CARBON, atol=1e-4)
    assert result.uncertainty == pytest.approx(UNCALIBRATED * MODEL_SPREAD, abs=1e-4)


def test_a_model_keeps_where_it_comes_from():
    provenance = load_model(FILES / "model.safetensors").provenance
    assert provenance.data_hash == "ffc6117ef5aabcf7787b6bcc"
    assert provenance.settings["geometries"] == 13
    assert "def2-tzvp" in provenance.theory


@pytest.mark.parametrize(
    ("command", "names", "said"),
    [
        ("info", ["labels.h5"], "methane (7 atoms, charge 0, doublet): 4 labelled, 0 failed"),
        ("evaluate", ["model.safetensors", "labels.h5"], "kcal/mol"),
    ],
)
def test_the_command_line_takes_them(command, names, said):
    result = CliRunner().invoke(cli, [command, *(str(FILES / name) for name in names)])
    assert result.exit_code == 0, result.output
    assert said in result.output

"""The network for ASE and for JAX: the same numbers as the live engine's."""

from dataclasses import replace
from pathlib import Path

import ase
import jax
import numpy as np
import pytest
from ase.calculators.calculator import get_calculator_class
from ase.optimize import BFGS
from ase.units import invcm
from ase.vibrations import Vibrations
from potential_helpers import small_model

from atomtug.core.errors import InputError
from atomtug.core.systems import load_system
from atomtug.potential import Calculator, energy_function, save_model
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.server.dynamics.simulation import Simulation
from atomtug.server.engines import create_engine

METHANE = load_system("methane")


def methane() -> ase.Atoms:
    return ase.Atoms(METHANE.numbers, METHANE.positions)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "small.safetensors"
    save_model(small_model(), path)
    return path


def assert_same_as_engine(model: str) -> None:
    engine = create_engine(f"ann:{model}", METHANE)
    atoms = methane()
    atoms.calc = Calculator(model)
    random = np.random.default_rng(1)
    for _ in range(3):
        atoms.positions = METHANE.positions + random.normal(0, 0.05, (7, 3))
        result = engine.evaluate(atoms.positions)
        assert atoms.get_potential_energy() == pytest.approx(result.energy, abs=1e-6)
        np.testing.assert_allclose(atoms.get_forces(), result.forces, rtol=0, atol=1e-6)
        assert atoms.calc.results["uncertainty"] == pytest.approx(result.uncertainty, abs=1e-6)
        assert "atomic_uncertainty" not in atoms.calc.results  # it takes three more evaluations
    simulation = Simulation(replace(METHANE, positions=atoms.positions.copy()), engine, DynamicsSettings())
    spread = atoms.calc.get_property("atomic_uncertainty", atoms)
    np.testing.assert_allclose(spread, simulation.frame().atomic_uncertainty, rtol=0, atol=1e-4)


def test_energies_forces_and_uncertainties_are_the_engines(small: Path) -> None:
    assert_same_as_engine(str(small))


def test_ase_finds_it_by_name() -> None:
    assert get_calculator_class("atomtug") is Calculator


def test_ase_lists_it_by_its_entry_point() -> None:
    from ase._4.plugins import plugins

    (ours,) = [each for each in plugins.calculators if each.package == "atomtug"]
    assert (ours.name, ours.implementation) == ("atomtug", Calculator)


def test_a_state_that_it_was_not_trained_on_is_refused_unless_asked_for(small: Path) -> None:
    charged = methane()
    charged.info["charge"] = 1
    charged.calc = Calculator(small, multiplicity=3)
    with pytest.raises(InputError, match=r"charge 1 with multiplicity 3.*anyway=True"):
        charged.get_potential_energy()
    charged.calc = Calculator(small, anyway=True)
    neutral = methane()
    neutral.calc = Calculator(small, charge=0, multiplicity=2)
    assert charged.get_potential_energy() == neutral.get_potential_energy()


def test_the_shipped_network_says_which_states_it_knows() -> None:
    alone = methane()[:5]
    alone.calc = Calculator("alkanes")
    with pytest.raises(InputError, match="was trained on charge 0 with multiplicity 2, not on charge 0 with"):
        alone.get_potential_energy()


def test_periodic_atoms_are_refused(small: Path) -> None:
    atoms = methane()
    atoms.calc = Calculator(small)
    atoms.pbc = True
    with pytest.raises(InputError, match="for molecules"):
        atoms.get_forces()


def test_the_plain_function_gives_the_same_energies_and_forces(small: Path) -> None:
    model = small_model()
    atoms = methane()
    atoms.calc = Calculator(model)
    energy = jax.jit(jax.value_and_grad(energy_function(model, METHANE.numbers)))
    value, gradient = energy(METHANE.positions.astype(np.float32))
    reference = model.reference_energy(METHANE.numbers)
    assert float(value) + reference == pytest.approx(atoms.get_potential_energy(), abs=1e-4)
    np.testing.assert_allclose(-np.asarray(gradient), atoms.get_forces(), rtol=0, atol=1e-4)


@pytest.mark.slow
def test_lists_made_for_a_geometry_suffice_for_it_and_too_short_ones_give_no_number() -> None:
    model, ethane = small_model(), load_system("ethane")
    sized = jax.jit(energy_function(model, ethane.numbers, ethane.positions))
    whole = jax.jit(energy_function(model, ethane.numbers))
    positions = ethane.positions.astype(np.float32)
    assert float(sized(positions)) == pytest.approx(float(whole(positions)), abs=1e-4)
    apart = ethane.positions + 20.0 * np.arange(10)[:, None]
    short = jax.jit(energy_function(model, ethane.numbers, apart))
    assert np.isnan(short(0.5 * positions))


@pytest.mark.slow
def test_the_shipped_network_is_the_same_for_ase_and_live() -> None:
    assert_same_as_engine("alkanes")


@pytest.mark.slow
def test_relaxation_and_vibrations_of_methane_and_cn(tmp_path: Path) -> None:
    atoms = methane()
    atoms.calc = Calculator("alkanes", precision="float64")
    assert BFGS(atoms, logfile=None).run(fmax=0.02, steps=500)
    vibrations = Vibrations(atoms, name=str(tmp_path / "vib"))
    vibrations.run()
    energies = vibrations.get_energies()
    assert len(energies) == 21
    stretches = np.real(energies[-4:]) / invcm  # of C-H
    assert np.all((stretches > 2700) & (stretches < 3300))

"""Keys and units of a frame on the wire, against Narupa's table."""

from dataclasses import replace

import numpy as np
import pytest
from toy_engines import HarmonicEngine

from atomtug.core.systems import load_system
from atomtug.server.dynamics.force_laws import ActiveInteraction
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.server.dynamics.simulation import Simulation
from atomtug.wire.frames import bond_values, frame_values, topology_values

SYSTEM = load_system("ethane")
# From CODATA 2018, not from the code under test.
KJMOL_PER_EV = 96.48533212331
PS_PER_ASE_TIME = 1.0180505671e-14 * 1e12  # angstrom * sqrt(amu / eV), in s


@pytest.fixture(scope="module")
def frame():
    settings = DynamicsSettings(timestep=0.5, thermostat="nve", wall_radius=0.2, seed=2)
    simulation = Simulation(SYSTEM, HarmonicEngine(SYSTEM.positions), settings)
    hand = ActiveInteraction(np.array([1.0, 0, 0]), np.array([2, 5]), "spring", 100.0)
    simulation.set_interactions({"interaction.a": hand})
    for _ in range(20):
        simulation.step()
    return simulation.frame()


def test_lengths_are_in_nm_energies_in_kjmol_times_in_ps(frame):
    values = frame_values(frame)
    np.testing.assert_allclose(values["particle.positions"], frame.positions.ravel() / 10, rtol=1e-6)
    assert values["particle.positions"].dtype == np.float32
    for key, energy in {
        "energy.potential": frame.energy,
        "energy.kinetic": frame.kinetic_energy,
        "energy.user.total": frame.user_energy,
        "energy.wall": frame.wall_energy,
        "forces.user.work_done": frame.user_work,
    }.items():
        assert energy != 0.0
        assert values[key] == pytest.approx(energy * KJMOL_PER_EV, rel=1e-8)
    assert values["system.simulation.time"] == pytest.approx(20 * 0.5e-3, rel=1e-6)
    assert values["system.simulation.step"] == 20
    assert values["system.temperature"] == frame.temperature


def test_velocities_are_in_nm_per_ps(frame):
    sent = frame_values(frame)["particle.velocities"]
    np.testing.assert_allclose(sent, frame.velocities.ravel() / 10 / PS_PER_ASE_TIME, rtol=1e-5)
    # In these units, and amu, half m v squared is in kJ/mol without any factor.
    kinetic = 0.5 * np.sum(SYSTEM.masses[:, None] * sent.reshape(-1, 3).astype(float) ** 2)
    assert kinetic == pytest.approx(frame_values(frame)["energy.kinetic"], rel=1e-5)


def test_forces_are_in_kjmol_per_nm_and_the_total_has_all_parts(frame):
    values, factor = frame_values(frame), KJMOL_PER_EV * 10
    np.testing.assert_allclose(values["particle.forces.system"], frame.forces.ravel() * factor, rtol=1e-5)
    total = (frame.forces + frame.wall_forces + frame.user_forces).ravel() * factor
    np.testing.assert_allclose(values["particle.forces"], total, rtol=1e-5)
    assert values["forces.user.index"].tolist() == [2, 5]
    np.testing.assert_allclose(
        values["forces.user.sparse"], frame.user_forces[[2, 5]].ravel() * factor, rtol=1e-5
    )


def test_without_a_hand_the_user_forces_are_there_and_empty(frame):
    values = frame_values(replace(frame, user_forces=np.zeros_like(frame.positions), interactions=()))
    assert values["forces.user.index"].shape == (0,)
    assert values["forces.user.sparse"].shape == (0,)
    assert values["energy.user.total"] == 0.0


def test_topology_names_every_atom_residue_and_chain():
    values = topology_values(SYSTEM)
    assert values["particle.count"] == 10
    assert values["particle.elements"].tolist() == [6, 6, 1, 1, 1, 1, 1, 1, 6, 7]
    assert values["particle.names"] == ["C1", "C2", "H1", "H2", "H3", "H4", "H5", "H6", "C", "N"]
    assert values["particle.residues"].tolist() == [0] * 8 + [1, 1]
    assert values["residue.count"] == values["chain.count"] == 2
    assert values["residue.names"] == ["C2H6", "CN"]
    assert values["residue.ids"] == ["1", "2"]
    assert values["residue.chains"].tolist() == [0, 1]
    assert values["chain.names"] == ["A", "B"]
    assert values["system.simulation.name"] == "ethane"


def test_bonds_are_flat_pairs_each_with_an_order():
    values = bond_values(np.array([[0, 1], [2, 5]]))
    assert values["bond.pairs"].tolist() == [0, 1, 2, 5]
    assert values["bond.pairs"].dtype == np.uint32
    assert values["bond.orders"].tolist() == [1.0, 1.0]
    none = bond_values(np.zeros((0, 2), dtype=np.int64))
    assert none["bond.pairs"].shape == none["bond.orders"].shape == (0,)

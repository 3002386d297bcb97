"""Remake recordings/sample.h5: CN takes a hydrogen from methane on PM6, pulled by a scripted hand.

    python tools/make_sample_recording.py recordings/sample.h5

A hand holds the carbon of CN and moves to the chosen hydrogen, lets go when the new bond is there, and the
rest is left to itself. Velocity Verlet, 0.5 fs, every other step is recorded.
"""

import sys

import numpy as np
from ase.data import covalent_radii
from numpy.typing import NDArray

from atomtug.core.frame import AppliedInteraction, Frame
from atomtug.core.systems import System, load_system
from atomtug.core.systems.bonds import perceive_bonds
from atomtug.core.units import BOHR, BOLTZMANN, FS, HARTREE, PS
from atomtug.recordings import RecordingWriter
from atomtug.server.engines import create_engine

TIMESTEP = 0.5 * FS
STIFFNESS = 0.01 * HARTREE / BOHR**2
"""eV/angstrom^2"""
SPEED = 0.01
"""angstrom a step"""
HYDROGEN, CARBON, NITROGEN = 4, 5, 6
KEY = "interaction.sample"
SEED = 1


def start(seed: int) -> tuple[System, NDArray[np.float64]]:
    """Methane at 300 K and CN at rest, its carbon 2.5 angstrom from the hydrogen; velocities in ASE's unit."""
    system = load_system("methane")
    rng = np.random.default_rng(seed)
    positions = system.positions.copy()
    bond = (positions[HYDROGEN] - positions[0]) / np.linalg.norm(positions[HYDROGEN] - positions[0])
    # A little aside and tilted: nobody's hand comes exactly along the bond.
    positions[CARBON] = positions[HYDROGEN] + 2.5 * bond + np.array([0.0, 0.1, 0.1])
    tilted = bond + np.array([0.0, 0.1, -0.1])
    positions[NITROGEN] = positions[CARBON] + 1.17 * tilted / np.linalg.norm(tilted)
    spread = np.sqrt(BOLTZMANN * 300.0 / system.masses)[:, None]
    velocities = spread * rng.normal(size=positions.shape)
    velocities[[CARBON, NITROGEN]] = 0.0
    methane = slice(0, CARBON)
    drift = np.average(velocities[methane], axis=0, weights=system.masses[methane])
    velocities[methane] -= drift
    velocities[methane] -= spin(positions[methane], velocities[methane], system.masses[methane])
    return system.with_positions(positions), velocities


def spin(
    positions: NDArray[np.float64], velocities: NDArray[np.float64], masses: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(n, 3) the part of the velocities that is rotation about the centre of mass."""
    arm = positions - np.average(positions, axis=0, weights=masses)
    momentum = (masses[:, None] * np.cross(arm, velocities)).sum(axis=0)
    squares = np.einsum("ni,nj->nij", arm, arm)
    identity = np.eye(3) * np.einsum("nii->n", squares)[:, None, None]
    inertia = (masses[:, None, None] * (identity - squares)).sum(axis=0)
    return np.cross(np.linalg.solve(inertia, momentum), arm)


def record(path: str, steps: int = 480, every: int = 2, seed: int = SEED) -> None:
    """Simulate and write the recording."""
    system, velocities = start(seed)
    engine = create_engine("pm6", system)
    positions, masses = system.positions.copy(), system.masses[:, None]
    energy, forces = engine.evaluate(positions)[:2]
    hand, holding, work, bonds = positions[CARBON].copy(), True, 0.0, None
    formed = covalent_radii[6] + covalent_radii[1] + 0.10
    provenance = {
        "engine": engine.name,
        "engine_settings": dict(engine.settings),
        "dynamics": {"thermostat": "nve", "timestep": 0.5, "temperature": 300.0, "steps_per_frame": every},
        "seed": seed,
        "source": "tools/make_sample_recording.py",
    }
    with RecordingWriter(path, system, provenance) as writer:
        writer.event("engine", name=engine.name, settings=dict(engine.settings))
        writer.event(
            "interaction",
            key=KEY,
            owner="sample",
            label="hand.right",
            interaction_type="spring",
            particles=[CARBON],
            stiffness_ev_per_angstrom2=STIFFNESS,
        )
        for step in range(steps + 1):
            pull = STIFFNESS * (hand - positions[CARBON]) * holding
            user = np.zeros_like(positions)
            user[CARBON] = pull
            bonds = perceive_bonds(system.numbers, positions, bonds)
            if step % every == 0:
                kinetic = 0.5 * float((masses * velocities**2).sum())
                spring = 0.5 * float(pull @ pull) / STIFFNESS
                grip = AppliedInteraction(KEY, hand.copy(), np.array([CARBON]), pull[None], spring)
                frame = Frame(
                    step=step,
                    time=step * TIMESTEP,
                    positions=positions,
                    velocities=velocities,
                    energy=energy,
                    forces=forces,
                    kinetic_energy=kinetic,
                    temperature=2.0 * kinetic / (3 * len(positions) * BOLTZMANN),
                    wall_energy=0.0,
                    wall_forces=np.zeros_like(positions),
                    user_forces=user,
                    user_work=work,
                    interactions=(grip,) if holding else (),
                    engine=engine.name,
                )
                writer.append(frame, bonds)
            # The hand moves to the hydrogen and follows it.
            way = positions[HYDROGEN] - hand
            hand = hand + way * min(1.0, SPEED / max(float(np.linalg.norm(way)), 1e-9))
            half = velocities + 0.5 * TIMESTEP * (forces + user) / masses
            moved = positions + TIMESTEP * half
            moved_by = moved[CARBON] - positions[CARBON]
            positions = moved
            energy, forces = engine.evaluate(positions)[:2]
            user[CARBON] = STIFFNESS * (hand - positions[CARBON]) * holding
            work += 0.5 * float((pull + user[CARBON]) @ moved_by)
            velocities = half + 0.5 * TIMESTEP * (forces + user) / masses
            if holding and np.linalg.norm(positions[CARBON] - positions[HYDROGEN]) < formed:
                holding = False
                writer.event("interaction_end", key=KEY)
    print(f"{path}: {steps * TIMESTEP / PS:.3f} ps, work {work:.3f} eV")


if __name__ == "__main__":
    record(sys.argv[1])

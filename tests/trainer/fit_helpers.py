"""Data sets whose labels are a known function of the positions, and settings that train in a second."""

import numpy as np

from atomtug.core.systems import load_system
from atomtug.core.units import BOHR, HARTREE
from atomtug.trainer.data import DataSet, Molecule, Trajectory
from atomtug.trainer.dft import Theory
from atomtug.trainer.fit import Settings

PER_ATOM = {1: -0.5, 6: -38.0, 7: -54.5}
"""hartree"""
QUICK = Settings(
    n_basis=3, r_cut=3.0, tau=1.5, hidden=(6,), members=2, components=12, epochs=3, batch=4, average=5,
    learning_rate=1e-2, validation=0.3,
)  # fmt: skip


def springs(positions: np.ndarray, start: np.ndarray) -> tuple[float, np.ndarray]:
    """Energy (eV) and forces (eV/A) of atoms tied softly to each other's distances at the start."""
    vector = positions[:, None] - positions[None]
    length = np.linalg.norm(vector + 1e-12, axis=-1)
    rest = np.linalg.norm(start[:, None] - start[None] + 1e-12, axis=-1)
    near = (rest < 1.7) & ~np.eye(len(start), dtype=bool)
    stretch = np.where(near, length - rest, 0.0)
    energy = 0.25 * 8.0 * np.sum(stretch**2)
    forces = -8.0 * np.sum((stretch / np.where(near, length, 1.0))[..., None] * vector, axis=1)
    return float(energy), forces


def data_set(
    molecules: dict[str, int] | None = None,
    trajectories: int = 3,
    seed: int = 0,
    forces: bool = True,
    key: str = "",
) -> DataSet:
    """Geometries of built-in systems near their own, as many as said, in so many trajectories of each molecule."""
    molecules = molecules or {"methane": 12, "ethane": 6}
    random = np.random.default_rng(seed)
    entries, tables = [], []
    for name, count in molecules.items():
        system = load_system(name)
        first = len(entries)
        entries += [Trajectory(f"{key}{name}-{i}", f"{key}{name}-{i}", name) for i in range(trajectories)]
        positions = system.positions + random.normal(0, 0.05, (count, *system.positions.shape))
        labels = [springs(each, system.positions) for each in positions]
        base = sum(PER_ATOM[int(z)] for z in system.numbers)
        energy = np.array([base * HARTREE + label[0] for label in labels])
        force = np.array([label[1] for label in labels])
        columns = {"forces": force} if forces else {}
        tables.append(
            Molecule.build(
                name, system.numbers, 0, 2, positions=positions, energies=energy, converged=np.ones(count, bool),
                trajectory=first + np.arange(count) % trajectories, frame=np.arange(count),
                engine=np.array(["pm6"] * count, dtype=object),
                engine_energies=energy + HARTREE * (random.normal(0.0, 1e-3, count) - 7.0),
                engine_forces=force + HARTREE / BOHR * random.normal(0.0, 1e-3, force.shape), **columns,
            )
        )  # fmt: skip
    return DataSet(Theory("pbe", "sto-3g", grid="0"), entries, tables)

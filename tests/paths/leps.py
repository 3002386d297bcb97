"""Three atoms on a surface of London, Eyring, Polanyi and Sato, and a recorded reaction on it."""

from pathlib import Path

import numpy as np
from ase.calculators.calculator import Calculator, all_changes
from recorded_geometries import write_systems

from atomtug.core.systems import System

DEPTH, WIDTH, LENGTH = 4.746, 1.942, 0.742
PAIRS = ((0, 1), (1, 2), (0, 2))


class Leps(Calculator):
    """A + BC -> AB + C; parameters as Jónsson, Mills & Jacobsen (1998) have them.

    Args:
        first: Sato's parameter of AB; a larger one makes the bond weaker
        second: of BC
        third: of AC; a larger one makes the barrier lower
    """

    implemented_properties = ["energy", "forces"]  # noqa: RUF012

    def __init__(self, first: float = 0.18, second: float = 0.18, third: float = 0.18) -> None:
        super().__init__()
        self.sato = np.array([first, second, third])

    def energy(self, positions):
        """eV, and its derivatives by the three distances."""
        lengths = np.array([np.linalg.norm(positions[i] - positions[j]) for i, j in PAIRS])
        decay = np.exp(-WIDTH * (lengths - LENGTH))
        factor = DEPTH / 4 / (1 + self.sato)
        coulomb, exchange = factor * (3 * decay**2 - 2 * decay), factor * (decay**2 - 6 * decay)
        root = np.sqrt(0.5 * np.sum((exchange - np.roll(exchange, 1)) ** 2))
        rising = 0.5 * (3 * exchange - exchange.sum()) / root
        slopes = factor * WIDTH * (2 * decay - 6 * decay**2 - rising * (6 * decay - 2 * decay**2))
        return coulomb.sum() - root, slopes

    def calculate(self, atoms=None, properties=("energy",), system_changes=tuple(all_changes)):
        super().calculate(atoms, properties, system_changes)
        energy, slopes = self.energy(atoms.positions)
        forces = np.zeros((3, 3))
        for (i, j), slope in zip(PAIRS, slopes, strict=True):
            way = atoms.positions[i] - atoms.positions[j]
            forces[i] -= slope * way / np.linalg.norm(way)
            forces[j] += slope * way / np.linalg.norm(way)
        self.results = {"energy": energy, "forces": forces}


def three_atoms(left: float, right: float, bend: float = 0.1) -> System:
    """A, B and C with distances AB and BC, not quite in a line."""
    positions = np.array([[-left, 0.0, 0.0], [0.0, bend, 0.0], [right, 0.0, 0.0]])
    return System("three", np.array([1, 1, 1]), positions, 0, 2)


FORWARDS = [(1.9 - 1.16 * x, 0.74 + 1.16 * x) for x in np.linspace(0.0, 1.0, 21)]
"""Distances AB and BC, frame by frame, of a hurried hand."""


def write_distances(
    path: Path, distances: list[tuple[float, float]], engine: str = "pm6", undone_at: int | None = None
) -> Path:
    """Record three atoms with these distances; the first and the last stay for five frames.

    An undo leads to those with index ``undone_at``.
    """
    whole = [distances[0]] * 5 + list(distances) + [distances[-1]] * 5
    first = None if undone_at is None else undone_at + 5
    return write_systems(path, [three_atoms(*each) for each in whole], engine, first)

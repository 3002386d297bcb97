"""Where on the way of the reaction a network is off: part of `tools/squalane_figures.py`. Not run by itself."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from atomtug.core.arrays import Floats, Ints
from atomtug.core.units import KCALMOL_PER_EV
from atomtug.potential import load_model
from atomtug.trainer.data.storage import read
from atomtug.trainer.evaluation.predict import Predictor
from atomtug.trainer.fit.samples import from_data

COLUMNS = ("region", "frames")
TAKEN = 1.6
"""Angstrom between CN's carbon and a hydrogen, below which HCN is there."""
NEAR, FAR = 2.8, 3.4
"""Angstrom from HCN's nitrogen to the nearest atom of the chain: the borders of the product's regions."""


def region_lines(data: Path, models: Sequence[tuple[str, Path]]) -> list[list[str]]:
    """Cells of a table: a region, its frames, and each model's mean error and root mean square error, kcal/mol.

    One offset is removed, over all frames of all trajectories.

    Args:
        data: labelled frames of one molecule, whose last two atoms are CN
        models: name and file of each
    """
    samples = from_data(read(data))
    numbers, positions = samples[0].numbers, np.array([sample.positions for sample in samples])
    labels = np.array([sample.energy for sample in samples])
    errors = []
    for _, path in models:
        predictor = Predictor(load_model(path), samples)
        error = np.array([predictor.predict(sample)[0].mean() for sample in samples]) - labels
        errors.append((error - error.mean()) * KCALMOL_PER_EV)
    return [
        [name, str(int(inside.sum())), *(_told(error[inside]) for error in errors)]
        for name, inside in _regions(numbers, positions)
        if inside.any()
    ]


def _told(errors: Floats) -> str:
    return f"{errors.mean():+.1f}, {np.sqrt(np.mean(errors**2)):.1f}"


def _regions(numbers: Ints, positions: Floats) -> list[tuple[str, np.ndarray]]:
    """Names, and which frames (F,) are in each, by the distances from CN's atoms."""
    carbon, nitrogen = len(numbers) - 2, len(numbers) - 1
    hydrogens = np.flatnonzero(numbers == 1)
    to_carbon = np.linalg.norm(positions[:, hydrogens] - positions[:, None, carbon], axis=2)
    taken = to_carbon.min(axis=1) < TAKEN
    nearest = np.empty(len(positions))
    for frame, hydrogen in enumerate(hydrogens[to_carbon.argmin(axis=1)]):
        chain = np.delete(positions[frame], [hydrogen, carbon, nitrogen], axis=0)
        nearest[frame] = np.linalg.norm(chain - positions[frame, nitrogen], axis=1).min()
    return [
        ("CN and squalane", ~taken),
        (f"HCN, its nitrogen within {NEAR} Å of the chain", taken & (nearest < NEAR)),
        (f"HCN, {NEAR} to {FAR} Å", taken & (nearest >= NEAR) & (nearest < FAR)),
        (f"HCN, beyond {FAR} Å", taken & (nearest >= FAR)),
    ]

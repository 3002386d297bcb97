"""Write into a model file what its committee's spread means: the shipped `alkanes` after each training.

python tools/calibrate_model.py MODEL DATA

With the factors as many errors are within one standard deviation of the members as of a normal distribution: 68 % of
those of the energy, and 61 % of those of the force on an atom, a vector. The labelled geometries
(`data/calibration.h5`) were not trained on, and nothing is judged by them. A few large errors that all members share
do not move a factor.
"""

import sys
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.potential import Evaluator, Model, SpreadCalibration, load_model, save_model
from atomtug.potential.force_spread import ForceSpread
from atomtug.trainer.data import DataSet, read

WITHIN_ONE, WITHIN_ONE_3D = 0.683, 0.608
"""Share of a normal distribution within one standard deviation; of three equal ones, within that of their sum."""
GUARD = 0.1
"""eV times the square root of the number of atoms. Squalane at rest stays below it."""


class Judged(NamedTuple):
    """Errors of a model on G geometries with A atoms in all, and how far its members are apart.

    ``energy_errors`` and ``energy_spreads`` (G,) eV; ``force_errors`` and ``force_spreads`` (A,) eV/angstrom, of the
    force on each atom.
    """

    energy_errors: Floats
    energy_spreads: Floats
    force_errors: Floats
    force_spreads: Floats


def judge(model: Model, data: DataSet) -> Judged:
    """Evaluate each labelled geometry once, with spreads that no factor multiplies."""
    bare = replace(model, calibration=SpreadCalibration(1.0, GUARD))
    energies, forces = [], []
    for molecule in data:
        evaluator = Evaluator(bare, molecule.numbers)
        spread = ForceSpread(bare, evaluator.forces_by)
        rows = molecule.subset(molecule.learnable & molecule.with_forces)
        for positions, energy, label in zip(rows.positions, rows.energies, rows.forces, strict=True):
            result = evaluator.evaluate(positions)
            energies.append((result.energy - energy, result.spread))
            errors = np.linalg.norm(result.forces - label, axis=1)
            forces.append((errors, np.maximum(spread.at(positions, result.forces), 1e-12)))
    return Judged(*np.array(energies).T, *(np.concatenate(each) for each in zip(*forces, strict=True)))


def main() -> None:
    """Calibrate the model of the first argument on the data of the second."""
    path, data = Path(sys.argv[1]), Path(sys.argv[2])
    model = load_model(path)
    judged = judge(model, read(data))
    factor = float(np.quantile(np.abs(judged.energy_errors) / judged.energy_spreads, WITHIN_ONE))
    rms = float(np.sqrt(np.mean(judged.energy_errors**2) / np.mean(judged.energy_spreads**2)))
    force_factor = float(np.quantile(judged.force_errors / judged.force_spreads, WITHIN_ONE_3D))
    save_model(replace(model, calibration=SpreadCalibration(factor, GUARD, force_factor)), path)
    print(
        f"{path}: factor {factor:.2f} from {len(judged.energy_errors)} geometries (root mean squares: {rms:.2f})."
    )
    print(f"Of forces: {force_factor:.2f} from {len(judged.force_errors)} atoms.")


if __name__ == "__main__":
    main()

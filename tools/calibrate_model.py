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

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.potential import Evaluator, SpreadCalibration, load_model, save_model
from atomtug.potential.force_spread import ForceSpread
from atomtug.trainer.data import DataSet, read
from atomtug.trainer.evaluation.predict import Predictor
from atomtug.trainer.fit import gather

WITHIN_ONE, WITHIN_ONE_3D = 0.683, 0.608
"""Share of a normal distribution within one standard deviation; of three equal ones, within that of their sum."""
GUARD = 0.1
"""eV times the square root of the number of atoms. Squalane at rest stays below it."""


def force_errors(path: Path, data: DataSet) -> tuple[Floats, Floats]:
    """The error of the force on each atom of all geometries, and the spread of the members, eV/angstrom."""
    model = replace(load_model(path), calibration=SpreadCalibration(1.0, GUARD))
    errors, spreads = [], []
    for molecule in data:
        evaluator = Evaluator(model, molecule.numbers)
        spread = ForceSpread(model, evaluator.forces_by)
        rows = molecule.subset(molecule.learnable & molecule.with_forces)
        for positions, label in zip(rows.positions, rows.forces, strict=True):
            forces = evaluator.evaluate(positions).forces
            errors.append(np.linalg.norm(forces - label, axis=1))
            spreads.append(np.maximum(spread.at(positions, forces), 1e-12))
    return np.concatenate(errors), np.concatenate(spreads)


def main() -> None:
    """Calibrate the model of the first argument on the data of the second."""
    path, data = Path(sys.argv[1]), Path(sys.argv[2])
    model, labelled = load_model(path), read(data)
    samples = gather([labelled])
    predictor = Predictor(model, samples)
    energies = [predictor.predict(sample)[0] for sample in samples]
    errors = np.array([each.mean() - sample.energy for each, sample in zip(energies, samples, strict=True)])
    spread = np.array([each.std(ddof=1) for each in energies])
    factor = float(np.quantile(np.abs(errors) / spread, WITHIN_ONE))
    rms = float(np.sqrt(np.mean(errors**2) / np.mean(spread**2)))
    force_error, force_spread = force_errors(path, labelled)
    force_factor = float(np.quantile(force_error / force_spread, WITHIN_ONE_3D))
    save_model(replace(model, calibration=SpreadCalibration(factor, GUARD, force_factor)), path)
    print(f"{path}: factor {factor:.2f} from {len(samples)} geometries (root mean squares: {rms:.2f}).")
    print(f"Of forces: {force_factor:.2f} from {len(force_error)} atoms.")


if __name__ == "__main__":
    main()

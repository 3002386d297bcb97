"""Write into a model file what its committee's spread means: the shipped `alkanes` after each training.

python tools/calibrate_model.py MODEL DATA

With the factor 68 % of the errors of the energy are within one standard deviation of the members, as of a normal
distribution, on labelled geometries that were not trained on and that nothing is judged by (`data/calibration.h5`). A
few large errors that all members share do not move it.
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from atomtug.potential import SpreadCalibration, load_model, save_model
from atomtug.trainer.data import read
from atomtug.trainer.evaluation.predict import Predictor
from atomtug.trainer.fit import gather

WITHIN_ONE = 0.683
"""Share of a normal distribution within one standard deviation."""
GUARD = 0.1
"""eV times the square root of the number of atoms. Squalane at rest stays below it."""


def main() -> None:
    """Calibrate the model of the first argument on the data of the second."""
    path, data = Path(sys.argv[1]), Path(sys.argv[2])
    model, samples = load_model(path), gather([read(data)])
    predictor = Predictor(model, samples)
    energies = [predictor.predict(sample)[0] for sample in samples]
    errors = np.array([each.mean() - sample.energy for each, sample in zip(energies, samples, strict=True)])
    spread = np.array([each.std(ddof=1) for each in energies])
    factor = float(np.quantile(np.abs(errors) / spread, WITHIN_ONE))
    rms = float(np.sqrt(np.mean(errors**2) / np.mean(spread**2)))
    save_model(replace(model, calibration=SpreadCalibration(factor, GUARD)), path)
    print(f"{path}: factor {factor:.2f} from {len(samples)} geometries (root mean squares: {rms:.2f}).")


if __name__ == "__main__":
    main()

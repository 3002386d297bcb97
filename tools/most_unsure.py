"""Of geometries without labels, those that a network's members disagree on most, for `atomtug label`.

    python tools/most_unsure.py MODEL GEOMETRIES N OUT

N of each order of the atoms, by the spread of the energy; the geometries are those of `tools/relaxed_scans.py` and
others.
"""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent / "reach"))
from common import Series, write

from atomtug.core.errors import EngineError
from atomtug.core.shipped import find_model
from atomtug.potential import Evaluator, load_model
from atomtug.trainer.data import read


def main(model: str, source: Path, count: int, out: Path) -> None:
    """Write the geometries of a data set that are to be labelled."""
    data, chosen = read(source), []
    for molecule in data:
        evaluator, spread = Evaluator(load_model(find_model(model)), molecule.numbers), []
        for positions in molecule.positions:
            try:
                spread.append(evaluator.evaluate(positions).spread)
            except EngineError:
                spread.append(0.0)
        most = np.sort(np.argsort(spread)[-count:])
        name = f"{data.trajectories[int(molecule.trajectory[0])].name}, the {len(most)} most unsure"
        notes = {"model": model, "of": len(molecule.positions)}
        chosen.append(Series(name, molecule.name, molecule.numbers, molecule.positions[most], notes))
    write(out, chosen, "tools/most_unsure.py")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))

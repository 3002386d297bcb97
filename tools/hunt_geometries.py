"""Geometries to learn from: where the network is far from GFN2-xTB brought to PBE, or its members from each other.

    python tools/hunt_geometries.py MODEL runs/hunt 3000 SEED NAME=LABELS ... DATA ...

For each molecule many distorted geometries are made as the teacher of `atomtug train` makes them, from those labelled
already. Of the worst part the most different are written as a data set without energies, for `atomtug label`.
What lies too high for a hand is left out. The test sets of `tools/reach` share neither seeds nor ways.
"""

import contextlib
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent / "reach"))
from common import Series, write

from atomtug.core.arrays import Floats, Ints
from atomtug.core.errors import EngineError
from atomtug.core.units import KCALMOL_PER_EV
from atomtug.potential import Model, load_model
from atomtug.trainer import data as datasets
from atomtug.trainer.evaluation.predict import Predictor
from atomtug.trainer.fit import gather
from atomtug.trainer.fit.samples import Sample
from atomtug.trainer.labels.selection import describe, farthest_points
from atomtug.trainer.search.holes import CEILING, DEPTH
from atomtug.trainer.teacher.correction import Correction
from atomtug.trainer.teacher.distortions import Distorter
from atomtug.trainer.teacher.gfn2 import Task, compute

WORST = 0.12
"""Share of the geometries that are chosen from."""
SPREAD = 2.0
"""How much a kcal/mol of the members' standard deviation counts, to 1 of the difference from GFN2-xTB.

A difference may be GFN2's own error."""
ENOUGH = 400
"""Labelled geometries of each set of atoms that the difference of the two methods is fitted to."""


def energies_by_gfn2(numbers: Ints, positions: Floats) -> Floats:
    """(n,) eV of geometries (n, N, 3) of neutral doublets; NaN where nothing converged."""
    return compute(Task(numbers, 0, 2, positions)).energies


def hunt(
    model: Model, labelled: list[Sample], correction: Correction, made: int, wanted: int, seed: int
) -> Floats:
    """The geometries (n, N, 3), angstrom, of one set of atoms that are to be labelled.

    Args:
        model: the network
        labelled: geometries of these atoms to begin with
        correction: from GFN2-xTB to the labels
        made: how many geometries are compared
        wanted: how many are chosen, at most
        seed: of everything random
    """
    numbers = labelled[0].numbers
    distorter = Distorter(numbers, [each.positions for each in labelled], np.random.default_rng(seed))
    geometries = np.array([distorter.make() for _ in range(made)])
    cheap = energies_by_gfn2(numbers, geometries)
    referee = cheap + [correction.of(numbers, positions)[0] for positions in geometries]
    samples = [Sample("", "", row, numbers, positions, 0.0, None) for row, positions in enumerate(geometries)]
    predictor = Predictor(model, samples)
    members = np.full((made, model.architecture.members), np.nan)
    for row, sample in enumerate(samples):
        with contextlib.suppress(EngineError):
            members[row] = predictor.predict(sample)[0]
    difference = members.mean(axis=1) - referee
    difference -= np.nanmedian(difference)
    score = np.abs(difference) + SPREAD * members.std(axis=1, ddof=1)
    lowest = min(float(np.nanmin(referee)), min(each.energy for each in labelled))
    score[~(referee - lowest < CEILING / KCALMOL_PER_EV) | ~np.isfinite(score)] = -np.inf
    worst = np.argsort(-score)[: min(int(WORST * made), int(np.isfinite(score).sum()))]
    holes = np.sum(difference[worst] < -DEPTH / KCALMOL_PER_EV)
    print(f"{made} made, {np.isfinite(score).sum()} below the ceiling; of the {len(worst)} worst the least score is "
          f"{score[worst[-1]] * KCALMOL_PER_EV:.1f} kcal/mol, {holes} are holes")  # fmt: skip
    chosen = farthest_points(describe(numbers, geometries[worst]), min(wanted, len(worst)))
    return geometries[worst[np.sort(np.asarray(chosen))]]


def main(path: Path, folder: Path, made: int, seed: int, wanted: dict[str, int], files: list[Path]) -> None:
    model = load_model(path)
    every = gather([datasets.read(file) for file in files])
    groups: dict[bytes, list[Sample]] = {}
    for sample in every:
        groups.setdefault(sample.numbers.tobytes(), []).append(sample)
    random = np.random.default_rng(seed)
    molecules, differences = [], []
    for group in groups.values():
        some = [group[row] for row in random.permutation(len(group))[:ENOUGH]]
        cheap = energies_by_gfn2(some[0].numbers, np.array([each.positions for each in some]))
        for sample, energy in zip(some, cheap, strict=True):
            if np.isfinite(energy):
                molecules.append((sample.numbers, sample.positions))
                differences.append(sample.energy - energy)
    correction = Correction.fit(molecules, np.array(differences))
    for number, (name, count) in enumerate(wanted.items()):
        group = max((each for each in groups.values() if any(s.molecule == name for s in each)), key=len)
        chosen = hunt(model, group, correction, made, count, seed + number)
        write(folder, [Series(f"{name}: hunt {seed}", name, group[0].numbers, chosen, {"seed": seed})],
              "tools/hunt_geometries.py")  # fmt: skip


if __name__ == "__main__":
    model, folder, made, seed, *wanted = sys.argv[1:]
    names = dict(each.split("=") for each in wanted if "=" in each)
    files = [Path(each) for each in wanted if "=" not in each]
    main(Path(model), Path(folder), int(made), int(seed), {k: int(v) for k, v in names.items()}, files)

"""PM6's energies and forces for the network that moves atoms between PM6's own steps (docs/multiple-time-steps.md).

tools/make_pm6_labels.py OUT --recordings FOLDER [--geometries N] [--processes N]

The geometries are those of the shipped training data, every eighth frame of the recordings they were picked from
(data/trajectories.tar.xz without those held out), and random ones of the same molecules and of others as the
trainer's teacher makes them. Each is computed from a fresh guess; where the recording's own PM6 was lower, its
state is taken. The result is a data set for ``atomtug train``, with PM6's energies in the place of labels;
``tools/train_models.sh pm6-alkanes`` does both.
"""

import argparse
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.errors import EngineError
from atomtug.core.systems import System, load_system
from atomtug.server.engines import create_engine
from atomtug.trainer.data import DataSet, Molecule, Trajectory, read, write
from atomtug.trainer.labels.frames import open_runs
from atomtug.trainer.teacher.distortions import Distorter

DATA = Path(__file__).parents[1] / "data"
LABELLED = ("train.h5", "train-reach.h5", "train-random.h5")
OTHERS = ("CCC + CN", "CCCCC + CN", "CCCCCC + CN", "CC(C)CCCC(C)C + CN")
HIGHEST = 9.0
"""eV above the lowest geometry of the same atoms, beyond which one is left out."""
STRIDE = 8
"""Of the recordings' frames."""
STRONGEST = 60.0
"""eV/angstrom of a force component, likewise."""
TOGETHER = 20
"""Geometries that a process is given at once."""
GROUPS = 20
"""Trajectories that a molecule's geometries are divided into, so that some can be held out."""


class Batch(NamedTuple):
    """Geometries (G, N, 3) angstrom of a system, and PM6's energies (G,) eV and forces (G, N, 3) eV/angstrom in the
    recording they come from; NaN where they come from none."""

    system: System
    positions: Floats
    energies: Floats
    forces: Floats


class Labels(NamedTuple):
    """PM6's energies (G,) eV and forces (G, N, 3) eV/angstrom; NaN where it did not converge."""

    batch: Batch
    energies: Floats
    forces: Floats


def label(batch: Batch) -> Labels:
    """Each geometry in the lower one of two states: that of a fresh guess, and that of its recording."""
    engine = create_engine("pm6", batch.system, follow_state=False)
    energies, forces = batch.energies.copy(), batch.forces.copy()
    for index, positions in enumerate(batch.positions):
        engine.forget()
        try:
            result = engine.evaluate(positions)
        except EngineError:
            continue
        if not result.energy >= energies[index]:
            energies[index], forces[index] = result.energy, result.forces
    return Labels(batch, energies, forces)


def recorded(folder: Path) -> Iterator[Batch]:
    """Frames of recordings on PM6."""
    for path in sorted(folder.glob("*/*.h5")):
        if path.parent.name == "heldout":
            continue
        for run in open_runs(path):
            kept = run.sound[::STRIDE]
            is_pm6 = np.array([run.engines[index] == "pm6" for index in kept])
            energies = np.where(is_pm6, run.engine_energies[kept], np.nan)
            yield Batch(run.system, run.positions[kept], energies, run.engine_forces[kept])


def batches(geometries: int) -> Iterator[Batch]:
    """Every molecule's labelled geometries and its random ones."""
    known: dict[bytes, tuple[System, list[Molecule]]] = {}
    for file in LABELLED:
        for molecule in read(DATA / file):
            system = System(
                molecule.name, molecule.numbers, molecule.positions[0], molecule.charge, molecule.multiplicity
            )
            known.setdefault(molecule.numbers.tobytes(), (system, []))[1].append(molecule)
    for name in OTHERS:
        system = load_system(name)
        known.setdefault(system.numbers.tobytes(), (system, []))
    shares = np.sqrt([1 + sum(map(len, molecules)) for _, molecules in known.values()])
    random = np.random.default_rng(0)
    for (system, molecules), share in zip(known.values(), shares / shares.sum(), strict=True):
        for molecule in molecules:
            is_pm6 = molecule.engine == "pm6"
            yield Batch(
                system, molecule.positions, np.where(is_pm6, molecule.engine_energies, np.nan),
                molecule.engine_forces,
            )  # fmt: skip
        starts = [positions for molecule in molecules for positions in molecule.positions]
        distorter = Distorter(system.numbers, starts or [system.positions], random)
        made = np.array([distorter.make() for _ in range(int(np.ceil(geometries * share)))])
        yield Batch(system, made, np.full(len(made), np.nan), np.full_like(made, np.nan))


def divided(batch: Batch) -> Iterator[Batch]:
    """The same in parts of :data:`TOGETHER`."""
    for start in range(0, len(batch.positions), TOGETHER):
        part = slice(start, start + TOGETHER)
        yield Batch(batch.system, batch.positions[part], batch.energies[part], batch.forces[part])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path, help="the data set")
    parser.add_argument(
        "--recordings", type=Path, required=True, help="where data/trajectories.tar.xz was unpacked"
    )
    parser.add_argument("--geometries", type=int, default=1500, help="random ones, of all molecules together")
    parser.add_argument("--processes", type=int, default=2, help="that compute")
    options = parser.parse_args()
    known = [*batches(options.geometries), *recorded(options.recordings)]
    parts = [part for batch in known for part in divided(batch)]
    collected: dict[bytes, list[Labels]] = {}
    with ProcessPoolExecutor(options.processes, mp_context=get_context("spawn")) as pool:
        for number, labels in enumerate(pool.map(label, parts), 1):
            collected.setdefault(labels.batch.system.numbers.tobytes(), []).append(labels)
            print(f"\r{number} of {len(parts)} batches", end="", flush=True)
    data = DataSet(attributes={"theory of the energies": "PM6, SCINE Sparrow"})
    for several in collected.values():
        add(data, several)
    write(data, options.out)
    print(f"\n{options.out}: {len(data)} geometries")


def add(data: DataSet, several: list[Labels]) -> None:
    """One molecule's labels, those too high in energy left out."""
    system = several[0].batch.system
    positions = np.concatenate([each.batch.positions for each in several])
    energies = np.concatenate([each.energies for each in several])
    forces = np.concatenate([each.forces for each in several])
    with np.errstate(invalid="ignore"):
        kept = (energies - np.nanmin(energies) < HIGHEST) & (np.abs(forces).max(axis=(1, 2)) < STRONGEST)
    count = int(kept.sum())
    name = data.home(system.name, system.numbers, system.charge, system.multiplicity)
    first = len(data.trajectories)
    for group in range(GROUPS):
        data.add_trajectory(Trajectory(f"{name} {group}", f"PM6, {name}, part {group}", name))
    data.extend(
        Molecule.build(
            name, system.numbers, system.charge, system.multiplicity, positions=positions[kept],
            energies=energies[kept], forces=forces[kept], converged=np.ones(count, np.bool_),
            trajectory=first + np.arange(count) % GROUPS, frame=np.arange(count),
        )
    )  # fmt: skip


if __name__ == "__main__":
    main()

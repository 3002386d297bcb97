"""Geometries with a cheap method's labels, for the first part of a training.

They are made again whenever they are needed, or read from a cache: everything follows from the labels and the seed.
"""

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from ase.data import chemical_symbols

from atomtug.core.arrays import Floats
from atomtug.core.errors import InputError
from atomtug.core.files import replacing
from atomtug.core.systems import System
from atomtug.potential import Model
from atomtug.trainer.fit.samples import Sample, elements_of
from atomtug.trainer.teacher.correction import Correction
from atomtug.trainer.teacher.distortions import Distorter
from atomtug.trainer.teacher.gfn2 import PLACES, Computed, Task, check_installed, compute_all
from atomtug.trainer.teacher.network import compute_by_network

Teacher = Literal["gfn2"]
HIGHEST = 9.0
"""eV above the lowest geometry of the same atoms, beyond which a geometry is left out."""
STRONGEST = 60.0
"""eV/angstrom, likewise of a force component."""
_SOFT = 4.0
"""eV above the lowest geometry at which the weight has fallen to a half."""


@dataclass(frozen=True)
class TeachingSettings:
    """How a cheap method teaches.

    Args:
        geometries: how many are made; those too high in energy are left out
        epochs: of the first part, on labels and taught geometries together
        weight: of a taught geometry's errors there, to 1 of a labelled one's
        kept_weight: likewise in the last part: it keeps the network from forgetting
        kept: how many taught geometries are in the last part
        forces: of how many geometries forces are learned, too: their derivatives need memory
        seed: of the geometries

    Raises:
        InputError: a value is out of its range
    """

    geometries: int = 12_000
    epochs: int = 30
    weight: float = 0.7
    kept_weight: float = 0.05
    kept: int = 3000
    forces: int = 4500
    seed: int = 0

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if value < 0 or (name in ("geometries", "epochs", "weight") and value == 0):
                raise InputError(f"The teacher's {name} can't be {value}.")


def teach(
    labelled: Sequence[Sample],
    systems: Sequence[System] = (),
    settings: TeachingSettings = TeachingSettings(),
    processes: int | None = None,
    cache: Path | None = None,
    advance: Callable[[int], object] = lambda _: None,
    network: Model | None = None,
) -> list[Sample]:
    """Geometries of the labelled molecules and of others, with GFN2-xTB's energies and forces, corrected.

    A network can stand in for GFN2-xTB: one of a lower level of theory than the labels, say.

    Args:
        labelled: what the network is to learn in the end; geometries start from these
        systems: others that the network is to be good for
        settings: how many, and how they count
        processes: that compute; None for one a core
        cache: folder for what was computed; None for the user's cache
        advance: called with the number of geometries that were just computed
        network: whose energies and forces are taken, in place of GFN2-xTB's

    Returns:
        The samples, in random order, energies like those of the labels.

    Raises:
        InputError: tblite is not installed, too little converged, or a system has an element that no label has
    """
    _check_elements(labelled, systems)
    own = _tasks_of(labelled)
    made = _make_tasks(labelled, systems, settings)
    if network is None:
        check_installed()
        computed = _compute([*own, *made], processes or len(os.sched_getaffinity(0)), cache, advance)
    else:
        computed = compute_by_network(network, [*own, *made], advance)
    differences, molecules = [], []
    rows: dict[bytes, int] = {}
    energies = {
        (task.numbers.tobytes(), positions.tobytes()): energy
        for task, result in zip(own, computed, strict=False)
        for positions, energy in zip(task.positions, result.energies, strict=True)
    }
    for sample in labelled:
        energy = energies[sample.numbers.tobytes(), sample.positions.tobytes()]
        if np.isfinite(energy):
            molecules.append((sample.numbers, sample.positions))
            differences.append(sample.energy - energy)
    if not molecules:
        raise InputError("GFN2-xTB converged for none of the labelled geometries: train without a teacher.")
    correction = Correction.fit(molecules, np.array(differences))
    lowest: dict[bytes, float] = {}
    for task, result in zip([*own, *made], computed, strict=True):
        key = np.sort(task.numbers).tobytes()
        lowest[key] = min(lowest.get(key, np.inf), float(np.nanmin(result.energies, initial=np.inf)))
    samples: list[Sample] = []
    for task, result in zip(made, computed[len(own) :], strict=True):
        base = lowest[np.sort(task.numbers).tobytes()]
        for positions, energy, forces in zip(task.positions, result.energies, result.forces, strict=True):
            above = energy - base
            if not above < HIGHEST or np.abs(forces).max() > STRONGEST:
                continue
            more, pushing = correction.of(task.numbers, positions)
            row = rows.setdefault(task.numbers.tobytes(), len(rows))
            samples.append(
                Sample(
                    f"taught {row}", f"taught {len(samples) % 40}", len(samples), task.numbers, positions,
                    float(energy) + more, forces + pushing, charge=task.charge, multiplicity=task.multiplicity,
                    weight=settings.weight / (1.0 + (above / _SOFT) ** 2), taught=True,
                )
            )  # fmt: skip
    order = np.random.default_rng([settings.seed, 1]).permutation(len(samples))
    shuffled = [samples[index] for index in order]
    return [
        sample if place < settings.forces else replace(sample, forces=None)
        for place, sample in enumerate(shuffled)
    ]


def _check_elements(labelled: Sequence[Sample], systems: Sequence[System]) -> None:
    """Raise an :class:`InputError` where a system has an element whose energy no label can tell."""
    known = set(elements_of(labelled))
    for system in systems:
        lacking = [chemical_symbols[number] for number in sorted({*map(int, system.numbers)} - known)]
        if lacking:
            raise InputError(
                f"The teacher can't make geometries of {system.name}: no label has {', '.join(lacking)}, which "
                f"{system.name} has: label some of it, or leave it away."
            )


def _tasks_of(samples: Sequence[Sample]) -> list[Task]:
    """The labelled geometries themselves."""
    groups: dict[tuple[bytes, int, int], list[Sample]] = {}
    for sample in samples:
        groups.setdefault((sample.numbers.tobytes(), sample.charge, sample.multiplicity), []).append(sample)
    return [
        Task(
            part[0].numbers, part[0].charge, part[0].multiplicity, np.array([each.positions for each in part])
        )
        for group in groups.values()
        for part in (group[start : start + PLACES] for start in range(0, len(group), PLACES))
    ]


def _make_tasks(
    labelled: Sequence[Sample], systems: Sequence[System], settings: TeachingSettings
) -> list[Task]:
    """As many distorted geometries of each set of atoms as its share of the square roots of the labels' numbers."""
    known: dict[tuple[bytes, int, int], tuple[Any, list[Floats]]] = {}
    for sample in labelled:
        key = sample.numbers.tobytes(), sample.charge, sample.multiplicity
        known.setdefault(key, (sample.numbers, []))[1].append(sample.positions)
    for system in systems:
        key = system.numbers.tobytes(), system.charge, system.multiplicity
        known.setdefault(key, (system.numbers, []))[1].append(system.positions)
    shares = np.sqrt([len(positions) for _, positions in known.values()])
    counts = np.ceil(settings.geometries * shares / shares.sum()).astype(int)
    random = np.random.default_rng([settings.seed, 0])
    tasks = []
    for (_, charge, multiplicity), (numbers, positions), count in zip(
        known, known.values(), counts, strict=False
    ):
        distorter = Distorter(numbers, positions, random)
        for start in range(0, int(count), PLACES):
            made = np.array([distorter.make() for _ in range(min(PLACES, int(count) - start))])
            tasks.append(Task(numbers, charge, multiplicity, made))
    return tasks


def _compute(
    tasks: Sequence[Task], processes: int, cache: Path | None, advance: Callable[[int], object]
) -> list[Computed]:
    """All tasks, from the cache if they are there."""
    digest = hashlib.blake2b(digest_size=12)
    for task in tasks:
        digest.update(task.numbers.tobytes() + task.positions.tobytes())
        digest.update(np.array([task.charge, task.multiplicity]).tobytes())
    folder = cache or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "atomtug" / "teacher"
    file = folder / f"gfn2-{digest.hexdigest()}.npz"
    if file.is_file():
        with np.load(file) as kept:
            return [Computed(kept[f"e{index}"], kept[f"f{index}"]) for index in range(len(tasks))]
    computed = []
    for task, result in zip(tasks, compute_all(tasks, processes), strict=True):
        computed.append(result)
        advance(len(task.positions))
    arrays: dict[str, Any] = {f"e{index}": result.energies for index, result in enumerate(computed)}
    arrays |= {f"f{index}": result.forces for index, result in enumerate(computed)}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(file) as draft, draft.open("wb") as stream:
            np.savez(stream, **arrays)
    except OSError:
        pass  # then it is computed again the next time
    return computed

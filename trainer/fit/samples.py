"""Labelled geometries of any molecules in one row, in the units the network is trained in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from ase.data import chemical_symbols

from atomtug.core.arrays import Floats, Ints
from atomtug.core.errors import InputError
from atomtug.potential import ReferenceEnergies
from atomtug.trainer.data import DataSet, EnergyScaling


@dataclass(frozen=True)
class Sample:
    """One labelled geometry of N atoms.

    Args:
        molecule: its name in the data set
        trajectory: key of the trajectory it came from
        frame: place in it
        numbers: (N,) atomic numbers
        positions: (N, 3) angstrom
        energy: total energy, eV
        forces: (N, 3) eV/angstrom, None where there are none
        engine_energy: of the recording's engine, eV, NaN if unknown
        engine_forces: (N, 3) eV/angstrom likewise
        engine: its name
        charge: total charge, e
        multiplicity: 2S + 1
        weight: of its errors in the loss
        taught: whether its label is that of a cheap method, see :mod:`atomtug.trainer.teacher`
    """

    molecule: str
    trajectory: str
    frame: int
    numbers: Ints
    positions: Floats
    energy: float
    forces: Floats | None
    engine_energy: float = float("nan")
    engine_forces: Floats | None = None
    engine: str = ""
    charge: int = 0
    multiplicity: int = 1
    weight: float = 1.0
    taught: bool = False

    @property
    def symbols(self) -> list[str]:
        """(N,) chemical symbols."""
        return [chemical_symbols[number] for number in self.numbers]


def from_data(data: DataSet) -> list[Sample]:
    """The labelled geometries of a data set, molecule by molecule, in its order, without those of an odd state."""
    samples = []
    keys = [entry.key for entry in data.trajectories]
    for molecule in data:
        forces, engine_forces = molecule.forces, molecule.engine_forces
        with_forces = molecule.with_forces
        for row in np.flatnonzero(molecule.learnable):
            index = int(molecule.trajectory[row])
            samples.append(
                Sample(
                    molecule.name,
                    keys[index] if index >= 0 else f"{molecule.name}, no trajectory",
                    int(molecule.frame[row]),
                    molecule.numbers,
                    molecule.positions[row],
                    float(molecule.energies[row]),
                    forces[row] if with_forces[row] else None,
                    float(molecule.engine_energies[row]),
                    engine_forces[row] if np.isfinite(engine_forces[row]).all() else None,
                    str(molecule.engine[row]),
                    molecule.charge,
                    molecule.multiplicity,
                )
            )
    return samples


def gather(sets: Iterable[DataSet]) -> list[Sample]:
    """The labelled geometries of several data sets, those that several hold once.

    Raises:
        InputError: there are none, or the sets are of different levels of theory
    """
    sets = list(sets)
    theories = {str(data.theory) for data in sets if data.theory is not None}
    if len(theories) > 1:
        raise InputError(
            f"The data sets are labelled with {' and with '.join(sorted(theories))}: energies of different methods "
            f"can't be trained together."
        )
    samples: dict[tuple[str, int, bytes], Sample] = {}
    for data in sets:
        for sample in from_data(data):
            samples.setdefault((sample.trajectory, sample.frame, sample.positions.tobytes()), sample)
    if not samples:
        raise InputError("There is no labelled geometry to learn from: label some with `atomtug label`.")
    return list(samples.values())


def elements_of(samples: Iterable[Sample]) -> tuple[int, ...]:
    """Atomic numbers that occur, ascending."""
    return tuple(sorted({int(number) for sample in samples for number in sample.numbers}))


def fit_reference(samples: Sequence[Sample]) -> ReferenceEnergies:
    """The data sets' linear model in the element counts, fitted to these geometries, taught ones left out; eV."""
    labelled = [sample for sample in samples if not sample.taught] or samples
    scaling = EnergyScaling.fit_means((sample.numbers, sample.energy) for sample in labelled)
    assert scaling is not None, "gather() gives at least one sample"
    elements = elements_of(samples)
    return ReferenceEnergies(tuple(scaling.per_atom[number] for number in elements), scaling.intercept)


def residuals(samples: Sequence[Sample], reference: ReferenceEnergies, elements: Sequence[int]) -> Floats:
    """(n,) energies without those of the elements, eV: what the networks learn."""
    known: dict[bytes, float] = {}
    result = np.empty(len(samples))
    for index, sample in enumerate(samples):
        key = sample.numbers.tobytes()
        if key not in known:
            known[key] = reference.of(sample.numbers, elements)
        result[index] = sample.energy - known[key]
    return result

"""A trained potential in memory: architecture, weights, reference energies, and where it came from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atomtug.core.errors import InputError
from atomtug.potential.architecture import Architecture
from atomtug.potential.layout import element_indices
from atomtug.potential.network import Parameters, initialise
from atomtug.potential.trained_states import State


@dataclass(frozen=True)
class ReferenceEnergies:
    """Energies that are added to the networks' energy: ``intercept`` plus one for each atom.

    Args:
        per_element: eV, in the order of the model's elements
        intercept: eV, once a molecule
    """

    per_element: tuple[float, ...]
    intercept: float = 0.0

    def of(self, numbers: NDArray[np.int64], elements: Sequence[int]) -> float:
        """The sum for some atoms, eV.

        Args:
            numbers: (N,) atomic numbers
            elements: the model's, ascending

        Raises:
            InputError: an element that the model has not seen, or no atoms
        """
        table = np.asarray(self.per_element, dtype=np.float64)
        return self.intercept + float(np.sum(table[element_indices(numbers, elements)]))


@dataclass(frozen=True)
class Provenance:
    """Where a model came from, for its users and for continued training.

    Args:
        theory: the level of theory of the labels, as their data set states it
        data_hash: hash of the training data
        scores: errors on held-out data, as plain JSON: numbers, texts, and mappings of them
        settings: of the training, likewise
        states: charge (e) and multiplicity (2S + 1) of the training data; empty where that is not known
        warning: why the model's results may mean nothing, where somebody trained it anyway; a sentence
        formulas: of the systems that were trained on, in Hill's order; empty where that is not known
    """

    theory: str = ""
    data_hash: str = ""
    scores: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    states: tuple[State, ...] = ()
    warning: str = ""
    formulas: tuple[str, ...] = ()


UNCALIBRATED = 1.7
"""Error over spread of committees whose members have all seen the same data, of which nothing better is known."""


@dataclass(frozen=True)
class SpreadCalibration:
    """What the spread of a committee's members means, found on geometries that were not trained on.

    Args:
        energy_factor: root mean square error of the energy over root mean square spread
        guard: eV; a geometry whose spread times that factor is beyond this, times the square root of the number of
            atoms, is one the networks know nothing of
        force_factor: as ``energy_factor``, of the force on an atom; the same one by default
        force_floor: eV/angstrom, the error of a force that is expected even where all members agree

    Raises:
        InputError: a value is not a positive number; the floor may be 0
    """

    energy_factor: float
    guard: float
    force_factor: float | None = None
    force_floor: float = 0.0

    def __post_init__(self) -> None:
        factors = [
            self.energy_factor,
            self.guard,
            *([] if self.force_factor is None else [self.force_factor]),
        ]
        if not (
            np.all(np.isfinite([*factors, self.force_floor])) and min(factors) > 0 and self.force_floor >= 0
        ):
            raise InputError("The calibration of the model's spread must be of positive numbers.")


@dataclass(frozen=True)
class Model:
    """A potential with its weights: the contents of a model file.

    Args:
        architecture: descriptor, elements, networks
        parameters: the weights, see :mod:`atomtug.potential.network`
        reference: energies of the elements
        provenance: where it came from
        calibration: of its spread; None if that was not calibrated

    Raises:
        InputError: the parts do not fit together, or a weight is not finite
    """

    architecture: Architecture
    parameters: Parameters
    reference: ReferenceEnergies
    provenance: Provenance = field(default_factory=Provenance)
    calibration: SpreadCalibration | None = None

    def __post_init__(self) -> None:
        check_parameters(self.architecture, self.parameters)
        energies = [self.reference.intercept, *self.reference.per_element]
        if len(energies) != 1 + len(self.architecture.elements) or not np.all(np.isfinite(energies)):
            raise InputError("The model's reference energies must be one finite number for each element.")

    @classmethod
    def untrained(cls, architecture: Architecture, seed: int = 0) -> "Model":
        """A model with random weights: the start of a training, also for tests and timing."""
        elements = len(architecture.elements)
        parameters = initialise(
            seed, architecture.features, architecture.hidden, elements, architecture.members
        )
        return cls(architecture, parameters, ReferenceEnergies((0.0,) * elements))

    @property
    def spread_factor(self) -> float:
        """What the spread of the energy is multiplied by to be an uncertainty, the expected error."""
        return UNCALIBRATED if self.calibration is None else self.calibration.energy_factor

    @property
    def force_spread_factor(self) -> float:
        """The same for the spread of the force on an atom."""
        factor = None if self.calibration is None else self.calibration.force_factor
        return self.spread_factor if factor is None else factor

    @property
    def force_floor(self) -> float:
        """eV/angstrom, what the uncertainty of the force on an atom is never below."""
        return 0.0 if self.calibration is None else self.calibration.force_floor

    def trained_on(self, formula: str) -> bool:
        """Whether its energies of such a system can be compared with those of others, as far as it says.

        Args:
            formula: in Hill's order, of all atoms
        """
        return not self.provenance.formulas or formula in self.provenance.formulas

    def guard(self, atoms: int) -> float:
        """eV of uncertainty beyond which it knows nothing of so many atoms; infinite where it was not calibrated."""
        return np.inf if self.calibration is None else self.calibration.guard * atoms**0.5

    def reference_energy(self, numbers: NDArray[np.int64]) -> float:
        """eV, to be added to the networks' energy of atoms with these atomic numbers (N,).

        Raises:
            InputError: an element that the model has not seen, or no atoms
        """
        return self.reference.of(numbers, self.architecture.elements)


def check_parameters(architecture: Architecture, parameters: Parameters) -> None:
    """Check the weights.

    Raises:
        InputError: they do not have the shapes of the architecture, or are not finite
    """
    if len(parameters) != len(architecture.elements):
        raise InputError(
            f"The model has networks for {len(parameters)} elements, but names {len(architecture.elements)}."
        )
    for symbol, network in zip(architecture.symbols, parameters, strict=True):
        sizes = architecture.layer_sizes()
        if len(network) != len(sizes):
            raise InputError(f"The model's network for {symbol} has {len(network)} layers, not {len(sizes)}.")
        for number, (layer, (ins, outs)) in enumerate(zip(network, sizes, strict=True)):
            expected = ((architecture.members, ins, outs), (architecture.members, outs))
            for name, array, shape in zip(layer._fields, layer, expected, strict=True):
                if tuple(array.shape) != shape:
                    raise InputError(
                        f"The model's {tensor_name(symbol, number, name)} is {tuple(array.shape)}, but its header "
                        f"makes that {shape}."
                    )
                if not np.all(np.isfinite(np.asarray(array))):
                    raise InputError(
                        f"The model's {tensor_name(symbol, number, name)} holds something that is not a number: "
                        f"the file is damaged, or its training diverged."
                    )


def tensor_name(symbol: str, layer: int, part: str) -> str:
    """The name of a weight in the file, e.g. ``C/0/weight``."""
    return f"{symbol}/{layer}/{part}"

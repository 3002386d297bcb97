"""How good the weights of the moment are, on geometries that no step sees."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import jax
import numpy as np

from atomtug.core.arrays import Ints
from atomtug.core.units import KCALMOL_PER_EV
from atomtug.potential import Parameters
from atomtug.trainer.fit.batches import Batch, Batches
from atomtug.trainer.fit.blocks import Block
from atomtug.trainer.fit.step import Predicted, predict


@dataclass(frozen=True)
class Validated:
    """Of the committee's mean: mean absolute errors of the energy, each trajectory's constant offset removed, in
    kcal/mol, and of the forces, in kcal/mol/angstrom (NaN if there are none)."""

    energy: float
    forces: float

    @property
    def score(self) -> float:
        """Less is better: the energy's error plus half that of the forces."""
        return self.energy + (0.5 * self.forces if np.isfinite(self.forces) else 0.0)


class Validator:
    """Of held-out geometries.

    Args:
        blocks: these
        groups: (n,) the trajectory of each sample, as the blocks count them
        elements: how many
        activation: of the networks
        size: geometries worked out at once
    """

    def __init__(
        self, blocks: Sequence[Block], groups: Ints, elements: int, activation: str, size: int = 64
    ) -> None:
        self._blocks = blocks
        self._groups = groups
        batches = Batches(blocks, elements, size)
        self._batches = list(batches.epoch())
        self._predict: Callable[[Parameters, Batch], Predicted] = jax.jit(
            lambda parameters, batch: predict(parameters, activation, batch)
        )

    def __call__(self, parameters: Parameters) -> Validated:
        """Judge these weights."""
        energy = np.zeros(len(self._groups))
        force, count = 0.0, 0.0
        for batch, chosen in self._batches:
            with jax.default_matmul_precision("float32"):
                predicted = self._predict(parameters, batch)
            for block, index, energies, forces in zip(
                self._blocks, chosen, predicted.energies, predicted.forces, strict=True
            ):
                mean = np.asarray(energies).mean(axis=0)[: len(index)]
                rows = block.rows[index]
                energy[block.samples[index]] = mean - np.asarray(block.arrays.energy)[rows]
                if forces is not None:
                    known = np.asarray(block.arrays.known)[rows]
                    found = np.asarray(forces).mean(axis=0)[: len(index)]
                    force += float((np.abs(found - np.asarray(block.arrays.forces)[rows]) * known).sum())
                    count += float(known.sum())
        means = np.bincount(self._groups, energy) / np.maximum(np.bincount(self._groups), 1)
        energy_error = float(np.mean(np.abs(energy - means[self._groups])))
        forces_error = force / count if count else float("nan")
        return Validated(KCALMOL_PER_EV * energy_error, KCALMOL_PER_EV * forces_error)

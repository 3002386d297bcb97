"""Predictions for geometries of many molecules with one compilation."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from atomtug.core.arrays import Floats
from atomtug.core.errors import EngineError
from atomtug.potential import Layout, Model, Rows, arrange, energy_and_forces, fuse
from atomtug.potential.evaluator import CLOSEST
from atomtug.potential.layout import element_indices
from atomtug.potential.nearby import list_sizes
from atomtug.trainer.fit.samples import Sample

_compiled = jax.jit(energy_and_forces, static_argnums=(0, 4))


class Predictor:
    """A model with room for any of some geometries, one at a time. The engine's
    :class:`atomtug.potential.Evaluator` is for one set of atoms, over and over; here each has others.

    Args:
        model: the potential
        samples: all that will be asked for

    Raises:
        InputError: an element that the model has not seen
    """

    def __init__(self, model: Model, samples: Sequence[Sample]) -> None:
        self.model = model
        elements, symmetry = model.architecture.elements, model.architecture.symmetry
        counts = np.max(
            [
                np.bincount(element_indices(sample.numbers, elements), minlength=len(elements))
                for sample in samples
            ],
            axis=0,
        )
        self._width = max(len(sample.numbers) for sample in samples)
        layout = Layout(tuple(int(count) for count in counts), 1, 0, 0)
        for sample in samples:
            rows, positions = self._arrange(sample, layout)[:2]
            layout = layout.grown(
                *list_sizes(positions, rows, layout, symmetry.r_cut, symmetry.angular_cutoff)
            )
        self._layout = layout
        self._fused = fuse(model.parameters)

    def predict(self, sample: Sample) -> tuple[Floats, Floats]:
        """Energies (M,) by member, eV, and forces (N, 3) of their mean, eV/angstrom.

        Raises:
            EngineError: atoms on top of each other, or a result that is not a number
        """
        rows, positions, order = self._arrange(sample, self._layout)
        result = _compiled(
            self.model.architecture, self._fused, jnp.asarray(positions, jnp.float32), rows, self._layout
        )
        where = f"frame {sample.frame} of {sample.molecule}"
        if float(result.energies.lists.closest) < CLOSEST:
            raise EngineError(
                f"In {where} two atoms are nearer than {CLOSEST} angstrom: no model knows that."
            )
        energies = np.asarray(result.energies.molecular[:, 0], dtype=np.float64)
        forces = np.zeros((len(sample.numbers), 3))
        real = order >= 0
        forces[order[real]] = np.asarray(result.forces)[real]
        if not (np.all(np.isfinite(energies)) and np.all(np.isfinite(forces))):
            raise EngineError(f"The network gave a result that is not a number for {where}.")
        return energies + self.model.reference_energy(sample.numbers), forces

    def _arrange(self, sample: Sample, layout: Layout) -> tuple[Rows, Floats, NDArray[np.int32]]:
        arrangement = arrange([sample.numbers], self.model.architecture.elements, layout.rows, self._width)
        order = arrangement.order
        positions = np.where(order[:, None] >= 0, sample.positions[np.maximum(order, 0)], 0.0)
        return arrangement.rows, positions, order

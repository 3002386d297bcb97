"""A network's energy as a plain JAX function of positions, for jax-md and the like."""

from collections.abc import Callable
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from atomtug.core.arrays import Floats, Ints
from atomtug.core.shipped import find_model
from atomtug.potential.energy import energies
from atomtug.potential.layout import Layout, arrange
from atomtug.potential.model import Model
from atomtug.potential.model_file import load_model
from atomtug.potential.nearby import list_sizes
from atomtug.potential.network import fuse


def energy_function(
    model: str | Path | Model, numbers: Ints, positions: Floats | None = None
) -> Callable[[Array], Array]:
    """A pure function ``energy(positions)`` that JAX can differentiate, compile and map: (N, 3) angstrom to () eV.

    The energy is the mean of the committee, without the reference energies of the elements, which are large and
    would cost digits in single precision: ``model.reference_energy(numbers)`` is that constant.

    Args:
        model: a model file, the name of a model that comes with atomtug (``alkanes``), or a loaded model
        numbers: (N,) atomic numbers
        positions: (N, 3) angstrom, for large molecules: lists of neighbours are made as long as this geometry needs
            and half as long again. Where that does not suffice, the energy is NaN. Without it the lists hold every
            pair and triple, which is right for any geometry, and slow beyond some thirty atoms.

    Raises:
        InputError: no such model, no atoms, or an element that it has not seen
    """
    loaded = model if isinstance(model, Model) else load_model(find_model(model))
    numbers = np.asarray(numbers, dtype=np.int64)
    architecture = loaded.architecture
    arrangement = arrange([numbers], architecture.elements)
    layout = Layout(arrangement.counts, 1, pairs=0, chunks=0)
    if positions is None:
        layout = layout.completed()
    else:
        symmetry = architecture.symmetry
        rows = np.asarray(positions, dtype=np.float64)[arrangement.order]
        sizes = list_sizes(rows, arrangement.rows, layout, symmetry.r_cut, symmetry.angular_cutoff)
        layout = layout.grown(*(size + size // 2 for size in sizes))
    order = np.asarray(arrangement.order)

    def energy(positions: Array) -> Array:
        positions = jnp.asarray(positions)
        fused = fuse(jax.tree.map(lambda x: jnp.asarray(x, positions.dtype), loaded.parameters))
        result = energies(architecture, fused, positions[order], arrangement.rows, layout)
        mean = jnp.mean(result.molecular[:, 0])
        fits = (result.lists.pairs <= layout.pairs) & (result.lists.chunks <= layout.chunks)
        return jnp.where(fits, mean, jnp.nan)

    return energy

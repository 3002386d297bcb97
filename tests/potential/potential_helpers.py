"""Models and molecules small enough for quick tests."""

import jax.numpy as jnp
import numpy as np

from atomtug.core.systems import load_system
from atomtug.potential import (
    Architecture,
    Layer,
    Layout,
    Model,
    Provenance,
    ReferenceEnergies,
    SymmetryFunctions,
    arrange,
)
from atomtug.potential.nearby import list_sizes

SYMMETRY = SymmetryFunctions(4, 0.8, 3.1, 1.7)


def small_model(members=2, symmetry=SYMMETRY, activation="silu", seed=0, hidden=(7, 5)):
    """Random weights, biases too, and made-up reference energies."""
    model = Model.untrained(Architecture((1, 6, 7), symmetry, hidden, activation, members), seed)
    random = np.random.default_rng(seed + 1)
    parameters = tuple(
        tuple(
            Layer(layer.weight, jnp.asarray(random.normal(size=layer.bias.shape), jnp.float32))
            for layer in network
        )
        for network in model.parameters
    )
    provenance = Provenance('{"functional": "pbe"}', "abc123", {"heldout": {"mae_kcal": 0.9}}, {"seed": 1})
    return Model(
        model.architecture, parameters, ReferenceEnergies((-13.5, -1036.0, -1486.0), 0.5), provenance
    )


def distorted(name="methane", seed=0, amount=0.1):
    """Numbers and positions of a built-in system, each atom displaced; methane's CN is brought within reach."""
    system = load_system(name)
    random = np.random.default_rng(seed)
    positions = system.positions + random.normal(0.0, amount, system.positions.shape)
    carbon = positions[-2] - positions[:-2]
    nearest = carbon[np.argmin(np.linalg.norm(carbon, axis=1))]
    positions[-2:] -= nearest * (1.0 - 1.6 / np.linalg.norm(nearest))
    return system.numbers, positions


def in_rows(molecules, elements=(1, 6, 7), symmetry=SYMMETRY, **options):
    """Positions by rows, rows and a layout that fits, for a list of (numbers, positions)."""
    arrangement = arrange([numbers for numbers, _ in molecules], elements, **options)
    flat = np.concatenate([positions for _, positions in molecules])
    positions = np.where(arrangement.order[:, None] >= 0, flat[arrangement.order], 0.0)
    empty = Layout(arrangement.counts, len(molecules), 0, 0)
    layout = empty.grown(*list_sizes(positions, arrangement.rows, empty, symmetry.r_cut))
    return positions, arrangement, layout

"""One network per element: from an atom's features to its energy.

All members of a committee are in one array, the axis of members before the last. Written for one member and
mapped over that axis, the first layer of all members becomes a single matrix product with the shared features.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array


class Layer(NamedTuple):
    """``weight`` (inputs, M, outputs) and ``bias`` (M, outputs) of M members; without M for a single one."""

    weight: Array
    bias: Array


Network = tuple[Layer, ...]
Parameters = tuple[Network, ...]
"""A network for each element of the model."""

MEMBERS_AXIS = -2
"""Where the members are, in every array of the parameters."""


def _celu(x: Array) -> Array:
    return jax.nn.celu(x, 0.1)  # TorchANI's


ACTIVATIONS: dict[str, Callable[[Array], Array]] = {"silu": jax.nn.silu, "tanh": jnp.tanh, "celu": _celu}


def initialise(seed: int, inputs: int, hidden: Sequence[int], elements: int, members: int) -> Parameters:
    """Random parameters: normal with variance 1/inputs, last layer 0 biases; the members all differ.

    Drawn by NumPy, so that a seed gives the same on every machine and in every version of JAX.
    """
    random = np.random.default_rng(seed)
    sizes = [inputs, *hidden, 1]

    def layer(ins: int, outs: int) -> Layer:
        weight = random.normal(0.0, ins**-0.5, (members, ins, outs)).astype(np.float32)
        return Layer(jnp.asarray(weight.transpose(1, 0, 2)), jnp.zeros((members, outs), jnp.float32))

    return tuple(
        tuple(layer(ins, outs) for ins, outs in zip(sizes[:-1], sizes[1:], strict=True)) for _ in range(elements)
    )


def atomic_energies(parameters: Parameters, activation: str, features: Array, rows: Sequence[int]) -> Array:
    """Of one member: (N,) eV from features (N, F), the rows sorted by element.

    Args:
        parameters: without the axis of members
        activation: one of :data:`ACTIVATIONS`
        features: (N, F)
        rows: how many of each element
    """
    energies, start = [], 0
    for network, count in zip(parameters, rows, strict=True):
        if count:
            energies.append(_apply(network, ACTIVATIONS[activation], features[start : start + count]))
        start += count
    return jnp.concatenate(energies)


def _apply(network: Network, activation: Callable[[Array], Array], x: Array) -> Array:
    *hidden, last = network
    for layer in hidden:
        x = activation(x @ layer.weight + layer.bias)
    return (x @ last.weight + last.bias)[:, 0]


def members(parameters: Parameters) -> int:
    """How many there are."""
    return int(parameters[0][0].weight.shape[MEMBERS_AXIS])


def member(parameters: Parameters, index: int) -> Parameters:
    """One of a committee, itself a committee of one."""
    return jax.tree.map(lambda x: x[..., index : index + 1, :], parameters)  # type: ignore[no-any-return]

"""The networks, one per element: from an atom's features to its energy.

A committee's members have the same features, so the first layer of all members is one matrix product, and so is
its derivative. :func:`fuse` puts the weights in that form; training keeps them member by member.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray


class Layer(NamedTuple):
    """One layer of M members: ``weight`` (M, inputs, outputs) and ``bias`` (M, outputs)."""

    weight: Array
    bias: Array


Network = tuple[Layer, ...]
Parameters = tuple[Network, ...]
"""A network for each element of the model. Every array begins with the axis of members."""


class FusedNetwork(NamedTuple):
    """A network whose first layer is one for all M members.

    ``weight`` (inputs, M * outputs), the same ``transposed``, and ``bias`` (M * outputs,) of the first layer;
    ``rest`` the other layers, unchanged.
    """

    weight: Array
    transposed: Array
    bias: Array
    rest: Network


Fused = tuple[FusedNetwork, ...]
LaterLayers = tuple[Network, ...]
"""Of each element's network the layers after the first."""


def _celu(x: Array) -> Array:
    return jax.nn.celu(x, 0.1)  # as in TorchANI


ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "silu": jax.nn.silu,
    "tanh": jnp.tanh,
    "celu": _celu,
    "sigmoid": jax.nn.sigmoid,
}


def initialise(seed: int, inputs: int, hidden: Sequence[int], elements: int, members: int) -> Parameters:
    """Random parameters: weights normal with variance 1/inputs, biases 0, different for each member.

    They are drawn by NumPy, so that a seed gives the same numbers on every machine and in every version of JAX.

    Args:
        seed: of the random numbers
        inputs: number of features
        hidden: outputs of each hidden layer
        elements: number of elements
        members: of the committee
    """
    random = np.random.default_rng(seed)
    sizes = [inputs, *hidden, 1]

    def layer(ins: int, outs: int) -> Layer:
        weight = random.normal(0.0, ins**-0.5, (members, ins, outs))
        return Layer(jnp.asarray(weight, jnp.float32), jnp.zeros((members, outs), jnp.float32))

    return tuple(tuple(layer(ins, outs) for ins, outs in pairwise(sizes)) for _ in range(elements))


def fuse(parameters: Parameters) -> Fused:
    """The parameters (of JAX or NumPy) in the form that :func:`atomic_energies` needs. This can be differentiated."""

    def one(network: Network) -> FusedNetwork:
        first, *rest = network
        weight = first.weight.swapaxes(0, 1).reshape(first.weight.shape[1], -1)
        return FusedNetwork(weight, weight.T, first.bias.reshape(-1), tuple(rest))

    return tuple(one(network) for network in parameters)


def narrow(fused: Fused, features: NDArray[np.intp]) -> Fused:
    """The networks (of JAX or NumPy) of these features (K,) alone, where the others are 0; as they are if they have
    been narrowed."""

    def one(network: FusedNetwork) -> FusedNetwork:
        if len(network.weight) == len(features):
            return network
        return network._replace(weight=network.weight[features], transposed=network.transposed[:, features])

    return tuple(one(network) for network in fused)


def atomic_energies(fused: Fused, activation: str, features: Array, rows: Sequence[int]) -> Array:
    """Energies of atoms by member, (M, N) eV.

    Args:
        fused: the networks
        activation: one of :data:`ACTIVATIONS`
        features: (N, F), the rows sorted by element
        rows: the number of rows of each element
    """
    parts = jax.lax.split(features, rows)
    energies = [
        _apply(network, ACTIVATIONS[activation], part)
        for network, part in zip(fused, parts, strict=True)
        if len(part)
    ]
    return jnp.concatenate(energies, axis=1)


def _apply(network: FusedNetwork, activation: Callable[[Array], Array], features: Array) -> Array:
    """(M, n) eV from features (n, F) of atoms of one element."""
    members = network.rest[0].bias.shape[0]
    x = activation(_times(features, network.weight, network.transposed) + network.bias)
    x = jnp.swapaxes(x.reshape(len(features), members, -1), 0, 1)
    *hidden, last = network.rest
    for layer in hidden:
        x = activation(jnp.einsum("mni,mio->mno", x, layer.weight) + layer.bias[:, None])
    # One output: a sum is cheaper than a matrix product with one column.
    return jnp.sum(x * jnp.swapaxes(last.weight, 1, 2), axis=-1) + last.bias


@jax.custom_vjp
def _times(x: Array, weight: Array, transposed: Array) -> Array:
    """``x @ weight``, with a derivative that uses the transposed weights as they are.

    For a few atoms, transposing them in each call would cost more than everything else.
    """
    return x @ weight


def _times_forward(x: Array, weight: Array, transposed: Array) -> tuple[Array, tuple[Array, Array]]:
    return x @ weight, (x, transposed)


def _times_backward(kept: tuple[Array, Array], cotangent: Array) -> tuple[Array, Array, Array]:
    x, transposed = kept
    return cotangent @ transposed, x.T @ cotangent, jnp.zeros_like(transposed)


_times.defvjp(_times_forward, _times_backward)


def apply_network(network: Network, activation: str, features: Array) -> Array:
    """(n,) eV from features (n, F) of atoms of one element, by a network without the axis of members."""
    *hidden, last = network
    x = features
    for layer in hidden:
        x = ACTIVATIONS[activation](x @ layer.weight + layer.bias)
    return jnp.sum(x * last.weight[:, 0], axis=-1) + last.bias[0]


def member(parameters: Parameters, index: int) -> Parameters:
    """The parameters of one member, as a committee of one."""
    one: Parameters = jax.tree.map(lambda x: x[index : index + 1], parameters)
    return one

"""Energies, forces and the loss of a batch; one step of the optimiser."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import Array

from atomtug.potential import Parameters
from atomtug.potential.network import apply_network
from atomtug.trainer.fit.batches import AtomRows, Batch, Part
from atomtug.trainer.fit.blocks import BlockArrays
from atomtug.trainer.fit.settings import Settings


class TrainingState(NamedTuple):
    """Of a training: the weights, the optimiser's memory, the running mean of the weights, steps done."""

    parameters: Parameters
    optimiser: Any
    average: Parameters
    step: Array


class Predicted(NamedTuple):
    """For each part of a batch: ``energies`` (M, s) eV, ``forces`` (M, s, 3N) eV/angstrom or None."""

    energies: tuple[Array, ...]
    forces: tuple[Array | None, ...]


def predict(parameters: Parameters, activation: str, batch: Batch) -> Predicted:
    """By every member."""
    taken = [_take(part) for part in batch.parts]
    energies: dict[int, Array] = {}
    forces: dict[int, Array] = {}
    for atoms, with_forces in ((batch.with_forces, True), (batch.without, False)):
        mine = [n for n, arrays in enumerate(taken) if (arrays.jacobian is not None) == with_forces]
        if not mine:
            continue
        inputs = jnp.concatenate([taken[n].inputs.reshape(-1, taken[n].inputs.shape[2]) for n in mine])
        values, slopes = _by_atom(parameters, activation, inputs, atoms, with_forces)
        start = 0
        for number in mine:
            arrays = taken[number]
            slots, width, _ = arrays.inputs.shape
            here = slice(start, start + slots * width)
            start += slots * width
            energies[number] = jnp.sum(values[:, here].reshape(-1, slots, width), axis=2)
            if arrays.jacobian is not None and slopes is not None:
                slope = slopes[:, here].reshape(slopes.shape[0], slots, -1)
                forces[number] = -_along(arrays.jacobian, slope)
    return Predicted(
        tuple(energies[n] for n in range(len(taken))), tuple(forces.get(n) for n in range(len(taken)))
    )


def _by_atom(
    parameters: Parameters, activation: str, inputs: Array, atoms: AtomRows, slopes: bool
) -> tuple[Array, Array | None]:
    """(M, A) eV by every member, and if asked for (M, A, K) the derivatives by the inputs (A, K)."""

    def atomic(networks: Parameters, inputs: Array) -> Array:
        """(A,) eV by one member."""
        parts = [
            apply_network(network, activation, inputs.at[rows].get(mode="fill", fill_value=0.0))
            for network, rows in zip(networks, atoms.rows, strict=True)
        ]
        return jnp.concatenate(parts).at[atoms.place].get(mode="fill", fill_value=0.0)

    def one(networks: Parameters) -> tuple[Array, Array | None]:
        if not slopes:
            return atomic(networks, inputs), None
        values, back = jax.vjp(lambda x: atomic(networks, x), inputs)
        return values, back(jnp.ones_like(values))[0]

    return jax.vmap(one)(parameters)


def _take(part: Part) -> BlockArrays:
    """The part's own rows of its block's arrays."""
    taken: BlockArrays = jax.tree.map(
        lambda array: array.at[part.rows].get(mode="promise_in_bounds"), part.arrays
    )
    return taken


@jax.custom_vjp
def _along(jacobian: Array, slope: Array) -> Array:
    """(M, s, 3N) from (s, 3N, U) and (M, s, U). Written for how the products are best laid out in memory."""
    product = jnp.einsum("spu,sum->spm", jacobian, jnp.transpose(slope, (1, 2, 0)))
    return jnp.transpose(product, (2, 0, 1))


def _along_forward(jacobian: Array, slope: Array) -> tuple[Array, Array]:
    return _along(jacobian, slope), jacobian


def _along_backward(jacobian: Array, cotangent: Array) -> tuple[None, Array]:
    product = jnp.einsum("spu,smp->smu", jacobian, jnp.transpose(cotangent, (1, 0, 2)))
    return None, jnp.transpose(product, (1, 0, 2))


_along.defvjp(_along_forward, _along_backward)


def loss(parameters: Parameters, settings: Settings, batch: Batch) -> Array:
    """(M,) of every member, eV^2."""
    predicted = predict(parameters, settings.activation, batch)
    energy, weight = jnp.zeros(()), jnp.zeros(())
    force, known = jnp.zeros(()), jnp.zeros(())
    for part, energies, forces in zip(batch.parts, predicted.energies, predicted.forces, strict=True):
        label, shares = _take(part), jnp.asarray(part.weight).T
        energy += jnp.sum(shares * (energies - label.energy) ** 2 / label.atoms, axis=1)
        weight += jnp.sum(shares, axis=1)
        if forces is not None:
            error = (forces - label.forces) * label.known
            if settings.robust:
                scaled = (error / settings.robust) ** 2
                # 2 d^2 (sqrt(1 + x^2) - 1): the square for small errors.
                error = 2.0 * settings.robust**2 * (jnp.sqrt(1.0 + scaled) - 1.0)
            else:
                error = error**2
            force += jnp.sum(shares * jnp.sum(error, axis=2), axis=1)
            known += jnp.sum(shares * jnp.sum(label.known, axis=1), axis=1)
    total = energy / jnp.maximum(weight, 1.0)
    total += settings.force_weight * force / jnp.maximum(known, 1.0)
    return total + _penalty(parameters, settings)


def _penalty(parameters: Parameters, settings: Settings) -> Array:
    """(M,) on the weights, biases left alone."""
    total = jnp.zeros(())
    for network in parameters:
        for layer in network:
            if settings.l1:
                total += settings.l1 * jnp.sum(jnp.abs(layer.weight), axis=(1, 2))
            if settings.l2:
                total += settings.l2 * jnp.sum(layer.weight**2, axis=(1, 2))
    return total


def optimiser(settings: Settings, steps: int) -> optax.GradientTransformation:
    """Adam, its rate rising shortly and then falling to 0 at the last of ``steps``."""
    rise = max(1, steps // 50)
    rate = optax.warmup_cosine_decay_schedule(0.0, settings.learning_rate, rise, max(steps, rise + 1))
    return optax.adam(rate)


def begin(parameters: Parameters, settings: Settings, steps: int) -> TrainingState:
    """Before the first step. The weights are copied: a step writes over its state."""
    return TrainingState(
        copied(parameters), optimiser(settings, steps).init(parameters), copied(parameters),
        jnp.zeros((), jnp.int32),
    )  # fmt: skip


def copied(parameters: Parameters) -> Parameters:
    """The same weights in other memory."""
    copies: Parameters = jax.tree.map(jnp.copy, parameters)
    return copies


def make_step(
    settings: Settings, steps: int
) -> Callable[[TrainingState, Batch], tuple[TrainingState, Array]]:
    """A compiled step: the new state, and the loss (M,) before it. The state that it is given is gone afterwards: the
    new one takes its memory."""
    # A seed changes nothing about a step: trainings that differ in it share the compilation.
    return partial(_step, replace(settings, seed=0, validation=0.0), steps)


@partial(jax.jit, static_argnums=(0, 1), donate_argnums=2)
def _step(settings: Settings, steps: int, state: TrainingState, batch: Batch) -> tuple[TrainingState, Array]:
    def total(parameters: Parameters) -> tuple[Array, Array]:
        of_members = loss(parameters, settings, batch)
        return jnp.sum(of_members), of_members

    with jax.default_matmul_precision("float32"):  # not what a graphics card does by itself
        gradient, of_members = jax.grad(total, has_aux=True)(state.parameters)
    updates, memory = optimiser(settings, steps).update(gradient, state.optimiser, state.parameters)
    parameters: Parameters = optax.apply_updates(state.parameters, updates)
    # While few steps are done the mean is of those, not of the start.
    keep = jnp.minimum(1.0 - 1.0 / settings.average, (1.0 + state.step) / (10.0 + state.step))
    average = jax.tree.map(lambda old, new: keep * old + (1.0 - keep) * new, state.average, parameters)
    return TrainingState(parameters, memory, average, state.step + 1), of_members

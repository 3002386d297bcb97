"""Many MD steps on a network in one compiled call: integrator, wall and interactions around its evaluation.

The equations are those of :mod:`atomtug.server.dynamics.integrators`, :mod:`~atomtug.server.dynamics.wall` and
:mod:`~atomtug.server.dynamics.force_laws`, which remain the ones to read: tests compare the two. Positions and
velocities are in double precision, as there; the network in the precision in which it is evaluated.

The loop ends early, at the last valid step, when the network's lists are too short, when atoms come too close or
move too far, when the members are further apart than is trusted, or when something is not a number.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from atomtug.core.units import KJMOL_NM_PER_FORCE, NM_PER_ANGSTROM
from atomtug.potential import Architecture, Arguments, Layout, Lists, evaluate
from atomtug.potential.compiling import COMPILER_OPTIONS
from atomtug.potential.evaluator import CLOSEST
from atomtug.server.dynamics.interaction_arrays import TYPE_CODES, InteractionArrays
from atomtug.server.dynamics.wall import STIFFNESS, STRONGEST, Confinement
from atomtug.wire.interactions import SPRING_CONSTANT

Traced = Any
"""An array or number: of NumPy outside of compiled functions, a tracer of JAX inside."""


class LoopParameters(NamedTuple):
    """The integrator in numbers.

    ``timestep`` () ASE time units; ``masses`` (N, 1) amu; ``kept`` (N, 1) what friction leaves of a velocity, 1
    without a thermostat; ``noise`` (S, N, 3) velocities that are added, one row a step; ``confinement``: where
    everything is to stay; ``max_displacement`` () of an atom in a step, angstrom; ``trusted`` () eV, the spread up to
    which a step counts.
    """

    timestep: Traced
    masses: Traced
    kept: Traced
    noise: Traced
    confinement: Confinement
    max_displacement: Traced
    trusted: Traced


class LoopState(NamedTuple):
    """The simulation after ``made`` () steps.

    ``positions``, ``velocities`` (N, 3); ``forces`` (N, 3) in total; ``user_forces`` (N, 3) of the interactions;
    ``work`` () eV done by them; of the network ``energy`` () eV, ``engine_forces`` (N, 3), ``spread`` () eV and
    ``members`` (M,) eV.
    """

    made: Traced
    positions: Traced
    velocities: Traced
    forces: Traced
    user_forces: Traced
    work: Traced
    energy: Traced
    engine_forces: Traced
    spread: Traced
    members: Traced


class LoopCheck(NamedTuple):
    """Whether the last step is valid: ``ok`` ().

    ``lists`` of that step; ``displacement`` () the largest of an atom in it, angstrom; ``finite`` () whether
    everything is a number; ``spread`` () eV.
    """

    ok: Traced
    lists: Lists
    displacement: Traced
    finite: Traced
    spread: Traced


@partial(jax.jit, static_argnums=(0, 1), compiler_options=COMPILER_OPTIONS)
def run_steps(
    architecture: Architecture,
    layout: Layout,
    arguments: Arguments,
    parameters: LoopParameters,
    interactions: InteractionArrays,
    start: LoopState,
    step: Traced,
    steps: Traced,
) -> tuple[LoopState, LoopCheck]:
    """Up to ``steps`` steps from ``start``, whose number in the simulation is ``step``.

    Args:
        architecture, layout, arguments: of the network
        parameters: of the integrator
        interactions: those that act
        start: positions, velocities, forces; the network's part is not used
        step: MD steps since the last reset, which says where the interactions are
        steps: how many to make; at most as many as there is noise for
    """
    half = 0.5 * parameters.timestep
    kick = half / parameters.masses

    def wanted(carry: tuple[LoopState, LoopCheck]) -> Array:
        state, check = carry
        go_on: Array = (state.made < steps) & check.ok
        return go_on

    def one(carry: tuple[LoopState, LoopCheck]) -> tuple[LoopState, LoopCheck]:
        state, _ = carry
        velocities = state.velocities + kick * state.forces
        positions = state.positions + half * velocities
        velocities = parameters.kept * velocities + parameters.noise[state.made]
        positions = positions + half * velocities
        moved = positions - state.positions
        result = evaluate(architecture, layout, arguments, positions)
        engine_forces = result.forces.astype(positions.dtype)
        user_forces = _interaction_forces(interactions, positions, step + state.made + 1)
        forces = engine_forces + _confining_forces(positions, parameters) + user_forces
        work = 0.5 * jnp.sum((state.user_forces + user_forces) * moved)
        after = LoopState(
            state.made + 1,
            positions,
            velocities + kick * forces,
            forces,
            user_forces,
            state.work + work,
            result.energy,
            engine_forces,
            result.spread,
            result.members,
        )
        displacement = jnp.max(jnp.abs(moved))
        finite = jnp.isfinite(result.energy) & jnp.all(jnp.isfinite(forces)) & jnp.isfinite(displacement)
        lists = result.lists
        ok = (lists.pairs <= layout.pairs) & (lists.chunks <= layout.chunks) & finite
        ok &= (lists.closest >= CLOSEST) & (displacement <= parameters.max_displacement)
        ok &= result.spread <= parameters.trusted
        valid = jax.tree.map(lambda new, old: jnp.where(ok, new, old), after, state)
        return valid, LoopCheck(ok, lists, displacement, finite, result.spread)

    none = Lists(jnp.int32(0), jnp.int32(0), jnp.float32(0.0))
    check = LoopCheck(jnp.bool_(True), none, jnp.float64(0.0), jnp.bool_(True), jnp.float32(0.0))
    return jax.lax.while_loop(wanted, one, (start, check))


def _confining_forces(positions: Array, parameters: LoopParameters) -> Array:
    """(N, 3) eV/angstrom, see :func:`atomtug.server.dynamics.wall.confining_force`."""
    centre, radius, frequency = parameters.confinement
    placed = positions - centre
    distances = jnp.sqrt(jnp.sum(placed * placed, axis=1, keepdims=True))
    near = jnp.clip(distances - radius, 0.0, STRONGEST / STIFFNESS)
    wall = -(STIFFNESS * near) * placed / jnp.maximum(distances, 1e-12)
    masses = parameters.masses
    middle = jnp.sum(masses * placed, axis=0) / jnp.sum(masses)
    confining: Array = wall - frequency * frequency * masses * middle
    return confining


def _interaction_forces(arrays: InteractionArrays, positions: Array, step: Array) -> Array:
    """(N, 3) eV/angstrom of all interactions, see :mod:`atomtug.server.dynamics.force_laws`."""
    start, target, updated, duration, type_code, limit, centre, share, counter, cap, limits_centre = map(
        jnp.asarray, arrays
    )
    passed = jnp.clip((step - updated) / duration, 0.0, 1.0)[:, None]
    here = start + (target - start) * passed
    d = centre @ (positions * NM_PER_ANGSTROM) - here
    squared = jnp.sum(d * d, axis=1, keepdims=True)
    length = jnp.sqrt(jnp.where(squared > 0, squared, 1.0))
    gaussian = -d * jnp.exp(-0.5 * squared)
    spring = -SPRING_CONSTANT * d
    constant = jnp.where(squared > 0, -d / length, 0.0)
    most = jnp.where(limits_centre, limit[:, None], jnp.inf)
    gaussian *= jnp.minimum(1.0, most / jnp.exp(-0.5))
    spring = jnp.where(length > most / SPRING_CONSTANT, -d / length * most, spring)
    constant *= jnp.minimum(1.0, most)
    code = type_code[:, None]
    force = jnp.where(code == TYPE_CODES["gaussian"], gaussian, 0.0)
    force = jnp.where(code == TYPE_CODES["spring"], spring, force)
    force = jnp.where(code == TYPE_CODES["constant"], constant, force)
    forces = share[:, :, None] * force[:, None, :]
    each = jnp.where(limits_centre, cap, jnp.minimum(limit, cap))[:, None, None]
    forces = jnp.clip(forces, -each, each)
    total = jnp.sum(forces, axis=0) - jnp.einsum("hn,hk->nk", counter, jnp.sum(forces, axis=1))
    return jnp.clip(total, -cap, cap) / KJMOL_NM_PER_FORCE

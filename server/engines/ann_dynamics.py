"""Many MD steps on a network in one compiled call: integrator, wall and hands around :func:`evaluate`.

The same equations as in :mod:`atomtug.server.dynamics.integrators`, :mod:`~atomtug.server.dynamics.wall` and
:mod:`~atomtug.server.dynamics.force_laws`, which remain the ones to read: tests hold this against them. Motion is in
double precision, as there; the network in the precision it is evaluated in.

The loop ends early, at the last step that can be used, when the network's lists are too short, when atoms come
too close or jump too far, or when something is no number.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from atomtug.core.units import KJMOL_NM_PER_FORCE, NM_PER_ANGSTROM
from atomtug.potential import Architecture, Arguments, Layout, Lists, evaluate
from atomtug.potential.evaluator import CLOSEST
from atomtug.server.dynamics.interaction_forces import KINDS, InteractionArrays
from atomtug.server.dynamics.wall import STIFFNESS, STRONGEST
from atomtug.server.engines.base import Integrator
from atomtug.wire.interactions import SPRING_CONSTANT


class Course(NamedTuple):
    """Where it stands after ``made`` () steps. ``positions``, ``velocities`` (N, 3); ``forces`` (N, 3) all together;
    ``user_forces`` (N, 3); ``work`` () eV by the hands; of the network ``energy`` () eV, ``engine_forces`` (N, 3),
    ``spread`` () and ``atomic_spread`` (N,) eV."""

    made: Any
    positions: Any
    velocities: Any
    forces: Any
    user_forces: Any
    work: Any
    energy: Any
    engine_forces: Any
    spread: Any
    atomic_spread: Any


class Stop(NamedTuple):
    """Why it ended early, if it did: ``lists`` of the step that can't be used (or the last one), how far an atom
    ``moved`` () in it, whether all was a number: ``finite`` ()."""

    ok: Any
    lists: Lists
    moved: Any
    finite: Any


@partial(jax.jit, static_argnums=(0, 1))
def run(
    architecture: Architecture,
    layout: Layout,
    arguments: Arguments,
    integrator: Integrator,
    hands: InteractionArrays,
    start: Course,
    step: Any,
    steps: Any,
) -> tuple[Course, Stop]:
    """Up to ``steps`` steps from ``start``, whose number in the simulation is ``step``.

    Args:
        architecture, layout, arguments: of the network
        integrator: the dynamics
        hands: what is held, and where each hand is on its way
        start: positions, velocities, forces; the network's part is not used
        step: MD steps since the last reset, for the hands
        steps: how many to make; at most as many as there is noise for
    """
    half = 0.5 * integrator.timestep
    kick = half / integrator.masses

    def wanted(state: tuple[Course, Stop]) -> Array:
        course, stop = state
        go_on: Array = (course.made < steps) & stop.ok
        return go_on

    def one(state: tuple[Course, Stop]) -> tuple[Course, Stop]:
        course, _ = state
        velocities = course.velocities + kick * course.forces
        positions = course.positions + half * velocities
        velocities = integrator.kept * velocities + integrator.noise[course.made]
        positions = positions + half * velocities
        moved = positions - course.positions
        result = evaluate(architecture, layout, arguments, positions.astype(jnp.float32))
        engine_forces = result.forces.astype(positions.dtype)
        user_forces = _pull(hands, positions, step + course.made + 1)
        forces = engine_forces + _wall(positions, integrator.radius) + user_forces
        work = 0.5 * jnp.sum((course.user_forces + user_forces) * moved)
        after = Course(
            course.made + 1,
            positions,
            velocities + kick * forces,
            forces,
            user_forces,
            course.work + work,
            result.energy,
            engine_forces,
            result.spread,
            result.atomic_spread,
        )
        farthest = jnp.max(jnp.abs(moved))
        finite = jnp.isfinite(result.energy) & jnp.all(jnp.isfinite(forces)) & jnp.isfinite(farthest)
        lists = result.lists
        ok = (lists.pairs <= layout.pairs) & (lists.chunks <= layout.chunks) & finite
        ok &= (lists.closest >= CLOSEST) & (farthest <= integrator.farthest)
        kept = jax.tree.map(lambda new, old: jnp.where(ok, new, old), after, course)
        return kept, Stop(ok, lists, farthest, finite)

    none = Lists(jnp.int32(0), jnp.int32(0), jnp.float32(0.0))
    stop = Stop(jnp.bool_(True), none, jnp.float64(0.0), jnp.bool_(True))
    return jax.lax.while_loop(wanted, one, (start, stop))


def _wall(positions: Array, radius: Array) -> Array:
    """(N, 3) eV/angstrom, see :func:`atomtug.server.dynamics.wall.wall_force`."""
    distances = jnp.sqrt(jnp.sum(positions * positions, axis=1, keepdims=True))
    near = jnp.clip(distances - radius, 0.0, STRONGEST / STIFFNESS)
    return -(STIFFNESS * near) * positions / jnp.maximum(distances, 1e-12)


def _pull(hands: InteractionArrays, positions: Array, step: Array) -> Array:
    """(N, 3) eV/angstrom of all hands, see :mod:`atomtug.server.dynamics.force_laws`."""
    way = jnp.clip((step - hands.updated) / hands.duration, 0.0, 1.0)[:, None]
    here = hands.start + (hands.target - hands.start) * way
    d = hands.centre @ (positions * NM_PER_ANGSTROM) - here
    squared = jnp.sum(d * d, axis=1, keepdims=True)
    length = jnp.sqrt(jnp.where(squared > 0, squared, 1.0))
    limit = hands.limit[:, None]
    gaussian = -d * jnp.exp(-0.5 * squared)
    spring = -SPRING_CONSTANT * d
    constant = jnp.where(squared > 0, -d / length, 0.0)
    most = jnp.where(hands.limits_centre, limit, jnp.inf)
    gaussian *= jnp.minimum(1.0, most / jnp.exp(-0.5))
    spring = jnp.where(length > most / SPRING_CONSTANT, -d / length * most, spring)
    constant *= jnp.minimum(1.0, most)
    kind = hands.kind[:, None]
    force = jnp.where(kind == KINDS["gaussian"], gaussian, 0.0)
    force = jnp.where(kind == KINDS["spring"], spring, force)
    force = jnp.where(kind == KINDS["constant"], constant, force)
    forces = hands.share[:, :, None] * force[:, None, :]
    cap = jnp.where(hands.limits_centre, hands.cap, jnp.minimum(hands.limit, hands.cap))[:, None, None]
    total = jnp.sum(jnp.clip(forces, -cap, cap), axis=0)
    return jnp.clip(total, -hands.cap, hands.cap) / KJMOL_NM_PER_FORCE

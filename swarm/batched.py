"""Many trajectories at once on a network: :func:`jax.vmap` over its evaluation, compiled with the integrator.

The equations are those of :func:`atomtug.server.dynamics.integrators.velocity_verlet`, in double precision, the
network in single: a test compares the two. A trajectory that the network knows nothing of, or whose atoms come too
close, stays at its last valid step while the others go on.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.errors import EngineError
from atomtug.potential import Architecture, Arguments, Evaluator, Layout, Lists, TracedPrediction, evaluate
from atomtug.potential.evaluator import CLOSEST
from atomtug.server.dynamics.integrators import MAX_DISPLACEMENT
from atomtug.swarm.courses import EVERY, Course
from atomtug.swarm.starts import Start

BATCH = 20
"""Trajectories at once: more are no faster on a processor, and need more memory."""
REASONS = (
    "",
    "the network gave a result that is not a number",
    "two atoms came too close",
    "an atom moved too far in one step",
    "the network knows nothing of where the atoms were going",
)
"""Why a trajectory was stopped, by code."""

Traced = Any
"""An array or number: of NumPy outside of compiled functions, a tracer of JAX inside."""


class MovingBatch(NamedTuple):
    """B trajectories.

    ``positions``, ``velocities``, ``forces`` (B, N, 3); ``energies`` (B,) eV; ``reasons`` (B,) codes of
    :data:`REASONS`, 0 while it moves; ``spreads`` (B,) eV, the largest so far, and ``doubtful`` (B, N, 3) where.
    """

    positions: Traced
    velocities: Traced
    forces: Traced
    energies: Traced
    reasons: Traced
    spreads: Traced
    doubtful: Traced


@partial(jax.jit, static_argnums=(0, 1))
def advance(
    architecture: Architecture,
    layout: Layout,
    arguments: Arguments,
    masses: Traced,
    timestep: Traced,
    trusted: Traced,
    start: MovingBatch,
    steps: Traced,
) -> tuple[MovingBatch, Lists]:
    """So many steps of velocity Verlet, and the longest lists of all of them.

    Args:
        architecture, layout, arguments: of the network
        masses: (N, 1) amu
        timestep: ASE time units; 0 to evaluate only
        trusted: eV, the spread from which on a trajectory is stopped
        start: the trajectories
        steps: how many
    """
    predict: Callable[[Traced], TracedPrediction] = jax.vmap(
        lambda x: evaluate(architecture, layout, arguments, x)
    )
    half = 0.5 * timestep / masses

    def one(_: Traced, carry: tuple[MovingBatch, Lists]) -> tuple[MovingBatch, Lists]:
        batch, lists = carry
        velocities = batch.velocities + half * batch.forces
        positions = batch.positions + timestep * velocities
        result = predict(positions)
        forces = result.forces.astype(positions.dtype)
        moved = jnp.max(jnp.abs(positions - batch.positions), axis=(1, 2))
        finite = jnp.isfinite(result.energy) & jnp.all(jnp.isfinite(forces), axis=(1, 2))
        failures = [
            ~finite,
            result.lists.closest < CLOSEST,
            ~(moved <= MAX_DISPLACEMENT),
            result.spread > trusted,
        ]
        reasons = batch.reasons
        for code, failed in enumerate(failures, 1):
            reasons = jnp.where((reasons == 0) & failed, code, reasons)
        was_moving, moving = batch.reasons == 0, reasons == 0
        worse = was_moving & (result.spread > batch.spreads)
        after = MovingBatch(
            positions,
            velocities + half * forces,
            forces,
            result.energy.astype(positions.dtype),
            reasons,
            jnp.where(worse, result.spread, batch.spreads),
            jnp.where(worse[:, None, None], positions, batch.doubtful),
        )
        valid = {
            name: jnp.where(moving.reshape(-1, *[1] * (new.ndim - 1)), new, old)
            for name, new, old in zip(MovingBatch._fields[:4], after[:4], batch[:4], strict=True)
        }
        longest = Lists(
            jnp.maximum(lists.pairs, jnp.max(jnp.where(was_moving, result.lists.pairs, 0))),
            jnp.maximum(lists.chunks, jnp.max(jnp.where(was_moving, result.lists.chunks, 0))),
            lists.closest,
        )
        return after._replace(**valid), longest

    none = Lists(jnp.int32(0), jnp.int32(0), jnp.float32(np.inf))
    moved: tuple[MovingBatch, Lists] = jax.lax.fori_loop(0, steps, one, (start, none))
    return moved


def run_batch(
    evaluator: Evaluator, starts: Sequence[Start], masses: Floats, timestep: float, steps: int, guard: float
) -> list[Course]:
    """Trajectories side by side.

    Args:
        evaluator: the network for the atoms, at most :data:`atomtug.potential.evaluator.TRY_EVERYONE`
        starts: of each; :data:`BATCH` at most
        masses: (N,) amu
        timestep: ASE time units
        steps: of each
        guard: eV of uncertainty beyond which the network knows nothing, and a trajectory is stopped

    Raises:
        EngineError: no result for a start
    """
    count, factor = len(starts), evaluator.model.spread_factor
    # Always the same number, so that nothing is compiled again for the last of them.
    filled = [*starts, *[starts[-1]] * (BATCH - count)]
    positions = np.array([start.positions for start in filled])
    velocities = np.array([start.velocities for start in filled])
    nothing, flat = np.zeros_like(positions), np.zeros(BATCH)
    batch = MovingBatch(
        positions, velocities, nothing, flat, np.zeros(BATCH, np.int32), flat.astype(np.float32), positions
    )
    arguments = evaluator.arguments(positions[0])

    def go_on(batch: MovingBatch, timestep: float, steps: int) -> MovingBatch:
        while True:
            with jax.enable_x64(True):
                after, lists = advance(
                    evaluator.model.architecture, evaluator.layout, arguments, masses[:, None], timestep,
                    guard / factor, batch, steps,
                )  # fmt: skip
                arrived = MovingBatch(*map(np.asarray, after))
            if evaluator.accept(lists):
                return arrived

    batch = go_on(batch, 0.0, 1)
    if batch.reasons[:count].any():
        raise EngineError(f"No trajectory can begin here: {REASONS[int(batch.reasons[:count].max())]}.")
    kinetic = 0.5 * np.sum(masses[:, None] * velocities**2, axis=(1, 2))
    total = batch.energies + kinetic + evaluator.reference
    kept = [batch.positions]
    for done in range(0, steps, EVERY):
        batch = go_on(batch, timestep, min(EVERY, steps - done))
        kept.append(batch.positions)
    path = np.stack(kept, axis=1)
    return [
        Course(
            path[each],
            batch.velocities[each],
            float(total[each]),
            float(batch.energies[each]) + evaluator.reference,
            factor * float(batch.spreads[each]),
            batch.doubtful[each],
            REASONS[int(batch.reasons[each])],
        )
        for each in range(count)
    ]

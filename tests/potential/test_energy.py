"""Energies and forces: the reference's, invariant, consistent, smooth, and the same in a batch."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from potential_helpers import SYMMETRY, distorted, in_rows, small_model
from reference_potential import energies as reference_energies

from atomtug.potential import Evaluator, energies, energy_and_forces, fuse, member, member_forces, spread


@pytest.fixture(scope="module")
def ours():
    numbers, positions = distorted("methane")
    return Evaluator(small_model(), numbers, "float64"), numbers, positions


def test_energy_is_that_of_the_reference(ours):
    evaluator, numbers, positions = ours
    result = evaluator.evaluate(positions)
    wanted = reference_energies(evaluator.model, numbers, positions)
    np.testing.assert_allclose(result.members, wanted, rtol=1e-11)
    assert result.energy == pytest.approx(wanted.mean(), rel=1e-11)
    assert result.spread == pytest.approx(np.std(wanted, ddof=1), rel=1e-6)


@pytest.mark.slow
def test_single_precision_is_as_good_as_its_digits_in_energies_and_forces(ours):
    evaluator, numbers, positions = ours
    double = evaluator.evaluate(positions)
    single = Evaluator(evaluator.model, numbers).evaluate(positions)
    wanted = reference_energies(evaluator.model, numbers, positions)
    np.testing.assert_allclose(single.members - wanted, 0.0, atol=1e-4)
    np.testing.assert_allclose(single.forces, double.forces, atol=1e-3)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
def test_other_activations_too(ours, activation):
    _, numbers, positions = ours
    model = small_model(activation=activation)
    result = Evaluator(model, numbers, "float64").evaluate(positions)
    np.testing.assert_allclose(result.members, reference_energies(model, numbers, positions), rtol=1e-11)


def test_energy_does_not_depend_on_the_frame_or_the_order_of_atoms(ours):
    evaluator, numbers, positions = ours
    before = evaluator.evaluate(positions)
    turn, _ = np.linalg.qr(np.random.default_rng(2).normal(size=(3, 3)))
    after = evaluator.evaluate(positions @ turn.T + [3.0, -2.0, 1.0])
    assert after.energy == pytest.approx(before.energy, abs=1e-9)
    np.testing.assert_allclose(after.forces, before.forces @ turn.T, atol=1e-9)
    shuffle = np.random.default_rng(3).permutation(len(numbers))
    other = Evaluator(evaluator.model, numbers[shuffle], "float64").evaluate(positions[shuffle])
    assert other.energy == pytest.approx(before.energy, abs=1e-9)
    np.testing.assert_allclose(other.forces, before.forces[shuffle], atol=1e-9)
    np.testing.assert_allclose(other.members, before.members, atol=1e-9)


def test_forces_are_the_slope_of_the_energy(ours):
    evaluator, _, positions = ours
    forces = evaluator.evaluate(positions).forces
    step = 1e-5
    slopes = np.empty_like(forces)
    for index in np.ndindex(*positions.shape):
        shift = np.zeros_like(positions)
        shift[index] = step
        rise = evaluator.evaluate(positions + shift).energy - evaluator.evaluate(positions - shift).energy
        slopes[index] = -rise / (2 * step)
    np.testing.assert_allclose(forces, slopes, atol=1e-6)
    np.testing.assert_allclose(forces.sum(axis=0), 0.0, atol=1e-10)


def test_energy_and_forces_are_smooth_at_the_cutoff(ours):
    evaluator, numbers, _ = ours
    alone = np.arange(len(numbers))[:, None] * [0.0, 50.0, 0.0]  # so that what is compiled already serves

    def at(distance):
        positions = alone.copy()
        positions[[0, 1, -1]] = [0.0, 0, 0], [0.0, 1.1, 0.2], [distance, 0, 0]
        result = evaluator.evaluate(positions)
        return result.energy, result.forces

    edge = SYMMETRY.r_cut
    inside, outside = at(edge - 1e-5), at(edge + 1e-5)
    assert inside[0] == pytest.approx(outside[0], abs=1e-8)
    np.testing.assert_allclose(inside[1], outside[1], atol=1e-3)
    nearer = at(edge - 1e-6)
    assert np.abs(nearer[1] - outside[1]).max() < 0.2 * np.abs(inside[1] - outside[1]).max()  # linear to 0


@pytest.mark.slow
def test_a_batch_gives_what_each_molecule_gives_alone():
    model = small_model()
    molecules = [distorted("methane"), distorted("ethane"), distorted("methane", seed=4)]
    x, arrangement, layout = in_rows(molecules, counts=(30, 12, 4), width=20)
    batch = jax.jit(partial(energy_and_forces, model.architecture), static_argnums=3)(
        fuse(model.parameters), jnp.asarray(x, jnp.float32), arrangement.rows, layout
    )
    assert layout.fits(int(batch.energies.lists.pairs), int(batch.energies.lists.chunks))
    forces = np.asarray(batch.forces)[arrangement.order >= 0]
    flat = np.empty_like(forces)
    flat[arrangement.order[arrangement.order >= 0]] = forces
    start = 0
    for k, (numbers, positions) in enumerate(molecules):
        alone = Evaluator(model, numbers).evaluate(positions)
        members = np.asarray(batch.energies.molecular)[:, k] + model.reference_energy(numbers)
        np.testing.assert_allclose(members, alone.members, atol=2e-4)
        np.testing.assert_allclose(flat[start : start + len(numbers)], alone.forces, atol=2e-4)
        start += len(numbers)


@pytest.mark.slow
def test_each_members_forces_and_their_slopes_by_the_weights():
    model = small_model()
    x, arrangement, layout = in_rows([distorted("methane")])
    rows, parameters = arrangement.rows, model.parameters
    with jax.enable_x64(True):
        parameters = jax.tree.map(lambda w: jnp.asarray(w, jnp.float64), parameters)
        x = jnp.asarray(x, jnp.float64)
        both = jax.jit(partial(member_forces, model.architecture), static_argnums=3)(
            parameters, x, rows, layout
        )
        mean = jax.jit(partial(energy_and_forces, model.architecture), static_argnums=3)(
            fuse(parameters), x, rows, layout
        )
        np.testing.assert_allclose(both.forces.mean(axis=0), mean.forces, atol=1e-10)
        np.testing.assert_allclose(both.energies.atomic, mean.energies.atomic, atol=1e-10)

        def loss(p):
            result = member_forces(model.architecture, p, x, rows, layout)
            return jnp.sum(result.forces**2) + jnp.sum(result.energies.molecular**2)

        value = jax.jit(loss)
        gradient = jax.jit(jax.grad(loss))(parameters)
        weight = parameters[0][0].weight
        where = (1, int(np.argmax(np.abs(gradient[0][0].weight[1]).sum(axis=1))), 2)

        def at(step):
            moved = weight.at[where].add(step)
            return value(((parameters[0][0]._replace(weight=moved), *parameters[0][1:]), *parameters[1:]))

        slope = (at(1e-5) - at(-1e-5)) / 2e-5
        assert gradient[0][0].weight[where] == pytest.approx(float(slope), rel=1e-5)


def test_a_member_alone_is_that_member():
    model = small_model(members=3)
    x, arrangement, layout = in_rows([distorted("methane")])
    x = jnp.asarray(x, jnp.float32)
    compiled = jax.jit(partial(energies, model.architecture), static_argnums=3)
    all_of_them = compiled(fuse(model.parameters), x, arrangement.rows, layout)
    second = compiled(fuse(member(model.parameters, 1)), x, arrangement.rows, layout)
    np.testing.assert_allclose(second.molecular[0], all_of_them.molecular[1], rtol=1e-5)
    np.testing.assert_allclose(
        spread(all_of_them.atomic), np.std(all_of_them.atomic, axis=0, ddof=1), rtol=1e-5
    )
    assert float(spread(second.molecular)[0]) == 0.0

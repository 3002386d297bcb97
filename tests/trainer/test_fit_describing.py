"""What is worked out before training is what the potential works out."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from fit_helpers import QUICK, data_set

from atomtug.potential import Evaluator, Layout, Model, arrange, describe, initialise
from atomtug.potential.nearby import list_sizes
from atomtug.trainer.fit import Prepared, gather
from atomtug.trainer.fit.batches import Batches
from atomtug.trainer.fit.blocks import size_classes
from atomtug.trainer.fit.describing import describe_all, raw_features
from atomtug.trainer.fit.projection import Projection
from atomtug.trainer.fit.step import predict

ELEMENTS = (1, 6, 7)


@pytest.fixture(scope="module")
def samples():
    return gather([data_set({"methane": 3, "isobutane": 2})])


def projection_of(features, components=12):
    return Projection.fit(features, components, 0.01)


def test_features_are_those_of_the_potential(samples):
    symmetry = QUICK.symmetry
    ours = raw_features(symmetry, samples[-1:], ELEMENTS)
    arrangement = arrange([samples[-1].numbers], ELEMENTS)
    positions = samples[-1].positions[arrangement.order]
    empty = Layout(arrangement.counts, 1, 0, 0)
    layout = empty.grown(*list_sizes(positions, arrangement.rows, empty, symmetry.r_cut))
    compiled = jax.jit(describe, static_argnums=(0, 3))
    theirs, _ = compiled(symmetry, jnp.asarray(positions, jnp.float32), arrangement.rows, layout)
    # Rows are sorted by element, and so are ours.
    assert np.concatenate(ours) == pytest.approx(np.asarray(theirs), abs=2e-5)


def test_components_change_as_their_derivatives_say(samples):
    symmetry, sample = QUICK.symmetry, samples[-1]
    projection = projection_of(raw_features(symmetry, samples, ELEMENTS))
    (before,) = describe_all(symmetry, [sample], ELEMENTS, projection)
    random = np.random.default_rng(0)
    direction = random.normal(size=sample.positions.shape)
    step = 1e-3

    def inputs(sign):
        moved = replace(sample, positions=sample.positions + sign * step * direction)
        return next(describe_all(symmetry, [moved], ELEMENTS, projection, False)).inputs

    expected = (inputs(1) - inputs(-1)).ravel() / (2 * step)
    found = direction.ravel() @ before.jacobian
    assert found == pytest.approx(expected, abs=5e-3 * float(np.abs(expected).max()))


@pytest.mark.slow
def test_folded_weights_give_the_energies_and_forces_of_training(samples):
    # Networks of geometries without forces are applied apart from the others.
    samples = [*samples, *(replace(sample, forces=None) for sample in samples[1::2])]
    prepared = Prepared(samples, QUICK)
    parameters = initialise(1, prepared.projection.components, QUICK.hidden, 3, QUICK.members)
    model = Model(QUICK.architecture(ELEMENTS), prepared.projection.fold(parameters), prepared.reference)
    blocks, _ = prepared.blocks_of(np.arange(len(samples)))
    (batch, chosen), *_ = Batches(blocks, 3, len(samples)).epoch()
    predicted = predict(parameters, QUICK.activation, batch)
    for block, index, energies, forces in zip(
        blocks, chosen, predicted.energies, predicted.forces, strict=True
    ):
        sample = samples[block.samples[index[0]]]
        expected = Evaluator(model, sample.numbers).evaluate(sample.positions)
        reference = model.reference_energy(sample.numbers)
        assert np.asarray(energies)[:, 0] == pytest.approx(expected.members - reference, abs=1e-4)
        assert (forces is None) == (sample.forces is None)
        if forces is not None:
            assert np.asarray(forces).mean(axis=0)[0].reshape(-1, 3) == pytest.approx(
                expected.forces, abs=2e-3
            )


def test_unfolding_undoes_folding(samples):
    projection = projection_of(raw_features(QUICK.symmetry, samples, ELEMENTS))
    parameters = initialise(3, 12, (5,), 3, 2)
    back = projection.unfold(projection.fold(parameters))
    for element, (network, other) in enumerate(zip(parameters, back, strict=True)):
        used = projection.matrix[element].any(axis=0)
        assert np.asarray(other[0].weight)[:, used] == pytest.approx(
            np.asarray(network[0].weight)[:, used], abs=1e-3
        )
        assert np.asarray(other[0].bias) == pytest.approx(np.asarray(network[0].bias), abs=1e-3)


def test_what_components_do_not_see_is_kept(samples):
    few = projection_of(raw_features(QUICK.symmetry, samples[:1], ELEMENTS), components=5)
    parameters = initialise(3, QUICK.symmetry.size(3), (5,), 3, 2)
    again = few.fold(few.unfold(parameters), few.remainder(parameters))
    for network, other in zip(parameters, again, strict=True):
        assert np.asarray(other[0].weight) == pytest.approx(np.asarray(network[0].weight), abs=1e-5)
        assert np.asarray(other[0].bias) == pytest.approx(np.asarray(network[0].bias), abs=1e-4)


def test_every_geometry_is_in_an_epoch_once_whatever_the_sizes():
    samples = gather([data_set({"methane": 7, "ethane": 3, "isobutane": 1})])
    prepared = Prepared(samples, QUICK)
    batches = Batches(prepared.blocks, 3, 4)
    seen: list[int] = []
    shapes = set()
    for batch, chosen in batches.epoch(np.random.default_rng(0)):
        for block, part, index in zip(prepared.blocks, batch.parts, chosen, strict=True):
            seen += block.samples[index].tolist()
            assert part.weight.sum() == len(index)
        arrays = (*batch.with_forces, *batch.without, *(part.weight for part in batch.parts))
        shapes.add(tuple(array.shape for array in jax.tree.leaves(arrays)))
    assert sorted(seen) == list(range(11))
    assert len(shapes) == 1


def test_geometries_of_little_weight_are_in_some_epochs_at_more_weight():
    prepared = Prepared(gather([data_set({"methane": 10, "ethane": 5})]), QUICK)
    little = {2, 5, 12}
    for block in prepared.blocks:
        block.weight[:, 0] = [0.05 if index in little else 0.8 for index in block.samples]
    batches = Batches(prepared.blocks, 3, 4, enough=0.25)
    epochs, summed = 100, np.zeros(15)
    for epoch in range(epochs):
        for batch, chosen in batches.epoch(np.random.default_rng(epoch)):
            for block, part, index in zip(prepared.blocks, batch.parts, chosen, strict=True):
                weights = part.weight[: len(index), 0]
                summed[block.samples[index]] += weights
                assert weights == pytest.approx([0.25 if i in little else 0.8 for i in block.samples[index]])
    usual = [index for index in range(15) if index not in little]
    assert summed[usual] == pytest.approx(0.8 * epochs)
    assert summed[sorted(little)].sum() == pytest.approx(3 * 0.05 * epochs, rel=0.3)


@pytest.mark.parametrize(
    ("sizes", "widths"),
    [
        ([7] * 80 + [16] * 20, [7, 16]),
        ([7] * 90 + [22] * 6 + [28] * 2 + [31] * 2, [7, 31]),  # 10 of 100 are one of ten slots
        ([7] * 89 + [22] * 7 + [28] * 2 + [31] * 2, [7, 22, 31]),
        ([31] * 5, [31]),
        ([], []),
    ],
)
def test_large_sizes_share_a_block_as_long_as_they_fill_one_slot_of_a_batch(sizes, widths):
    assert size_classes(sizes, 10) == widths


def test_of_many_sizes_those_within_a_fifth_share_a_block():
    assert size_classes(list(range(10, 60)), 1000) == [11, 14, 18, 23, 29, 37, 47, 59]

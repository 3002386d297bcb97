"""Lists have fixed sizes: they grow in steps, one compilation serves many geometries, and work is linear."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from potential_helpers import SYMMETRY, distorted, in_rows, small_model

from atomtug.core.systems import load_system
from atomtug.potential import Evaluator, Layout, arrange, energy_and_forces, evaluate, fuse
from atomtug.potential.evaluator import _compiled
from atomtug.potential.layout import Rows, step_up
from atomtug.potential.nearby import list_sizes, nearby


def test_sizes_grow_in_steps_and_leave_room():
    sizes = {step_up(needed) for needed in range(1, 2000)}
    assert len(sizes) < 40
    assert all(1.04 * needed < step_up(needed) < 1.4 * needed + 64 for needed in range(1, 2000))


def test_a_moving_molecule_does_not_compile_again():
    numbers, positions = distorted("isopentane")
    evaluator = Evaluator(small_model(), numbers)
    evaluator.evaluate(positions)
    before, random = _compiled._cache_size(), np.random.default_rng(0)
    counts = set()
    for _ in range(20):
        moved = positions + random.normal(0.0, 0.05, positions.shape)
        evaluator.evaluate(moved)
        counts.add(list_sizes(*_rows_of(moved, numbers)))
    assert len(counts) > 3  # lists of many lengths
    assert _compiled._cache_size() == before


def test_another_model_of_the_same_form_does_not_compile_again():
    numbers, positions = distorted("isopentane")
    first = Evaluator(small_model(), numbers).evaluate(positions)
    before = _compiled._cache_size()
    second = Evaluator(small_model(seed=5), numbers).evaluate(positions)
    assert _compiled._cache_size() == before
    assert second.energy != first.energy


@pytest.mark.slow
def test_lists_that_are_too_short_grow_and_nothing_is_lost():
    numbers, positions = distorted("isopentane")
    spread_out = positions * 4.0
    evaluator = Evaluator(small_model(), numbers)
    evaluator.evaluate(spread_out)
    small = evaluator.layout
    result = evaluator.evaluate(positions)
    assert evaluator.layout.pairs > small.pairs
    fresh = Evaluator(small_model(), numbers).evaluate(positions)
    np.testing.assert_allclose(result.forces, fresh.forces, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["methane", "isobutane"])
@pytest.mark.parametrize("far", [0.0, 2.9, 40.0])
def test_complete_lists_of_few_atoms_give_the_same(name, far):
    numbers, positions = distorted(name)
    positions[-2:] += [far, 0.0, 0.0]
    model = small_model()
    complete, listed = Evaluator(model, numbers), Evaluator(model, numbers)
    complete.layout = complete.layout.completed()
    one, other = complete.evaluate(positions), listed.evaluate(positions)
    assert complete.layout.complete
    assert not listed.layout.complete
    assert complete.layout.pairs == len(numbers) * (len(numbers) - 1)
    assert one.energy == pytest.approx(other.energy, abs=1e-5)
    np.testing.assert_allclose(one.forces, other.forces, atol=1e-5)


def test_lists_are_as_long_without_a_table_of_candidates():
    numbers, positions = distorted("isopentane")
    arrangement = arrange([numbers], (1, 6, 7))
    layout = Layout(arrangement.counts, 1, pairs=0, chunks=0)
    tables = (arrangement.rows.candidates, None)  # what the evaluator gives to large and to small molecules
    by_table, by_all = (
        list_sizes(positions[arrangement.order], Rows(table, arrangement.rows.molecule), layout, 3.0, 2.0)
        for table in tables
    )
    assert by_table == by_all
    assert min(by_all) > 0


@pytest.mark.slow
def test_candidates_of_large_molecules_give_the_same(monkeypatch):
    numbers, positions = distorted("isopentane")
    model = small_model()
    everyone = Evaluator(model, numbers).evaluate(positions)
    monkeypatch.setattr("atomtug.potential.evaluator.TRY_EVERYONE", 1)
    listed = Evaluator(model, numbers)
    np.testing.assert_allclose(listed.evaluate(positions).forces, everyone.forces, atol=1e-5)
    kept = listed.arguments(positions).rows.candidates
    assert listed.arguments(positions + 0.1).rows.candidates is kept  # nobody has moved far
    moved = positions * 1.5
    again = listed.evaluate(moved)
    assert listed.arguments(moved).rows.candidates is not kept
    np.testing.assert_allclose(again.forces, Evaluator(model, numbers).evaluate(moved).forces, atol=1e-5)


def test_several_steps_in_one_call_are_several_calls():
    numbers, positions = distorted("methane")
    evaluator = Evaluator(small_model(), numbers)
    evaluator.evaluate(positions)
    arguments, architecture, layout = (
        evaluator.arguments(positions),
        evaluator.model.architecture,
        evaluator.layout,
    )

    @jax.jit
    def slide(arguments, x):
        def step(x, _):
            result = evaluate(architecture, layout, arguments, x)
            return x + 0.01 * result.forces, (result.energy, result.lists)

        return jax.lax.scan(step, x, length=5)

    last, (energies, lists) = slide(arguments, jnp.asarray(positions, jnp.float32))
    assert evaluator.accept(lists)
    x = positions
    for energy in np.asarray(energies):
        one = evaluator.evaluate(x)
        assert (
            one.energy - evaluator.reference == np.float32(energy)
            or abs(one.energy - evaluator.reference - energy) < 1e-4
        )
        x = x + 0.01 * one.forces
    np.testing.assert_allclose(last, x, atol=1e-4)


@pytest.mark.slow
def test_work_grows_with_the_number_of_atoms_and_no_faster():
    model = small_model(members=1)
    one = load_system("isopentane")
    work = {}
    for copies in (3, 6):
        numbers = np.tile(one.numbers, copies)
        shifts = np.repeat(np.arange(copies) * 20.0, len(one.numbers))[:, None] * [1.0, 0.0, 0.0]
        positions = np.tile(one.positions, (copies, 1)) + shifts
        x, arrangement, _ = in_rows([(numbers, positions)])
        candidates = nearby(x, SYMMETRY.r_cut + 1.0)
        pairs, chunks = list_sizes(*_rows_of(one.positions, one.numbers))
        layout = Layout(arrangement.counts, 1, pairs * copies, chunks * copies)
        rows = Rows(candidates, arrangement.rows.molecule)
        function = jax.jit(energy_and_forces, static_argnums=(0, 4))
        lowered = function.lower(
            model.architecture, fuse(model.parameters), jnp.asarray(x, jnp.float32), rows, layout
        )
        work[copies] = lowered.compile().cost_analysis()["flops"]
    assert 1.9 < work[6] / work[3] < 2.1


def _rows_of(positions, numbers):
    x, arrangement, layout = in_rows([(numbers, positions)])
    return x, arrangement.rows, layout, SYMMETRY.r_cut

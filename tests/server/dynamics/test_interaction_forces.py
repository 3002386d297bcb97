"""Positions of interactions are interpolated between updates; forces add up and never exceed the cap."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from atomtug.core.units import KJMOL_NM_PER_FORCE, KJMOL_PER_EV, NM_PER_ANGSTROM
from atomtug.server.dynamics.force_laws import FORCE_LAWS, ActiveInteraction
from atomtug.server.dynamics.interaction_forces import InteractionForces
from atomtug.server.dynamics.interpolated_position import InterpolatedPosition

MASSES = np.array([12.0, 1.0, 16.0, 1.0])
POSITIONS = np.array([[0.0, 0.0, 0.0], [1.1, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 5.0]])  # angstrom
LONGEST = 30

places = arrays.arrays(np.float64, 3, elements=st.floats(-2.0, 2.0))


def grip(*particles: int, position=(1.0, 1.0, 1.0), **changes) -> ActiveInteraction:
    defaults = {"interaction_type": "spring", "scale": 10.0}
    return ActiveInteraction(
        position=np.array(position, dtype=float), particles=np.array(particles), **{**defaults, **changes}
    )


# The way of a hand --------------------------------------------------------------------------------------


@given(
    start=places,
    moves=st.lists(st.tuples(places, st.integers(1, 50)), min_size=1, max_size=6),
    longest=st.integers(1, 40),
)
def test_a_hand_never_jumps_farther_than_its_way_divided_by_the_steps_it_takes(start, moves, longest):
    position = InterpolatedPosition(start, 0, longest)
    here, now = start, 0
    for target, wait in moves:
        now += wait
        before = position.at(now)
        position.move(target, now)
        np.testing.assert_allclose(position.at(now), before, atol=1e-12)  # being told is no move
        per_step = np.linalg.norm(target - before) / min(wait, longest)
        here = before
        for step in range(now + 1, now + longest + 1):
            there = position.at(step)
            assert np.linalg.norm(there - here) <= per_step + 1e-9
            here = there
        np.testing.assert_array_equal(here, target)  # and it has arrived


def test_a_hand_moved_steadily_moves_steadily_one_update_behind():
    position = InterpolatedPosition(np.zeros(3), 0, LONGEST)
    seen = []
    for step in range(1, 40):
        if step % 5 == 0:
            position.move(np.array([step / 5.0, 0.0, 0.0]), step)
        seen.append(position.at(step)[0])
    steps = np.diff(seen)[10:]
    np.testing.assert_allclose(steps, 0.2, atol=1e-12)
    assert seen[-1] == pytest.approx(39 / 5 - 1)


def test_a_new_hand_is_at_once_where_it_is():
    forces = InteractionForces(MASSES)
    forces.update({"a": grip(0, position=(1, 2, 3))}, 7)
    _, applied = forces.evaluate(POSITIONS, 7)
    np.testing.assert_allclose(applied[0].position * NM_PER_ANGSTROM, [1, 2, 3])


def test_a_hand_that_takes_other_atoms_is_a_new_hand():
    forces = InteractionForces(MASSES)
    forces.update({"a": grip(0, position=(0, 0, 0))}, 0)
    forces.update({"a": grip(1, position=(1, 0, 0))}, 10)
    _, applied = forces.evaluate(POSITIONS, 10)
    np.testing.assert_allclose(applied[0].position * NM_PER_ANGSTROM, [1, 0, 0])
    assert applied[0].particles.tolist() == [1]


def test_sending_the_same_place_again_does_not_stop_a_hand_on_its_way():
    forces = InteractionForces(MASSES)
    forces.update({"a": grip(0, position=(0, 0, 0))}, 0)
    forces.update({"a": grip(0, position=(1, 0, 0))}, 10)
    forces.update({"a": grip(0, position=(1, 0, 0), scale=5.0)}, 15)
    _, applied = forces.evaluate(POSITIONS, 15)
    assert applied[0].position[0] * NM_PER_ANGSTROM == pytest.approx(0.5)


def test_a_moving_hand_changes_its_force_little_by_little():
    forces = InteractionForces(MASSES)
    forces.update({"a": grip(0, position=(0, 0, 0), scale=100.0)}, 0)
    forces.update({"a": grip(0, position=(1, 0, 0), scale=100.0)}, 20)
    forces = [forces.evaluate(POSITIONS, step)[0][0, 0] for step in range(20, 41)]
    full = forces[-1]
    assert full == pytest.approx(100 * 12 * 2 / KJMOL_NM_PER_FORCE)
    np.testing.assert_allclose(np.diff(forces), full / 20, rtol=1e-9)


# What they do together ----------------------------------------------------------------------------------


@pytest.mark.parametrize("law", list(FORCE_LAWS))
def test_the_force_is_the_laws_at_the_place_of_the_hand_in_our_units(law):
    forces = InteractionForces(MASSES, law)
    asked = grip(0, 2, position=(0.3, -0.2, 0.5))
    forces.update({"a": asked}, 0)
    total, applied = forces.evaluate(POSITIONS, 0)
    expected = FORCE_LAWS[law](asked, POSITIONS[[0, 2]] * NM_PER_ANGSTROM, MASSES[[0, 2]])
    np.testing.assert_allclose(total[[0, 2]] * KJMOL_NM_PER_FORCE, expected.forces)
    np.testing.assert_array_equal(total[[1, 3]], 0.0)
    np.testing.assert_array_equal(applied[0].forces, total[[0, 2]])
    assert applied[0].energy * KJMOL_PER_EV == pytest.approx(expected.energy)


def test_two_hands_on_one_atom_add_up():
    left, right = grip(0, position=(1, 0, 0)), grip(0, 1, position=(0, 1, 0))
    totals = {}
    for name, held in {"left": {"l": left}, "right": {"r": right}, "both": {"l": left, "r": right}}.items():
        forces = InteractionForces(MASSES)
        forces.update(held, 0)
        totals[name] = forces.evaluate(POSITIONS, 0)[0]
    np.testing.assert_allclose(totals["both"], totals["left"] + totals["right"])
    assert np.abs(totals["left"]).max() > 0 < np.abs(totals["right"]).max()


@given(
    scales=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=4),
    law=st.sampled_from(sorted(FORCE_LAWS)),
    kind=st.sampled_from(["spring", "gaussian", "constant"]),
    cap=st.floats(0, 1e5),
)
def test_no_component_on_any_atom_exceeds_the_cap_whatever_hands_ask(scales, law, kind, cap):
    forces = InteractionForces(MASSES, law, cap)
    held = {
        str(k): grip(0, 1, scale=scale, interaction_type=kind, max_force=np.inf, position=(5, k, -k))
        for k, scale in enumerate(scales)
    }
    forces.update(held, 0)
    total, applied = forces.evaluate(POSITIONS, 0)
    limit = cap * (1 + 1e-12) + 1e-300  # and rounding, down to the smallest of numbers
    assert np.abs(total).max() * KJMOL_NM_PER_FORCE <= limit
    for share in applied:
        assert np.abs(share.forces).max() * KJMOL_NM_PER_FORCE <= limit


def test_the_cap_holds_on_an_atom_that_gets_the_opposite_of_several():
    forces = InteractionForces(MASSES, cap=100.0)
    hand = grip(0, 1, 2, scale=1e5, max_force=np.inf, counter_particles=np.array([3]), position=(5, 5, 5))
    forces.update({"a": hand}, 0)
    total, _ = forces.evaluate(POSITIONS, 0)
    np.testing.assert_allclose(total[:3] * KJMOL_NM_PER_FORCE, 100.0)
    np.testing.assert_allclose(total[3] * KJMOL_NM_PER_FORCE, -100.0)


def test_the_cap_is_nanovers_max_force_and_does_not_bend_the_pull():
    forces = InteractionForces(MASSES, "nanover-2026", cap=50.0)
    forces.update({"a": grip(0, position=(3, 1, 0.5), scale=1e4, max_force=np.inf)}, 0)
    force = forces.evaluate(POSITIONS, 0)[0][0] * KJMOL_NM_PER_FORCE
    np.testing.assert_allclose(force, 50.0 * np.array([3, 1, 0.5]) / np.linalg.norm([3, 1, 0.5]))


def test_a_hands_own_max_force_counts_where_it_is_below_the_cap():
    forces = InteractionForces(MASSES, cap=1000.0)
    forces.update({"a": grip(0, scale=1e6, max_force=10.0)}, 0)
    total, _ = forces.evaluate(POSITIONS, 0)
    np.testing.assert_allclose(total[0] * KJMOL_NM_PER_FORCE, 10.0)


def test_a_hand_that_holds_nothing_is_no_force():
    forces = InteractionForces(MASSES)
    forces.update({"a": grip()}, 0)
    total, applied = forces.evaluate(POSITIONS, 0)
    np.testing.assert_array_equal(total, np.zeros((4, 3)))
    assert applied == ()


def test_letting_go_names_what_was_held():
    forces = InteractionForces(MASSES)
    left, right = grip(0), grip(1, reset_velocities=True)
    assert forces.update({"l": left, "r": right}, 0) == []
    assert {each.key for each in forces.evaluate(POSITIONS, 0)[1]} == {"l", "r"}
    assert forces.update({"l": replace(left, scale=3.0)}, 5) == [right]
    total, applied = forces.evaluate(POSITIONS, 5)
    assert [each.key for each in applied] == ["l"]
    np.testing.assert_array_equal(total[1], 0.0)


def test_restarted_they_act_where_their_hands_are_and_others_go_their_way():
    forces = InteractionForces(MASSES, max_duration=10)
    moved = replace(grip(0), position=np.array([0.3, 0.0, 0.0]))
    forces.update({"a": grip(0)}, 0)
    forces.update({"a": moved}, 10)
    [applied] = forces.restarted(12).evaluate(POSITIONS, 12)[1]
    np.testing.assert_allclose(applied.position * NM_PER_ANGSTROM, moved.position)
    [on_its_way] = forces.evaluate(POSITIONS, 12)[1]
    assert 0.3 < on_its_way.position[0] * NM_PER_ANGSTROM < 1.0

"""The two force laws against the original programs' numbers, and against physics."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from atomtug.server.dynamics.force_laws import (
    FORCE_LAWS,
    ActiveInteraction,
    nanover_2026_law,
    narupa_law,
)
from atomtug.wire.interactions import INTERACTION_TYPES

# Three atoms, computed by running the two original programs.
POSITIONS = np.array([[0.0, 0.0, 0.0], [0.2, 0.0, 0.0], [0.0, 0.3, 0.0]])
MASSES = np.array([12.0, 1.0, 16.0])
HAND = np.array([0.5, 0.5, 0.5])
VECTORS = [
    # type, mass weighted, max_force, then for each law: energy, sum of forces, force on atom 1
    (
        ("spring", True, 2e4),
        (58.48621, [95.33334, 64.66667, 96.66666], [3.28736, 2.22989, 3.33333]),
        (6.0503, [9.86207, 6.68966, 10], [0.34007, 0.23068, 0.34483]),
    ),
    (
        ("spring", False, 2e4),
        (6.0503, [9.86207, 6.68966, 10], [3.28736, 2.22989, 3.33333]),
        (6.0503, [9.86207, 6.68966, 10], [3.28736, 2.22989, 3.33333]),
    ),
    (
        ("spring", True, 5),
        (5, [13.28736, 12.22988, 13.33333], [3.28736, 2.22989, 3.33333]),
        (0.625, [3.16971, 2.15008, 3.21404], [0.1093, 0.07414, 0.11083]),
    ),
    (
        ("gaussian", True, 2e4),
        (-71.43256, [35.22364, 23.89296, 35.71628], [1.21461, 0.8239, 1.2316]),
        (2.61042, [3.64382, 2.47169, 3.69479], [0.12565, 0.08523, 0.12741]),
    ),
    (
        ("gaussian", False, 5),
        (-5, [3.64382, 2.47169, 3.69479], [1.21461, 0.8239, 1.2316]),
        (2.15193, [3.00383, 2.03756, 3.04584], [1.00128, 0.67919, 1.01528]),
    ),
    (
        ("constant", False, 2e4),
        (10, [6.33942, 4.30017, 6.42809], [2.11314, 1.43339, 2.1427]),
        (7.77837, [6.33942, 4.30017, 6.42809], [2.11314, 1.43339, 2.1427]),
    ),
    (
        ("constant", True, 2e4),
        (96.66667, [61.28108, 41.56829, 62.13816], [2.11314, 1.43339, 2.1427]),
        (7.77837, [6.33942, 4.30017, 6.42809], [0.2186, 0.14828, 0.22166]),
    ),
]
LAWS = {"narupa": narupa_law, "nanover-2026": nanover_2026_law}
EACH_LAW = pytest.mark.parametrize("law", list(LAWS.values()), ids=list(LAWS))
EACH_TYPE = pytest.mark.parametrize("kind", INTERACTION_TYPES)


def grip(
    kind="spring", mass_weighted=True, max_force=2e4, scale=10.0, hand=HAND, count=3
) -> ActiveInteraction:
    return ActiveInteraction(
        position=np.asarray(hand, dtype=float),
        particles=np.arange(count),
        interaction_type=kind,
        scale=scale,
        mass_weighted=mass_weighted,
        max_force=max_force,
    )


@pytest.mark.parametrize("law", ["narupa", "nanover-2026"])
@pytest.mark.parametrize(("asked", "old", "new"), VECTORS, ids=["-".join(map(str, v[0])) for v in VECTORS])
def test_gives_what_the_original_program_gives(asked, old, new, law):
    energy, total, on_atom_1 = old if law == "narupa" else new
    pull = FORCE_LAWS[law](grip(*asked), POSITIONS, MASSES)
    assert pull.energy == pytest.approx(energy, abs=2e-5)
    np.testing.assert_allclose(pull.forces.sum(axis=0), total, atol=2e-5)
    np.testing.assert_allclose(pull.forces[1], on_atom_1, atol=1e-5)


@pytest.mark.parametrize(("law", "force", "energy"), [("narupa", 120.0, 90.0), ("nanover-2026", 10.0, 7.5)])
def test_a_single_carbon_is_pulled_as_in_the_original_program(law, force, energy):
    pull = FORCE_LAWS[law](grip(count=1), POSITIONS[:1], MASSES[:1])
    np.testing.assert_allclose(pull.forces, [[force, force, force]])
    assert pull.energy == pytest.approx(energy)


def test_both_laws_can_be_asked_for_by_name():
    assert FORCE_LAWS == LAWS


@EACH_LAW
@EACH_TYPE
def test_an_infinite_max_force_is_no_limit_at_all(law, kind):
    far = grip(kind, max_force=np.inf, scale=1e6, hand=[40.0, 0, 0])
    limited = replace(far, max_force=1e30)
    free, capped = law(far, POSITIONS, MASSES), law(limited, POSITIONS, MASSES)
    assert np.all(np.isfinite(free.forces))
    np.testing.assert_allclose(free.forces, capped.forces)
    assert free.energy == pytest.approx(capped.energy)
    if kind == "spring":
        assert np.abs(free.forces).max() > 2e4


@EACH_LAW
@EACH_TYPE
def test_no_atoms_no_force_no_energy(law, kind):
    pull = law(grip(kind, count=0), np.zeros((0, 3)), np.zeros(0))
    assert pull.energy == 0.0
    assert pull.forces.shape == (0, 3)


@EACH_LAW
@EACH_TYPE
def test_a_hand_in_the_very_place_of_its_atom_does_not_pull(law, kind):
    pull = law(grip(kind, hand=POSITIONS[1], count=1), POSITIONS[1:2], MASSES[1:2])
    np.testing.assert_array_equal(pull.forces, np.zeros((1, 3)))


def test_atoms_without_mass_take_no_part_in_nanovers_law():
    masses = np.array([12.0, 0.0, 16.0])
    pull = nanover_2026_law(grip(mass_weighted=False), POSITIONS, masses)
    np.testing.assert_array_equal(pull.forces[1], 0.0)
    np.testing.assert_allclose(pull.forces[0], pull.forces[2])
    nothing = nanover_2026_law(grip(), POSITIONS, np.zeros(3))
    assert nothing.energy == 0.0
    np.testing.assert_array_equal(nothing.forces, np.zeros((3, 3)))


# Physics, for any geometry ------------------------------------------------------------------------------

coordinate = st.floats(-3.0, 3.0)
counts = st.integers(1, 6)


@st.composite
def situations(draw: st.DrawFn) -> tuple[ActiveInteraction, np.ndarray, np.ndarray]:
    count = draw(counts)
    positions = draw(arrays.arrays(np.float64, (count, 3), elements=coordinate))
    masses = draw(arrays.arrays(np.float64, count, elements=st.sampled_from([1.008, 12.011, 14.007, 35.45])))
    hand = draw(arrays.arrays(np.float64, 3, elements=coordinate))
    asked = grip(
        kind=draw(st.sampled_from(INTERACTION_TYPES)),
        mass_weighted=draw(st.booleans()),
        max_force=draw(st.one_of(st.floats(0, 1e5), st.just(np.inf))),
        scale=draw(st.floats(-1e6, 1e6)),
        hand=hand,
        count=count,
    )
    return asked, positions, masses


@EACH_LAW
@given(situation=situations())
def test_forces_are_always_finite_one_for_each_atom(law, situation):
    pull = law(*situation)
    assert np.isfinite(pull.energy)
    assert pull.forces.shape == situation[1].shape
    assert np.all(np.isfinite(pull.forces))


@given(situation=situations())
def test_narupas_max_force_limits_each_component(situation):
    assert np.abs(narupa_law(*situation).forces).max() <= situation[0].max_force


@given(situation=situations())
def test_nanovers_max_force_limits_the_force_as_a_whole(situation):
    asked, positions, masses = situation
    asked = replace(asked, scale=abs(asked.scale))
    total = np.linalg.norm(nanover_2026_law(asked, positions, masses).forces.sum(axis=0))
    assert total <= asked.max_force * (1 + 1e-9) + 1e-12


@EACH_LAW
@given(situation=situations(), data=st.data())
def test_the_order_in_which_atoms_are_named_does_not_matter(law, situation, data):
    asked, positions, masses = situation
    # At its very centre the constant force has no direction.
    assume(np.linalg.norm(masses @ positions / masses.sum() - asked.position) > 1e-3)
    order = np.array(data.draw(st.permutations(range(len(masses)))))
    straight, shuffled = law(asked, positions, masses), law(asked, positions[order], masses[order])
    size = max(1.0, float(np.abs(straight.forces).max()))
    # A centre of mass is a sum: another order, another last digit, multiplied by the scale.
    np.testing.assert_allclose(shuffled.forces, straight.forces[order], atol=1e-9 * size * 1e3)
    assert shuffled.energy == pytest.approx(straight.energy, rel=1e-6, abs=1e-6 * size)


@EACH_LAW
@given(situation=situations())
def test_a_positive_scale_pulls_towards_the_hand(law, situation):
    asked, positions, masses = situation
    asked = replace(asked, scale=abs(asked.scale))
    centre = masses @ positions / masses.sum()
    assert np.all(law(asked, positions, masses).forces @ (asked.position - centre) >= -1e-6)


@pytest.mark.parametrize(
    ("law", "kind"),
    [
        (nanover_2026_law, "spring"),
        (nanover_2026_law, "gaussian"),
        (nanover_2026_law, "constant"),
        (narupa_law, "spring"),
        (narupa_law, "gaussian"),  # its constant force comes with a constant energy
    ],
)
@given(
    positions=arrays.arrays(np.float64, (3, 3), elements=coordinate),
    hand=arrays.arrays(np.float64, 3, elements=coordinate),
)
def test_the_force_is_minus_the_gradient_of_the_energy_where_no_limit_acts(law, kind, positions, hand):
    # The constant force has no gradient at its centre.
    assume(np.linalg.norm(MASSES @ positions / MASSES.sum() - hand) > 0.01)
    asked = grip(kind, max_force=np.inf, hand=hand)
    step = 1e-5
    numerical = np.zeros((3, 3))
    for i, k in np.ndindex(3, 3):
        moved = [positions.copy(), positions.copy()]
        moved[0][i, k] -= step
        moved[1][i, k] += step
        low, high = (law(asked, p, MASSES).energy for p in moved)
        numerical[i, k] = (low - high) / (2 * step)
    np.testing.assert_allclose(law(asked, positions, MASSES).forces, numerical, atol=2e-4)


@pytest.mark.parametrize("kind", ["gaussian", "constant"])
def test_nanovers_limited_gaussian_and_constant_still_come_from_an_energy(kind):
    asked, step = grip(kind, max_force=2.0), 1e-5
    aside = np.array([step, 0.0, 0.0])
    high = nanover_2026_law(asked, POSITIONS + aside, MASSES).energy
    low = nanover_2026_law(asked, POSITIONS - aside, MASSES).energy
    total = nanover_2026_law(asked, POSITIONS, MASSES).forces.sum(axis=0)
    assert np.linalg.norm(total) <= 2.0
    assert total[0] == pytest.approx((low - high) / (2 * step), rel=1e-5)


def test_holds_that_differ_only_in_place_are_told_from_those_that_differ_in_more():
    asked = grip()
    assert asked.differs_only_in_position(replace(asked, position=np.zeros(3)))
    assert not asked.differs_only_in_position(replace(asked, scale=11.0))
    assert not asked.differs_only_in_position(replace(asked, particles=np.array([0, 1])))

"""The search for holes: which geometries are proposed, and what of them counts."""

import numpy as np
import pytest

from atomtug.core.errors import EngineError
from atomtug.core.systems import load_system
from atomtug.core.units import KCALMOL_PER_EV
from atomtug.trainer.search.holes import hunt
from atomtug.trainer.search.proposals import NEAREST, PROPOSAL_KINDS, nearest, propose

METHANE = load_system("methane")
NITROGEN, CARBON = 6, 0


def flat(_):
    return 0.0


def with_a_well(positions):
    """2 eV deep where CN's nitrogen is within 2 angstrom of methane's carbon."""
    return -2.0 if np.linalg.norm(positions[NITROGEN] - positions[CARBON]) < 2.0 else 0.0


def look(potential, referee, tries=200, **options):
    starts = METHANE.positions[None]
    return hunt(METHANE.numbers, starts, potential, referee, tries, **options)


class TestProposals:
    def test_no_two_atoms_are_too_near_and_every_kind_comes(self):
        random = np.random.default_rng(0)
        drawn = [propose(METHANE.numbers, METHANE.positions, random) for _ in range(200)]
        assert all(nearest(each.positions) >= NEAREST for each in drawn)
        assert {each.kind for each in drawn} == set(PROPOSAL_KINDS)

    def test_the_radical_keeps_its_length_and_comes_near(self):
        random = np.random.default_rng(1)
        drawn = [propose(METHANE.numbers, METHANE.positions, random) for _ in range(200)]
        near = [each.positions for each in drawn if each.kind == "approach"]
        lengths = [np.linalg.norm(each[5] - each[6]) for each in near]
        assert np.allclose(lengths, 1.17, atol=0.6)  # shaken by 0.1 angstrom at most, six directions
        apart = [np.linalg.norm(each[:5, None] - each[None, 5:], axis=-1).min() for each in near]
        assert min(apart) < 1.5
        assert max(apart) < 3.5

    def test_the_same_seed_proposes_the_same(self):
        first, second = (
            propose(METHANE.numbers, METHANE.positions, np.random.default_rng(5)) for _ in range(2)
        )
        np.testing.assert_array_equal(first.positions, second.positions)


class TestWhatCounts:
    def test_two_that_agree_have_no_holes(self):
        found = look(with_a_well, with_a_well)
        assert (found.tries, found.skipped, found.found) == (200, 0, ())

    def test_a_well_is_found_and_only_it(self):
        found = look(with_a_well, flat)
        assert found.holes == len(found.found) > 5
        for each in found.found:
            assert with_a_well(each.positions) == -2.0
            assert each.potential == pytest.approx(-2.0 * KCALMOL_PER_EV)

    def test_too_high_is_a_wall_and_no_hole(self):
        found = look(flat, with_a_well)
        assert found.found
        assert found.holes == 0

    def test_energies_count_from_the_start_on(self):
        assert look(lambda positions: 7.0, flat).found == ()

    def test_what_is_above_the_ceiling_or_has_no_result_is_left_out(self):
        def high(positions):
            return 50.0 if with_a_well(positions) else 0.0

        def none(positions):
            if with_a_well(positions):
                raise EngineError("The cycles do not settle.")
            return 0.0

        for referee in (high, none):
            found = look(with_a_well, referee)
            assert found.skipped > 5
            assert found.found == ()

    def test_where_the_potential_leads_is_looked_at_too(self):
        fallen = METHANE.positions.copy()
        fallen[[5, 6]] = fallen[CARBON] + [[0.0, 2.8, 0.0], [0.0, 1.7, 0.0]]
        found = look(with_a_well, flat, follow=lambda positions, random: [METHANE.positions, fallen, fallen])
        assert any(each.way == "run" and np.array_equal(each.positions, fallen) for each in found.found)

    def test_it_can_be_stopped(self):
        assert look(with_a_well, flat, stopped=lambda: True).tries == 0

    def test_another_channel_has_a_zero_of_its_own(self):
        """A referee that is off by 1 eV for all of the second start's kind is no reason for holes."""
        far = METHANE.positions.copy()
        far[[5, 6]] += [20.0, 0.0, 0.0]

        def off(positions):
            return 1.0 if np.linalg.norm(positions[5] - positions[CARBON]) > 10.0 else 0.0

        starts = np.array([METHANE.positions, far])
        found = hunt(METHANE.numbers, starts, flat, off, 300)
        # A try from afar that brings CN near is the only one that sees both kinds.
        assert all(np.linalg.norm(each.positions[5] - each.positions[CARBON]) < 10.0 for each in found.found)

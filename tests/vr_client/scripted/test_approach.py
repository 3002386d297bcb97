import numpy as np
import pytest

from atomtug.core.errors import InputError
from atomtug.core.systems import load_system
from atomtug.core.systems.bonds import perceive_bonds
from atomtug.core.systems.sites import hydrogen_sites
from atomtug.vr_client.scripted.approach import FARTHEST, NEAREST, choose_approach, choose_hydrogen
from atomtug.vr_client.scripted.route import is_clear, next_waypoint

ISOPENTANE = load_system("isopentane")
BONDS = perceive_bonds(ISOPENTANE.numbers, ISOPENTANE.positions)
RADICAL = (17, 18)


@pytest.mark.parametrize("site", ["primary", "secondary", "tertiary", "any"])
def test_the_hydrogen_chosen_is_of_the_site_asked_for(site):
    sites = hydrogen_sites(ISOPENTANE)
    chosen = {
        choose_hydrogen(ISOPENTANE.numbers, BONDS, site, np.random.default_rng(seed)) for seed in range(60)
    }
    wanted = {h for h, kind in sites.items() if site in ("any", kind)}
    assert chosen <= wanted
    assert len(chosen) > len(wanted) / 2


def test_methane_counts_as_primary():
    system = load_system("methane")
    bonds = perceive_bonds(system.numbers, system.positions)
    assert choose_hydrogen(system.numbers, bonds, "primary", np.random.default_rng(0)) in range(1, 5)


@pytest.mark.parametrize(
    ("site", "sentence"),
    [
        ("methane", "There is no methane hydrogen here, only primary, secondary, tertiary"),
        ("quaternary", "There is no site called 'quaternary': use any, primary"),
    ],
)
def test_a_site_that_is_not_there_is_named(site, sentence):
    with pytest.raises(InputError, match=sentence):
        choose_hydrogen(ISOPENTANE.numbers, BONDS, site, np.random.default_rng(0))


@pytest.mark.parametrize("target", sorted(hydrogen_sites(ISOPENTANE)))
def test_the_way_in_meets_the_chosen_hydrogen_first(target):
    approach = choose_approach(
        ISOPENTANE.positions, BONDS, target, 20.0, np.random.default_rng(target), RADICAL
    )
    others = np.delete(ISOPENTANE.positions, [target, *RADICAL], axis=0)
    for distance in np.linspace(NEAREST, FARTHEST, 12):
        point = approach.point(ISOPENTANE.positions, distance)
        assert np.linalg.norm(point - ISOPENTANE.positions[target]) == pytest.approx(distance)
        assert np.linalg.norm(others - point, axis=1).min() > distance


def test_an_approach_turns_with_the_molecule():
    approach = choose_approach(ISOPENTANE.positions, BONDS, 10, 20.0, np.random.default_rng(3), RADICAL)
    turn = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    turned = ISOPENTANE.positions @ turn.T
    np.testing.assert_allclose(
        approach.direction(turned), turn @ approach.direction(ISOPENTANE.positions), atol=1e-12
    )


@pytest.mark.parametrize("target", [17, 18])
def test_what_is_bonded_to_nothing_but_one_atom_cannot_be_pulled_off(target):
    with pytest.raises(InputError, match=f"Atom {target} is no hydrogen of a molecule"):
        choose_approach(ISOPENTANE.positions, BONDS, target, 20.0, np.random.default_rng(0))


class TestRoutes:
    wall = np.array([[0.0, y, z] for y in np.arange(-4, 5, 1.0) for z in np.arange(-4, 5, 1.0)])
    start, end = np.array([-5.0, 0.0, 0.0]), np.array([5.0, 0.0, 0.0])

    def test_an_open_way_is_taken_straight(self):
        np.testing.assert_array_equal(
            next_waypoint(self.start, self.end, self.wall + np.array([0.0, 20.0, 0.0]), 2.5), self.end
        )
        np.testing.assert_array_equal(next_waypoint(self.start, self.end, np.zeros((0, 3)), 2.5), self.end)

    def test_a_wall_is_gone_around_without_touching_it(self):
        here, corners = self.start, 0
        while not np.array_equal(here, self.end):
            there = next_waypoint(here, self.end, self.wall, 2.5)
            assert is_clear(here, there, self.wall, 2.0)
            here, corners = there, corners + 1
            assert corners < 20

    def test_an_end_beside_an_atom_does_not_block_the_way_out(self):
        near = np.array([0.0, 0.0, 1.5])
        assert is_clear(near, np.array([0.0, 0.0, 8.0]), np.zeros((1, 3)), 2.5)
        assert not is_clear(np.array([0.0, -0.5, -6.0]), np.array([0.0, -0.5, 8.0]), np.zeros((1, 3)), 2.5)

    def test_around_a_real_molecule_it_arrives(self):
        molecule = ISOPENTANE.positions[:17]
        end = molecule[11] + [-3.0, 0.0, 0.0]
        here = ISOPENTANE.positions[17]
        for _ in range(20):
            there = next_waypoint(here, end, molecule, 2.5)
            assert np.isfinite(there).all()
            here = there
            if np.array_equal(here, end):
                return
        raise AssertionError("it goes in circles")

"""Electrons in the headset: bonds by their orders, rings around unpaired electrons, colours by charge and spin."""

from dataclasses import replace

import numpy as np
import pytest

from atomtug.vr_client.client.client_frame import ClientFrame
from atomtug.vr_client.xr.bond_styles import BondStyle, BondStyles, sideways, style_of
from atomtug.vr_client.xr.controllers import ControllerLogic
from atomtug.vr_client.xr.controls import Controls
from atomtug.vr_client.xr.draw_list import DrawList, MoleculeLook, element_colors
from atomtug.vr_client.xr.electrons import atom_colors, colourings, spin_rings, state_change_text
from atomtug.vr_client.xr.grab import mass_of
from atomtug.vr_client.xr.history import History
from atomtug.vr_client.xr.panel import Panel
from atomtug.vr_client.xr.panel_picture import panel_facts
from atomtug.vr_client.xr.poses import Pose
from atomtug.vr_client.xr.snapshot import ServerStatus, SharedSnapshot, Snapshot
from atomtug.vr_client.xr.view import View

CN = np.array([[0, 1]])
ROOM = np.array([[0.0, 0.0, 0.0], [0.12, 0.0, 0.0]])
EYE = np.array([0.0, 0.0, 1.0])


def cn_frame(**changes):
    """A client's frame of a CN radical, as PM6 gives it."""
    entries = {
        "particle.positions": np.array([0.0, 0.0, 0.0, 0.117, 0.0, 0.0]),
        "particle.elements": np.array([6, 7]),
        "bond.pairs": np.array([0, 1]),
        "bond.orders.engine": np.array([2.9]),
        "particle.charges": np.array([0.25, -0.25]),
        "particle.spins": np.array([0.7, 0.3]),
        **changes,
    }
    return Snapshot.of(ClientFrame(1, entries), 1, 1, 0.0, True)


class TestBondStyles:
    @pytest.mark.parametrize(
        ("order", "style"),
        [
            (0.45, BondStyle.PARTIAL),
            (0.97, BondStyle.SINGLE),
            (1.42, BondStyle.AROMATIC),
            (1.75, BondStyle.DOUBLE),
            (1.95, BondStyle.DOUBLE),
            (2.9, BondStyle.TRIPLE),
            (0.0, BondStyle.SINGLE),
            (np.nan, BondStyle.SINGLE),
        ],
    )
    def test_orders_are_drawn_as_a_chemist_would(self, order, style):
        assert style_of(order) == style

    def test_a_style_changes_only_well_beyond_the_limit(self):
        assert style_of(1.30, BondStyle.SINGLE) == BondStyle.SINGLE
        assert style_of(1.33, BondStyle.SINGLE) == BondStyle.AROMATIC
        assert style_of(1.20, BondStyle.AROMATIC) == BondStyle.AROMATIC
        assert style_of(1.17, BondStyle.AROMATIC) == BondStyle.SINGLE
        assert style_of(2.50, BondStyle.SINGLE) == BondStyle.DOUBLE
        styles = BondStyles()
        orders = 1.7 + 0.06 * np.sin(np.arange(40))
        assert len({int(styles.update(CN, np.array([order]))[0]) for order in orders}) == 1

    def test_a_bond_keeps_its_style_wherever_it_stands(self):
        styles = BondStyles()
        styles.update(np.array([[0, 1], [1, 2]]), np.array([2.9, 1.0]))
        assert styles.update(np.array([[2, 1], [1, 0]]), np.array([1.0, 2.42])).tolist() == [1, 4]
        assert styles.update(np.array([[2, 1], [1, 0]]), np.zeros(0)).tolist() == [1, 1]


class TestSticks:
    def drawn(self, style, room=ROOM, bonds=CN):
        draw_list = DrawList()
        look = MoleculeLook(np.full(len(bonds), style), EYE)
        draw_list.molecule(room, np.full(len(room), 6), bonds, 1.0, look)
        return draw_list.capsules.copy()

    def test_double_and_triple_bonds_are_sticks_side_by_side_as_seen(self):
        for style, count in ((BondStyle.SINGLE, 1), (BondStyle.DOUBLE, 2), (BondStyle.TRIPLE, 3)):
            rows = self.drawn(style)
            assert len(rows) == count
            # The eye is on +z and the bond along x: they lie above one another, with a gap, around the axis.
            np.testing.assert_allclose(rows[:, 2], 0.0, atol=1e-7)
            np.testing.assert_allclose(rows[:, 1].mean(), 0.0, atol=1e-7)
            assert (np.diff(np.sort(rows[:, 1])) > 2 * rows[0, 3]).all()
            np.testing.assert_allclose(rows[:, 4] - rows[:, 0], 0.12, atol=1e-6)

    def test_a_broken_half_of_a_bond_is_dashed(self):
        rows = self.drawn(BondStyle.PARTIAL)
        assert len(rows) == 3
        assert (rows[1:, 0] - rows[1:, 3] > rows[:-1, 4] + rows[:-1, 3]).all()

    def test_the_dashes_of_a_ring_lie_inside_it(self):
        angles = np.arange(6) * np.pi / 3
        room = 0.14 * np.stack([np.cos(angles), np.sin(angles), np.zeros(6)], axis=1)
        bonds = np.array([[k, (k + 1) % 6] for k in range(6)])
        rows = self.drawn(BondStyle.AROMATIC, room, bonds)
        dashes = rows[:, 3] < 0.005
        middles = np.linalg.norm(0.5 * (rows[:, :3] + rows[:, 4:7]), axis=1)
        assert dashes.sum() == 30
        assert middles[dashes].max() < middles[~dashes].min()

    def test_a_bond_along_the_line_of_sight_is_drawn_too(self):
        room = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 0.12]])
        assert np.isfinite(sideways(room, CN, EYE)).all()
        assert np.isfinite(self.drawn(BondStyle.TRIPLE, room)).all()


class TestSpins:
    def test_rings_are_around_the_atoms_with_unpaired_electrons(self):
        radii = np.array([0.03, 0.03, 0.03])
        room = np.vstack([ROOM, [0.3, 0.0, 0.0]])
        rings = spin_rings(np.array([0.9, -0.4, 0.05]), room, radii, 1.0, EYE)
        assert [ring.name.split()[1] for ring in rings] == ["up", "down"]
        assert rings[0].width > rings[1].width > 2 * 0.03
        for ring in rings:
            ahead = ring.pose.of(np.array([0.0, 0.0, 1.0])) - ring.pose.position
            toward = EYE - ring.pose.position
            np.testing.assert_allclose(ahead, toward / np.linalg.norm(toward), atol=1e-9)
            upward = ring.pose.of(np.array([0.0, 1.0, 0.0])) - ring.pose.position
            assert upward[1] > 0.9
        assert (rings[0].pixels != rings[1].pixels).any()

    def test_a_faint_ring_is_fainter(self):
        clear, faint = (spin_rings(np.array([s]), ROOM[:1], np.array([0.03]), 1.0, EYE) for s in (0.9, 0.14))
        assert faint[0].pixels[..., 3].max() < 0.5 * clear[0].pixels[..., 3].max()

    def test_no_spins_no_rings(self):
        assert spin_rings(np.zeros(2), ROOM, np.full(2, 0.03), 1.0, EYE) == []


class TestColours:
    def test_charge_and_spin_colour_the_atoms(self):
        snapshot = cn_frame()
        assert colourings(snapshot) == ("element", "charge", "spin")
        assert atom_colors(snapshot, "element") is None
        carbon, nitrogen = atom_colors(snapshot, "charge")
        assert carbon[2] > carbon[0]
        assert nitrogen[0] > nitrogen[2]
        carbon, nitrogen = atom_colors(snapshot, "spin")
        assert carbon[1] > nitrogen[1]

    def test_an_engine_that_says_nothing_leaves_the_elements(self):
        none = cn_frame(**{"particle.charges": np.zeros(0), "particle.spins": np.zeros(0)})
        assert colourings(none) == ("element",)
        assert atom_colors(none, "charge") is None
        missing = Snapshot.of(ClientFrame(1, {"particle.positions": np.zeros(6)}), 1, 1, 0.0, True)
        assert colourings(missing) == ("element",)
        assert len(missing.orders) == len(missing.spins) == 0


def test_the_view_draws_a_radical():
    snapshot = cn_frame()
    controllers, view = ControllerLogic(), View()
    controllers.helping = False
    shared, server = SharedSnapshot(1, [0, 1.2, 0.5, 0, 0, 0, 1, 1, 1, 1]), ServerStatus(True)
    controls = Controls(Pose(np.array([0.0, 1.6, 0.0])))
    try:
        controllers.step(controls, snapshot, shared, server, 0.1)
        draw_list = view.compose(controllers, controls, snapshot, shared, server, 0.1)
        assert len(draw_list.capsules) == 3
        assert [label.name.split()[0] for label in draw_list.billboards] == ["spin", "spin"]
        far = [np.linalg.norm(label.pose.position - controls.head.position) for label in draw_list.billboards]
        assert far == sorted(far, reverse=True)
        np.testing.assert_allclose(draw_list.spheres[:, 4:7], element_colors(np.array([6, 7])), atol=1e-6)
        controllers.panel.colouring = "charge"
        draw_list = view.compose(controllers, controls, snapshot, shared, server, 0.1)
        assert draw_list.spheres[0, 6] > draw_list.spheres[0, 4]
    finally:
        view.close()


def test_a_change_of_state_is_told_once_and_not_for_an_earlier_run():
    def at(changes, before=100.0, after=16.3, begins=False):
        told = {"engine.state_changes": changes, "engine.state_changed": np.array([before, after])}
        return replace(cn_frame(**told), begins=begins)

    assert state_change_text(at(0), at(1)) == "The electrons settled into a lower state: -20 kcal/mol"
    assert "another state: +20" in state_change_text(at(1), at(2, 16.3, 100.0))
    assert state_change_text(at(1), at(1)) == ""
    assert state_change_text(at(0), at(1, begins=True)) == ""
    assert state_change_text(at(0), at(1, 16.3, 16.0)) == ""


def test_the_panel_shows_the_spin_and_a_grip_takes_the_mass_of_an_isotope():
    snapshot = cn_frame(**{"engine.spin_square": 0.81, "particle.masses": np.array([13.003, 14.0])})
    facts = panel_facts(Panel(), snapshot, ServerStatus(True), History())
    assert facts.figures.spin == "⟨S²⟩ 0.81"
    assert mass_of(snapshot.elements, (0,), snapshot.masses) == pytest.approx(13.003)
    assert mass_of(snapshot.elements, (0,)) == pytest.approx(12.011)

"""What is seen: the panel and other signs, and what is drawn of a moment."""

from dataclasses import replace

import numpy as np
import pytest
from test_xr_connection import eventually

from atomtug.vr_client.xr import shapes
from atomtug.vr_client.xr.avatars import Avatar, color_of
from atomtug.vr_client.xr.controllers import ControllerLogic
from atomtug.vr_client.xr.controls import Controls, HandControls
from atomtug.vr_client.xr.draw_list import DrawList, linear
from atomtug.vr_client.xr.history import History
from atomtug.vr_client.xr.paint import NOTICE_SIZE, SIGN_SIZE, paint_label, paint_notice, paint_sign
from atomtug.vr_client.xr.panel_picture import PANEL_SIZE, paint_panel, panel_facts
from atomtug.vr_client.xr.poses import Pose
from atomtug.vr_client.xr.snapshot import ServerStatus, SharedSnapshot, Snapshot
from atomtug.vr_client.xr.view import View


class TestPainting:
    def facts(self, history=None, **server):
        snapshot = Snapshot(number=1, energy=-1234.5, engine="pm6", uncertainty=2.5, playing=True)
        names = frozenset(["playback/play", "playback/reset"])
        status = ServerStatus(**{"connected": True, "commands": names, **server})
        return panel_facts(ControllerLogic().panel, snapshot, status, history or History(), 600.0)

    def test_the_panel_is_painted(self):
        facts = self.facts()
        assert facts.figures.energy == "-1,234.5"
        assert facts.figures.doubt == "±2.5"
        picture = paint_panel(facts)
        assert picture.shape == (PANEL_SIZE[1], PANEL_SIZE[0], 4)
        other = replace(facts, figures=replace(facts.figures, energy="-1,234.6"))
        assert (picture != paint_panel(other)).any()
        assert facts.same_but_figures(other)

    def test_without_a_server_only_what_needs_none_is_on(self):
        assert self.facts().usable > {"play", "reset", "here"}
        facts = self.facts(connected=False)
        assert facts.usable == {"here", "measure", "weaker", "stronger", "help"}
        assert facts.title == "no server"

    def test_the_reaction_and_the_curve_are_on_it(self):
        history, still = History(), History()
        molecules = {"elements": np.array([1, 1, 8]), "positions": np.zeros((3, 3))}
        for number, bonds in ((1, [[0, 1]]), (2, [[0, 1]]), (3, [[1, 2]])):
            snapshot = Snapshot(
                number=number, begins=number == 1, bonds=np.array(bonds), energy=number**2, **molecules
            )
            history.add(snapshot, float(number))
            if number < 3:
                still.add(snapshot, float(number))
        assert history.reaction == "H2 + O → H + OH"
        assert still.reaction == "H2 + O"
        assert history.energies == (1.0, 4.0, 9.0)
        assert (paint_panel(self.facts(history)) != paint_panel(self.facts(still))).any()
        history.add(Snapshot(number=1, connection=2, begins=True, bonds=np.array([[1, 2]]), **molecules), 9.0)
        assert history.reaction == "H + OH"
        assert history.energies == ()

    def test_ions_keep_the_sign_that_the_server_gives_them(self):
        history = History()
        molecules = {"elements": np.array([6, 9, 17]), "positions": np.zeros((3, 3))}
        for number, bonds, names in ((1, [[0, 2]], ("CCl", "F-")), (2, [[0, 1]], ("CF", "Cl-"))):
            history.add(Snapshot(number, bonds=np.array(bonds), molecules=names, **molecules), float(number))
        assert history.reaction == "CCl + F- → CF + Cl-"

    def test_a_long_notice_a_name_and_the_sign_fit(self):
        picture = paint_notice(
            "The server at somewhere.example.org:38801 does not answer: it may be stuck. " * 3
        )
        assert picture.shape == (NOTICE_SIZE[1], NOTICE_SIZE[0], 4)
        assert paint_label("Ada Lovelace, Countess of somewhere", (1.0, 0.5, 0.0)).shape[2] == 4
        assert paint_sign().shape == (SIGN_SIZE[1], SIGN_SIZE[0], 4)


class TestTheView:
    hand = HandControls(Pose(np.array([-0.2, 1.0, -0.3])))

    def view(self, controls, colouring="element", shared=None, touch=(), **snapshot):
        """What is drawn: spheres, capsules, billboards by name; and where the atoms are."""
        facts = {"positions": np.array([[0.0, 0, 0], [0.11, 0, 0]]), "elements": np.array([6, 1])}
        snapshot = Snapshot(1, 1, 0.0, True, bonds=np.array([[0, 1]]), **{**facts, **snapshot})
        shared = shared or SharedSnapshot(1, [0, 1.2, 0.5, 0, 0, 0, 1, 1, 1, 1])
        server, controllers, view = ServerStatus(True, "Hello."), ControllerLogic(), View()
        controllers.panel.colouring, controllers.helping = colouring, not touch
        for atom in touch:
            controllers.measure.touch(atom)
        wanted = {"panel", "notice", "distance" if touch else "sign", *(f"name {p}" for p in shared.avatars)}
        try:
            controllers.step(controls, snapshot, shared, server, 0.1)

            def composed():
                draw_list = view.compose(controllers, controls, snapshot, shared, server, 0.1)
                return draw_list if {label.name for label in draw_list.billboards} == wanted else None

            draw_list = eventually(composed)
            labels = {label.name: label for label in draw_list.billboards}
            return draw_list.spheres.copy(), draw_list.capsules.copy(), labels, controllers.room
        finally:
            view.close()

    def test_atoms_bonds_hands_panel_sign_and_notice_are_there(self):
        spheres, capsules, labels, room = self.view(Controls(Pose(np.array([0, 1.6, 0.0])), self.hand))
        np.testing.assert_allclose(spheres[:, :3], room, atol=1e-6)
        np.testing.assert_allclose(room.mean(axis=0)[1:], [1.25, -0.45], atol=1e-6)
        assert len(capsules) > 10
        for name in ("notice", "sign"):
            pose = labels[name].pose
            facing = pose.of(np.array([0, 0, 1.0])) - pose.position
            assert facing @ ([0.0, 1.6, 0.0] - pose.position) > 0  # its face is to the eyes
            assert facing[1] == pytest.approx(0.0, abs=1e-6)
        assert labels["sign"].pose.position[0] < -0.3

    def test_doubt_colours_atoms_where_that_is_asked_for(self):
        controls = Controls(Pose(np.array([0, 1.6, 0.0])), self.hand)
        doubt = np.array([0.0, 800.0])
        sure, pink = (
            self.view(controls, colouring, atom_uncertainty=doubt)[0][:, 4:7]
            for colouring in ("element", "uncertainty")
        )
        np.testing.assert_allclose(sure[1], self.view(controls)[0][1, 4:7])
        assert pink[1, 0] > 4 * pink[1, 1]
        assert pink[0, 0] < 0.2

    def test_a_measured_distance_stands_beside_its_line(self):
        controls = Controls(Pose(np.array([0, 1.6, 0.0])), self.hand)
        _, _, labels, room = self.view(controls, touch=(0, 1))
        above = labels["distance"].pose.position - room.mean(axis=0)
        np.testing.assert_allclose(above, [0, 0.03, 0], atol=1e-12)

    def test_others_have_a_colour_and_a_name_above_the_head(self):
        avatar = Avatar("Ada", color_of("ada"), {"headset": Pose(np.array([0.3, 1.7, 1.0]))})
        shared = SharedSnapshot(1, [0, 1.2, 0.5, 0, 0, 0, 1, 1, 1, 1], avatars={"ada": avatar})
        spheres, _, labels, _ = self.view(Controls(Pose(np.array([0, 1.6, 0.0])), self.hand), shared=shared)
        head = spheres[2, :3]
        assert labels["name ada"].pose.position[1] > head[1] + 0.15
        np.testing.assert_allclose(spheres[2, 4:7], linear(np.array(color_of("ada"))), atol=1e-6)
        assert len({color_of(player) for player in "abcdefgh"}) > 2

    def test_a_pulling_line_runs_from_hand_to_atom(self):
        draw_list = DrawList()
        shapes.line(draw_list, np.zeros(3), np.array([0.0, 0.3, 0.0]), 3000.0)
        np.testing.assert_allclose(draw_list.capsules[0, :3], 0.0, atol=1e-6)
        np.testing.assert_allclose(draw_list.capsules[-1, 4:7], [0.0, 0.3, 0.0], atol=1e-6)
        shapes.line(draw_list, np.zeros(3), np.zeros(3), 0.0)  # nowhere to go

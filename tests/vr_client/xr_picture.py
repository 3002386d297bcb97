"""The picture in docs/vr.md and the README: what both eyes see in the midst of an abstraction.

    python tests/vr_client/xr_picture.py docs/vr.png

Scripted hands take a hydrogen with a CN radical, on PM6; when it is half-way, we look: the headset's own wearer, with
controllers where those hands are, through its own renderer, off-screen.
"""

import os
import sys
import time
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before Sparrow is loaded: one thread is faster

import numpy as np
from fake_simulation import FakeSimulation

from atomtug.core.systems import load_system
from atomtug.core.systems.bonds import perceive_bonds
from atomtug.core.systems.sites import find_radical, neighbour_lists
from atomtug.core.units import NM_PER_ANGSTROM
from atomtug.vr_client.scripted.series import SteeringSeries
from atomtug.vr_client.scripted.trials import draw_trial
from atomtug.vr_client.xr.box import Box
from atomtug.vr_client.xr.contexts import EglContext
from atomtug.vr_client.xr.controllers import ControllerLogic
from atomtug.vr_client.xr.controls import PINCH, Controls, HandControls
from atomtug.vr_client.xr.poses import Pose, multiply, turn_about, turn_between
from atomtug.vr_client.xr.renderer import Renderer, projection_of
from atomtug.vr_client.xr.snapshot import ServerStatus, SharedSnapshot, Snapshot
from atomtug.vr_client.xr.view import View

COMMANDS = (
    "playback/play",
    "playback/pause",
    "playback/reset",
    "recording/start",
    "recording/stop",
    "engine/load",
    "playback/load",
    "playback/step",
    "checkpoint/restore",
    "user/relax",
    "user/learn",
)
SERVER = ServerStatus(
    True, "", frozenset(COMMANDS), ("pm6", "ann:isobutane.safetensors"), ("isobutane", "methane"), 1
)
SEED = 3
"""Of the script's hands: here one holds the molecule, the other the radical, and neither hides the hydrogen."""
LONGEST = 3.0
"""ps."""
METRES_PER_NM = 1.05
PLACE = np.array([0.07, 1.29, 0.58])
"""Of the hydrogen, server space."""
HEAD = Pose(np.array([0.0, 1.56, 0.02]), turn_about(np.array([1.0, 0.0, 0.0]), -0.40))
COMES = np.array([0.96, 0.1, -0.25])
"""Whence the radical comes, server space."""
TWIST = 4.9
"""Of the molecule about the line to it, radians."""
TURNS = {
    "left": multiply(
        turn_about(np.array([0.0, 1.0, 0.0]), -0.45), turn_about(np.array([1.0, 0.0, 0.0]), 0.35)
    ),
    "right": multiply(
        turn_about(np.array([0.0, 1.0, 0.0]), 0.35), turn_about(np.array([1.0, 0.0, 0.0]), 0.30)
    ),
}
"""How the hands are held."""
FIELD = 0.60
"""Half the field of view, radians."""


def half_way(name, site, seed):
    """A frame with the hydrogen between carbon and radical: the frame, the hands' interactions, (C, H, C)."""
    system = load_system(name)
    trial = draw_trial(system, 0, SteeringSeries(site=site, seed=seed))
    simulation = FakeSimulation(trial.system, trial.seed, trial.temperature)
    bonds = perceive_bonds(system.numbers, system.positions)
    hydrogen = trial.target
    (carbon,) = neighbour_lists(len(system.numbers), bonds)[hydrogen]
    radical = find_radical(system.numbers, bonds)[0]
    plan = trial.make_plan(simulation.frame)
    action = next(plan)
    while True:
        held = action.interactions
        frame = simulation.advance(held)
        away = np.linalg.norm(frame.positions[[carbon, radical]] - frame.positions[hydrogen], axis=1)
        if away[1] < away[0] + 0.12 and held:
            return frame, held, (carbon, hydrogen, radical)
        assert frame.time < LONGEST, "this hand does not get it: take another seed"
        action = plan.send(frame)


def mid_abstraction(context, name="isobutane", site="tertiary", size=(800, 800), seed=SEED):
    """(height, 2 * width, 3) what both eyes see."""
    frame, held, (carbon, hydrogen, radical) = half_way(name, site, seed=seed)
    snapshot = replace(
        Snapshot.of(frame, 1, 1, 0.0, True), engine="pm6", playing=True, recording=f"{name}.h5"
    )
    scene = _scene(frame.positions_nm, carbon, hydrogen, radical)
    box, shared = Box.from_scene(scene), SharedSnapshot(1, scene)
    controllers, view, renderer = ControllerLogic(), View(), Renderer(context.gl)
    try:
        # It comes to the wearer, who then moves it to where it is for the picture.
        controllers.step(Controls(HEAD), snapshot, SharedSnapshot(1), SERVER, 0.0)
        now = 1.0
        grabs = {
            hand: box.to_room(snapshot.positions[list(it.particles)].mean(axis=0))
            for hand, it in held.items()
        }
        pulls = {hand: box.to_room(it.position * NM_PER_ANGSTROM) for hand, it in held.items()}
        # Out to the atoms, the triggers pressed, then to where those hands are.
        for places, trigger in ((grabs, 0.0), (grabs, 1.0), (pulls, 0.9)):
            controls = _controls(places, trigger, controllers)
            now += 0.1
            controllers.step(controls, snapshot, shared, SERVER, now)
        ready = time.monotonic() + 30.0
        draw_list = view.compose(controllers, controls, snapshot, shared, SERVER, now)
        while "panel" not in {label.name for label in draw_list.billboards} and time.monotonic() < ready:
            time.sleep(0.02)
            draw_list = view.compose(controllers, controls, snapshot, shared, SERVER, now)
        renderer.prepare(draw_list)
        projection = projection_of(-FIELD, FIELD, FIELD, -FIELD)
        eyes = [HEAD.then(Pose(np.array([x, 0.0, 0.0]))) for x in (-0.032, 0.032)]
        return np.hstack([renderer.picture(size, eye, projection) for eye in eyes])
    finally:
        view.close()
        renderer.close()


def _scene(positions, carbon, hydrogen, radical):
    """The box such that the radical comes from the right, the molecule is on the left, the hydrogen between."""
    mirror = np.array([-1.0, 1.0, 1.0])
    axis = (positions[radical] - positions[carbon]) * mirror
    turn = multiply(turn_about(np.array([1.0, 0.0, 0.0]), TWIST), turn_between(axis, COMES))
    here = Pose(np.zeros(3), turn).of(positions[hydrogen] * mirror) * METRES_PER_NM
    return [*(PLACE - here), *turn, *(METRES_PER_NM,) * 3]


def _controls(places, trigger, controllers):
    """Hands with their fingertips at these places, coming from their side; an idle left one shows its wrist."""
    hands = {}
    for name, idle in (("left", np.array([-0.25, 1.18, -0.38])), ("right", np.array([0.3, 1.1, -0.35]))):
        held = name in places
        turn = TURNS[name]
        tips = places.get(name, idle)
        pose = Pose(tips - Pose(np.zeros(3), turn).of(PINCH), turn)
        grip = pose.then(Pose(np.array([0.0, 0.0, 0.05])))
        hands[name] = HandControls(grip, pose, trigger=trigger if held else 0.0)
    return Controls(HEAD, hands["left"], hands["right"])


def main():
    from PIL import Image

    context = EglContext()
    picture = mid_abstraction(context)
    path = Path(sys.argv[1])
    Image.fromarray(picture).save(path, optimize=True)
    print(f"{path}: {picture.shape[1]} x {picture.shape[0]}, {path.stat().st_size // 1000} kB")
    context.close()


if __name__ == "__main__":
    main()

"""The page in a headset that Meta's emulator pretends (IWER): no headset was used."""

from pathlib import Path

import numpy as np
import pytest
from page_visitor import frame, pulls, wait_for

from atomtug.core.systems import load_system
from atomtug.server.app import ServerOptions, running_server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

EMULATOR = Path(__file__).parents[2] / "web" / "node_modules" / "iwer" / "build" / "iwer.min.js"
# Chromium has a navigator.xr of its own on localhost, without a headset: it has to be replaced.
INSTALL = """
window.headset = new IWER.XRDevice(IWER.metaQuest3);
headset.installRuntime({forceInstall: true});
window.moveTip = (side, [x, y, z]) => {  // the tip is 6 cm in front of the controller
  headset.controllers[side].position.set(x, y, z + 0.06);
  headset.controllers[side].quaternion.set(0, 0, 0, 1);
};
window.inRoom = (atom) => {
  atomtug.view.world.updateWorldMatrix(true, false);
  return atomtug.view.world.localToWorld(atomtug.molecule.place(atom)).toArray();
};
"""


@pytest.fixture(scope="module")
def headset(open_page_for_all, tmp_path_factory):
    if not EMULATOR.is_file():
        pytest.skip("the headset's emulator (iwer) is not installed (make page)")
    folder = tmp_path_factory.mktemp("runs")
    options = ServerOptions([load_system("methane")], web_port=0, temperature=50.0, recordings=folder)
    with running_server(options) as server:
        scripts = (EMULATOR.read_text(), INSTALL)
        page = open_page_for_all(server.page, scripts=scripts, viewport={"width": 1280, "height": 640})
        page.click("#vr")
        wait_for(page, "atomtug.vr.presenting")
        page.evaluate("headset.position.set(0, 1.5, 0.25)")
        page.evaluate("moveTip('left', [-0.4, 1.2, -0.3]); moveTip('right', [0.4, 1.2, -0.3])")
        wait_for(page, "atomtug.vr.controllers.filter(one => one.userData.source).length === 2")
        yield page


def hold(page, side: str, button: str, value: float) -> None:
    page.evaluate(f"headset.controllers.{side}.updateButtonValue('{button}', {value})")


def test_a_controllers_trigger_takes_the_nearest_atom_and_pulls_it(headset, picture):
    page = headset
    held = []
    for _ in range(50):  # atoms move
        page.evaluate("moveTip('right', inRoom(1))")
        page.wait_for_timeout(100)
        hold(page, "right", "trigger", 1.0)
        page.wait_for_timeout(200)
        held = page.evaluate("[...atomtug.pulls.held].map(([hand, pull]) => [hand, pull.atom])")
        if held == [["hand.right", 1]]:
            break
        hold(page, "right", "trigger", 0.0)
        page.wait_for_timeout(100)
    assert held == [["hand.right", 1]]
    wait_for(page, "atomtug.connection.frame['forces.user.index']?.includes(1)")
    start = np.array(frame(page, "particle.positions")).reshape(-1, 3)[1]
    page.evaluate("{ const [x, y, z] = inRoom(1); moveTip('right', [x + 0.22, y + 0.16, z + 0.05]); }")
    wait_for(page, f"atomtug.molecule.place(1).x - {start[0]} > 0.01")
    [key] = pulls(page)
    value = page.evaluate(f"atomtug.connection.state.get('{key}')")
    assert value["label"] == "hand.right"
    picture(page, "page-headset")
    avatar = page.evaluate("atomtug.connection.state.get(`avatar.${atomtug.person.id}`)")
    assert {part["name"] for part in avatar["components"]} == {"headset", "hand.left", "hand.right"}
    hold(page, "right", "trigger", 0.0)
    wait_for(page, "atomtug.pulls.held.size === 0")


def test_grips_move_and_scale_the_molecule(headset):
    page = headset
    page.evaluate("moveTip('left', [-0.2, 1.2, -0.5]); moveTip('right', [0.2, 1.2, -0.5])")
    page.wait_for_timeout(300)
    before = page.evaluate("[atomtug.view.world.scale.x, ...atomtug.view.world.position.toArray()]")
    hold(page, "right", "squeeze", 1.0)
    page.wait_for_timeout(300)
    page.evaluate("moveTip('right', [0.3, 1.35, -0.5])")
    wait_for(page, f"atomtug.view.world.position.y - {before[2]} > 0.1")
    assert page.evaluate("atomtug.view.world.scale.x") == pytest.approx(before[0])
    hold(page, "left", "squeeze", 1.0)
    page.wait_for_timeout(300)
    page.evaluate("moveTip('left', [-0.7, 1.2, -0.5])")  # the hands are twice as far apart
    wait_for(page, f"atomtug.view.world.scale.x > 1.7 * {before[0]}")
    for side in ("left", "right"):
        hold(page, side, "squeeze", 0.0)
    page.wait_for_timeout(200)
    assert pulls(page) == []


def test_a_whole_molecule_turns_with_the_wrist(headset):
    page = headset
    page.evaluate("atomtug.pointer.whole = true; moveTip('right', inRoom(5))")
    for _ in range(50):  # atoms move
        hold(page, "right", "trigger", 1.0)
        page.wait_for_timeout(200)
        if page.evaluate("[...atomtug.pulls.held.values()].some(({ atoms }) => atoms.includes(5))"):
            break
        hold(page, "right", "trigger", 0.0)
        page.wait_for_timeout(100)
        page.evaluate("moveTip('right', inRoom(5))")
    page.evaluate("headset.controllers.right.quaternion.set(0, 0, Math.sin(0.4), Math.cos(0.4))")
    wait_for(page, "atomtug.pulls.held.get('hand.right')?.pose?.turn.w < 0.95")
    wait_for(page, "[...atomtug.connection.state.keys()].some((key) => key.endsWith('hand.right.5'))")
    hold(page, "right", "trigger", 0.0)
    wait_for(page, "atomtug.pulls.held.size === 0")
    wait_for(page, "![...atomtug.connection.state.keys()].some((key) => key.startsWith('interaction.'))")
    page.evaluate("atomtug.pointer.whole = false")


def aim(page, name: str) -> None:
    """Point the right controller at a button of the board, from 30 cm before it."""
    page.evaluate("headset.controllers.left.position.set(5, 1, 0)")  # or it would point at the board, too
    page.evaluate(
        """name => {
            const { board } = atomtug.vr;
            const target = board.place(name);
            const from = board.localToWorld(board.worldToLocal(target.clone()).add({ x: 0, y: 0, z: 0.3 }));
            const { right } = headset.controllers;
            right.position.set(...from.toArray());
            const turned = board.parent.quaternion.clone().multiply(board.quaternion);
            right.quaternion.set(...turned.toArray());
        }""",
        name,
    )
    wait_for(page, f"atomtug.vr.board.pointed === '{name}'")


def press_button(page, name: str, until: str) -> None:
    """Press a button until a condition holds; the headset has to see the trigger released before the next press."""
    aim(page, name)
    hold(page, "right", "trigger", 1.0)
    wait_for(page, until)
    drawn = page.evaluate("atomtug.view.renderer.info.render.frame")
    hold(page, "right", "trigger", 0.0)
    wait_for(page, f"atomtug.view.renderer.info.render.frame > {drawn + 10}")


def test_22_the_boards_buttons_pause_relax_undo_and_colour(headset):
    page = headset
    page.evaluate("atomtug.connection.run('checkpoint/save')")
    wait_for(page, "atomtug.connection.state.get('checkpoint.count') >= 1")
    press_button(page, "play", "document.body.classList.contains('paused')")
    press_button(page, "relax", "atomtug.connection.state.get('dynamics.thermostat') === 'relax'")
    press_button(page, "relax", "atomtug.connection.state.get('dynamics.thermostat') === 'langevin'")
    count = page.evaluate("atomtug.connection.state.get('checkpoint.count')")
    press_button(page, "undo", f"atomtug.connection.state.get('checkpoint.count') === {count - 1}")
    press_button(page, "colour", "document.getElementById('colour').value === 'charge'")
    press_button(page, "play", "!document.body.classList.contains('paused')")
    assert pulls(page) == []


BEFORE_EYES = """(() => {  // how far the molecule's middle is in front of the eyes, to their right and above, in m
  const { centre } = atomtug.molecule.extent();
  atomtug.view.world.updateWorldMatrix(true, false);
  const away = atomtug.view.world.localToWorld(centre.clone()).sub(headset.position);
  const yaw = 2 * Math.atan2(headset.quaternion.y, headset.quaternion.w);
  const [s, c] = [Math.sin(yaw), Math.cos(yaw)];
  return [-(away.x * s + away.z * c), away.x * c - away.z * s, away.y];
})()"""


@pytest.mark.parametrize("how", ["the board", "the headset's own button"])
def test_22_the_molecule_comes_before_the_eyes_wherever_they_look(headset, how):
    page = headset
    turned = 0.0 if how == "the board" else 2.0
    page.evaluate("headset.position.set(1.0, 1.4, 0.8)")
    page.evaluate(f"headset.quaternion.set(0, {np.sin(turned / 2)}, 0, {np.cos(turned / 2)})")
    wanted = "[0.7, 0, -0.3].every((metres, k) => Math.abs(found[k] - metres) < 0.08)"
    there = f"(found => {wanted})({BEFORE_EYES})"
    if how == "the board":
        press_button(page, "front", there)
    else:
        page.evaluate("headset.recenter()")
    wait_for(page, there)


def test_leaving_puts_everything_back(headset):
    page = headset
    page.evaluate("headset.controllers.right.position.set(0.1, 1, 0)")
    page.evaluate("atomtug.view.renderer.xr.getSession().end()")
    wait_for(page, "!atomtug.vr.presenting")
    assert page.evaluate("atomtug.view.world.scale.x") == 1
    assert page.inner_text("#vr") == "Enter VR"

"""All atoms stay in view: the camera follows, and whoever has looked elsewhere comes back."""

import base64

import numpy as np
import pytest
from page_visitor import frame, press, wait_for
from toy_engines import FreeEngine

from atomtug.core.systems import load_system
from atomtug.server.app import ServerOptions, run_in_thread, running_server
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.server.dynamics.simulation import Simulation
from atomtug.server.dynamics.wall import CENTRING
from atomtug.server.listening import ListenOptions
from atomtug.server.session.session import Session
from atomtug.wire.frames import bond_values, topology_values

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

LIVE = 75e-3
"""ps that pass in a second of a live simulation: 30 frames a second, five steps of 0.5 fs a frame."""
MINUTES = 10
INSIDE = """
window.inView = () => Array.from({length: atomtug.molecule.count}, (_, atom) => atomtug.screen(atom)).every(
  ({x, y}) => x > 0 && y > 0 && x < innerWidth && y < innerHeight);
window.farthest = (data, seconds) => {  // of all atoms in all frames from the middle of the window; 1 is its rim
  const all = new Float32Array(Uint8Array.from(atob(data), (c) => c.charCodeAt(0)).buffer);
  const { molecule, view } = atomtug;
  const size = 3 * molecule.count;
  let most = 0;
  for (let from = 0; from < all.length; from += size) {
    molecule.positions = all.subarray(from, from + size);
    view.track(molecule.extent());
    view.follow(seconds);
    view.camera.updateMatrixWorld();
    for (let atom = 0; atom < molecule.count; atom++) {
      const seen = molecule.place(atom).project(view.camera);
      most = Math.max(most, Math.abs(seen.x), Math.abs(seen.y));
    }
  }
  return most;
};
"""


RESTS = """(() => {  // whether the camera is where it was some pictures ago
  if (window.pictures === undefined) {
    window.pictures = 0;
    const count = () => (window.pictures++, requestAnimationFrame(count));
    count();
  }
  const now = atomtug.view.camera.position.toArray().join();
  if (now !== window.cameraBefore) [window.cameraBefore, window.cameraSince] = [now, window.pictures];
  return window.pictures > window.cameraSince + 5;
})()"""


def still(name: str) -> type[Session]:
    """A session that shows the start of a system, and nothing more."""

    class StandingStill(Session):
        async def start(self) -> None:
            await super().start()
            system = load_system(name)
            positions = (system.positions / 10).astype(np.float32).reshape(-1)
            values = {**topology_values(system), **bond_values(np.zeros((0, 2), dtype=int))}
            self.frames.publish({**values, "particle.positions": positions}, begins=True)

    return StandingStill


@pytest.mark.parametrize("name", ["methane", "isobutane", "squalane"])
def test_untouched_for_ten_minutes_every_atom_stays_on_screen(name, open_page):
    # Atoms without any bonds, which spread as far as anything can: only the wall and the restraint hold them.
    system = load_system(name)
    settings = DynamicsSettings(timestep=5.0, seed=1, centring=CENTRING)
    simulation = Simulation(system, FreeEngine(system.positions), settings)
    frames = []
    seconds = 4 * settings.timestep / 1000 / LIVE
    for _ in range(round(MINUTES * 60 / seconds)):
        for _ in range(4):
            simulation.step()
        frames.append(simulation.frame().positions.astype(np.float32) / 10)
    moved = np.linalg.norm(frames[-1] - system.positions / 10, axis=1)
    assert moved.max() > 0.3
    with run_in_thread(still(name), ListenOptions(port=0, web_port=0)) as server:
        page = open_page(server.page, scripts=(INSIDE,))
        data = base64.b64encode(np.array(frames, dtype="<f4").tobytes()).decode()
        assert page.evaluate("([data, seconds]) => farthest(data, seconds)", [data, seconds]) < 1.0


@pytest.fixture(scope="module")
def view(open_page_for_all, tmp_path_factory):
    """A molecule that stands still, so that only people move what is seen."""
    options = ServerOptions(
        [load_system("methane")], web_port=0, paused=True, recordings=tmp_path_factory.mktemp("runs")
    )
    with running_server(options) as server:
        page = open_page_for_all(server.page, scripts=(INSIDE,))
        wait_for(page, RESTS)
        yield page, page.evaluate("atomtug.view.controls.getDistance()")


@pytest.mark.parametrize("way", ["key", "button", "double click", "reset"])
def test_whoever_has_looked_elsewhere_comes_back(view, way):
    page, before = view
    page.mouse.move(90, 640)
    page.mouse.wheel(0, -900)
    wait_for(page, f"atomtug.view.controls.getDistance() < {0.7 * before}")
    page.mouse.down(button="right")
    page.mouse.move(760, 640, steps=3)
    page.mouse.up(button="right")
    wait_for(page, "!inView()")
    if way == "key":
        page.keyboard.press("c")
    elif way == "button":
        page.click("#centre")
    elif way == "double click":
        page.mouse.dblclick(90, 640)
    else:
        page.click("#reset")
    wait_for(page, f"inView() && Math.abs(atomtug.view.controls.getDistance() / {before} - 1) < 0.1")


def test_the_camera_rests_while_someone_drags(view):
    page, _ = view
    wait_for(page, RESTS)
    press(page, 1)
    camera = page.evaluate("atomtug.view.camera.position.toArray()")
    far = "{centre: atomtug.view.controls.target.clone().addScalar(3), reach: 0.5}"
    page.evaluate(f"atomtug.view.track({far}); atomtug.view.follow(1)")
    assert page.evaluate("atomtug.view.camera.position.toArray()") == camera
    page.mouse.up()
    page.evaluate("atomtug.view.follow(1)")
    assert page.evaluate("atomtug.view.camera.position.toArray()") != camera
    page.evaluate("atomtug.view.track(atomtug.molecule.extent())")
    wait_for(page, "inView()")
    assert frame(page, "particle.count") == 7

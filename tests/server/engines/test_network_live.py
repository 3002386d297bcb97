"""A trained network as the live engine: it conserves energy, and no pull, however wild, gives a broken frame."""

from pathlib import Path

import numpy as np
import pytest
from rpc_client import RawClient, spring

from atomtug.core.systems import load_system
from atomtug.core.units import KCALMOL_PER_EV
from atomtug.recordings import Recording
from atomtug.server.app import ServerOptions, running_server
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.server.dynamics.simulation import Simulation
from atomtug.server.engines import create_engine

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

MODEL = Path(__file__).parents[3] / "data" / "models" / "alkanes.safetensors"
LOADING = 600.0


@pytest.fixture(autouse=True)
def shipped() -> None:
    if not MODEL.is_file():
        pytest.skip("the shipped model data/models/alkanes.safetensors is not here")


def test_at_constant_energy_the_energy_is_constant():
    system = load_system("isopentane")
    settings = DynamicsSettings(timestep=0.5, thermostat="nve", wall_radius=0.0, seed=2)
    simulation = Simulation(system, create_engine(f"ann:{MODEL}", system), settings)
    energies = []
    for _ in range(100):
        made = 0
        while made < 10:
            made += simulation.advance(10 - made)
        frame = simulation.frame()
        energies.append((frame.energy + frame.kinetic_energy) * KCALMOL_PER_EV)
    assert simulation.frame().step == 1000  # 0.5 ps
    # The integrator's own ripple at 0.5 fs is some tenths; an energy that is not that of the forces would run away.
    assert np.ptp(energies) < 2.0
    assert abs(np.mean(energies[-20:]) - np.mean(energies[:20])) < 0.3


def test_a_wild_pull_never_gives_a_frame_that_is_none(tmp_path):
    options = ServerOptions(
        [load_system("methane")],
        engine=f"ann:{MODEL}",
        fps=30.0,
        steps_per_frame=20,
        recordings=tmp_path,
        record=True,
    )
    with running_server(options) as server, RawClient(server.address) as client:
        client.patience = LOADING
        log = client.frames(every=True)
        log.wait_for("system.simulation.step", lambda step: step > 0)
        for atom, way in ((1, 1.0), (6, -1.0), (0, 1.0)):
            counter = log.current["system.simulation.counter"]
            client.run("playback/reset")
            client.run("playback/play")
            log.wait_for("system.simulation.counter", lambda value, before=counter: value > before)
            step = log.current["system.simulation.step"]
            log.wait_for("system.simulation.step", lambda now, before=step: now > before + 20)
            client.update({"interaction.wild": spring(atom, position=(900.0 * way, 50.0, 3.0), scale=1e5)})
            # Torn off or thrown back: it stands at a good frame and says why, or it goes on far away.
            log.wait(
                lambda: (
                    log.current.get("system.simulation.exception")
                    or np.abs(log.current["particle.positions"]).max() > 5.0
                ),
                "the pull to have its way",
            )
            client.update({"interaction.wild": None})
        for _, values in log.messages:
            for key in ("particle.positions", "particle.velocities", "particle.forces", "energy.potential"):
                assert np.all(np.isfinite(values.get(key, 0.0))), key
        path = client.run("recording/stop")["path"]
    with Recording(path) as recording:
        for column in (recording.positions, recording.velocities, recording.energies, recording.forces):
            assert np.all(np.isfinite(column))

"""Test sets (b2) and (c): rough hands and hot runs on GFN2-xTB, geometries to be labelled.

    python tools/reach/motion.py rough runs/reach/rough
    python tools/reach/motion.py hot runs/reach/hot

Rough hands are those of `atomtug steer --script rough` with other seeds and stronger than they are by default. Hot
runs go at 800 to 1500 K. Of each run some frames are taken, evenly in time, none with atoms nearer than 0.6 angstrom.
"""

import sys
from pathlib import Path

import numpy as np
from common import SYSTEM_SEED, Series, write

from atomtug.core.arrays import Floats
from atomtug.core.errors import EngineError
from atomtug.core.systems import System, load_system
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.server.engines import create_engine
from atomtug.trainer.labels.frames import sort_out
from atomtug.vr_client.scripted.roughness import rough
from atomtug.workflows.lockstep import run_in_lockstep

ENGINE = 'ase:tblite.ase.TBLite?{"method": "GFN2-xTB", "verbosity": 0, "electronic_temperature": 1500.0}'
"""With hot electrons its cycles settle while bonds break; the labels are of PBE's ground state."""
SYSTEMS = {"methane": 3, "ethane": 3, "isobutane": 6, "isopentane": 3, "2-isohexane": 2}
"""name -> how many runs"""
FORCES = (5000.0, 11000.0)
"""kJ/mol/nm; those of the built-in hands are weaker."""
TEMPERATURES = (800.0, 1000.0, 1200.0, 1500.0)
"""K"""
FRAMES = 10
"""Of each run."""
HOT_TIME = 1.0
"""ps"""


def evenly(positions: Floats) -> Floats:
    """Sound geometries (n, N, 3) of a run (F, N, 3), evenly in time."""
    sound, _ = sort_out(positions)
    return positions[sound[np.linspace(0, len(sound) - 1, FRAMES + 1).astype(int)[1:]]]


def rough_run(system: System, seed: int) -> Floats:
    """The frames of rough hands; those before it, if the engine gives up."""
    settings = DynamicsSettings(temperature=300.0, seed=seed)
    run = run_in_lockstep(
        system, create_engine(ENGINE, system), settings, lambda frame: rough(frame, seed, 5, FORCES)
    )
    return evenly(run.positions)


def hot_run(system: System, seed: int) -> Floats:
    """The frames of a hot run."""
    settings = DynamicsSettings(
        temperature=TEMPERATURES[seed % len(TEMPERATURES)], friction=10.0, seed=seed, wall_radius=0.6
    )
    return evenly(
        run_in_lockstep(system, create_engine(ENGINE, system), settings, longest=HOT_TIME).positions
    )


def main(kind: str, folder: Path) -> None:
    series = []
    for name, count in SYSTEMS.items():
        system = load_system(name)
        for seed in range(SYSTEM_SEED, SYSTEM_SEED + count):
            try:
                positions = rough_run(system, seed) if kind == "rough" else hot_run(system, seed)
            except EngineError as error:
                print(f"{name}, seed {seed}: {error}", file=sys.stderr)
                continue
            series.append(Series(f"{name}: {kind} {seed}", name, system.numbers, positions, {"seed": seed}))
    write(folder, series, "tools/reach/motion.py")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))

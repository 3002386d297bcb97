"""Clients are told what molecules are called, ions with their sign, whenever bonds have changed."""

from dataclasses import replace

import numpy as np
from toy_engines import HarmonicEngine

from atomtug.core.systems import load_system
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.server.dynamics.simulation import Simulation
from atomtug.server.session.live_frames import LiveFrames

NAMES = "molecule.names"
IONS = load_system("CCl + F-")


def test_ions_of_an_engine_that_tells_no_charges_have_their_sign():
    frames = LiveFrames()
    frames.load(IONS)
    frame = Simulation(IONS, HarmonicEngine(IONS.positions), DynamicsSettings(seed=1)).frame()
    assert frame.electrons is None
    assert frames.add(frame, True, False)[1][NAMES] == ["CH3Cl", "F-"]
    assert NAMES not in frames.add(frame, False, False)[1]

    moved = frame.positions.copy()
    chlorine = int(np.flatnonzero(IONS.numbers == 17)[0])
    moved[chlorine] = moved.max(axis=0) + 5.0
    assert frames.add(replace(frame, positions=moved), False, False)[1][NAMES] == ["CH3", "Cl", "F-"]
    assert frames.add(frame, False, False)[1][NAMES] == ["CH3Cl", "F-"]
    assert frames.add(frame, True, False)[1][NAMES] == ["CH3Cl", "F-"]


def test_another_molecule_is_named_anew():
    frames = LiveFrames()
    for source, names in (("CCl + F-", ["CH3Cl", "F-"]), ("methane", ["CH4", "CN"])):
        system = load_system(source)
        frames.load(system)
        frame = Simulation(system, HarmonicEngine(system.positions), DynamicsSettings(seed=1)).frame()
        assert frames.add(frame, True, False)[1][NAMES] == names

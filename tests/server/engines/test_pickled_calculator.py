"""Calculators that come from another process: what arrives is what was sent, and what can't be sent is said."""

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from ase.calculators.emt import EMT
from ase.calculators.lj import LennardJones

from atomtug.core.errors import InputError
from atomtug.core.systems import load_system
from atomtug.server.engines import create_engine, display_name
from atomtug.server.engines.pickled import pickle_calculator

METHANE = load_system("methane")
MADE_BY_A_SCRIPT = """
import sys
from pathlib import Path
from ase.calculators.calculator import Calculator
from atomtug.server.engines.pickled import pickle_calculator

class Springs(Calculator):
    implemented_properties = ["energy", "forces"]
    def __init__(self, k):
        super().__init__(k=k)
    def calculate(self, atoms=None, properties=(), system_changes=()):
        k = self.parameters["k"]
        self.results = {"energy": 0.5 * k * (atoms.positions**2).sum(), "forces": -k * atoms.positions}

print(pickle_calculator(Springs(3.0), Path(sys.argv[1])))
"""


@pytest.mark.parametrize("source", [LennardJones(sigma=2.0), lambda: LennardJones(sigma=2.0)])
def test_a_calculator_or_what_makes_it_gives_its_own_energies(tmp_path: Path, source: object) -> None:
    engine = create_engine(pickle_calculator(source, tmp_path), METHANE)
    named = create_engine('ase:ase.calculators.lj.LennardJones?{"sigma": 2.0}', METHANE)
    here, there = named.evaluate(METHANE.positions), engine.evaluate(METHANE.positions)
    assert here.energy == there.energy
    np.testing.assert_array_equal(here.forces, there.forces)


def test_a_class_is_made_without_arguments_and_names_the_engine(tmp_path: Path) -> None:
    name = pickle_calculator(EMT, tmp_path)
    assert create_engine(name, METHANE).name == display_name(name) == "ase:ase.calculators.emt.EMT"


def test_forgetting_brings_back_what_was_sent(tmp_path: Path) -> None:
    engine = create_engine(pickle_calculator(LennardJones(sigma=2.0), tmp_path), METHANE)
    before = engine.evaluate(METHANE.positions).energy
    engine.evaluate(METHANE.positions * 1.1)
    engine.forget()
    assert engine.evaluate(METHANE.positions).energy == before


def test_a_class_that_a_script_defined_goes_along(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MADE_BY_A_SCRIPT, tmp_path], capture_output=True, text=True, check=True
    )
    engine = create_engine(done.stdout.strip(), METHANE)
    assert engine.name == "ase:__main__.Springs"
    assert engine.settings["k"] == 3.0
    np.testing.assert_allclose(engine.evaluate(METHANE.positions).forces, -3.0 * METHANE.positions)


def test_what_can_not_be_sent_asks_for_a_function(tmp_path: Path) -> None:
    calculator = LennardJones()
    calculator.busy = threading.Lock()
    with pytest.raises(InputError, match=r"LennardJones can't be passed .*give a function that makes it"):
        pickle_calculator(calculator, tmp_path)


def test_what_makes_no_calculator_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gave a dict, which is no ASE calculator"):
        create_engine(pickle_calculator(dict, tmp_path), METHANE)
    with pytest.raises(InputError, match=r"can't be made in the simulation's process \(ZeroDivisionError"):
        create_engine(pickle_calculator(lambda: 1 / 0, tmp_path), METHANE)
    with pytest.raises(InputError, match=r"gone\.pickle can't be read"):
        create_engine(f"pickled:{tmp_path / 'gone.pickle'}", METHANE)

"""Relaxing a geometry that is only a conformer of a drawing, on the engine that is to move it."""

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.errors import EngineError, InputError
from atomtug.core.systems import System
from atomtug.core.systems.bonds import Pairs, fragments, perceive_bonds
from atomtug.server.engines import Engine

ENOUGH = 0.05
"""eV/angstrom: the largest force on an atom of a geometry that counts as relaxed."""
MOST_STEPS = 200
MOST_ATOM_STEPS = 6000
"""Steps times atoms: a large molecule is relaxed for fewer steps."""


def relaxed(system: System, engine: Engine, enough: float = ENOUGH, bonds: Pairs | None = None) -> System:
    """A system with each of its molecules relaxed where it is; as it was where that can't be done.

    Molecules neither move nor turn: what lies between them is the start that was asked for. The optimiser is ASE's
    LBFGS.

    Args:
        system: its geometry a guess
        engine: made for it
        enough: eV/angstrom, the largest force on an atom that is left
        bonds: (B, 2) what makes molecules of the atoms; None for what the geometry tells
    """
    bonds = perceive_bonds(system.numbers, system.positions) if bonds is None else bonds
    bodies = fragments(len(system.numbers), bonds)
    as_it_was = replace(system, drawn=False)
    try:
        done = as_it_was.with_positions(_minimise(system, engine, bodies, enough))
    except (EngineError, InputError):  # no result, or atoms upon each other
        return as_it_was
    finally:
        engine.forget()
    after = perceive_bonds(system.numbers, done.positions, bonds)
    return done if fragments(len(system.numbers), after) == bodies else as_it_was


def _minimise(system: System, engine: Engine, bodies: Sequence[Sequence[int]], enough: float) -> Floats:
    from ase import Atoms
    from ase.calculators.calculator import Calculator
    from ase.optimize import LBFGS

    class Internal(Calculator):
        """The engine's forces without those that move or turn a molecule as a whole."""

        implemented_properties = ["energy", "forces"]  # noqa: RUF012 (as ASE declares it)

        def calculate(self, atoms: Any = None, properties: Any = None, system_changes: Any = None) -> None:
            result = engine.evaluate(atoms.positions)
            self.results = {
                "energy": result.energy,
                "forces": internal_forces(atoms.positions, result.forces, bodies),
            }

    atoms = Atoms(system.numbers, system.positions)
    make_calculator: Any = Internal
    atoms.calc = make_calculator()
    LBFGS(atoms, logfile=os.devnull).run(enough, min(MOST_STEPS, MOST_ATOM_STEPS // len(atoms)))
    return np.asarray(atoms.positions, dtype=np.float64)


def internal_forces(positions: Floats, forces: Floats, bodies: Sequence[Sequence[int]]) -> Floats:
    """(N, 3) forces without each body's net force and torque about its middle.

    Args:
        positions: (N, 3) angstrom
        forces: (N, 3)
        bodies: atom indices of each
    """
    left = forces.copy()
    for body in map(list, bodies):
        arms = positions[body] - positions[body].mean(axis=0)
        left[body] -= left[body].mean(axis=0)
        torque = np.cross(arms, left[body]).sum(axis=0)
        # A rigid turn w x r with the torque of the forces: sum r x (w x r) = inertia w.
        inertia = np.eye(3) * np.sum(arms**2) - arms.T @ arms
        left[body] -= np.cross(np.linalg.pinv(inertia, rcond=1e-8) @ torque, arms)
    return left

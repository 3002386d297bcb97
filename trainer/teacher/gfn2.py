"""GFN2-xTB energies and forces by tblite, in several processes.

GFN2-xTB: Bannwarth, Ehlert, Grimme, J. Chem. Theory Comput. 2019, 15, 1652.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import NamedTuple

import numpy as np
from ase.units import Bohr, Hartree

from atomtug.core.arrays import Floats, Ints
from atomtug.core.errors import InputError

PLACES = 40
"""Geometries of one set of atoms that a process is given at once."""
MOST_ITERATIONS = 60
"""Of the self-consistent field: what needs more hardly ever converges, and took half of all time with up to 250."""

ACCURACY = 10.0
"""tblite's measure of convergence; 1 takes a twelfth longer, and no energy of 150 is another by 0.001 eV."""


class Task(NamedTuple):
    """Some geometries of one set of atoms: ``numbers`` (N,), ``charge`` e, ``multiplicity`` 2S + 1, ``positions``
    (G, N, 3) angstrom."""

    numbers: Ints
    charge: int
    multiplicity: int
    positions: Floats


class Computed(NamedTuple):
    """``energies`` (G,) eV and ``forces`` (G, N, 3) eV/angstrom; NaN where the calculation did not converge."""

    energies: Floats
    forces: Floats


def check_installed() -> None:
    """Check that tblite is there.

    Raises:
        InputError: it is not
    """
    try:
        import tblite.interface  # noqa: F401
    except ImportError as error:
        raise InputError(
            "The teacher gfn2 needs tblite, which is not installed: pip install 'atomtug[tblite]'."
        ) from error


def compute(task: Task) -> Computed:
    """Energies and forces of some geometries, one after the other."""
    from tblite.interface import Calculator

    energies = np.full(len(task.positions), np.nan)
    forces = np.full(task.positions.shape, np.nan)
    for index, positions in enumerate(task.positions):
        calculator = Calculator(
            "GFN2-xTB", task.numbers, positions / Bohr, float(task.charge), task.multiplicity - 1
        )
        calculator.set("verbosity", 0)
        calculator.set("max-iter", MOST_ITERATIONS)
        calculator.set("accuracy", ACCURACY)
        try:
            result = calculator.singlepoint()
        except RuntimeError:  # not converged
            continue
        energies[index] = float(result.get("energy")) * Hartree
        forces[index] = -np.asarray(result.get("gradient")) * (Hartree / Bohr)
    return Computed(energies, forces)


def compute_all(tasks: Sequence[Task], processes: int) -> Iterator[Computed]:
    """The results of all tasks, in their order."""
    if processes == 1:
        yield from map(compute, tasks)
        return
    with ProcessPoolExecutor(processes, get_context("spawn"), initializer=_use_one_thread) as pool:
        yield from pool.map(compute, tasks)


def _use_one_thread() -> None:
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"

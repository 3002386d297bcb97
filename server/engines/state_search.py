"""A search for a lower electronic state at one geometry, with Sparrow's calculators.

A self-consistent field that starts from the last geometry's density stays on the sheet where it began: while a
bond breaks, that is often not the lowest one. Two ways lead off it. Orbital steering mixes occupied and empty
orbitals at random and iterates again (Vaucher and Reiher, J. Chem. Theory Comput. 13, 1219 (2017)); it comes
with Sparrow. And the density of a higher multiplicity, handed down to the wanted one, has the spins of broken
bonds apart already: the next one those of a single bond, the third those of a triple bond. One state lower is often
not the lowest, so each attempt goes on from the best state so far.

Sparrow lets nobody set a density, but a clone of a calculator keeps it. So a search works on clones, and the
winner is handed on as a calculator, which goes on from the state that it found.
"""

from typing import Any, NamedTuple

import numpy as np
import scine_sparrow  # noqa: F401  (registers its calculators with scine_utilities)
import scine_utilities as su

from atomtug.core.arrays import Floats, Ints
from atomtug.core.systems.bonds import fragments, perceive_bonds
from atomtug.core.units import BOHR

LOWER = 1e-4
"""A state must be lower by this to be another one, hartree (0.06 kcal/mol)."""
ION_PAIR = 1.0
"""Charge apart, in elementary charges, beyond the total charge: +0.5 on one fragment and -0.5 on another."""
HIGHEST_SPINS = 3
"""Higher multiplicities that are tried: a triple bond leaves three pairs of electrons with opposite spins."""
ATTEMPTS_PER_HIGH_SPIN = 2
"""With fewer attempts, fewer of them are tried, but always the next one."""
ITERATIONS = 60
"""An attempt that takes longer is given up: the right state, if reached, is reached sooner."""
STEERINGS = ((90.0, 10), (60.0, 10), (60.0, 2))
"""What attempts do in turn: mixing angles are drawn between 0 and so many degrees, for so many pairs of orbitals at
most (Sparrow takes as many as there are). The first is the best for many electrons, the second for few: H2 has one
pair of orbitals to mix, and 90 degrees only swap them. The third finds states of two oxygen atoms."""


class Found(NamedTuple):
    """A state and the calculator that is in it.

    Args:
        calculator: Sparrow's, converged at the geometry
        energy: hartree
        charge_apart: elementary charges that lie on separate fragments beyond the total charge
        way: how it was reached: ``live``, ``steering`` or ``high spin``
    """

    calculator: Any
    energy: float
    charge_apart: float
    way: str

    @property
    def ion_pair(self) -> bool:
        """Whether an electron sits on the wrong fragment."""
        return self.charge_apart > ION_PAIR

    def is_better_than(self, other: "Found") -> bool:
        """The rule: no ion pair where there is a choice, then the lowest energy."""
        if self.ion_pair != other.ion_pair:
            return other.ion_pair
        return self.energy < other.energy - LOWER


def search(calculator: Any, numbers: Ints, attempts: int) -> Found | None:
    """A better state than the calculator's own, at the geometry where it stands.

    The calculator is left as it is. Which orbitals an attempt mixes is drawn from a generator of Sparrow's own
    that can't be set: it starts the same in every process.

    Args:
        calculator: Sparrow's, converged
        numbers: (N,) atomic numbers
        attempts: how many times to steer; one to three high-spin ways are tried besides

    Returns:
        The best state found, or None where none is better.
    """
    live = _converged(calculator.clone(), numbers, "live")
    return None if live is None else improve(live, numbers, attempts)


def improve(live: Found, numbers: Ints, attempts: int) -> Found | None:
    """As :func:`search`, for a state whose energy and charges are known already."""
    best = live
    rungs = min(HIGHEST_SPINS, max(1, attempts // ATTEMPTS_PER_HIGH_SPIN))
    for rung in range(1, rungs + 1):
        best = _better(best, _from_high_spin(live.calculator, numbers, rung))
    for attempt in range(attempts):
        angle, pairs = STEERINGS[attempt % len(STEERINGS)]
        best = _better(best, _steered(best.calculator, numbers, angle, pairs))
    return None if best is live else best


def _better(best: Found, candidate: Found | None) -> Found:
    return candidate if candidate is not None and candidate.is_better_than(best) else best


def charge_apart(charges: Floats, numbers: Ints, positions: Floats, total: int) -> float:
    """Elementary charges that lie on separate fragments beyond the total charge: 2 for a pair of ions.

    Args:
        charges: (N,) elementary charges
        numbers: (N,) atomic numbers
        positions: (N, 3) angstrom
        total: charge of all atoms
    """
    parts = fragments(len(numbers), perceive_bonds(numbers, positions))
    return float(sum(abs(charges[part].sum()) for part in parts)) - abs(total)


def _steered(calculator: Any, numbers: Ints, largest_angle: float, pairs: int) -> Found | None:
    copy = calculator.clone()
    copy.settings["spin_mode"] = "unrestricted"
    usual = copy.settings["max_scf_iterations"]
    copy.settings["max_scf_iterations"] = min(usual, ITERATIONS)
    steering = su.core.ModuleManager.get_instance().get("calculator_with_reference", "orbital_steering")
    steering.log = su.core.Log.silent()
    steering.settings["number_orbitals_to_mix"] = pairs
    steering.settings["mixing_frequency"] = 1  # every call mixes
    steering.settings["minimal_mixing_angle"] = 0.0
    steering.settings["maximal_mixing_angle"] = largest_angle
    steering.reference_calculator = copy
    try:
        steering.reference_calculation()
        steering.calculate()
    except RuntimeError:
        return None
    copy.settings["max_scf_iterations"] = usual
    return _converged(copy, numbers, "steering")


def _from_high_spin(calculator: Any, numbers: Ints, rungs: int) -> Found | None:
    """The state that a multiplicity higher by 2 * ``rungs`` leads to, down one by one."""
    multiplicity = calculator.settings["spin_multiplicity"]
    copy = calculator.clone()
    copy.settings["spin_mode"] = "unrestricted"
    copy.settings["spin_multiplicity"] = multiplicity + 2 * rungs
    try:
        copy.structure = copy.structure  # a fresh guess
        for rung in range(rungs, 0, -1):
            copy.settings["spin_multiplicity"] = multiplicity + 2 * rung
            if not copy.calculate().successful_calculation:
                return None
    except RuntimeError:  # or there are not so many electrons
        return None
    copy.settings["spin_multiplicity"] = multiplicity
    return _converged(copy, numbers, "high spin")


def _converged(calculator: Any, numbers: Ints, way: str) -> Found | None:
    calculator.set_required_properties([su.Property.Energy, su.Property.Gradients, su.Property.AtomicCharges])
    try:
        result = calculator.calculate()
    except RuntimeError:
        return None
    if not (result.successful_calculation and np.isfinite(result.energy)):
        return None
    return found_in(calculator, result, numbers, way)


def found_in(calculator: Any, results: Any, numbers: Ints, way: str) -> Found:
    """The state that a calculator is in.

    Args:
        calculator: Sparrow's, converged
        results: its results, with atomic charges
        numbers: (N,) atomic numbers
        way: how it was reached
    """
    positions = np.asarray(calculator.positions) * BOHR
    charges = np.asarray(results.atomic_charges)
    apart = charge_apart(charges, numbers, positions, calculator.settings["molecular_charge"])
    return Found(calculator, float(results.energy), apart, way)

"""SCINE Sparrow's semi-empirical methods; PM6 is the default engine."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import numpy as np
import scine_sparrow  # noqa: F401  (registers its calculators with scine_utilities)
import scine_utilities as su

from atomtug.core.arrays import Floats, Ints
from atomtug.core.electrons import ElectronicStructure
from atomtug.core.errors import EngineError, InputError
from atomtug.core.systems import System
from atomtug.core.units import BOHR, HARTREE
from atomtug.server.engines.base import EngineResult
from atomtug.server.engines.contact import ways_from_contact
from atomtug.server.engines.electronic_structure import PROPERTIES, analyse, functions_per_atom

CLOSED_SHELL = ("dftb0",)
"""Methods without unpaired electrons."""

ORTHOGONAL = ("pm6", "am1", "rm1", "pm3", "mndo")
"""Methods with an orthogonal basis: the overlap of its functions is not needed."""

LARGE = 60
"""Atoms from which on :data:`LOOSER` is converged enough: errors in the forces fall with the size."""
LOOSER: Mapping[str, float] = {"self_consistence_criterion": 1e-5, "density_rmsd_criterion": 1e-4}
"""Hartree, and of the density matrix. Squalane takes 0.62 of the time, its forces are right to 4e-5 eV/angstrom, and
its energy drifts by 0.006 kcal/mol/ps more; a molecule of 22 atoms would drift by 0.04 more and gain less."""

# Tried in turn when a calculation does not converge, each from a fresh guess.
_RECOVERIES: tuple[dict[str, str | int], ...] = (
    {},
    {"scf_mixer": "ediis_diis", "max_scf_iterations": 300},
    {"scf_mixer": "no_mixer", "max_scf_iterations": 1000},
)


class SparrowEngine:
    """One of Sparrow's methods, spin-unrestricted where the system has unpaired electrons.

    The density of the last geometry is the next one's guess. A calculation that does not converge is
    repeated from a fresh guess, then with other mixers, then followed from where the molecules are nearer.

    Args:
        method: one of :data:`atomtug.server.engines.names.METHODS`
        system: the atoms, their charge and multiplicity

    Raises:
        InputError: the method has no parameters for one of the elements, or is for closed shells only
    """

    def __init__(self, method: str, system: System) -> None:
        self._method = method.lower()
        self._numbers = system.numbers
        self._elements = [su.ElementInfo.element(int(z)) for z in system.numbers]
        self._charge = system.charge
        self._multiplicity = system.multiplicity
        if self._method in CLOSED_SHELL and system.multiplicity > 1:
            raise InputError(
                f"{self._method} can't be used for {system.name}, which has unpaired electrons: dftb2, dftb3 "
                f"and the other engines can."
            )
        # Charges, orders and densities are by-products: to ask for them costs no time that can be measured.
        self._properties = [su.Property.Energy, su.Property.Gradients, *PROPERTIES]
        if self._method not in ORTHOGONAL:
            self._properties.append(su.Property.OverlapMatrix)
        self._results: Any = None
        """Sparrow's results for the last geometry; None before the first, or after a failure."""
        self._functions: Ints | None = None
        try:
            self._calculator = self._create(system.positions, {})
        except RuntimeError as error:
            raise InputError(
                f"{self._method} can't be used for {system.name}: {_first_line(error)} "
                f"Use another engine or another system."
            ) from error

    @property
    def name(self) -> str:
        """The method, e.g. ``pm6``."""
        return self._method

    @property
    def settings(self) -> Mapping[str, str | int | float | bool]:
        """Sparrow's own settings, and its version."""
        kept = {
            key: value
            for key, value in self._calculator.settings.items()
            if isinstance(value, str | int | float | bool)
        }
        return {"program": "sparrow", "version": version("scine-sparrow"), **kept}

    def evaluate(self, positions: Floats) -> EngineResult:
        """Energy (eV) and forces (N, 3) (eV/angstrom) at ``positions`` (N, 3) angstrom.

        Raises:
            EngineError: it did not converge from any initial guess or with any mixer
        """
        if not np.all(np.isfinite(positions)):  # Sparrow would crash
            raise EngineError(f"{self._method} was given a position that is not a number.")
        result = self._attempt(self._calculator, positions)
        if result is not None:
            return result
        for recovery in _RECOVERIES:
            calculator = self._create(positions, recovery)
            result = self._attempt(calculator, positions)
            if result is not None:
                # A slower mixer is for this geometry only: the next is tried in the usual way, from this density.
                self._restore_settings(calculator, recovery)
                self._calculator = calculator
                return result
        for way in ways_from_contact(self._numbers, positions):
            calculator = self._create(way[0], {})
            # Some geometries on the way may fail, too: the last one counts.
            result = [self._attempt(calculator, place) for place in way][-1]
            if result is not None:
                self._calculator = calculator
                return result
        self.forget()
        raise EngineError(
            f"{self._method} did not converge for this geometry, with {len(_RECOVERIES)} ways of starting "
            f"over: it may be broken up too far; reset, or play on from the last good frame."
        )

    def electronic_structure(self) -> ElectronicStructure | None:
        """Charges, spins, bond orders and <S^2> at the geometry evaluated last; None if there is none."""
        if self._results is None:
            return None
        if self._functions is None:
            self._functions = functions_per_atom(self._calculator)
        overlap = None if self._method in ORTHOGONAL else np.asarray(self._results.overlap_matrix)
        return analyse(self._results, self._functions, overlap)

    def forget(self) -> None:
        """The next geometry starts from a fresh guess."""
        self._results = None
        self._calculator = self._create(self._calculator.positions / _BOHR_PER_ANGSTROM, {})

    def _create(self, positions: Floats, changes: Mapping[str, str | int]) -> Any:
        calculator = su.core.ModuleManager.get_instance().get("calculator", self._method.upper())
        calculator.log = su.core.Log.silent()
        settings = calculator.settings
        # Spin goes before the structure: the structure's setter checks it.
        settings["molecular_charge"] = self._charge
        settings["spin_multiplicity"] = self._multiplicity
        if "spin_mode" in settings:  # DFTB0 has none
            settings["spin_mode"] = "unrestricted" if self._multiplicity > 1 else "any"
        is_large = len(positions) >= LARGE and self._method in ORTHOGONAL
        for key, value in {**(LOOSER if is_large else {}), **changes}.items():
            if key in settings:
                settings[key] = value
        calculator.structure = su.AtomCollection(self._elements, positions * _BOHR_PER_ANGSTROM)
        calculator.set_required_properties(self._properties)
        return calculator

    def _restore_settings(self, calculator: Any, changed: Mapping[str, str | int]) -> None:
        for key in changed:
            if key in calculator.settings:
                calculator.settings[key] = self._calculator.settings[key]

    def _attempt(self, calculator: Any, positions: Floats) -> EngineResult | None:
        calculator.positions = positions * _BOHR_PER_ANGSTROM
        try:
            result = calculator.calculate()
        except RuntimeError:
            return None
        if not result.successful_calculation:
            return None
        energy, gradients = result.energy, result.gradients
        if not (np.isfinite(energy) and np.all(np.isfinite(gradients))):
            return None
        self._results = result
        return EngineResult(energy * HARTREE, gradients * (-HARTREE / BOHR))


_BOHR_PER_ANGSTROM = 1.0 / BOHR


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    text = lines[0].strip() if lines else type(error).__name__
    return text if text.endswith(".") else text + "."

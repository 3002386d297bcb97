"""Energy and forces by any ASE calculator, named by its import path: ``ase:tblite.ase.TBLite``."""

from collections.abc import Mapping
from importlib import import_module

import ase
import numpy as np
from ase.calculators.calculator import Calculator, all_changes

from atomtug.core.arrays import Floats, Ints
from atomtug.core.ase_names import ASE_PREFIX
from atomtug.core.errors import EngineError, InputError


class AseCalculation:
    """An ASE calculator for one set of atoms, made once and called once a geometry.

    Args:
        path: import path of a calculator class, or of a function that returns a calculator
        numbers: (N,) atomic numbers
        charge: e. It and the spin are passed on in both ways that calculators read: as initial charges and magnetic
            moments, and as ``atoms.info["charge"]`` and ``atoms.info["spin"]``, the multiplicity 2S + 1
        multiplicity: 2S + 1
        arguments: keyword arguments of the calculator

    Raises:
        InputError: nothing callable at ``path``, or it refuses these arguments
    """

    def __init__(
        self,
        path: str,
        numbers: Ints,
        charge: int,
        multiplicity: int,
        arguments: Mapping[str, object] | None = None,
    ) -> None:
        self._path = path
        self._arguments = dict(arguments or {})
        self._atoms = ase.Atoms(numbers)
        # Calculators that read charge and spin take the sums over atoms.
        charges = np.zeros(len(numbers))
        charges[0] = charge
        moments = np.zeros(len(numbers))
        moments[int(np.argmax(numbers))] = multiplicity - 1
        self._atoms.set_initial_charges(charges)
        self._atoms.set_initial_magnetic_moments(moments)
        self._atoms.info |= {"charge": charge, "spin": multiplicity}
        self._calculator = self._create()
        self._changes: list[str] = list(all_changes)

    @property
    def name(self) -> str:
        """``ase:`` and the import path."""
        return f"{ASE_PREFIX}{self._path}"

    @property
    def parameters(self) -> dict[str, str | int | float | bool]:
        """The calculator's own simple ones."""
        parameters = {**getattr(self._calculator, "parameters", {}), **self._arguments}
        return {k: v for k, v in parameters.items() if isinstance(v, str | int | float | bool)}

    def calculate(self, positions: Floats) -> tuple[float, Floats]:
        """Energy (eV) and forces (N, 3) (eV/angstrom) at ``positions`` (N, 3) angstrom.

        Raises:
            EngineError: the calculator failed or gave something that is not a number
        """
        self._atoms.positions = positions
        try:
            # One `calculate` for both: asking for forces, then energy, makes some calculators run twice.
            self._calculator.calculate(self._atoms, ["energy", "forces"], self._changes)
            energy = float(self._calculator.results["energy"])
            forces = np.array(self._calculator.results["forces"], dtype=np.float64)
        except Exception as error:  # a calculator may raise anything
            self.forget()
            why = str(error).strip().rstrip(".") or type(error).__name__
            raise EngineError(f"{self.name} failed: {why}.") from error
        if not (np.isfinite(energy) and np.all(np.isfinite(forces))):
            self.forget()
            raise EngineError(f"{self.name} gave a result that is not a number for this geometry.")
        if forces.shape != self._atoms.positions.shape:
            raise EngineError(
                f"{self.name} gave forces of shape {forces.shape} for {len(self._atoms)} atoms."
            )
        self._changes = ["positions"]
        return energy, forces

    @property
    def charges(self) -> Floats | None:
        """(N,) elementary charges, where the calculator gave them along with the last energy; None if not."""
        charges = np.asarray(self._calculator.results.get("charges", ()), dtype=np.float64)
        if charges.shape != (len(self._atoms),) or not np.all(np.isfinite(charges)):
            return None
        return charges

    def forget(self) -> None:
        """Replace the calculator by a new one, which has kept nothing."""
        self._calculator = self._create()
        self._changes = list(all_changes)

    def _create(self) -> Calculator:
        module, _, attribute = self._path.rpartition(".")
        try:
            factory = getattr(import_module(module), attribute)
        except (ImportError, AttributeError, ValueError) as error:
            raise InputError(
                f"There is no ASE calculator at {self._path} ({error}): give the import path of a class, "
                f"e.g. ase:ase.calculators.emt.EMT, and install its package."
            ) from error
        try:
            calculator: Calculator = factory(**self._arguments)
        except Exception as error:
            raise InputError(f"{self._path} can't be made with {self._arguments}: {error}") from error
        return calculator

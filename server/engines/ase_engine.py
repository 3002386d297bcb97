"""Any ASE calculator as an engine: ``ase:tblite.ase.TBLite`` or ``ase:ase.calculators.emt.EMT``."""

from collections.abc import Mapping

import ase

from atomtug.core.arrays import Floats
from atomtug.core.ase_calculation import AseCalculation
from atomtug.core.electrons import ElectronicStructure
from atomtug.core.systems import System
from atomtug.server.engines.base import EngineResult


class AseEngine(AseCalculation):
    """An ASE calculator, called once a step.

    Args:
        path: import path of a calculator class, or of a function that returns a calculator
        system: the atoms, with charge and multiplicity
        arguments: keyword arguments of the calculator

    Raises:
        InputError: nothing callable at ``path``, or it refuses these arguments
    """

    def __init__(self, path: str, system: System, arguments: Mapping[str, object] | None = None) -> None:
        super().__init__(path, system.numbers, system.charge, system.multiplicity, arguments)

    @property
    def settings(self) -> Mapping[str, str | int | float | bool]:
        """ASE's version and the calculator's own simple parameters."""
        return {"program": self._path, "ase": ase.__version__, **self.parameters}

    def evaluate(self, positions: Floats) -> EngineResult:
        """Energy (eV) and forces (N, 3) (eV/angstrom) at ``positions`` (N, 3) angstrom.

        Raises:
            EngineError: the calculator failed or gave something that is not a number
        """
        return EngineResult(*self.calculate(positions))

    def electronic_structure(self) -> ElectronicStructure | None:
        """The charges, where the calculator gave them along with energy and forces; None if it did not."""
        return None if self.charges is None else ElectronicStructure(self.charges)

"""Labels by an ASE calculator in place of density functional theory."""

import time

from atomtug.core.arrays import Floats, Ints
from atomtug.core.ase_calculation import AseCalculation
from atomtug.core.ase_names import parse_ase_name
from atomtug.core.errors import EngineError
from atomtug.trainer.dft.theory import Label


class CalculatorLabeller:
    """Energy and forces of one molecule's geometries by an ASE calculator.

    Args:
        numbers: (N,) atomic numbers
        charge: e
        multiplicity: 2S + 1
        calculator: its name, as :class:`~atomtug.trainer.dft.theory.Theory` has it

    Raises:
        InputError: there is no such calculator, or it refuses its arguments
    """

    def __init__(self, numbers: Ints, charge: int, multiplicity: int, calculator: str) -> None:
        path, arguments = parse_ase_name(calculator)
        self._calculation = AseCalculation(path, numbers, charge, multiplicity, arguments)
        self._method = calculator

    def label(self, positions: Floats) -> Label:
        """Energy and forces at ``positions`` (N, 3) angstrom; a failed label rather than an exception."""
        started = time.perf_counter()
        try:
            energy, forces = self._calculation.calculate(positions)
        except EngineError as error:
            return Label.failed(len(positions), str(error), seconds=time.perf_counter() - started)
        return Label(
            energy, forces, float("nan"), 0, True, self._method, time.perf_counter() - started,
            charges=self._calculation.charges,
        )  # fmt: skip

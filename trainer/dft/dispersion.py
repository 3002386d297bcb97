"""Dispersion corrections to a density functional, by the libraries of their authors' group.

D3: Grimme, Antony, Ehrlich, Krieg, J. Chem. Phys. 132, 154104 (2010), with the damping of Grimme, Ehrlich, Goerigk,
J. Comput. Chem. 32, 1456 (2011). D4: Caldeweyher et al., J. Chem. Phys. 150, 154122 (2019).
"""

from importlib import import_module
from typing import Any

import numpy as np

from atomtug.core.arrays import Floats, Ints
from atomtug.core.errors import InputError
from atomtug.core.units import BOHR, HARTREE
from atomtug.trainer.dft.functional import Functional

_DAMPING = {
    "d3bj": "RationalDampingParam",
    "d3zero": "ZeroDampingParam",
    "d3bjm": "ModifiedRationalDampingParam",
    "d3zerom": "ModifiedZeroDampingParam",
    "d3op": "OptimizedPowerDampingParam",
    "d4": "DampingParam",
}


class Dispersion:
    """The dispersion correction of one molecule.

    Args:
        functional: with a correction
        numbers: (N,) atomic numbers
        charge: e

    Raises:
        InputError: the library is not installed, or has no parameters for the functional
    """

    def __init__(self, functional: Functional, numbers: Ints, charge: int) -> None:
        assert functional.correction is not None, "there is a correction to be computed"
        self._numbers, self._charge = np.asarray(numbers), charge
        self._d4 = functional.correction == "d4"
        package = "dftd4" if self._d4 else "dftd3"
        try:
            self._library: Any = import_module(f"{package}.interface")
        except ImportError as error:
            raise InputError(
                f"The dispersion correction {functional.correction} needs the package {package}, which is not "
                f"installed: pip install {package}."
            ) from error
        options = {"method": functional.exchange_correlation}
        three_body = {} if self._d4 else {"atm": functional.three_body}
        try:
            self._damping = getattr(self._library, _DAMPING[functional.correction])(**options, **three_body)
        except RuntimeError as error:
            raise InputError(
                f"{package} has no parameters of {functional.correction} for the functional "
                f"{functional.exchange_correlation!r}: choose another functional or correction."
            ) from error

    def evaluate(self, positions: Floats) -> tuple[float, Floats]:
        """The correction at ``positions`` (N, 3) angstrom: energy, eV, and forces (N, 3), eV/angstrom."""
        charge = {"charge": float(self._charge)} if self._d4 else {}
        model = self._library.DispersionModel(self._numbers, np.asarray(positions) / BOHR, **charge)
        result = model.get_dispersion(self._damping, grad=True)
        return float(result["energy"]) * HARTREE, -np.asarray(result["gradient"]) * (HARTREE / BOHR)

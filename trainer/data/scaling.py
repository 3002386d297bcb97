"""A linear model of the energy in the element counts, so that energies of molecules of any size are alike.

Absolute energies are thousands of eV an atom and would hide the few eV that a reaction is about. The
paper subtracts a Lasso fit in the element counts; this is the same with a penalty that only decides between
equally good fits (a data set of alkanes with one CN each leaves C, N and a constant partly undetermined).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import Ridge

if TYPE_CHECKING:
    from atomtug.trainer.data.dataset import DataSet

_PENALTY = 1e-6


@dataclass(frozen=True)
class EnergyScaling:
    """``energy = intercept + sum of count * per_atom[number]``, eV.

    Args:
        intercept: eV
        per_atom: atomic number to eV
    """

    intercept: float
    per_atom: Mapping[int, float]

    @classmethod
    def fit(cls, data: "DataSet") -> "EnergyScaling | None":
        """Fitted to the labelled geometries of a data set, see :meth:`fit_means`; None if there are none."""
        return cls.fit_means(
            (molecule.numbers, float(energy))
            for molecule in data
            for energy in molecule.energies[molecule.labelled]
        )

    @classmethod
    def fit_means(cls, labelled: Iterable[tuple[NDArray[np.int64], float]]) -> "EnergyScaling | None":
        """Fitted to pairs of atomic numbers (N,) and energy (eV); None if there are none.

        One composition's mean stands for all its geometries: the counts can tell no more.
        """
        energies: dict[tuple[int, ...], list[float]] = {}
        for numbers, energy in labelled:
            energies.setdefault(tuple(sorted(map(int, numbers))), []).append(energy)
        if not energies:
            return None
        means = [(np.array(numbers), float(np.mean(values))) for numbers, values in energies.items()]
        elements = sorted({int(number) for numbers, _ in means for number in numbers})
        counts = np.array([[np.sum(numbers == element) for element in elements] for numbers, _ in means])
        # No constant: the elements' own energies, which the counts then carry, generalise to other sizes.
        model = Ridge(alpha=_PENALTY, fit_intercept=False).fit(counts, [energy for _, energy in means])
        return cls(0.0, dict(zip(elements, map(float, model.coef_), strict=True)))

    def reference(self, numbers: NDArray[np.int64]) -> float:
        """What is to be subtracted from the energy of these atoms, eV.

        Raises:
            KeyError: an element was not in the fit
        """
        return self.intercept + float(sum(self.per_atom[int(number)] for number in numbers))

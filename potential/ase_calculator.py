"""A trained network as an ASE calculator: for ASE's optimisers, dynamics, bands and vibrations."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from ase.calculators.calculator import Calculator as AseCalculator
from ase.calculators.calculator import all_changes, register_calculator_class

from atomtug.core.arrays import Floats
from atomtug.core.errors import InputError
from atomtug.core.shipped import find_model
from atomtug.potential.evaluator import Evaluator
from atomtug.potential.force_spread import ForceSpread
from atomtug.potential.model import Model
from atomtug.potential.model_file import load_model
from atomtug.potential.trained_states import objection

Precision = Literal["float32", "float64"]


class Calculator(AseCalculator):
    """A network for ASE: energy (eV), forces (eV/angstrom), and how unsure it is.

    ``results["uncertainty"]`` (eV) comes with each result of a committee: the spread of its members, calibrated where
    the model is. ``results["atomic_uncertainty"]`` (N,) (eV/angstrom), that of the force on each atom, comes where it
    is asked for (``calc.get_property("atomic_uncertainty", atoms)``), because it takes as long as three results.

    Charge and multiplicity are those given here, else those of the atoms: ``atoms.info["charge"]`` and ``["spin"]``
    (2S + 1), their initial charges and magnetic moments, else no charge and the lowest multiplicity. A network never
    sees electrons; it is refused where it was not trained on that state.

    Args:
        model: a model file, the name of a model that comes with atomtug (``alkanes``), or a loaded model
        charge: e; None for the atoms' own
        multiplicity: 2S + 1; None for the atoms' own
        anyway: take the network even if it was not trained on that charge and multiplicity
        precision: ``float32``, as the live engine, or ``float64`` (vibrations of soft modes)

    Raises:
        InputError: no such model; later, when atoms are given: an element, charge or multiplicity that it does not
            know, or periodic atoms
    """

    implemented_properties = ["energy", "free_energy", "forces", "uncertainty", "atomic_uncertainty"]  # noqa: RUF012

    def __init__(
        self,
        model: str | Path | Model = "alkanes",
        charge: int | None = None,
        multiplicity: int | None = None,
        anyway: bool = False,
        precision: Precision = "float32",
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.model = model if isinstance(model, Model) else load_model(find_model(model))
        self._state = (charge, multiplicity)
        self._anyway = anyway
        self._precision = precision
        self._evaluator: Evaluator | None = None
        self._checked: tuple[int, int] | None = None

    def calculate(
        self,
        atoms: Any = None,
        properties: Sequence[str] = ("energy",),
        system_changes: Sequence[str] = tuple(all_changes),
    ) -> None:
        """As ASE calls it.

        Raises:
            InputError: atoms that the network does not know
            EngineError: atoms on top of each other, or no finite result
        """
        super().calculate(atoms, properties, system_changes)  # type: ignore[no-untyped-call]
        evaluator = self._prepared(atoms)
        result = evaluator.evaluate(np.asarray(atoms.positions, dtype=np.float64))
        self.results = {"energy": result.energy, "free_energy": result.energy, "forces": result.forces}
        if self.model.architecture.members > 1:
            factor = self.model.spread_factor
            self.results["uncertainty"] = factor * result.spread
            if "atomic_uncertainty" in properties:
                spread = ForceSpread(self.model, evaluator.forces_by)
                self.results["atomic_uncertainty"] = spread.at(atoms.positions, result.forces)

    def _prepared(self, atoms: Any) -> Evaluator:
        numbers = np.asarray(atoms.numbers, dtype=np.int64)
        if np.any(atoms.pbc):
            raise InputError(
                "The networks are for molecules: set atoms.pbc = False, or take another calculator."
            )
        state = self._state_of(atoms)
        new = self._evaluator is None or not np.array_equal(self._evaluator.numbers, numbers)
        if new or state != self._checked:
            why = objection(self.model.provenance.states, numbers, *state)
            if why and not self._anyway:
                raise InputError(
                    f"The network {why}: say what the atoms are with Calculator(charge=..., multiplicity=...), "
                    f"train a network on labels of that state, or take it nevertheless with anyway=True."
                )
            self._checked = state
        if new:
            self._evaluator = Evaluator(self.model, numbers, self._precision)
        assert self._evaluator is not None
        return self._evaluator

    def _state_of(self, atoms: Any) -> tuple[int, int]:
        charge, multiplicity = self._state
        if charge is None:
            said = atoms.info.get("charge")
            charge = round(_sum(atoms.get_initial_charges()) if said is None else float(said))
        if multiplicity is None:
            said = atoms.info.get("spin", atoms.info.get("multiplicity"))
            electrons = int(atoms.numbers.sum()) - charge
            unpaired = abs(round(_sum(atoms.get_initial_magnetic_moments()))) or electrons % 2
            multiplicity = 1 + unpaired if said is None else int(said)
        return charge, multiplicity


def _sum(values: Floats) -> float:
    return float(np.sum(values))


# `ase.calculators.calculator.get_calculator_class("atomtug")` finds it once this package is imported.
register_calculator_class("atomtug", Calculator)

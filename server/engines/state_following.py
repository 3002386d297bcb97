"""Sparrow's methods, kept on the right electronic state while bonds break."""

from typing import NamedTuple

import scine_utilities as su

from atomtug.core.arrays import Floats
from atomtug.core.systems import System
from atomtug.core.systems.bonds import fragments, perceive_bonds
from atomtug.server.engines.base import EngineResult
from atomtug.server.engines.sparrow import CLOSED_SHELL, SparrowEngine
from atomtug.server.engines.state_search import search
from atomtug.server.engines.stretched_bonds import StretchedBonds

INTERVAL = 16
"""Evaluations between two looks at the bonds; at rest a look is all that following costs."""
STRETCHED_INTERVAL = 2
"""The same while a bond is stretched."""
ATTEMPTS = 2
"""Times that a search steers, after a bond was stretched further."""
MORE_ATTEMPTS = 6
"""The same where the density came from a fresh guess: at the start, or after a failure to converge."""
SAME_ENERGY = 3e-4
"""A restricted and an unrestricted calculation that differ by less are one state, eV."""


class StateChange(NamedTuple):
    """The engine went over to another state at a geometry.

    Args:
        evaluation: how many evaluations the engine had made
        before: energy of the state it left, eV
        after: energy of the state it went to, eV
        way: how that was found, see :class:`atomtug.server.engines.state_search.Found`
    """

    evaluation: int
    before: float
    after: float
    way: str


class StateFollowingEngine(SparrowEngine):
    """A Sparrow method that looks for a lower electronic state whenever a bond has been stretched further.

    Singlets are restricted until a search finds something better, and again once nothing is stretched.

    Args:
        method: one of :data:`atomtug.server.engines.names.METHODS`
        system: the atoms, their charge and multiplicity

    Raises:
        InputError: the method has no parameters for one of the elements, or is for closed shells only
    """

    def __init__(self, method: str, system: System) -> None:
        super().__init__(method, system)
        self._numbers = system.numbers
        self._bonds = StretchedBonds(system.numbers)
        self._follows = self._method not in CLOSED_SHELL
        self._evaluations = 0
        self._may_restrict = False
        """Whether the restricted state is worth a trial: an unrestricted one was searched for since the last."""
        self._changes: list[StateChange] = []

    def state_changes(self) -> list[StateChange]:
        """What happened since the last call, oldest first."""
        changes, self._changes = self._changes, []
        return changes

    def evaluate(self, positions: Floats) -> EngineResult:
        """Energy (eV) and forces (N, 3) (eV/angstrom) of the state followed, at ``positions`` (N, 3) angstrom.

        Raises:
            EngineError: it did not converge, whatever was tried
        """
        before = self._calculator
        result = super().evaluate(positions)
        self._evaluations += 1
        if not self._follows:
            return result
        fresh = self._calculator is not before or self._evaluations == 1
        interval = STRETCHED_INTERVAL if self._bonds.any_stretched else INTERVAL
        if fresh or self._evaluations % interval == 0:
            moved = self._bonds.moved(positions)
            if fresh and (self._bonds.any_stretched or self._in_parts(positions)):
                return self._searched(positions, result, MORE_ATTEMPTS)
            if moved:
                return self._searched(positions, result, ATTEMPTS)
            if self._may_restrict and not self._bonds.any_stretched:
                return self._restricted(positions, result)
        return result

    def forget(self) -> None:
        """The next geometry starts from a fresh guess."""
        super().forget()
        self._bonds.forget()
        self._evaluations = 0

    def _searched(self, positions: Floats, result: EngineResult, attempts: int) -> EngineResult:
        self._may_restrict = True
        found = search(self._calculator, self._numbers, attempts)
        if found is None:
            return result
        better = self._attempt(found.calculator, positions)
        if better is None:
            return result
        self._calculator = found.calculator
        self._changes.append(StateChange(self._evaluations, result.energy, better.energy, found.way))
        return better

    def _restricted(self, positions: Floats, result: EngineResult) -> EngineResult:
        """Go back to the restricted calculation, which takes half the time, where it gives the same energy."""
        self._may_restrict = False
        if self._multiplicity == 1 and self._calculator.settings["spin_mode"] == "unrestricted":
            copy = self._calculator.clone()
            copy.settings["spin_mode"] = "restricted"
            copy.set_required_properties([su.Property.Energy, su.Property.Gradients])  # clones keep none
            same = self._attempt(copy, positions)
            if same is not None and abs(same.energy - result.energy) < SAME_ENERGY:
                self._calculator = copy
                return same
        return result

    def _in_parts(self, positions: Floats) -> bool:
        return len(fragments(len(self._numbers), perceive_bonds(self._numbers, positions))) > 1

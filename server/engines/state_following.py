"""Sparrow's methods, kept on the right electronic state while bonds break."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.electrons import ElectronicStateChange
from atomtug.core.systems import System
from atomtug.core.systems.bonds import fragments, perceive_bonds
from atomtug.core.units import HARTREE
from atomtug.server.engines.base import EngineResult
from atomtug.server.engines.sparrow import CLOSED_SHELL, SparrowEngine
from atomtug.server.engines.state_search import LOWER, found_in, improve
from atomtug.server.engines.stretched_bonds import StretchedBonds

INTERVAL = 16
"""Evaluations between two looks at the bonds; at rest a look is all that following costs."""
STRETCHED_INTERVAL = 2
"""The same while a bond is stretched."""
FAST_INTERVAL = 4
"""Evaluations between two looks while an atom moves fast: in 16 of them it may move a third of an angstrom."""
FAST = 0.06
"""An atom that moved farther than this in as many moves fast, angstrom along an axis."""
ATTEMPTS = 32
"""Times that a search steers, at most: one attempt finds two radicals in a fifth to half of all cases, and the lowest
of the many states of two oxygen atoms more rarely."""
ATTEMPTS_AFTER = 24
"""The same while a bond is stretched further for which a better state was found already."""
LARGEST_SEARCH = 100
"""Atoms times attempts, at most, after a bond was stretched further: large systems would stand still meanwhile."""
LARGEST_SEARCH_AFTER = 48
"""The same where a better state was found already."""
LARGEST_FIRST_SEARCH = 150
"""The same where the density came from a fresh guess: a search of squalane took ten seconds with six."""
SAME_ENERGY = 3e-4
"""A restricted and an unrestricted calculation that differ by less are one state, eV."""
SETTLED = 2e-5
"""While a bond is stretched, or a singlet has open shells, a calculation is repeated from its own density until the
energy changes by less, eV. Sparrow stops too early there, whatever its criteria are set to: H2 at 1.56 angstrom was
3e-3 eV above its own converged energy, and its force 0.2 eV/angstrom off."""
REPEATS = 8
"""Of one calculation, at most."""
JUMP = 0.05
"""A recovery that ends farther from the energy expected there has changed the state, eV."""
LONGEST_STEP = 0.3
"""An atom that moved farther than this between two geometries makes them two trajectories', angstrom."""


class _Evaluated(NamedTuple):
    """A geometry, (N, 3) angstrom, and its result."""

    positions: Floats
    result: EngineResult


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
        self._last: _Evaluated | None = None
        self._before: Floats | None = None
        """(N, 3) positions some evaluations ago, to tell whether atoms move fast, angstrom."""
        self._may_restrict = False
        """Whether the restricted state is worth a trial: an unrestricted one was searched for since the last."""

    @property
    def settings(self) -> Mapping[str, str | int | float | bool]:
        """Sparrow's own settings and its version, and that states are followed."""
        return {**super().settings, "follow_state": self._follows}

    def evaluate(self, positions: Floats) -> EngineResult:
        """Energy (eV) and forces (N, 3) (eV/angstrom) of the state followed, at ``positions`` (N, 3) angstrom.

        Raises:
            EngineError: it did not converge, whatever was tried
        """
        if self._last is not None and _is_far(positions - self._last.positions, LONGEST_STEP):
            self.forget()  # another trajectory: its first guess owes nothing to this one
        calculator, last = self._calculator, self._last
        result = super().evaluate(positions)
        self._evaluations += 1
        if not self._follows:
            return result
        recovered = self._calculator is not calculator
        if self._bonds.any_stretched or self._open_singlet:
            result = self._settled(positions, result)
        fresh = recovered or last is None
        result = self._followed(positions, result, fresh)
        if fresh:  # nobody was on the state of a fresh guess
            result = result._replace(state_change=None if last is None else _jump(last, positions, result))
        self._last = _Evaluated(positions.copy(), result)
        return result

    def forget(self) -> None:
        """The next geometry starts from a fresh guess."""
        super().forget()
        self._bonds.forget()
        self._last = None

    def _followed(self, positions: Floats, result: EngineResult, fresh: bool) -> EngineResult:
        """The result for the best state that is known after this evaluation."""
        if not fresh and not self._is_time_to_look(positions):
            return result
        moved = self._bonds.moved(positions, self._results.bond_orders.get_order)
        if fresh and (self._bonds.any_stretched or self._in_parts(positions)):
            return self._searched(positions, result, self._attempts(ATTEMPTS, LARGEST_FIRST_SEARCH))
        if moved:
            after = self._attempts(ATTEMPTS_AFTER, LARGEST_SEARCH_AFTER)
            first = self._attempts(ATTEMPTS, LARGEST_SEARCH)
            return self._searched(positions, result, after if self._bonds.found else first)
        if self._may_restrict and not self._bonds.any_stretched:
            return self._restricted(positions, result)
        return result

    def _is_time_to_look(self, positions: Floats) -> bool:
        """Whether the bonds are to be looked at, at positions (N, 3) angstrom."""
        if self._bonds.any_stretched:
            return self._evaluations % STRETCHED_INTERVAL == 0
        if self._evaluations % FAST_INTERVAL:
            return False
        before, self._before = self._before, positions.copy()
        is_fast = before is None or _is_far(positions - before, FAST)
        return is_fast or self._evaluations % INTERVAL == 0

    def _searched(self, positions: Floats, result: EngineResult, attempts: int) -> EngineResult:
        self._may_restrict = True
        live, results = found_in(self._calculator, self._results, self._numbers, "live"), self._results
        found = improve(live, self._numbers, attempts)
        better = None
        if found is not None:
            found.calculator.set_required_properties(self._properties)  # clones keep none
            better = self._attempt(found.calculator, positions)
            if better is not None:
                better = self._settled(positions, better, found.calculator)
        self._bonds.searched(better is not None)
        if found is None or better is None:
            return result
        if better.energy > result.energy - LOWER * HARTREE and not (live.ion_pair and not found.ion_pair):
            self._results = results
            return result
        self._calculator = found.calculator
        return better._replace(state_change=ElectronicStateChange(result.energy, better.energy, found.way))

    def _restricted(self, positions: Floats, result: EngineResult) -> EngineResult:
        """Go back to the restricted calculation, which takes half the time, where it gives the same energy."""
        self._may_restrict = False
        if self._open_singlet:
            results = self._results
            copy = self._calculator.clone()
            copy.settings["spin_mode"] = "restricted"
            copy.set_required_properties(self._properties)
            same = self._attempt(copy, positions)
            if same is not None and abs(same.energy - result.energy) < SAME_ENERGY:
                self._calculator = copy
                return same
            self._results = results
        return result

    def _settled(self, positions: Floats, result: EngineResult, calculator: Any = None) -> EngineResult:
        """The result of a calculation that is repeated until it changes no more."""
        for _ in range(REPEATS):
            again = self._attempt(calculator or self._calculator, positions)
            if again is None:
                break
            before, result = result, again
            if abs(result.energy - before.energy) < SETTLED:
                break
        return result

    @property
    def _open_singlet(self) -> bool:
        return self._multiplicity == 1 and self._calculator.settings["spin_mode"] == "unrestricted"

    def _attempts(self, most: int, largest: int) -> int:
        return max(1, min(most, largest // len(self._numbers)))

    def _in_parts(self, positions: Floats) -> bool:
        return len(fragments(len(self._numbers), perceive_bonds(self._numbers, positions))) > 1


def _is_far(moved: Floats, limit: float) -> bool:
    """Whether an atom moved, (N, 3) angstrom, farther than the limit along an axis."""
    flat = moved.ravel()
    if flat.dot(flat) <= limit**2:  # the usual case, quickly
        return False
    return not np.abs(flat).max() <= limit


def _jump(last: _Evaluated, positions: Floats, result: EngineResult) -> ElectronicStateChange | None:
    """The change of state since the last geometry, told by an energy that forces do not account for."""
    work = 0.5 * float(np.sum((last.result.forces + result.forces) * (positions - last.positions)))
    expected = last.result.energy - work
    if abs(result.energy - expected) < JUMP:
        return None
    return ElectronicStateChange(expected, result.energy, "recovery")

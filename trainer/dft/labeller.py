"""Labels one geometry after another of the same atoms, each starting from the last."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import scipy.linalg
from pyscf import lib
from pyscf.lib.exceptions import BasisNotFoundError

from atomtug.core.arrays import Floats, Ints
from atomtug.core.errors import InputError
from atomtug.trainer.dft import fast, gpu, stock
from atomtug.trainer.dft.dispersion import Dispersion
from atomtug.trainer.dft.functional import parse_functional
from atomtug.trainer.dft.molecule import MoleculeBuilder
from atomtug.trainer.dft.populations import Parts, atom_populations, fragment_numbers, fragments_of
from atomtug.trainer.dft.scf import NotConverged, Orbitals
from atomtug.trainer.dft.state_choice import (
    FragmentLayout,
    State,
    bonds_broken,
    charges_fit,
    choose,
    doubtful,
    separated,
    set_aside,
)
from atomtug.trainer.dft.state_guess import fragment_guesses
from atomtug.trainer.dft.theory import Label, Theory

LEVEL_SHIFT = 0.3
"""hartree."""
HOLDING_SHIFT = 0.15
"""hartree, for states that are held."""
HEALTHY_GAP = 0.3
"""eV from which on a state need not be held."""
QUICK: Literal["quick"] = "quick"
PATIENT: Literal["patient"] = "patient"


@dataclass(frozen=True)
class Way:
    """How the cycles are helped.

    Args:
        name: as a label's ``reason`` tells it
        shift: hartree by which empty orbitals are raised
        hold: keep the state of the guess against the order of energies
    """

    name: str
    shift: float = 0.0
    hold: bool = False


@dataclass(frozen=True)
class FastAttempt:
    """One try of the fast way.

    Args:
        way: how the cycles are helped
        guess: orbitals in the Löwdin basis; None to start from atoms
    """

    way: Way
    guess: Orbitals | None


SHIFTED = Way("fast, shifted", LEVEL_SHIFT)
SCRATCH = FastAttempt(Way("fast"), None)
HELD = (Way("fast, held", hold=True), Way("fast, held and shifted", HOLDING_SHIFT, hold=True))
"""From neutral fragments' orbitals, where the usual ways do not settle."""
NEUTRAL = (Way("fast from fragments"), *HELD)
"""From neutral fragments' orbitals, as long as the fragments' charges come out wrong."""


class Labeller:
    """Energy and forces at a level of theory, for geometries of one molecule.

    Effective core potentials that belong to the basis and the dispersion correction that the functional's name asks
    for are part of both. The fast way is tried from the last geometry's orbitals, then from scratch, then with a
    level shift, then PySCF's own way. What failed before is in the label's ``reason``.

    Where bonds are broken evenly, and where <S^2> or a fragment's charge looks wrong, states are looked for from the
    orbitals of the fragments too; the one that :mod:`~atomtug.trainer.dft.state_choice` wants is kept, followed by
    its orbitals from geometry to geometry, and looked for again once distances between fragments have changed.

    Args:
        numbers: (N,) atomic numbers
        charge: e
        multiplicity: 2S + 1
        theory: what to compute

    Raises:
        InputError: PySCF has no such functional, or no such basis for one of the elements; or the dispersion that
            the functional's name promises can't be computed
    """

    def __init__(self, numbers: Ints, charge: int, multiplicity: int, theory: Theory) -> None:
        lib.num_threads(1)
        functional = parse_functional(theory.functional)
        self._dispersion = None if functional.correction is None else Dispersion(functional, numbers, charge)
        self._theory = replace(theory, functional=functional.exchange_correlation)
        self._molecule = MoleculeBuilder(numbers, charge, multiplicity, theory.basis)
        self.forget()
        try:
            method = stock.mean_field(self._molecule.apart, self._theory)
            self._auxbasis = method.with_df.auxbasis
            self._fast = not gpu.available() and fast.applicable(self._theory)
        except (KeyError, ValueError, NotImplementedError, BasisNotFoundError) as error:
            raise InputError(
                f"PySCF can't compute {theory} ({error.args[0] if error.args else error}): "
                f"choose another functional or basis set."
            ) from error

    def label(self, positions: Floats) -> Label:
        """Energy and forces at ``positions`` (N, 3) angstrom; a failed label rather than an exception."""
        started = time.perf_counter()
        try:
            outcome = self._with_dispersion(self._label(self._molecule.at(positions)), positions)
        except Exception as error:  # a label that can't be made is a result too
            self.forget()
            outcome = Label.failed(len(positions), f"{type(error).__name__}: {error}")
        return replace(outcome, seconds=time.perf_counter() - started)

    @property
    def orbitals(self) -> Orbitals | None:
        """Occupied orbitals of the last label, in the Löwdin basis; None where there is none that converged."""
        return None if self._last is None else self._last.orbitals

    def forget(self) -> None:
        """The next geometry starts from scratch."""
        self._last: State | None = None
        self._compared: FragmentLayout | None = None
        self._broken = False

    def _label(self, mol: Any) -> Label:
        parts = fragments_of(mol)
        now, broken = FragmentLayout.of(mol, parts), bonds_broken(mol, parts)
        states = self._candidates(mol, parts, broken, len(parts) > 1 and not now.near(self._compared))
        if len(states) > 1 or broken:
            self._compared = now
        state = choose(mol, states, parts)
        if state.followed and (broken or self._broken) and not separated(mol, state.label, parts):
            state = replace(state, found="")  # it is the usual state again
        self._last, self._broken = (state if state.label.converged else None), broken
        failures = [each.label.reason for each in states if not each.label.converged and each is not state]
        return replace(
            state.label,
            method=state.method,
            cycles=sum(each.label.cycles for each in states),
            reason="; ".join(
                filter(None, [*failures, state.label.reason, set_aside(mol, state, states, parts)])
            ),
            fragment=fragment_numbers(parts, mol.natm) if state.label.converged else None,
        )

    def _candidates(self, mol: Any, parts: Parts, broken: bool, compare: bool) -> list[State]:
        """States to choose from, those that are most likely to be wanted at the lowest cost first.

        Args:
            mol: PySCF's molecule
            parts: its fragments
            broken: whether bonds are broken evenly
            compare: whether states have not been compared yet where the fragments are now
        """
        states = self._from_fragments(mol, parts, NEUTRAL) if broken and compare else []
        if self._last is not None or not any(separated(mol, state.label, parts) for state in states):
            states.insert(0, self._usual(mol, QUICK))
            if not states[0].label.converged and len(states) == 1 and len(parts) > 1:
                states += self._from_fragments(mol, parts, NEUTRAL if broken else HELD)
            elif (
                states[0].label.converged and not broken and compare and doubtful(mol, states[0].label, parts)
            ):
                states += self._from_fragments(mol, parts, NEUTRAL)
        if broken and compare and self._last is not None:
            # Atoms have orbitals that point anywhere; the usual guess may find a better direction.
            states.append(self._first(mol, [SCRATCH]))
        if not any(state.label.converged for state in states):
            states.append(self._usual(mol, PATIENT))
        if self._broken and not broken and states[0].followed:
            # What has come together again may have been followed in the state it had apart.
            states.append(self._first(mol, [SCRATCH]))
        return states

    def _from_fragments(self, mol: Any, parts: Parts, ways: Sequence[Way]) -> list[State]:
        """The states that orbitals of the fragments lead to, by the first way to one with the right charges.

        Only those that converge are returned.
        """
        guesses = []
        for guess in fragment_guesses(mol, self._theory, parts):
            opposite = min(guess.spins) < 0 < max(guess.spins)
            found = "fragments' spins opposite" if opposite else "fragments' orbitals"
            guesses.append((found, fast.to_lowdin(mol, guess.orbitals)))
        converged: list[State] = []
        for way in ways if self._fast else ways[:1]:
            for found, orbitals in guesses:
                state = self._first(mol, [FastAttempt(way, orbitals)])
                if state.label.converged:
                    converged.append(replace(state, found=found))
            if any(charges_fit(mol, state.label, parts) for state in converged):
                break
        return converged

    def _usual(self, mol: Any, effort: Literal["quick", "patient"]) -> State:
        """The state that the last geometry's orbitals lead to, or else those of the atoms.

        Args:
            mol: PySCF's molecule
            effort: the quickest way alone, or all the others
        """
        last = self._last
        if last is None or last.orbitals is None:
            attempts = [SCRATCH, FastAttempt(SHIFTED, None)]
        else:
            # A state with next to no gap is held: it would settle slowly, and perhaps elsewhere. One that was held
            # stays so until its orbitals are in the order of energies again.
            close = last.label.gap < HEALTHY_GAP and (last.hold or not self._broken)
            shift = max(last.shift, HOLDING_SHIFT) if close else last.shift
            way = Way("fast from the last geometry", shift, close)
            attempts = [FastAttempt(way, last.orbitals), SCRATCH, FastAttempt(SHIFTED, last.orbitals)]
        otherwise: Sequence[stock.Attempt] = ()
        if effort == PATIENT:
            otherwise = stock.ATTEMPTS if self._fast else stock.ATTEMPTS[1:]
        state = self._first(mol, attempts[:1] if effort == QUICK else attempts[1:], otherwise)
        return state if last is None or not state.followed else replace(state, found=last.found)

    def _first(
        self, mol: Any, attempts: Sequence[FastAttempt], otherwise: Sequence[stock.Attempt] = ()
    ) -> State:
        """The state of the first attempt that converges, by the fast way or else PySCF's own."""
        failures = []
        for attempt in attempts if self._fast else ():
            way = attempt.way
            try:
                result = fast.label(mol, self._theory, self._auxbasis, attempt.guess, way.shift, way.hold)
            except (NotConverged, scipy.linalg.LinAlgError, np.linalg.LinAlgError) as error:
                failures.append(f"{way.name}: {error}")
                continue
            label = replace(result.label, reason="; ".join(failures))
            shift = way.shift if way.hold else 0.0
            followed = self._is_last(attempt.guess)
            return State(label, result.orbitals, followed=followed, shift=shift, hold=way.hold)
        if self._fast and not otherwise:
            return State(Label.failed(mol.natm, "; ".join(failures)), None)
        # Where the fast way could not settle it, what it was started from is no help.
        guess = None if self._fast else attempts[0].guess
        start = None if guess is None else fast.to_atomic(mol, guess)
        outcome = stock.label(mol, self._theory, start, otherwise or stock.ATTEMPTS[:1])
        label = replace(outcome.label, reason="; ".join(filter(None, [*failures, outcome.label.reason])))
        if outcome.orbitals is None:
            return State(label, None)
        orbitals = fast.to_lowdin(mol, outcome.orbitals)
        charges, spins = atom_populations(mol, orbitals)
        followed = self._is_last(guess) and label.method.startswith(stock.ATTEMPTS[0].name)
        return State(replace(label, charges=charges, spins=spins), orbitals, followed=followed)

    def _is_last(self, guess: Orbitals | None) -> bool:
        return guess is not None and self._last is not None and guess is self._last.orbitals

    def _with_dispersion(self, label: Label, positions: Floats) -> Label:
        if self._dispersion is None or not label.converged:
            return label
        energy, forces = self._dispersion.evaluate(positions)
        return replace(label, energy=label.energy + energy, forces=label.forces + forces)

"""Which of several electronic states of one geometry is the one that a label wants.

The state wanted is the lowest among those whose fragments carry the charges they should: neutral radicals and
molecules, and the total charge on any of them. The lowest of all will not do: the self-interaction of density
functionals moves electrons to where they do not belong, such as into the hole of a CN radical. An ion pair that is
lower by more than functionals err is a real one (a salt), and is kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.units import BOHR, KCALMOL_PER_EV
from atomtug.trainer.dft.populations import Parts, fragment_sums
from atomtug.trainer.dft.scf import Orbitals
from atomtug.trainer.dft.theory import Label
from atomtug.trainer.dft.unpaired import unpaired_electrons

MISPLACED_CHARGE = 0.5
"""Elementary charges by which a fragment may differ from what it should carry."""
IONIC = 1.0
"""eV by which an ion pair must be below the neutral fragments to be taken for a real one."""
SAME_STATE = 3e-4
"""eV; two states nearer than this are one."""
CONTAMINATED = 0.2
"""<S^2> above that of a pure spin state from which on other states are looked for."""
SEPARATED = 0.5
"""Share of their unpaired electrons that fragments show once they are radicals of their own."""
MORE_SPIN = 0.25
"""Unpaired electrons of fragments that must show beyond what the total spin needs anyway."""
MOVED = 0.25
"""Angstrom by which a distance between fragments changes before states are compared again."""


@dataclass(frozen=True)
class State:
    """A self-consistent state.

    Args:
        label: with charges and spins of atoms, unless it failed
        orbitals: occupied ones in the Löwdin basis; None where it failed
        found: what it or the state that it follows was started from, where that was not the usual guess
        followed: whether it was started from the last geometry's orbitals
        shift: hartree by which empty orbitals were raised
        hold: whether it was kept against the order of energies
    """

    label: Label
    orbitals: Orbitals | None
    found: str = ""
    followed: bool = False
    shift: float = 0.0
    hold: bool = False

    @property
    def method(self) -> str:
        """How a label tells it."""
        held = "held" if self.hold else ""
        followed = "followed" if self.found and self.followed else ""
        return ", ".join(filter(None, [self.label.method, self.found, held, followed]))


@dataclass(frozen=True)
class FragmentLayout:
    """The fragments of a geometry, and how far apart they are.

    Args:
        parts: atom indices of each
        distances: (F, F) angstrom between the nearest atoms of two fragments
    """

    parts: Parts
    distances: Floats

    @classmethod
    def of(cls, mol: Any, parts: Parts) -> "FragmentLayout":
        """That of a PySCF molecule's geometry."""
        positions = mol.atom_coords() * BOHR
        apart = np.linalg.norm(positions[:, None] - positions[None], axis=2)
        return cls(parts, np.array([[apart[np.ix_(a, b)].min() for b in parts] for a in parts]))

    def near(self, other: "FragmentLayout | None") -> bool:
        """Whether what was found for the other still holds for this one."""
        return (
            other is not None
            and self.parts == other.parts
            and bool(np.abs(self.distances - other.distances).max() < MOVED)
        )


def unpaired_in_parts(mol: Any, parts: Parts) -> int:
    """Unpaired electrons of all fragments, each neutral and in its ground state."""
    return sum(unpaired_electrons(mol, part) for part in parts)


def bonds_broken(mol: Any, parts: Parts) -> bool:
    """Whether there are more unpaired electrons than the total spin needs: bonds have been broken evenly."""
    return len(parts) > 1 and unpaired_in_parts(mol, parts) > mol.spin + abs(mol.charge)


def doubtful(mol: Any, label: Label, parts: Parts) -> bool:
    """Whether a converged state seems not to be the one wanted, by <S^2> or by a fragment's charge."""
    half = 0.5 * mol.spin
    return label.spin_square - half * (half + 1.0) > CONTAMINATED or not charges_fit(mol, label, parts)


def separated(mol: Any, label: Label, parts: Parts) -> bool:
    """Whether fragments that have unpaired electrons by themselves are radicals of their own in this state."""
    if label.spins is None:
        return False
    shown = float(np.abs(fragment_sums(label.spins, parts)).sum())
    return bool(shown > max(SEPARATED * unpaired_in_parts(mol, parts), mol.spin + MORE_SPIN))


def charges_fit(mol: Any, label: Label, parts: Parts) -> bool:
    """Whether each fragment carries the charge it should."""
    if label.charges is None:
        return False
    low, high = min(mol.charge, 0) - MISPLACED_CHARGE, max(mol.charge, 0) + MISPLACED_CHARGE
    charges = fragment_sums(label.charges, parts)
    return bool(np.all((charges > low) & (charges < high)))


def choose(mol: Any, states: Sequence[State], parts: Parts) -> State:
    """The state wanted; of equal ones the first.

    Args:
        mol: PySCF's molecule
        states: at least one, of one geometry
        parts: its fragments
    """
    converged = [state for state in states if state.label.converged]
    if not converged:
        return states[0]
    neutral = [state for state in converged if charges_fit(mol, state.label, parts)]
    lowest = _lowest(converged)
    if not neutral:
        return lowest
    wanted = _lowest(neutral)
    return lowest if lowest.label.energy < wanted.label.energy - IONIC else wanted


def set_aside(mol: Any, state: State, states: Sequence[State], parts: Parts) -> str:
    """What a label says of its fragments' charges, and of a lower state that was not wanted; empty if nothing."""
    if not state.label.converged or state.label.charges is None:
        return ""
    said = []
    if not charges_fit(mol, state.label, parts):
        said.append(f"fragments carry charges of {_listed(state.label, parts)}")
    for other in states:
        below = state.label.energy - other.label.energy
        if other.label.converged and below > SAME_STATE:
            said.append(
                f"set aside a state {below * KCALMOL_PER_EV:.1f} kcal/mol below, with charges of "
                f"{_listed(other.label, parts)} on the fragments"
            )
    return "; ".join(said)


def _listed(label: Label, parts: Parts) -> str:
    if label.charges is None:
        return "unknown size"
    return ", ".join(f"{charge:+.2f}" for charge in fragment_sums(label.charges, parts))


def _lowest(states: Sequence[State]) -> State:
    energy = min(state.label.energy for state in states)
    return next(state for state in states if state.label.energy < energy + SAME_STATE)

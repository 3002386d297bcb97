"""The self-consistent field of one geometry: few and cheap cycles.

Everything is done in the Löwdin basis (S^1/2 of the atomic one), where the metric is the unit matrix and the
orbitals of a neighbouring geometry are a good, already orthonormal guess.

The cycles run on a coarse grid. Once they are near, the potential is made on the fine grid too, and the
difference between the two, which hardly depends on the density, is kept and added to the coarse one from
there on: two fine potentials in place of one a cycle.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.linalg

from atomtug.core.arrays import Floats

Orbitals = tuple[Floats, Floats]
"""Alpha's and beta's occupied orbitals, each (n_basis, n_occupied), orthonormal in the Löwdin basis."""
Potential = Callable[[Sequence[Floats]], Floats]
"""Occupied orbitals, in the atomic basis, to the potential of both spins, (2, n, n) hartree."""

NEAR = 3e-3
"""The largest element of FD - DF, hartree, from which the fine grid is worth asking."""
CONVERGED = 2e-5
"""The same, at the end: the error left in a force is of its order."""
DRIFT = 0.02
"""How far an element of the density may go from where the fine grid's correction was made."""
HISTORY = 8
"""Fock matrices kept for the extrapolation."""
MAX_CYCLES = 40
SHIFTED_CYCLES = 150
"""The most where the empty orbitals are shifted: that settles nearly everything, but slowly."""

SPARE = 20
"""Orbitals above as many as are occupied that are looked at for those wanted."""


class NotConverged(Exception):
    """The cycles did not settle."""


@dataclass(frozen=True)
class Solution:
    """Orbitals, and what it took.

    Args:
        orbitals: occupied ones in the Löwdin basis
        fock: (2, n, n) in the Löwdin basis, hartree
        cycles: how many potentials were made
        residual: the largest element of FD - DF, hartree
    """

    orbitals: Orbitals
    fock: Floats
    cycles: int
    residual: float


def solve(
    to_atomic: Floats,
    fixed: Callable[[Floats], Floats],
    coarse: Potential,
    fine: Potential,
    guess: Sequence[Floats],
    occupied: tuple[int, int],
    shift: float = 0.0,
    hold: bool = False,
) -> Solution:
    """Iterate from a guess to self-consistency on the fine grid.

    Args:
        to_atomic: (n, n) S^-1/2, from the Löwdin basis to the atomic one
        fixed: density of both spins, (n, n) in the atomic basis, to the core's and Coulomb's matrix, (n, n)
        coarse: exchange-correlation potential on the coarse grid
        fine: the same on the fine grid
        guess: of each spin, orbitals (n, any number) in the Löwdin basis; each times the root of its occupation
        occupied: how many orbitals of each spin
        shift: hartree by which empty orbitals are raised to the end, so that they mix less into the occupied ones
        hold: occupy the orbitals that are most like the guess's, whatever their energies. The guess must then be as
            many orthonormal orbitals as are occupied. (The initial maximum overlap method: Barca, Gilbert, Gill,
            J. Chem. Theory Comput. 14, 1501 (2018); Gilbert, Besley, Gill, J. Phys. Chem. A 112, 13164 (2008).)

    Raises:
        NotConverged: it did not settle
    """
    history = _History()
    correction: Floats | None = None
    corrected_at: Floats | None = None
    orbitals = tuple(guess)
    residual = np.inf
    potentials = 0
    cycles = SHIFTED_CYCLES if shift else MAX_CYCLES
    for _ in range(cycles):
        atomic = [to_atomic @ spin for spin in orbitals]
        core = fixed(sum((spin @ spin.T for spin in atomic), np.zeros_like(to_atomic)))
        potential = coarse(atomic)
        potentials += 1
        bare = to_atomic @ (core + potential) @ to_atomic
        density = np.stack([spin @ spin.T for spin in orbitals])
        bare_error = error = _commutator(bare, orbitals)
        if correction is not None:
            error = bare_error + _commutator(correction, orbitals)
        residual = float(np.abs(error).max())
        if not np.isfinite(residual):
            raise NotConverged("the potential is not a number")
        # The correction is for a density near this one: made again if that has since moved on.
        stale = corrected_at is None or float(np.abs(density - corrected_at).max()) > DRIFT
        if stale and residual < (NEAR if corrected_at is None else CONVERGED):
            correction = to_atomic @ (fine(atomic) - potential) @ to_atomic
            corrected_at = density
            history.correct(correction)
            potentials += 1
            error = bare_error + _commutator(correction, orbitals)
            residual = float(np.abs(error).max())
        if correction is not None and not stale and residual < CONVERGED:
            return Solution((orbitals[0], orbitals[1]), bare + correction, potentials, residual)
        history.add(bare, orbitals, bare_error, error)
        fock = history.extrapolate()
        if shift:
            fock = fock + shift * (np.eye(len(to_atomic)) - density)
        orbitals = tuple(
            _most_like(guess[spin], fock[spin]) if hold else _lowest(fock[spin], occupied[spin])
            for spin in (0, 1)
        )
    raise NotConverged(f"no convergence in {cycles} cycles: the residual is still {residual:.1e} hartree")


@dataclass
class _Kept:
    """One cycle: Fock matrix without the fine grid's correction, orbitals, and their commutators without and with."""

    bare: Floats
    orbitals: Sequence[Floats]
    bare_error: Floats
    error: Floats


class _History:
    """Direct inversion in the iterative subspace: Pulay, J. Comput. Chem. 3, 556 (1982)."""

    def __init__(self) -> None:
        self._kept: list[_Kept] = []
        self._correction: Floats | None = None

    def correct(self, correction: Floats) -> None:
        """All Fock matrices, those kept too, get another correction."""
        self._correction = correction
        for each in self._kept:
            each.error = each.bare_error + _commutator(correction, each.orbitals)

    def add(self, bare: Floats, orbitals: Sequence[Floats], bare_error: Floats, error: Floats) -> None:
        """Keep a cycle."""
        self._kept = [*self._kept[-(HISTORY - 1) :], _Kept(bare, orbitals, bare_error, error)]

    def extrapolate(self) -> Floats:
        """The combination of the Fock matrices kept, each with the correction, that commutes best."""
        errors = np.stack([each.error.ravel() for each in self._kept])
        count = len(errors)
        system = np.zeros((count + 1, count + 1))
        system[:count, :count] = errors @ errors.T
        system[:count, :count] /= max(system[:count, :count].diagonal().min(), 1e-30)
        system[count, :count] = system[:count, count] = 1.0
        right = np.zeros(count + 1)
        right[count] = 1.0
        weights = scipy.linalg.lstsq(system, right, cond=1e-14)[0][:count]
        combined: Floats = sum(
            (w * each.bare for w, each in zip(weights, self._kept, strict=True)),
            np.zeros_like(self._kept[-1].bare),
        )
        return combined if self._correction is None else combined + self._correction


def _commutator(fock: Floats, orbitals: Sequence[Floats]) -> Floats:
    """(2, n, n) FD - DF of both spins, through the occupied orbitals."""
    product: Floats = np.stack([(own @ spin) @ spin.T for own, spin in zip(fock, orbitals, strict=True)])
    product -= product.transpose(0, 2, 1).copy()
    return product


def _lowest(fock: Floats, count: int) -> Floats:
    """(n, count) the orbitals of lowest energy."""
    if count == 0:
        return np.zeros((len(fock), 0))
    orbitals: Floats = scipy.linalg.eigh(
        fock, subset_by_index=(0, count - 1), driver="evr", check_finite=False
    )[1]
    return orbitals


def _most_like(wanted: Floats, fock: Floats) -> Floats:
    """(n, count) the orbitals, among the lowest, that lie most in the space of as many wanted ones (n, count)."""
    count = wanted.shape[1]
    if count == 0:
        return wanted
    last = min(count + SPARE, len(fock)) - 1
    orbitals: Floats = scipy.linalg.eigh(fock, subset_by_index=(0, last), driver="evr", check_finite=False)[1]
    likeness = np.sum((wanted.T @ orbitals) ** 2, axis=0)
    return orbitals[:, np.sort(np.argsort(-likeness, kind="stable")[:count])]

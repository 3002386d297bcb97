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
from atomtug.trainer.dft.threads import Threads

Orbitals = tuple[Floats, Floats]
"""Alpha's and beta's occupied orbitals, each (n_basis, n_occupied), orthonormal in the Löwdin basis."""
Potential = Callable[[Sequence[Floats]], Floats]
"""Occupied orbitals, in the atomic basis, to the potential of both spins, (2, n, n) hartree."""

NEAR = 3e-3
"""The largest element of FD - DF, hartree, from which the fine grid is worth asking."""
CONVERGED = 2e-5
"""The same, at the end: the error left in a force is of its order."""
NEARLY_CONVERGED = 5e-5
"""The same, where it falls no further: atoms with half-filled shells that turn at next to no cost hover there.
Of two such labels the forces were within 0.008 kcal/mol/angstrom of those that second-order cycles end with."""
ROUNDED = 2.5e-9
"""What single precision leaves open of a potential's elements in the atomic basis, hartree."""
DRIFT = 0.02
"""How far an element of the density may go from where the fine grid's correction was made."""
HISTORY = 8
"""Fock matrices kept for the extrapolation."""
MAX_CYCLES = 40
SETTLING = 1e-2
"""The residual, hartree, below which the shift of a state that is held is LATE_SHIFT at most."""
LATE_SHIFT = 0.05
"""hartree. A larger one slows the rotations of orbitals that are close to each other; with none they may swing."""
SHIFTED_CYCLES = 150
"""The most where the empty orbitals are shifted: that settles nearly everything, but slowly."""
HOVERING_CYCLES, STALLED_CYCLES, STALLED = 4, 12, 0.7
"""So many cycles that leave the residual above this share of the smallest one before are enough to refine the Coulomb
matrix, or to end where one of them has nearly converged; and, without a shift, the last."""

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
    threads: int = 1,
    refine: Callable[[Floats], None] | None = None,
) -> Solution:
    """Iterate from a guess to self-consistency on the fine grid.

    Args:
        to_atomic: (n, n) S^-1/2, from the Löwdin basis to the atomic one
        fixed: density of both spins, (n, n) in the atomic basis, to the core's and Coulomb's matrix, (n, n)
        coarse: exchange-correlation potential on the coarse grid
        fine: the same on the fine grid
        guess: of each spin, orbitals (n, any number) in the Löwdin basis; each times the root of its occupation
        occupied: how many orbitals of each spin
        shift: hartree by which empty orbitals are raised, so that they mix less into the occupied ones; to the end,
            but that a state which is held gets a smaller one once it settles
        hold: occupy the orbitals that are most like the guess's, whatever their energies. The guess must then be as
            many orthonormal orbitals as are occupied. (The initial maximum overlap method: Barca, Gilbert, Gill,
            J. Chem. Theory Comput. 14, 1501 (2018); Gilbert, Besley, Gill, J. Phys. Chem. A 112, 13164 (2008).)
        threads: the spins are worked on at once where there are two
        refine: makes ``fixed`` more precise near a density of both spins, (n, n) in the atomic basis; called once,
            where the residual is small and no longer falls

    Raises:
        NotConverged: it did not settle
    """
    spins = Threads(min(threads, 2))

    def to_lowdin(matrices: Floats) -> Floats:
        return np.stack(spins.map(lambda own: to_atomic @ own @ to_atomic, matrices))

    history = _History()
    correction: Floats | None = None
    corrected_at: Floats | None = None
    orbitals = tuple(guess)
    residual = np.inf
    residuals: list[float] = []
    potentials = 0
    cycles = SHIFTED_CYCLES if shift else MAX_CYCLES
    # A nearly linearly dependent basis, as that of a large molecule, magnifies what is rounded in the potential, and
    # the cycles may hover above what others converge to.
    last = len(to_atomic) - 1
    largest = scipy.linalg.eigvalsh(to_atomic, subset_by_index=(last, last), check_finite=False)[0]
    made = 0
    nearest: Solution | None = None
    acceptable = max(NEARLY_CONVERGED, ROUNDED * float(largest) ** 2)
    while made < cycles:
        made += 1
        atomic = [to_atomic @ spin for spin in orbitals]
        core = fixed(sum((spin @ spin.T for spin in atomic), np.zeros_like(to_atomic)))
        potential = coarse(atomic)
        potentials += 1
        bare = to_lowdin(core + potential)
        density = np.stack([spin @ spin.T for spin in orbitals])
        cycle = _Cycle(bare, orbitals, correction)
        residual = cycle.residual()
        if not np.isfinite(residual):
            raise NotConverged("the potential is not a number")
        # The correction is for a density near this one: made again if that has since moved on.
        stale = corrected_at is None or float(np.abs(density - corrected_at).max()) > DRIFT
        if stale and residual < (NEAR if corrected_at is None else acceptable):
            correction = to_lowdin(fine(atomic) - potential)
            corrected_at = density
            history.correct(correction)
            potentials += 1
            cycle.correct(correction)
            residual = cycle.residual()
        if correction is not None and not stale and residual < (nearest.residual if nearest else acceptable):
            nearest = Solution((orbitals[0], orbitals[1]), bare + correction, potentials, residual)
            if residual < CONVERGED:
                return nearest
        residuals.append(residual)
        if refine and residual < SETTLING and _stalled(residuals, HOVERING_CYCLES):
            refine(sum((spin @ spin.T for spin in atomic), np.zeros_like(to_atomic)))
            refine, history, residuals, nearest = None, _History(), [], None
            if correction is not None:
                history.correct(correction)
            continue
        if nearest and _stalled(residuals, HOVERING_CYCLES):
            break
        if not shift and _stalled(residuals, STALLED_CYCLES):
            break
        history.add(cycle)
        settling = hold and residual < SETTLING
        fock = history.extrapolate(min(shift, LATE_SHIFT) if settling else shift)
        orbitals = tuple(spins.map(_most_like, guess, fock) if hold else spins.map(_lowest, fock, occupied))
    if nearest:
        return nearest
    raise NotConverged(f"no convergence in {made} cycles: the residual is still {residual:.1e} hartree")


def _stalled(residuals: Sequence[float], cycles: int) -> bool:
    """Whether the residual has stopped to fall for so many cycles."""
    before, latest = residuals[:-cycles], residuals[-cycles:]
    return bool(before) and min(latest) > STALLED * min(before)


class _Cycle:
    """A Fock matrix, the orbitals that it was made from, and by how much the two do not commute.

    The commutator FD - DF of a spin is ``X C^T - C X^T``, where C are the orbitals and ``X = F C - C (C^T F C)``.
    What is kept and multiplied are the narrow matrices.

    Args:
        bare: (2, n, n) without the fine grid's correction, hartree
        orbitals: of each spin (n, any number) in the Löwdin basis
        correction: (2, n, n) hartree; None where there is none yet
    """

    def __init__(self, bare: Floats, orbitals: Sequence[Floats], correction: Floats | None) -> None:
        self.bare, self.orbitals = bare, orbitals
        self._errors = self._bare_errors = self._of(bare)
        if correction is not None:
            self.correct(correction)

    def correct(self, correction: Floats) -> None:
        """The Fock matrix gets another correction (2, n, n), hartree."""
        self._errors = [
            mine + more for mine, more in zip(self._bare_errors, self._of(correction), strict=True)
        ]

    def residual(self) -> float:
        """The largest element of FD - DF, hartree."""
        largest = 0.0
        for error, spin in zip(self._errors, self.orbitals, strict=True):
            product = error @ spin.T
            largest = np.maximum(largest, np.abs(product - product.T).max())  # keeps what is not a number
        return float(largest)

    def product(self, other: "_Cycle") -> float:
        """The scalar product of both cycles' FD - DF."""
        total = 0.0
        for error, spin, theirs, their_spin in zip(
            self._errors, self.orbitals, other._errors, other.orbitals, strict=True
        ):
            total += float(np.sum((error.T @ theirs) * (spin.T @ their_spin)))
            total -= float(np.sum((error.T @ their_spin) * (spin.T @ theirs)))
        return 2.0 * total

    def _of(self, fock: Floats) -> list[Floats]:
        products = [own @ spin for own, spin in zip(fock, self.orbitals, strict=True)]
        return [
            product - spin @ (spin.T @ product) for product, spin in zip(products, self.orbitals, strict=True)
        ]


class _History:
    """Direct inversion in the iterative subspace: Pulay, J. Comput. Chem. 3, 556 (1982)."""

    def __init__(self) -> None:
        self._kept: list[_Cycle] = []
        self._products = np.zeros((0, 0))
        self._correction: Floats | None = None

    def correct(self, correction: Floats) -> None:
        """All Fock matrices, those kept too, get another correction."""
        self._correction = correction
        cycles, self._kept, self._products = self._kept, [], np.zeros((0, 0))
        for cycle in cycles:
            cycle.correct(correction)
            self.add(cycle)

    def add(self, cycle: _Cycle) -> None:
        """Keep a cycle."""
        kept = [*self._kept, cycle][-HISTORY:]
        products = np.zeros((len(kept), len(kept)))
        before = len(kept) - 1
        if before:
            products[:before, :before] = self._products[-before:, -before:]
        products[before] = products[:, before] = [each.product(cycle) for each in kept]
        self._kept, self._products = kept, products

    def extrapolate(self, shift: float) -> Floats:
        """The combination of the Fock matrices kept, each with the correction, that commutes best.

        Args:
            shift: hartree by which empty orbitals are raised. Each matrix commutes with the density that it is made
                from, and so with its own empty orbitals' projector: both are combined in the same way. With the last
                density's projector alone each step would be pulled back to there.
        """
        count = len(self._kept)
        system = np.zeros((count + 1, count + 1))
        system[:count, :count] = self._products / max(self._products.diagonal().min(), 1e-30)
        system[count, :count] = system[:count, count] = 1.0
        right = np.zeros(count + 1)
        right[count] = 1.0
        weights = scipy.linalg.lstsq(system, right, cond=1e-14)[0][:count]
        combined = np.zeros_like(self._kept[-1].bare) if self._correction is None else self._correction.copy()
        for weight, each in zip(weights, self._kept, strict=True):
            combined += weight * each.bare
        if shift:
            for spin, matrix in enumerate(combined):
                every = np.hstack([each.orbitals[spin] for each in self._kept])
                counts = [each.orbitals[spin].shape[1] for each in self._kept]
                matrix -= (every * np.repeat(shift * weights, counts)) @ every.T
                matrix += shift * np.eye(len(matrix))
        return combined


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

"""Starting orbitals for a geometry in which bonds are stretched or broken, made of its fragments.

From the usual guess a singlet stays closed while it falls apart, which is far too high in energy, or ends with an
electron on the wrong side. Orbitals of the neutral fragments, each solved by itself, with the spins of their
unpaired electrons in every arrangement that gives the total spin, lead to the broken-symmetry states
(Noodleman, J. Chem. Phys. 74, 5737 (1981)). Which of them is wanted is told by energy and by charge:
:mod:`~atomtug.trainer.dft.state_choice`.
"""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

import numpy as np
import scipy.linalg
from pyscf import gto

from atomtug.core.units import BOHR
from atomtug.trainer.dft import fast, stock
from atomtug.trainer.dft.populations import Parts, fragments_of
from atomtug.trainer.dft.scf import NotConverged, Orbitals
from atomtug.trainer.dft.theory import Theory
from atomtug.trainer.dft.unpaired import unpaired_electrons

MOST_GUESSES = 8
"""Arrangements tried, at most; many fragments have many."""


@dataclass(frozen=True)
class FragmentGuess:
    """Orbitals to start from, and what they stand for.

    Args:
        orbitals: occupied ones of each spin, (n_basis, n_occupied), orthonormal, in the atomic basis
        charges: of each fragment, elementary charges
        spins: alpha minus beta electrons of each fragment
    """

    orbitals: Orbitals
    charges: tuple[int, ...]
    spins: tuple[int, ...]


def fragment_guesses(mol: Any, theory: Theory, parts: Parts | None = None) -> Iterator[FragmentGuess]:
    """Guesses in which each fragment has the charge it should, one for every arrangement of spins.

    The fragments are neutral, but that a total charge lies on each of them in turn. Each is solved with the unpaired
    electrons of its ground state, which may then be turned round, all of them or some. Arrangements that differ only
    by turning all spins round count once.

    Args:
        mol: PySCF's molecule
        theory: what the fragments are solved with
        parts: the fragments; None for :func:`fragments_of`

    Yields:
        Nothing where there is a single fragment, or where no arrangement gives the total spin.
    """
    parts = fragments_of(mol) if parts is None else parts
    if len(parts) < 2:
        return
    solved: dict[tuple[int, int], Orbitals] = {}
    for charges, spins in islice(_arrangements(mol, parts), MOST_GUESSES):
        for part, charge in enumerate(charges):
            if (part, charge) not in solved:
                solved[part, charge] = _solve(mol, parts[part], charge, theory)
        pieces = [solved[part, charge] for part, charge in enumerate(charges)]
        yield FragmentGuess(_joined(mol, parts, pieces, spins), charges, spins)


def _arrangements(mol: Any, parts: Parts) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Charges and spins of the fragments that add up to the molecule's."""
    bearers = range(len(parts)) if mol.charge else range(1)
    for bearer in bearers:
        charges = tuple(mol.charge if part == bearer else 0 for part in range(len(parts)))
        unpaired = [
            unpaired_electrons(mol, part, charge) for part, charge in zip(parts, charges, strict=True)
        ]
        seen: set[tuple[int, ...]] = set()
        for spins in product(*(range(most, -most - 1, -2) for most in unpaired)):
            turned = tuple(-spin for spin in spins)
            if sum(spins) == mol.spin and spins not in seen and turned not in seen:
                seen.add(spins)
                yield charges, spins


def _solve(mol: Any, part: Sequence[int], charge: int, theory: Theory) -> Orbitals:
    """Occupied orbitals of a fragment in its ground state by itself, more of alpha than of beta."""
    atoms = [(mol.atom_symbol(atom), mol.atom_coord(atom) * BOHR) for atom in part]
    spin = unpaired_electrons(mol, part, charge)
    piece = gto.M(atom=atoms, basis=mol.basis, ecp=mol.ecp, charge=charge, spin=spin, verbose=0)
    field = stock.mean_field(piece, theory)
    auxbasis = field.with_df.auxbasis
    if fast.applicable(theory):
        with contextlib.suppress(NotConverged, np.linalg.LinAlgError):
            return fast.occupied_orbitals(piece, theory, auxbasis)
    field.kernel()
    alpha, beta = (field.mo_coeff[spin][:, field.mo_occ[spin] > 0] for spin in (0, 1))
    return alpha, beta


def _joined(mol: Any, parts: Parts, pieces: Sequence[Orbitals], spins: Sequence[int]) -> Orbitals:
    overlap = mol.intor("int1e_ovlp")
    together = []
    for spin in (0, 1):
        blocks = []
        for part, piece, excess in zip(parts, pieces, spins, strict=True):
            own = _turned(piece, excess, overlap[np.ix_(*2 * [_functions(mol, part)])])[spin]
            block = np.zeros((mol.nao, own.shape[1]))
            block[_functions(mol, part)] = own
            blocks.append(block)
        joined = np.concatenate(blocks, axis=1)
        metric = joined.T @ overlap @ joined
        together.append(joined @ scipy.linalg.inv(scipy.linalg.sqrtm(metric).real) if joined.size else joined)
    return together[0], together[1]


def _turned(orbitals: Orbitals, excess: int, overlap: Any) -> Orbitals:
    """Orbitals of a fragment with ``excess`` more electrons of alpha than of beta spin, from those with the most.

    The unpaired orbitals are those of alpha spin that overlap least with all of beta spin.
    """
    alpha, beta = orbitals
    flips = (alpha.shape[1] - beta.shape[1] - abs(excess)) // 2
    if flips:
        rotation = np.linalg.svd(alpha.T @ overlap @ beta)[0]  # the columns that have no partner come last
        alpha = alpha @ rotation
        beta = np.concatenate([beta, alpha[:, -flips:]], axis=1)
        alpha = alpha[:, :-flips]
    return (alpha, beta) if excess >= 0 else (beta, alpha)


def _functions(mol: Any, part: Sequence[int]) -> Any:
    """Indices of the fragment's basis functions, in the order of its atoms."""
    slices = mol.aoslice_by_atom()
    return np.concatenate([np.arange(slices[atom, 2], slices[atom, 3]) for atom in part])

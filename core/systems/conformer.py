"""Geometries of molecules that are only drawn: conformers by RDKit, each fragment for itself."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from ase.data import chemical_symbols, covalent_radii

from atomtug.core.arrays import Floats, Ints
from atomtug.core.systems.bonds import BREAK_TOLERANCE
from atomtug.core.systems.elements import isotope_mass
from atomtug.core.systems.fragments import hill_formula

SEED = 1
"""Of the conformers: the same molecule always gets the same geometry."""
CONFORMERS = 10
"""Of which the one of lowest force field energy is taken, for molecules up to :data:`FEW` atoms; one beyond."""
FEW = 60
MOST = 1000
"""Atoms that a molecule may have whose geometry is to be made."""
PATIENCE = 60
"""Seconds that RDKit may look for a conformer."""
_TRANSITION_METALS = {*range(21, 30), *range(39, 48), *range(57, 80), *range(89, 104)}
_LONE = {6: 2, 14: 2, 32: 2, 50: 2}
"""Unpaired electrons of single atoms where two of RDKit's are a pair (Hund's rule: C is a triplet)."""


@dataclass(frozen=True)
class Body:
    """Atoms that keep their places towards each other while molecules are put together.

    Args:
        numbers: (N,) atomic numbers
        positions: (N, 3) angstrom
        masses: (N,) amu
        charge: e
        unpaired: electrons without a partner, 2S
        notes: sentences on what was decided for it
    """

    numbers: Ints
    positions: Floats
    masses: Floats
    charge: int
    unpaired: int
    notes: tuple[str, ...] = ()

    @property
    def formula(self) -> str:
        """In Hill's order."""
        return hill_formula(chemical_symbols[number] for number in self.numbers)


def make_bodies(molecule: Any) -> list[Body]:
    """A body for each fragment of a molecule, with all its hydrogens and a geometry.

    Args:
        molecule: an :class:`rdkit.Chem.Mol`, sanitised

    Raises:
        ValueError: there is no atom or geometry; the text says why
    """
    from rdkit import Chem, rdBase

    with rdBase.BlockLogs():
        whole = Chem.AddHs(molecule)
        if not whole.GetNumAtoms():
            raise ValueError("it has no atoms")
        if any(not atom.GetAtomicNum() for atom in whole.GetAtoms()):
            raise ValueError("it has a place for any atom (*), which can't be simulated")
        if whole.GetNumAtoms() > MOST:
            raise ValueError(
                f"it has {whole.GetNumAtoms()} atoms, and geometries are made for {MOST} at most: "
                f"give a file with coordinates"
            )
        return [_body(fragment) for fragment in Chem.GetMolFrags(whole, asMols=True)]


def _body(fragment: Any) -> Body:
    from rdkit import Chem

    atoms = list(fragment.GetAtoms())
    numbers = np.array([atom.GetAtomicNum() for atom in atoms])
    charge = sum(atom.GetFormalCharge() for atom in atoms)
    unpaired, notes = _unpaired(atoms, int(numbers.sum()) - charge)
    left_open = sum(
        each.specified == Chem.StereoSpecified.Unspecified for each in Chem.FindPotentialStereo(fragment)
    )
    if left_open:
        notes.append(
            f"{left_open} of its stereocentres {'is' if left_open == 1 else 'are'} left open: RDKit chose."
        )
    masses = np.array([isotope_mass(atom.GetAtomicNum(), atom.GetIsotope()) for atom in atoms])
    return Body(numbers, _embed(fragment, numbers), masses, charge, unpaired, tuple(notes))


def _unpaired(atoms: list[Any], electrons: int) -> tuple[int, list[str]]:
    """Unpaired electrons of a fragment, and what is to be said of them."""
    unpaired = sum(atom.GetNumRadicalElectrons() for atom in atoms)
    elements = sorted(atom.GetAtomicNum() for atom in atoms)
    if len(atoms) == 1 and elements[0] in _LONE and unpaired == 4:
        unpaired = _LONE[elements[0]]
    elif elements == [1, 6] and unpaired == 3:
        unpaired = 1
    metals = [atom.GetSymbol() for atom in atoms if atom.GetAtomicNum() in _TRANSITION_METALS]
    if unpaired % 2 != electrons % 2 or (metals and not unpaired):
        who = metals[0] if metals else "this molecule"
        return electrons % 2, [
            f"RDKit does not count the unpaired electrons of {who}: the fewest possible are taken, --multiplicity "
            f"sets others."
        ]
    if elements == [8, 8] and not unpaired and not any(atom.GetFormalCharge() for atom in atoms):
        return 0, ["O=O is taken as written, a singlet: oxygen is a triplet, named O2 here."]
    return unpaired, []


def _embed(fragment: Any, numbers: Ints) -> Floats:
    """(N, 3) angstrom, the middle at the origin."""
    from rdkit.Chem import rdDistGeom, rdForceFieldHelpers

    if len(numbers) == 1:
        return np.zeros((1, 3))
    options: Any = rdDistGeom.ETKDGv3()
    options.randomSeed = SEED
    options.timeout = PATIENCE
    count = CONFORMERS if len(numbers) <= FEW else 1
    made: list[int] = []
    for options.useRandomCoords in (False, True):
        made = list(rdDistGeom.EmbedMultipleConfs(fragment, count, options))
        if made:
            break
    formula = _formula(fragment)
    if not made:
        raise ValueError(f"RDKit finds no geometry for {formula}: give a file with coordinates")
    energies = np.zeros(len(made))
    if rdForceFieldHelpers.MMFFHasAllMoleculeParams(fragment):
        done = rdForceFieldHelpers.MMFFOptimizeMoleculeConfs(fragment, maxIters=2000)
        energies = np.array([energy for _, energy in done])
    elif rdForceFieldHelpers.UFFHasAllMoleculeParams(fragment):
        done = rdForceFieldHelpers.UFFOptimizeMoleculeConfs(fragment, maxIters=2000)
        energies = np.array([energy for _, energy in done])
    best = made[int(np.argmin(energies))]
    positions = np.asarray(fragment.GetConformer(best).GetPositions(), dtype=np.float64)
    _check_bonds(fragment, numbers, positions, formula)
    middle: Floats = positions - positions.mean(axis=0)
    return middle


def _check_bonds(fragment: Any, numbers: Ints, positions: Floats, formula: str) -> None:
    """Refuse a geometry in which a bond of the drawing is none."""
    for bond in fragment.GetBonds():
        i, j = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
        reach = covalent_radii[numbers[i]] + covalent_radii[numbers[j]] + BREAK_TOLERANCE
        if np.linalg.norm(positions[i] - positions[j]) > reach:
            raise ValueError(
                f"RDKit's geometry of {formula} has atoms {i + 1} and {j + 1} apart, which are bonded: "
                f"give a file with coordinates"
            )


def _formula(fragment: Any) -> str:
    return hill_formula(atom.GetSymbol() for atom in fragment.GetAtoms())

"""Choosing atoms by name, element, index, SMARTS, or the kind of carbon that a hydrogen is on."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ase.data import chemical_symbols

from atomtug.core.arrays import Floats, Ints
from atomtug.core.errors import InputError
from atomtug.core.systems import System
from atomtug.core.systems.bonds import fragments, perceive_bonds
from atomtug.core.systems.fragments import CARBON, HYDROGEN, fragment_name
from atomtug.core.systems.sites import SITES, classify_hydrogens, neighbour_lists
from atomtug.core.systems.valences import LewisStructure, as_rdkit, lewis_structure
from atomtug.vr_client.client.client_frame import ClientFrame
from atomtug.vr_client.scripted.selection import Names, select

ACID_HOLDERS = (7, 8, 9, 16, 17, 35, 53)
"""Elements whose hydrogens are acidic: N, O, F, S, Cl, Br and I."""


@dataclass(frozen=True)
class Scene:
    """The atoms as they are when roles are given out.

    Args:
        numbers: (N,) atomic numbers
        positions: (N, 3) angstrom
        names: what the atoms are called
        charge: of the whole, e
        title: what the whole is called; empty where that is not known
    """

    numbers: Ints
    positions: Floats
    names: Names
    charge: int
    title: str

    @classmethod
    def of_system(cls, system: System) -> "Scene":
        """The start of a system."""
        residues = [system.residue_names[k] for k in system.residue_indices]
        names = Names(len(system.numbers), residues, system.atom_names)
        return cls(system.numbers, system.positions, names, system.charge, system.name)

    @classmethod
    def of_frame(cls, frame: ClientFrame) -> "Scene":
        """A simulation as it is now; its charge is the sum of the engine's charges of atoms, where it gives them."""
        return cls(frame.numbers, frame.positions, Names.of(frame), frame.total_charge, frame.title)

    @property
    def what(self) -> str:
        """What to call the whole at the beginning of a sentence."""
        return self.title or "The simulated system"

    @cached_property
    def bonds(self) -> Ints:
        """(B, 2)"""
        return perceive_bonds(self.numbers, self.positions)

    @cached_property
    def neighbours(self) -> list[list[int]]:
        """(N,) the atoms bonded to each."""
        return neighbour_lists(len(self.numbers), self.bonds)

    @cached_property
    def molecules(self) -> list[list[int]]:
        """Indices of each one's atoms."""
        return fragments(len(self.numbers), self.bonds)

    @cached_property
    def drawn(self) -> LewisStructure:
        """Bond orders, formal charges and unpaired electrons."""
        return lewis_structure(self.numbers, self.bonds, self.charge)

    def molecule_of(self, atom: int) -> list[int]:
        """The molecule that an atom belongs to."""
        return next(part for part in self.molecules if atom in part)

    def name_of(self, molecule: Sequence[int]) -> str:
        """What a molecule is called."""
        return fragment_name(self.numbers, molecule, self.bonds)

    def choose(self, text: str, allowed: Sequence[int], role: str) -> list[int]:
        """Those of the allowed atoms that a text means.

        Tried in this order, until one means an allowed atom: an index from 0, a kind of hydrogen (``primary`` ...),
        an atom or molecule by name, an element, a molecule by its usual name, SMARTS (its first atom, or that mapped
        ``:1``).

        Args:
            text: from the user
            allowed: indices that can be meant
            role: what for, for the sentence of an error

        Raises:
            InputError: it means none of them
        """
        meanings = (
            self._by_index,
            self._by_site,
            self._by_name,
            self._by_element,
            self._by_molecule,
            self._by_smarts,
        )
        said: InputError | None = None
        anything = False
        for meaning in meanings:
            try:
                found = meaning(text.strip())
            except InputError as error:
                said = said or error
                continue
            anything = anything or bool(found)
            if chosen := [atom for atom in allowed if atom in set(found)]:
                return chosen
        if said is not None and not anything:
            raise said
        nothing = (
            "is SMARTS that fits no atom here" if "[" in text and _smarts(text) else "means no atom here"
        )
        what = f"means no atom that can be {role}" if anything else nothing
        raise InputError(
            f"{text!r} {what}: give an index, a name such as {self._example()}, an element or SMARTS."
        )

    def _example(self) -> str:
        return f"{self.names.residues[0]}:{self.names.atoms[0]}" if self.names.residues else "CH4:H1"

    def _by_index(self, text: str) -> list[int]:
        return list(select(text, self.names)) if text.isdecimal() else []

    def _by_site(self, text: str) -> list[int]:
        sites = classify_hydrogens(self.numbers, self.bonds)
        if text == "primary":
            return [atom for atom, kind in sites.items() if kind in ("primary", "methane")]
        return [atom for atom, kind in sites.items() if kind == text] if text in SITES else []

    def _by_name(self, text: str) -> list[int]:
        known = {*self.names.residues, *self.names.atoms}
        if text not in known and ":" not in text:
            return []
        if any(mark in text for mark in "[]"):
            return []
        return list(select(text, self.names))

    def _by_element(self, text: str) -> list[int]:
        if text not in chemical_symbols[1:]:
            return []
        return [atom for atom, number in enumerate(self.numbers) if chemical_symbols[number] == text]

    def _by_molecule(self, text: str) -> list[int]:
        plain = text.rstrip("+-")
        return [atom for part in self.molecules if self.name_of(part) == plain for atom in part]

    def _by_smarts(self, text: str) -> list[int]:
        from rdkit import rdBase

        pattern = _smarts(text)
        if pattern is None:
            return []
        with rdBase.BlockLogs():
            mapped = [atom.GetIdx() for atom in pattern.GetAtoms() if atom.GetAtomMapNum() == 1]
            place = mapped[0] if mapped else 0
            molecule = as_rdkit(self.drawn)
            molecule.UpdatePropertyCache(strict=False)
            matches = molecule.GetSubstructMatches(pattern, maxMatches=10000, uniquify=False)
        return sorted({match[place] for match in matches})


def _smarts(text: str) -> Any:
    """The :class:`rdkit.Chem.Mol` of SMARTS; None where it is none."""
    from rdkit import Chem, rdBase

    with rdBase.BlockLogs():
        return Chem.MolFromSmarts(text)


def acidic_hydrogens(scene: Scene, left_out: Sequence[int]) -> list[int]:
    """Hydrogens that a base takes: those on positive atoms; else those on N, O, F, S, Cl, Br or I."""
    loose = hydrogens(scene, left_out)
    holders = {atom: scene.neighbours[atom][0] for atom in loose}
    positive = [atom for atom in loose if scene.drawn.charges[holders[atom]] > 0]
    return positive or [atom for atom in loose if int(scene.numbers[holders[atom]]) in ACID_HOLDERS]


def is_saturated_carbon(scene: Scene, atom: int) -> bool:
    """Whether an atom is a carbon with four neighbours."""
    return int(scene.numbers[atom]) == CARBON and len(scene.neighbours[atom]) == 4


def hydrogens(scene: Scene, left_out: Sequence[int]) -> list[int]:
    """The hydrogens that have one neighbour, but for some."""
    return [
        atom
        for atom, number in enumerate(scene.numbers)
        if number == HYDROGEN and len(scene.neighbours[atom]) == 1 and atom not in left_out
    ]


def loose_hydrogens(scene: Scene, left_out: Sequence[int]) -> list[int]:
    """The hydrogens on saturated carbons; else all.

    Raises:
        InputError: there are none
    """
    loose = hydrogens(scene, left_out)
    if not loose:
        raise InputError(
            f"{scene.what} has no hydrogen to take: choose an atom with --site, or another --script."
        )
    return [h for h in loose if is_saturated_carbon(scene, scene.neighbours[h][0])] or loose

"""Molecules in the files of drawing programs and databases (.mol, .sdf, .mol2), by RDKit.

ASE reads their coordinates only; charges, radicals and isotopes are what RDKit reads beyond that.
"""

from pathlib import Path
from typing import Any

import numpy as np

from atomtug.core.systems.decoding import read_text
from atomtug.core.systems.elements import isotope_mass
from atomtug.core.systems.structure import Structure, pick_frame

SUFFIXES = (".mol", ".sdf", ".sd", ".mol2")


def read_molfile(path: Path, frame: int | None = None) -> Structure:
    """One molecule of a file.

    Raises:
        OSError: the file can't be read
        ValueError: it is no such file, a flat drawing, or leaves hydrogens out
    """
    from rdkit import Chem, rdBase

    text = read_text(path)
    tripos = path.suffix.lower() == ".mol2"
    mark = "@<TRIPOS>MOLECULE" if tripos else "$$$$\n"
    parts = [part for part in text.split(mark) if part.strip()]
    blocks = [mark + part for part in parts if "@<TRIPOS>ATOM" in part] if tripos else parts
    if not blocks:
        raise ValueError("there is no molecule in it")
    place = pick_frame(frame, len(blocks))
    with rdBase.BlockLogs():
        molecule: Any = (
            Chem.MolFromMol2Block(blocks[place], sanitize=False, removeHs=False, cleanupSubstructures=False)
            if tripos
            else Chem.MolFromMolBlock(blocks[place], sanitize=False, removeHs=False, strictParsing=False)
        )
        if molecule is None or not molecule.GetNumConformers():
            raise ValueError("RDKit finds no molecule in it")
        _check_complete(molecule, "" if tripos else blocks[place])
    atoms = list(molecule.GetAtoms())
    info: dict[str, Any] = {}
    partial = [float(atom.GetProp(_PARTIAL)) for atom in atoms if atom.HasProp(_PARTIAL)]
    if not tripos or any(atom.GetFormalCharge() for atom in atoms):
        info["formal charge"] = sum(atom.GetFormalCharge() for atom in atoms)
    radicals = sum(atom.GetNumRadicalElectrons() for atom in atoms)
    if radicals:
        info["unpaired electrons"] = radicals
    return Structure(
        numbers=np.array([atom.GetAtomicNum() for atom in atoms]),
        positions=np.asarray(molecule.GetConformer().GetPositions(), dtype=np.float64),
        masses=np.array([isotope_mass(atom.GetAtomicNum(), atom.GetIsotope()) for atom in atoms]),
        info=info,
        charges=np.array(partial if len(partial) == len(atoms) else []),
        frame=place + 1,
        frames=len(blocks),
    )


_PARTIAL = "_TriposPartialCharge"


def _check_complete(molecule: Any, block: str) -> None:
    """Refuse flat drawings, and molecules whose hydrogens are only implied."""
    from rdkit import Chem

    lines = block.split("\n")
    if len(lines) > 1 and lines[1][20:22].upper() == "2D" and molecule.GetNumAtoms() > 1:
        raise ValueError("it is a flat drawing (2D): make a geometry of it first, e.g. with obabel --gen3d")
    whole = Chem.Mol(molecule)
    if Chem.SanitizeMol(whole, catchErrors=True) != Chem.SanitizeFlags.SANITIZE_NONE:
        return
    missing = sum(atom.GetTotalNumHs() for atom in whole.GetAtoms())
    if missing:
        raise ValueError(f"it leaves out {missing} hydrogen atoms: add them first, e.g. with obabel -h")

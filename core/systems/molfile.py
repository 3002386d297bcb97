"""Molecules in the files of drawing programs and databases (.mol, .sdf, .mol2, .smi, .cdxml), by RDKit.

ASE reads their coordinates only; charges, radicals and isotopes are what RDKit reads beyond that. Of a flat drawing a
geometry is made.
"""

import re
from pathlib import Path
from typing import Any

import numpy as np

from atomtug.core.systems.conformer import make_bodies
from atomtug.core.systems.decoding import read_text
from atomtug.core.systems.elements import isotope_mass
from atomtug.core.systems.parts import lowest_spin
from atomtug.core.systems.placement import place_apart
from atomtug.core.systems.smiles import parse_molecule, sanitised
from atomtug.core.systems.structure import Structure, pick_frame

SUFFIXES = (".mol", ".sdf", ".sd", ".mol2")
DRAWINGS = (".smi", ".smiles", ".cdxml")
"""Files that have no geometries at all."""


def read_molfile(path: Path, frame: int | None = None) -> Structure:
    """One molecule of a file.

    Raises:
        OSError: the file can't be read
        ValueError: it is no such file, or has a geometry and leaves hydrogens out
    """
    from rdkit import Chem, rdBase

    text = read_text(path)
    tripos = path.suffix.lower() == ".mol2"
    mark = "@<TRIPOS>MOLECULE"
    parts = [part for part in (text.split(mark) if tripos else _SDF_END.split(text)) if part.strip()]
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
        if not tripos and _is_flat(molecule, blocks[place]):
            return _drawn(molecule, place, len(blocks), "It is a flat drawing (2D).")
        _check_complete(molecule)
    atoms = list(molecule.GetAtoms())
    info: dict[str, Any] = {}
    partial = [float(atom.GetProp(_PARTIAL)) for atom in atoms if atom.HasProp(_PARTIAL)]
    if not tripos or any(atom.GetFormalCharge() for atom in atoms):
        info["formal charge"] = sum(atom.GetFormalCharge() for atom in atoms)
    items = {} if tripos else _data_items(blocks[place])
    if "charge" in items and not any(atom.GetFormalCharge() for atom in atoms):
        del info["formal charge"]  # nothing says it: atoms without a charge are written as 0
    info |= items
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


def _data_items(block: str) -> dict[str, int]:
    """Charge and multiplicity of a molecule's data items, such as ``> <CHARGE>``, where they are one whole number."""
    items = {}
    for name, value in _DATA_ITEM.findall(block):
        plain = (
            name.lower()
            .replace("_", " ")
            .removeprefix("pubchem ")
            .removeprefix("total ")
            .removeprefix("spin ")
        )
        if plain in ("charge", "multiplicity"):
            items[plain] = int(value)
    return items


_DATA_ITEM = re.compile(r"^>[^<\n]*<([^>\n]+)>[^\n]*\n[ \t]*([+-]?\d+)[ \t]*\n[ \t]*(?:\n|$)", re.MULTILINE)
"""Name and value of a data item of one line that is a whole number."""
_SDF_END = re.compile(r"^\$\$\$\$[ \t]*(?:\n|$)", re.MULTILINE)
_PARTIAL = "_TriposPartialCharge"


def read_drawing(path: Path, frame: int | None = None) -> Structure:
    """One molecule of a file of SMILES, one a line with its name behind it, or of a drawing by ChemDraw.

    Raises:
        OSError: the file can't be read
        ValueError: it is no such file, or no geometry can be made; the text says why
    """
    from rdkit import Chem, rdBase

    text = read_text(path)
    if path.suffix.lower() == ".cdxml":
        with rdBase.BlockLogs():
            molecules = [*Chem.MolsFromCDXML(text)] if "<CDXML" in text else []
        if not molecules:
            raise ValueError("RDKit finds no molecule in it")
        place = pick_frame(frame, len(molecules))
        return _drawn(molecules[place], place, len(molecules), "It is a flat drawing (2D).")
    lines = [line.split()[0] for line in text.split("\n") if line.strip() and not line.startswith("#")]
    if lines and lines[0].lower() == "smiles":
        del lines[0]
    if not lines:
        raise ValueError("there is no SMILES in it")
    place = pick_frame(frame, len(lines))
    return _drawn(parse_molecule(lines[place]), place, len(lines), f"Its SMILES is {lines[place]}.")


def _drawn(molecule: Any, place: int, frames: int, note: str) -> Structure:
    """A geometry made of a molecule that has none."""
    bodies = make_bodies(sanitised(molecule))
    return Structure(
        numbers=np.concatenate([body.numbers for body in bodies]),
        positions=place_apart([body.positions for body in bodies]),
        masses=np.concatenate([body.masses for body in bodies]),
        info={
            "formal charge": sum(body.charge for body in bodies),
            "unpaired electrons": lowest_spin(bodies),
        },
        frame=place + 1,
        frames=frames,
        drawn=True,
        notes=(
            f"{note} A geometry was made, with all hydrogens: RDKit's conformer of lowest energy, which the engine "
            f"relaxes at the start.",
            *(note for body in bodies for note in body.notes),
        ),
    )


def _is_flat(molecule: Any, block: str) -> bool:
    """Whether a molfile says 2D, or has its atoms in the plane of the paper where its bonds can't be."""
    lines = block.split("\n")
    if len(lines) > 1 and lines[1][20:22].upper() == "3D":
        return False
    if len(lines) > 1 and lines[1][20:22].upper() == "2D":
        return True
    positions = molecule.GetConformer().GetPositions()
    return bool(np.ptp(positions[:, 2]) == 0.0) and _missing_hydrogens(molecule) > 0


def _missing_hydrogens(molecule: Any) -> int:
    """How many hydrogens are only implied; 0 where RDKit can't tell."""
    from rdkit import Chem

    whole = Chem.Mol(molecule)
    if Chem.SanitizeMol(whole, catchErrors=True) != Chem.SanitizeFlags.SANITIZE_NONE:
        return 0
    return sum(atom.GetTotalNumHs() for atom in whole.GetAtoms())


def _check_complete(molecule: Any) -> None:
    """Refuse geometries of molecules whose hydrogens are only implied."""
    missing = _missing_hydrogens(molecule)
    if missing:
        raise ValueError(f"it leaves out {missing} hydrogen atoms: add them first, e.g. with obabel -h")

"""Structure files of all kinds: which reader takes which."""

import io
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from atomtug.core.arrays import Floats, Ints
from atomtug.core.systems.bonds import perceive_bonds
from atomtug.core.systems.decoding import read_text
from atomtug.core.systems.elements import isotope_mass
from atomtug.core.systems.fragments import CARBON, HYDROGEN
from atomtug.core.systems.molfile import DRAWINGS, read_drawing, read_molfile
from atomtug.core.systems.molfile import SUFFIXES as MOLFILES
from atomtug.core.systems.program_input import first_gaussian_job, read_program_input
from atomtug.core.systems.program_output import said_state
from atomtug.core.systems.sites import neighbour_lists
from atomtug.core.systems.structure import Structure, pick_frame
from atomtug.core.systems.xtb_files import COORD, read_coord
from atomtug.core.systems.xyz import from_atoms, read_xyz

XYZ = (".xyz", ".extxyz")
PROGRAM_INPUTS = (".inp", ".in", ".qcin")
GAUSSIAN_INPUTS = (".gjf", ".com", ".gau")
CRYSTALS = (".cif", ".pdb", ".ent")
OUTPUTS = (".log", ".out")
FILES = (
    *XYZ,
    *MOLFILES,
    *DRAWINGS,
    *PROGRAM_INPUTS,
    *GAUSSIAN_INPUTS,
    *CRYSTALS,
    *OUTPUTS,
    ".traj",
    ".cjson",
)
"""What is a file's name by its end, never SMILES."""
COMPRESSED = (".gz", ".bz2", ".xz", ".zip", ".z")
OXYGEN = 8
SMALLEST_CELL = 1.5
"""angstrom. Programs write a cell of 1 x 1 x 1 where there is none."""


def read_structure(path: Path, frame: int | None = None) -> Structure:
    """One geometry of a file, by its suffix; kinds that are not listed here are left to ASE.

    Args:
        path: of the file
        frame: which geometry, from 1; by default the first, of a program's output the last

    Raises:
        OSError: it can't be read
        ValueError: it is no structure; the text says why
    """
    suffix = path.suffix.lower()
    if suffix in COMPRESSED:
        raise ValueError(f"it is compressed ({suffix}): unpack it first, e.g. with gunzip")
    if suffix in XYZ:
        return read_xyz(path, frame)
    if suffix in MOLFILES:
        return read_molfile(path, frame)
    if suffix in DRAWINGS:
        return read_drawing(path, frame)
    if suffix in PROGRAM_INPUTS:
        return read_program_input(path)
    try:
        return _read_by_ase(path, suffix, frame)
    except ValueError:
        if suffix not in GAUSSIAN_INPUTS:
            raise
        return read_program_input(path)


def _read_by_ase(path: Path, suffix: str, frame: int | None) -> Structure:
    import ase.io
    from ase.io.formats import UnknownFileTypeError

    source: Any = path
    options: dict[str, Any] = {"do_not_split_by_at_sign": True}
    if suffix in GAUSSIAN_INPUTS:
        source = io.StringIO(first_gaussian_job(read_text(path)))
        options = {"format": "gaussian-in", "attach_calculator": True}
    elif suffix in CRYSTALS:
        source = io.StringIO(read_text(path))
        options = {"format": "cif" if suffix == ".cif" else "proteindatabank"}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            images: Any = ase.io.read(source, index=":", **options)
    except UnknownFileTypeError as error:
        raise ValueError("no reader knows this kind of file: use an .xyz file") from error
    except Exception as error:  # ASE raises whatever its parser met
        cause = str(error) or type(error).__name__
        raise ValueError(
            f"ASE's reader stops at {cause!r}: check the file, or write it as .xyz by another program"
        ) from error
    images = [atoms for atoms in images if len(atoms)]
    if not images:
        raise ValueError("there is no geometry in it")
    # What a program arrived at, e.g. by an optimisation, is at the end of its output.
    place = pick_frame(-1 if frame is None and suffix in OUTPUTS else frame, len(images))
    atoms = images[place]
    if suffix == ".cif" and not atoms.cell.rank and "_atom_site_fract_" in source.getvalue().lower():
        raise ValueError(
            "its coordinates are fractions of a cell (_atom_site_fract_x), and it does not give the cell "
            "(_cell_length_a, ...): add it, or write the molecule as .xyz"
        )
    info, usual = from_atoms(atoms)
    if occupancies := info.get("occupancy"):
        parts = [share for site in occupancies.values() for share in site.values()]
        if min(parts, default=1.0) < 1.0:
            raise ValueError("some of its sites are taken only in part (occupancy): it is no single geometry")
    parameters = getattr(atoms.calc, "parameters", {}) if suffix in GAUSSIAN_INPUTS else {}
    known = {"charge": parameters.get("charge"), "multiplicity": parameters.get("mult")}
    if any(isotopes := parameters.get("isolist") or []):
        usual["masses"] = np.array(
            [*map(isotope_mass, usual["numbers"].tolist(), (a or 0 for a in isotopes))]
        )
    info = {key: info[key] for key in info if key != "occupancy"}
    info |= {key: value for key, value in known.items() if value is not None}
    if suffix in (".pdb", ".ent"):
        info |= _pdb_charge(path, len(atoms))
        _check_hydrogens(usual["numbers"], usual["positions"])
    if path.name == COORD:
        info |= read_coord(read_text(path))
    output = read_text(path) if suffix in OUTPUTS else ""
    state = said_state(output)
    if suffix == ".cjson":
        info |= _cjson_state(path)
    if "cell" in usual and max(atoms.cell.lengths()) < SMALLEST_CELL:
        del usual["cell"]
    return Structure(
        **usual,
        comment=output if not state else "",
        info=info | state,
        molecular=suffix in CRYSTALS,
        frame=place + 1,
        frames=len(images),
    )


def _pdb_charge(path: Path, atoms: int) -> dict[str, int]:
    """The sum of the formal charges in columns 79 and 80, where a PDB file has any."""
    columns = [
        line[78:80].strip() for line in read_text(path).split("\n") if line.startswith(("ATOM", "HETATM"))
    ]
    said = [
        int(text[1] + text[0] if text[0].isdigit() else text) for text in columns[:atoms] if _is_signed(text)
    ]
    return {"formal charge": sum(said)} if said else {}


def _cjson_state(path: Path) -> dict[str, Any]:
    """Charge and multiplicity as Avogadro keeps them, which ASE passes over."""
    properties = dict(json.loads(read_text(path)).get("properties") or {})
    names = {"totalCharge": "charge", "totalSpinMultiplicity": "multiplicity"}
    return {names[key]: value for key, value in properties.items() if key in names}


def _is_signed(text: str) -> bool:
    return len(text) == 2 and {*text} & {*"+-"} != set() and any(mark.isdigit() for mark in text)


def _check_hydrogens(numbers: Ints, positions: Floats) -> None:
    """Refuse a PDB file that leaves its hydrogens out, as those of crystals do.

    Raises:
        ValueError: it has none, and a carbon whose neighbours are not enough, or oxygen alone
    """
    if HYDROGEN in numbers:
        return
    neighbours = neighbour_lists(len(numbers), perceive_bonds(numbers, positions))
    for atom, around in enumerate(neighbours):
        away = [positions[other] - positions[atom] for other in around]
        lengths = [float(np.linalg.norm(way)) for way in away]
        is_linear = len(away) == 2 and float(away[0] @ away[1]) < -0.9 * lengths[0] * lengths[1]
        is_bare = numbers[atom] == OXYGEN and not around
        if is_bare or (numbers[atom] == CARBON and len(around) < 3 and not is_linear and len(numbers) > 2):
            raise ValueError(
                "it leaves its hydrogen atoms out: add them first, e.g. with obabel -h or reduce"
            )

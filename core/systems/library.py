"""Systems by name or from a file."""

from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Literal

import numpy as np
from ase.data import covalent_radii

from atomtug.core.arrays import Floats, Ints
from atomtug.core.errors import InputError
from atomtug.core.systems.bonds import perceive_bonds
from atomtug.core.systems.cell import torn_bond
from atomtug.core.systems.electronic_state import read_state
from atomtug.core.systems.fragments import CARBON, HYDROGEN
from atomtug.core.systems.molfile import DRAWINGS
from atomtug.core.systems.molfile import SUFFIXES as MOLFILES
from atomtug.core.systems.partners import BY_NAME, FORMULAS
from atomtug.core.systems.parts import (
    SMILES_PREFIX,
    SystemPart,
    combine,
    isotopes,
    looks_like_smiles,
    part_of_formula,
    part_of_partner,
    part_of_smiles,
    part_of_system,
    split_parts,
)
from atomtug.core.systems.reading import FILES, XYZ, read_structure
from atomtug.core.systems.structure import Structure
from atomtug.core.systems.system import System
from atomtug.core.systems.xtb_files import read_beside
from atomtug.core.text import shortened
from atomtug.core.units import BOHR, NM_PER_ANGSTROM


@dataclass(frozen=True)
class BuiltIn:
    """A system that ships with atomtug: its name, what it is, and what there is to find out with it, in a line."""

    name: str
    title: str
    about: str


BUILT_IN = (
    BuiltIn("methane", "methane + CN", "The smallest: four hydrogens alike, and a radical that wants one."),
    BuiltIn("ethane", "ethane + CN", "Two carbons, six hydrogens alike: what is left turns about its bond."),
    BuiltIn(
        "isobutane",
        "isobutane (2-methylpropane) + CN",
        "Nine primary hydrogens and one tertiary: which comes off more easily?",
    ),
    BuiltIn(
        "isopentane",
        "isopentane (2-methylbutane) + CN",
        "Primary, secondary and tertiary hydrogens in one molecule.",
    ),
    BuiltIn("2-isohexane", "2-methylpentane + CN", "A longer chain, with its branch near the end."),
    BuiltIn("3-isohexane", "3-methylpentane + CN", "The same atoms, with the branch in the middle."),
    BuiltIn(
        "squalane",
        "squalane (2,6,10,15,19,23-hexamethyltetracosane) + CN",
        "94 atoms: too many for PM6 to be quick, so change the engine to ann:alkanes.",
    ),
)
"""The alkanes of the paper, each with a CN radical (doublet, no charge)."""

Unit = Literal["angstrom", "bohr", "nm"]
_UNITS: dict[Unit, float] = {"angstrom": 1.0, "bohr": BOHR, "nm": 1.0 / NM_PER_ANGSTROM}
"""Name to angstrom."""
UNITS: tuple[Unit, ...] = tuple(_UNITS)
"""What coordinates in files can be in."""

MOST_ATOMS = 5000
"""Of a file. All distances between them are worked out, which take 600 MB then."""
FAR = 3.0
"""angstrom. A molecule whose middle is farther from the origin than this is moved there: the wall is around it."""
SQUEEZED = 0.65
"""Of the sum of two covalent radii. No two atoms of a molecule are nearer than this."""


def load_system(
    source: str,
    charge: int | None = None,
    multiplicity: int | None = None,
    frame: int | None = None,
    unit: Unit | None = None,
    files: bool = True,
) -> System:
    """A system by name, from a structure file, from SMILES, or from several of these with plus signs between.

    What is a name is taken as that, then what is a file, then formulas that are known, then SMILES.

    Args:
        source: a name of :data:`BUILT_IN` or of a partner, a path, SMILES or InChI; or several, e.g. ``methane + OH``
        charge: total charge, e; by default what the file says, else 0
        multiplicity: 2S + 1; by default what the file says, else the lowest the electrons allow
        frame: which of several geometries, from 1 (negative: from the end); by default the first, of a
            program's output the last
        unit: what the coordinates are in; by default angstrom, if any two atoms are then bonded
        files: whether files may be read

    Raises:
        InputError: no such system or file, or its atoms can't be simulated as asked
    """
    if source in {entry.name for entry in BUILT_IN}:
        with resources.as_file(resources.files(__package__) / f"{source}.xyz") as path:
            system = _read(path, source, charge, multiplicity, frame, unit)
            return replace(system, notes=_built_in_notes(system))
    path = Path(source)
    if files and source not in BY_NAME and _is_file(path):
        return _read(path, path.stem, charge, multiplicity, frame, unit)
    parts = [_part(text, source, frame, unit, files) for text in split_parts(source)]
    return combine(parts, charge, multiplicity)


def _part(text: str, source: str, frame: int | None, unit: Unit | None, files: bool) -> SystemPart:
    """One summand of a system."""
    if text in {entry.name for entry in BUILT_IN}:
        whole = load_system(text)
        alone = [atom for part in whole.residues[:1] for atom in part]
        alkane = System(text, whole.numbers[alone], whole.positions[alone])
        return part_of_system(
            alkane, [f"{text} is the built-in alkane without its CN radical."], "the library"
        )
    if text in BY_NAME:
        return part_of_partner(text)
    path = Path(text)
    if files and _is_file(path):
        also = [f"{text} is the file of that name."] if not path.suffix else []
        return part_of_system(_read(path, path.stem, None, None, frame, unit), also)
    if path.suffix.lower() in XYZ:
        is_folder = files and path.is_dir()
        raise InputError(
            f"{text} is a folder: give a file in it."
            if is_folder
            else f"There is no file {text}: check the path."
        )
    if text in FORMULAS:
        return part_of_formula(text)
    try:
        if files and path.suffix.lower() in FILES:
            raise ValueError("no file of this name is there")
        return part_of_smiles(text.removeprefix(SMILES_PREFIX))
    except ValueError as error:
        known = [*(entry.name for entry in BUILT_IN), *BY_NAME, *FORMULAS]
        meant = [name for name in known if name.casefold() == text.casefold()]
        if meant:
            raise InputError(f"There is no system called {text!r}: did you mean {meant[0]}?") from error
        names = ", ".join(entry.name for entry in BUILT_IN)
        partners = ", ".join(BY_NAME)
        what = "" if text == source else f", a part of {shortened(source)!r},"
        raise InputError(
            f"There is no system called {shortened(text)!r}{what} and as a molecule it can't be taken: {error}. "
            f"Use one of {names}, a partner ({partners}), the path of a structure file, a formula "
            f"such as H2O, or SMILES such as 'CC(C)C + [OH]'."
        ) from error


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long for a name, or with a zero byte
        return False


def _built_in_notes(system: System) -> tuple[str, ...]:
    """What is said of the charge and spin of a system that comes with atomtug: its file is nobody's concern."""
    kept = [note for note in system.notes if "the file says" not in note]
    if not any(note.startswith("Charge") for note in kept):
        kept.insert(0, f"Charge {system.charge}: as it comes with atomtug; --charge sets another.")
    if not any(note.startswith("Multiplicity") for note in kept):
        kept.append(
            f"Multiplicity {system.multiplicity}: as it comes with atomtug; --multiplicity sets another."
        )
    return tuple(kept)


def describe() -> list[tuple[str, str, int, str]]:
    """Name, title, number of atoms and formula of each built-in system."""
    rows = []
    for entry in BUILT_IN:
        system = load_system(entry.name)
        rows.append((entry.name, entry.title, len(system.numbers), system.formula))
    return rows


def _read(
    path: Path, name: str, charge: int | None, multiplicity: int | None, frame: int | None, unit: Unit | None
) -> System:
    try:
        structure = read_structure(path, frame)
        numbers, positions = structure.numbers, structure.positions
        if len(numbers) > MOST_ATOMS:
            raise ValueError(
                f"it has {len(numbers):,} atoms, and {MOST_ATOMS:,} are the most: cut out what reacts"
            )
        if not structure.drawn:
            positions = positions * _UNITS[unit or "angstrom"]
            _check_distances(numbers, positions, unit)
        cell_notes = _check_cell(structure, positions)
        info = {**structure.info, **read_beside(path)}
        state = read_state(
            numbers, structure.comment, info, charges=structure.charges, moments=structure.moments,
            counters=structure.counters, charge=charge, multiplicity=multiplicity,
        )  # fmt: skip
    except (OSError, ValueError) as error:
        kind = "XYZ" if path.suffix.lower() in XYZ else "a structure"
        raise InputError(f"{path} can't be read as {kind}: {error}.") from error
    notes = [*_frame_note(structure, frame, path), *structure.notes, *cell_notes, *state.notes]
    if not path.suffix and path.name == name and looks_like_smiles(path.name):
        notes.insert(0, f"{name} is the file of that name; {SMILES_PREFIX}{name} would take it as SMILES.")
    if unit not in (None, "angstrom") and not structure.drawn:
        notes.append(f"Its coordinates were taken as {unit}, as asked.")
    if np.sum(numbers == CARBON) > 1 and HYDROGEN not in numbers:
        notes.append("It has carbon but no hydrogen atoms: add them if the file leaves them out.")
    if len(structure.masses) and (heavy := isotopes(numbers, structure.masses)):
        notes.append(f"Isotopes: {heavy}; the dynamics has their masses.")
    middle = positions.mean(axis=0) if len(positions) else np.zeros(3)
    far = float(np.linalg.norm(middle))
    if np.isfinite(far) and far > FAR:
        positions = positions - middle
        notes.append(
            f"It was moved by {far:.0f} angstrom so that the origin, where the wall is, is its middle."
        )
    return System(
        name,
        numbers,
        positions,
        state.charge,
        state.multiplicity,
        structure.masses,
        tuple(notes),
        structure.drawn,
    )


def _frame_note(structure: Structure, frame: int | None, path: Path) -> list[str]:
    if structure.frames == 1:
        return []
    another = "" if frame is not None else "; --frame takes another"
    if frame is None and structure.frame == structure.frames:
        another = ", the last of the output" + another
    what = "molecule" if path.suffix.lower() in (*MOLFILES, *DRAWINGS) else "frame"
    return [f"This is {what} {structure.frame} of {structure.frames}{another}."]


def _check_distances(numbers: Ints, positions: Floats, unit: Unit | None) -> None:
    """Ask for the unit where no atom is bonded to any other, or all are too near.

    Raises:
        ValueError: the coordinates can hardly be in that unit
    """
    if len(numbers) < 2 or not np.all(np.isfinite(positions)) or not np.all((numbers > 0) & (numbers < 119)):
        return
    i, j = np.triu_indices(len(numbers), k=1)
    distances = np.linalg.norm(positions[i] - positions[j], axis=-1)
    nearest = int(np.argmin(distances))
    pair = f"the nearest atoms, {i[nearest] + 1} and {j[nearest] + 1}, are {distances[nearest]:.2f} angstrom apart"
    if unit is None and not len(perceive_bonds(numbers, positions)):
        raise ValueError(
            f"no two of its atoms are bonded if it is in angstrom ({pair}): say --unit bohr if it is in bohr, "
            f"or --unit angstrom if they are meant to be apart"
        )
    ratio = distances / (covalent_radii[numbers[i]] + covalent_radii[numbers[j]])
    if unit == "bohr" and float(ratio.min()) < SQUEEZED:
        raise ValueError(
            f"{pair}, if it is in bohr, which is too near: leave out --unit if it is in angstrom"
        )


def _check_cell(structure: Structure, positions: Floats) -> list[str]:
    """What is to be said of a cell that is left away.

    Raises:
        ValueError: it is periodic, or its molecule lies across the border
    """
    if structure.cell is None:
        return []
    if not structure.molecular:
        raise ValueError(
            "it is periodic (pbc), and only molecules without a cell can be simulated: "
            'write pbc="F F F" in it if it is one molecule, whole in its cell'
        )
    if torn := torn_bond(structure.numbers, positions, structure.cell):
        raise ValueError(
            f"it is periodic, and atoms {torn[0] + 1} and {torn[1] + 1} are bonded across the border of the cell: "
            f"save one whole molecule of it without the cell"
        )
    return ["Its periodic cell is left away: no bond crosses the border."]

"""XYZ files: split into geometries here; a geometry that leaves no doubt, or that ASE gives up on, is read here, too.

ASE's reader takes half a second to import and knows all of extended XYZ. It stops at what people's files are full
of: a byte order mark, a blank first line, labels of atoms (``C1``), deuterium, atomic numbers, exponents of Fortran
(``1D-3``) and Mathematica (``1*^-3``), lines after the last geometry.
"""

import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from ase.data import chemical_symbols

from atomtug.core.systems.decoding import read_text
from atomtug.core.systems.elements import Atom, read_label
from atomtug.core.systems.plain_xyz import read_plain
from atomtug.core.systems.structure import Structure, pick_frame

_COUNT = re.compile(r"\s*(\d+)\s*(?:$|[#!;,].*|\s[^\d.+-].*)", re.ASCII)
_EXPONENT = re.compile(r"(?<=[\d.])(?:\*\^|[dD])(?=[+-]?\d)")
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?")
_USUAL = re.compile(r"species:S:1:pos:R:3(?![^:])")


class XyzBlock(NamedTuple):
    """The lines of one geometry: where its count stands in the file (from 1), the comment, and the atoms' rows."""

    line: int
    comment: str
    rows: list[str]


def read_xyz(path: Path, frame: int | None = None) -> Structure:
    """One geometry of an XYZ file.

    Args:
        path: of the file
        frame: which geometry, from 1; by default the first

    Raises:
        OSError: the file can't be read
        ValueError: it is no XYZ file; the text names line and cause
    """
    blocks = split(read_text(path))
    place = pick_frame(frame, len(blocks))
    block = blocks[place]
    whole, usual = _read_block(block)
    counters = len({other.comment for other in blocks}) > 1
    return Structure(
        **usual, comment=block.comment, info=whole, frame=place + 1, frames=len(blocks), counters=counters
    )


def split(text: str) -> list[XyzBlock]:
    """The geometries of a file; lines after the last one that begin no other are passed over (QM9 has them).

    Raises:
        ValueError: it has none, or one ends too early
    """
    lines = text.split("\n")
    blocks: list[XyzBlock] = []
    at = 0
    while True:
        while at < len(lines) and not lines[at].strip("\ufeff \t\0"):
            at += 1
        match = _COUNT.fullmatch(lines[at]) if at < len(lines) else None
        if match is None:
            break
        count = int(match[1])
        rows = lines[at + 2 : at + 2 + count]
        while rows and not rows[-1].strip():
            rows.pop()
        if len(rows) < count and blocks and not rows:
            break
        if len(rows) < count:
            raise ValueError(
                f"line {at + 1} says {count} atoms, but only {len(rows)} lines of atoms follow the comment"
            )
        if count:
            blocks.append(XyzBlock(at + 1, lines[at + 1], rows))
        at += 2 + count
        if at < len(lines) and count and _looks_like_atom(lines[at]):
            raise ValueError(f"line {blocks[-1].line} says {count} atoms, but line {at + 1} is one more")
    if not blocks:
        first = lines[at].strip()[:40] if at < len(lines) else ""
        what = (
            f"line {at + 1} is {first!r}, where the number of atoms should be" if first else "it has no atoms"
        )
        raise ValueError(what)
    return blocks


def _read_block(block: XyzBlock) -> tuple[Mapping[str, Any], dict[str, Any]]:
    """The named values of a geometry, and what :class:`Structure` takes of its atoms."""
    text = "\n".join([str(len(block.rows)), block.comment, *block.rows, ""])
    if plain := read_plain(text):
        return {}, {"numbers": plain.numbers, "positions": plain.positions}
    extended = re.search(r"(?i)\b(?:Properties|Lattice|pbc)\s*=", block.comment)
    if extended is None:
        return {}, _read_rows(block)
    import ase.io

    try:
        atoms = ase.io.read(io.StringIO(text), index=0, format="extxyz")
        assert isinstance(atoms, ase.Atoms)
        return from_atoms(atoms)
    except Exception as error:  # ASE raises whatever its parser met
        properties = re.search(r"(?i)Properties\s*=\s*\"?([^\s\"]+)", block.comment)
        if properties and not _USUAL.match(properties[1]):
            raise ValueError(f"line {block.line + 1}: {error}") from error
        periodic = re.search(r"(?i)\bpbc\s*=\s*\"?[^\"]*?\b(T|true|1)\b", block.comment)
        lattice = re.search(r"(?i)\bLattice\s*=", block.comment) and not re.search(
            r"(?i)\bpbc\s*=", block.comment
        )
        usual = _read_rows(block)
        return {}, usual | ({"cell": np.eye(3)} if periodic or lattice else {})


def from_atoms(atoms: Any) -> tuple[Mapping[str, Any], dict[str, Any]]:
    """The named values of :class:`ase.Atoms`, and what :class:`Structure` takes of it.

    Charges and moments count where they were given before any calculation, or are results stored with it.
    """
    results = getattr(atoms.calc, "results", {})
    usual: dict[str, Any] = {"numbers": atoms.numbers, "positions": atoms.positions}
    for name, keys in (
        ("charges", ("initial_charges", "charges", "charge")),
        ("moments", ("initial_magmoms", "magmoms")),
    ):
        for values in (*(atoms.arrays.get(key) for key in keys), results.get(keys[1])):
            if values is not None and np.ndim(values) == 1 and len(values) == len(atoms):
                usual[name] = np.asarray(values, dtype=np.float64)
                break
    if atoms.has("masses"):
        usual["masses"] = np.asarray(atoms.get_masses(), dtype=np.float64)
    if atoms.pbc.any():
        usual["cell"] = np.asarray(atoms.cell.array, dtype=np.float64)
    return dict(atoms.info), usual


def _read_rows(block: XyzBlock) -> dict[str, Any]:
    if _looks_like_atom(block.comment) and not _looks_like_atom(block.rows[-1]):
        raise ValueError(f"line {block.line + 1} is an atom, where the comment should be")
    return split_rows(block.rows, block.line + 2)


def split_rows(rows: Sequence[str], first: int, skip: str = "(?!)") -> dict[str, Any]:
    """What :class:`Structure` takes of rows of a label, x, y and z.

    Args:
        rows: a line for each atom; what follows z is passed over
        first: the number of the first line in the file
        skip: a pattern of rows that are passed over, as comments are

    Raises:
        ValueError: a row is no atom; the text names the line
    """
    places = [place for place, row in enumerate(rows) if not re.match(skip, row)]
    if not places:
        raise ValueError(f"line {first} should be an atom")
    cells = [_cells(rows[place]) for place in places]
    # GAMESS has the atomic number between the symbol and the coordinates.
    label = 1 + (len(cells) > 1 and all(_is_number_column(row) for row in cells))
    atoms: list[Atom] = []
    positions: list[list[float]] = []
    for number, row in zip((first + place for place in places), cells, strict=True):
        if len(row) < label + 3:
            raise ValueError(f"line {number} is {' '.join(row)!r}, where a symbol and x, y and z should be")
        try:
            atoms.append(read_label(row[0]))
            positions.append([read_number(cell) for cell in row[label : label + 3]])
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from error
    return {
        "numbers": np.array([atom.number for atom in atoms]),
        "positions": np.array(positions),
        "masses": np.array([atom.mass for atom in atoms]),
    }


def usual_rows(rows: Sequence[str], first: int) -> list[str]:
    """Rows of atoms with bare symbols and C's numbers, other columns as they are, so that ASE reads them.

    Args:
        rows: a line for each atom, its label first
        first: the number of the first line in the file

    Raises:
        ValueError: a label is no element; the text names the line
    """
    usual = []
    for number, row in enumerate(map(_cells, rows), first):
        try:
            symbol = chemical_symbols[read_label(row[0]).number]
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from error
        usual.append(" ".join([symbol, *(_EXPONENT.sub("e", cell) for cell in row[1:])]))
    return usual


def read_number(text: str) -> float:
    """A finite number as Fortran, Mathematica and people write it.

    Raises:
        ValueError: it is none
    """
    usual = _EXPONENT.sub("e", text.replace("\N{MINUS SIGN}", "-"))
    if _DECIMAL_COMMA.fullmatch(usual):
        usual = usual.replace(",", ".")
    try:
        if "_" in usual:
            raise ValueError
        number = float(usual)
    except ValueError:
        raise ValueError(f"{text!r} is not a number") from None
    if not np.isfinite(number):
        raise ValueError(f"the coordinate {text!r} is not a number")
    return number


def _cells(row: str) -> list[str]:
    cells = [cell.rstrip(",;") for cell in row.split()]
    return cells if len(cells) > 1 else re.split(r"[,;]", row.strip())


def _is_number_column(row: Sequence[str]) -> bool:
    try:
        return len(row) >= 5 and float(row[1]) == read_label(row[0]).number
    except ValueError:
        return False


def _looks_like_atom(line: str) -> bool:
    row = _cells(line)
    try:
        return (
            row[0][:1].isalpha() and read_label(row[0]).number > 0 and len([*map(read_number, row[1:4])]) == 3
        )
    except ValueError:
        return False

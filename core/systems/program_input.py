"""Geometries in the inputs of quantum chemistry programs, with the charge and multiplicity that they always say.

ORCA's (``* xyz 0 1``) and Q-Chem's (``$molecule``) are read here, for which neither ASE nor RDKit has a reader, and
Gaussian's where ASE's gives up: it takes whole numbers for internal coordinates.
"""

import re
from itertools import takewhile
from pathlib import Path

from atomtug.core.systems.decoding import read_text
from atomtug.core.systems.structure import Structure
from atomtug.core.systems.xyz import read_xyz, split_rows

_ORCA = re.compile(
    r"^[ \t]*\*[ \t]*(xyz|xyzfile|gzmt|int|internal)[ \t]+([+-]?\d+)[ \t]+(\d+)[ \t]*(\S*)", re.I | re.M
)
_QCHEM = re.compile(r"^[ \t]*\$molecule[ \t]*\n[ \t]*([+-]?\d+)[ \t]+(\d+)[ \t]*\n", re.I | re.M)
_GAUSSIAN = re.compile(
    r"^[ \t]*#(?:.*\n)+?[ \t]*\n(?:.*\S.*\n)+[ \t]*\n[ \t]*([+-]?\d+)[ \t,]+(\d+)[ \t]*\n", re.M
)
_LINK = re.compile(r"^[ \t]*--link1--", re.I | re.M)
_GHOST = re.compile(r"^[ \t]*([A-Z][a-z]?-?Bq)\b", re.I | re.M)
_VARIABLE = re.compile(r"^[ \t]*([a-z]\w*)(?:[ \t]*=[ \t]*|[ \t]+)([+-]?\d*\.?\d+)[ \t]*$", re.I | re.M)
_Z_MATRIX_ROW = re.compile(r"^[ \t]*[A-Z][a-z]?(?:[ \t,]+\d+[ \t,]+-?\w[\w.]*){1,3}", re.I | re.M)
_NAME = re.compile(r"(?<=[ \t,])(-?)([A-Za-z]\w*)")
_BOHRS = re.compile(r"^[ \t]*!.*\bbohrs\b|^[ \t]*input_bohr\s*=?\s*true", re.I | re.M)


def read_program_input(path: Path) -> Structure:
    """The geometry of an input of ORCA, Q-Chem or Gaussian.

    Raises:
        OSError: the file can't be read
        ValueError: it is none of these, or its coordinates are not Cartesian
    """
    text = read_text(path)
    if match := _ORCA.search(text):
        kind, charge, multiplicity, name = match.groups()
        if kind.lower() == "xyzfile":
            other = read_xyz(path.parent / name)
            return _said(other, charge, multiplicity)
        if kind.lower() != "xyz":
            raise ValueError(
                "it has internal coordinates: give Cartesian ones, e.g. the .xyz file that ORCA writes"
            )
    elif match := _QCHEM.search(text) or _GAUSSIAN.search(text):
        charge, multiplicity = match.groups()
    else:
        raise ValueError(
            "there are no Cartesian coordinates of ORCA (* xyz 0 1), Q-Chem ($molecule) or Gaussian in it"
        )
    if _BOHRS.search(text):
        raise ValueError("its coordinates are in bohr: write them to an .xyz file and give --unit bohr")
    first = text.count("\n", 0, match.end()) + 1
    # The others' match ends behind the line of the charge, ORCA's within it.
    lines = text[match.end() :].split("\n")[match.re is _ORCA :]
    first += match.re is _ORCA
    end = {_ORCA: r"\s*(\*|%)", _QCHEM: r"\s*\$end"}.get(match.re, r"\s*$")
    skip = {_ORCA: r"\s*(#|$)", _QCHEM: r"\s*(--\s*$|[+-]?\d+\s+\d+\s*$|$)"}.get(match.re, r"(?!)")
    rows = [*takewhile(lambda line: re.match(skip, line) or not re.match(end, line, re.I), lines)]
    if match.re is _GAUSSIAN and rows and len(rows[0].split()) == 1:
        raise ValueError(
            "it has a Z-matrix that can't be read: write its Cartesian coordinates, e.g. to an .xyz file"
        )
    return _said(Structure(**split_rows(rows, first, skip)), charge, multiplicity)


def first_gaussian_job(text: str) -> str:
    """The first job of a Gaussian input, numbers in place of the variables of its Z-matrix, as ASE reads it.

    Raises:
        ValueError: it has ghost atoms, which ASE takes for real ones
    """
    job = _LINK.split(text)[0]
    if ghost := _GHOST.search(job):
        raise ValueError(f"{ghost[1]!r} is a ghost atom, which can't be simulated")
    values = {name.lower(): value for name, value in _VARIABLE.findall(job)}

    def fill(row: re.Match[str]) -> str:
        return _NAME.sub(lambda m: f"{m[1]}{values.get(m[2].lower(), m[2])}".replace("--", ""), row[0])

    return _Z_MATRIX_ROW.sub(fill, job) if values else job


def _said(structure: Structure, charge: str, multiplicity: str) -> Structure:
    return Structure(
        structure.numbers,
        structure.positions,
        structure.masses,
        info={"charge": int(charge), "multiplicity": int(multiplicity)},
    )

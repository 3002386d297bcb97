"""Geometries in the inputs of quantum chemistry programs, with the charge and multiplicity that they always say.

ORCA's (``* xyz 0 1``) and Q-Chem's (``$molecule``) are read here, for which neither ASE nor RDKit has a reader, and
Gaussian's where ASE's gives up: it takes whole numbers for internal coordinates.
"""

import re
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
    rows = []
    for line in lines:
        if re.match(r"\s*(\*|\$end|$)", line, re.I):
            break
        rows.append(line)
    return _said(Structure(**split_rows(rows, first + (match.re is _ORCA))), charge, multiplicity)


def _said(structure: Structure, charge: str, multiplicity: str) -> Structure:
    return Structure(
        structure.numbers,
        structure.positions,
        structure.masses,
        info={"charge": int(charge), "multiplicity": int(multiplicity)},
    )

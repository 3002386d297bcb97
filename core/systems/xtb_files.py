"""Charge and unpaired electrons as xTB and Turbomole keep them: in files beside a structure, and in coord files."""

import re
from pathlib import Path

from atomtug.core.systems.decoding import read_text

BESIDE = (".CHRG", ".UHF")
"""Names of xTB's files in the folder of a structure: its charge, and its number of unpaired electrons."""
COORD = "coord"
"""Turbomole's name of a structure file."""

_LINE = re.compile(r"^\s*\$(chrg|spin|uhf)\s*[= ]\s*([+-]?\d+)\s*$", re.MULTILINE)
_EHT = re.compile(r"^\s*\$eht\s+charge=\s*([+-]?\d+)(?:\s+unpaired=\s*(\d+))?", re.MULTILINE)


def read_beside(path: Path) -> dict[str, str]:
    """What :data:`BESIDE` say, by their names, of the structure in ``path``; nothing where they are not there.

    Raises:
        OSError: one can't be read
        ValueError: one holds no whole number
    """
    said = {}
    for name in BESIDE:
        file = path.parent / name
        if not file.is_file():
            continue
        words = read_text(file).split()
        if not words or not re.fullmatch(r"[+-]?\d+", words[0]):
            raise ValueError(
                f"{file} beside it should hold a whole number: write one, or move that file away"
            )
        said[name] = words[0]
    return said


def read_coord(text: str) -> dict[str, str]:
    """What the lines ``$chrg``, ``$spin`` and ``$eht`` of a coord file say, by the known names of charge and spin."""
    said = {}
    if eht := _EHT.search(text):
        said["charge"] = eht[1]
        if eht[2] is not None:
            said["unpaired"] = eht[2]
    for name, value in _LINE.findall(text):
        said["charge" if name == "chrg" else "unpaired"] = value
    return said

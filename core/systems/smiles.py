"""Molecules written as text, by RDKit: SMILES (radicals, charges, isotopes, stereochemistry) and InChI."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

LONGEST = 2000
"""Characters that a SMILES or InChI may have."""
INCHI = "InChI="

_POSITION = re.compile(r"check for mistakes around position (\d+)")
_STAMP = re.compile(r"^\[[\d:]+\] (?:SMILES Parse Error: |ERROR: |WARNING: )*")
_logs = Lock()
"""RDKit has one log for the whole process."""


def parse_molecule(text: str) -> Any:
    """The :class:`rdkit.Chem.Mol` of a SMILES or an InChI, its hydrogens as the text has them.

    Raises:
        ValueError: it can't be read; the text says why, and where
    """
    from rdkit import Chem

    text = text.strip()
    if not text or len(text) > LONGEST:
        raise ValueError("it is empty" if not text else f"it has more than {LONGEST} characters")
    if text.startswith(INCHI):
        with _log_lines() as said:
            read: Any = Chem.MolFromInchi
            molecule = read(text, removeHs=False)
        if molecule is None:
            raise ValueError(f"RDKit can't read this InChI{_cause(said)}")
        return molecule
    if re.search(r"\s(?!\|)", text.split(" |")[0]):
        raise ValueError("there is a blank in it")
    options: Any = Chem.SmilesParserParams()
    options.removeHs = False
    options.sanitize = False
    with _log_lines() as said:
        molecule = Chem.MolFromSmiles(text, options)
    if molecule is None:
        place = next((int(m[1]) for line in said if (m := _POSITION.search(line))), None)
        where = "" if place is None else f" at position {place} ({text[place - 1 : place + 9]!r})"
        raise ValueError(f"SMILES can't be read{where}{_cause(said)}")
    return sanitised(molecule)


def sanitised(molecule: Any) -> Any:
    """A molecule with its valences, rings and aromaticity worked out by RDKit.

    Raises:
        ValueError: its bonds and charges make no sense; the text names the atom
    """
    from rdkit import Chem

    with _log_lines():
        problems = Chem.DetectChemistryProblems(molecule)
        if problems:
            raise ValueError(f"its bonds make no sense: {_plain(problems[0].Message())}")
        Chem.SanitizeMol(molecule)
        Chem.AssignStereochemistry(molecule, cleanIt=True, force=True)
    return molecule


def canonical(molecule: Any) -> str:
    """RDKit's canonical SMILES, hydrogens implied where they can be."""
    from rdkit import Chem

    with _log_lines():
        return str(Chem.MolToSmiles(Chem.RemoveHs(molecule, sanitize=False)))


@contextmanager
def _log_lines() -> Iterator[list[str]]:
    """What RDKit logs meanwhile, in place of printing it."""
    from rdkit import rdBase

    lines: list[str] = []

    class Collect(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    with _logs:
        log, handler = logging.getLogger("rdkit"), Collect()
        before = log.handlers[:], log.propagate
        log.handlers, log.propagate = [handler], False
        rdBase.LogToPythonLogger()
        try:
            yield lines
        finally:
            rdBase.LogToCppStreams()
            log.handlers, log.propagate = before


def _cause(said: list[str]) -> str:
    for line in said:
        plain = _STAMP.sub("", line)
        if "while parsing" in plain:
            return f": {plain.split(' while parsing')[0]}"
        if "for input" in plain and not plain.startswith("Failed"):
            return f": {plain.split(' for input')[0]}"
    return ""


def _plain(message: str) -> str:
    """RDKit's message of a problem, atoms counted from 1 as people do."""
    return re.sub(
        r"atom # (\d+)|atom (\d+)", lambda m: f"atom {int(m[1] or m[2]) + 1}", message.strip().rstrip(".")
    )

"""Reads a molecule that a client sent, in a process of its own: ``python -m atomtug.server.session.system_reader``.

What others send is read by large libraries. Here it can take no more than a limited time and memory, and no file but
the one that was sent is opened. A JSON object comes in through stdin, another goes out through stdout.
"""

import json
import os
import re
import resource
import sys
import tempfile
from pathlib import Path
from typing import Required, TypedDict, final

MEMORY = 4 * 2**30
"""Bytes of address space that reading may take."""
SECONDS = 20
"""Of processor time, likewise; the server waits as long."""
SUFFIXES = (".xyz", ".extxyz", ".mol", ".sdf", ".mol2", ".smi", ".cdxml", ".pdb", ".cif", ".log", ".out")
"""Kinds of files that clients may send: such as name no other file."""
_PROGRAMS = ("Gaussian", "O   R   C   A")
"""One of which an output has in it."""


class ReaderRequest(TypedDict, total=False):
    """A molecule to read: ``text`` (names or SMILES), or ``file`` (its content) and its ``name``; ``most`` atoms."""

    most: Required[int]
    text: str
    file: str
    name: str
    charge: int
    multiplicity: int


@final
class ReaderFailure(TypedDict):
    """Why a molecule can't be read, as a sentence."""

    error: str


@final
class PlainSystem(TypedDict):
    """A :class:`System` as JSON: numbers (N,), positions (N, 3) in angstrom, masses (N,) in u."""

    name: str
    numbers: list[int]
    positions: list[list[float]]
    charge: int
    multiplicity: int
    masses: list[float]
    notes: list[str]
    drawn: bool


def read(request: ReaderRequest) -> PlainSystem | ReaderFailure:
    """The answer to a request."""
    from atomtug.core.errors import AtomtugError, InputError
    from atomtug.core.systems import load_system

    try:
        charge, multiplicity = request.get("charge"), request.get("multiplicity")
        if "file" in request:
            name, content = Path(request["name"]).name, request["file"]
            suffix = Path(name).suffix.lower()
            if suffix not in SUFFIXES:
                raise InputError(
                    f"{name} can't be sent: use {', '.join(SUFFIXES)}, or name the file at the server's start."
                )
            if suffix in (".log", ".out") and not any(program in content for program in _PROGRAMS):
                raise InputError(f"{name} can't be read as an output of Gaussian or ORCA.")
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / f"sent{suffix}"
                path.write_text(content, encoding="utf-8", errors="surrogatepass")
                try:
                    system = load_system(str(path), charge, multiplicity)
                except InputError as error:
                    known = rf"{re.escape(str(path))}|\bsent({re.escape(suffix)})?\b"
                    raise InputError(re.sub(known, lambda _: name, str(error))) from error
            title = Path(name).stem[:60]
        else:
            system = load_system(request["text"], charge, multiplicity, files=False)
            title = system.name
        if len(system.numbers) > request["most"]:
            raise InputError(
                f"{title} has {len(system.numbers)} atoms, and clients may load {request['most']} at most: the owner "
                f"of the server can start it with that molecule."
            )
    except AtomtugError as error:
        return {"error": str(error)}
    return {
        "name": title,
        "numbers": system.numbers.tolist(),
        "positions": system.positions.tolist(),
        "charge": system.charge,
        "multiplicity": system.multiplicity,
        "masses": system.masses.tolist(),
        "notes": list(system.notes),
        "drawn": system.drawn,
    }


def main() -> None:
    """Answer the request on stdin."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    answer = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # libraries print what they like
    request = json.load(sys.stdin)
    with answer:
        json.dump(read(request), answer)


if __name__ == "__main__":
    main()

"""Systems from :class:`ase.Atoms` in memory, for scripts and notebooks."""

import re
from typing import Any

from atomtug.core.errors import InputError
from atomtug.core.systems.electronic_state import read_state
from atomtug.core.systems.system import System
from atomtug.core.systems.xyz import from_atoms


def system_from_atoms(
    atoms: Any, name: str = "", charge: int | None = None, multiplicity: int | None = None
) -> System:
    """The system that some atoms are.

    Charge and multiplicity are looked for as in a file: ``atoms.info["charge"]`` and the like, initial charges and
    magnetic moments, else no charge and the lowest multiplicity. The system's notes say which it was.

    Args:
        atoms: :class:`ase.Atoms`; their velocities and calculator are not used
        name: for people and file names; by default the formula
        charge: e; None for what the atoms say
        multiplicity: 2S + 1; None for what the atoms say

    Raises:
        InputError: they are periodic or constrained, or can't be simulated as they are
    """
    info, usual = from_atoms(atoms)
    title = name or str(atoms.symbols)
    if usual.pop("cell", None) is not None:
        raise InputError(
            f"{title} is periodic (pbc), and only molecules can be simulated: set atoms.pbc = False, or take "
            f"atoms without a cell."
        )
    if atoms.constraints:
        raise InputError(
            f"{title} has constraints, which the dynamics does not know: remove them with del atoms.constraints; "
            f"atoms are held in place by a hand, or by P on the page."
        )
    masses = {"masses": usual["masses"]} if "masses" in usual else {}
    try:
        state = read_state(
            usual["numbers"], info=info, charges=usual.get("charges"), moments=usual.get("moments"),
            charge=charge, multiplicity=multiplicity,
        )  # fmt: skip
        return System(
            title,
            usual["numbers"],
            usual["positions"].copy(),
            state.charge,
            state.multiplicity,
            notes=tuple(_in_python(note) for note in state.notes),
            **masses,
        )
    except (InputError, ValueError) as error:
        raise InputError(f"{title} can't be simulated: {_in_python(str(error)).rstrip('.')}.") from error


def _in_python(text: str) -> str:
    """A sentence on a file and the command line's options, for atoms and a function's arguments."""
    text = re.sub(r"--(charge|multiplicity)\b", r"\1=...", re.sub(r" \([^()]*--unit[^()]*\)", "", text))
    return (
        text.replace("the file says", "the atoms say")
        .replace("in the file", "given")
        .replace("file", "atoms")
    )

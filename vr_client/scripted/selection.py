"""Naming atoms: by index, or with the names that the server gives them (``CN:C``)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from atomtug.core.errors import InputError
from atomtug.core.systems.fragments import USUAL
from atomtug.vr_client.client.client_frame import ClientFrame


@dataclass(frozen=True)
class Names:
    """What the atoms of a simulation are called.

    Args:
        count: number of atoms
        residues: (N,) name of each atom's residue, or empty
        atoms: (N,) name of each atom, or empty
    """

    count: int
    residues: Sequence[str] = ()
    atoms: Sequence[str] = ()

    @classmethod
    def of(cls, frame: ClientFrame) -> "Names":
        """The names in a frame."""
        return cls(frame.count, frame.residue_names, frame.atom_names)


def select(selection: str | int | Sequence[str | int], names: Names) -> tuple[int, ...]:
    """The atoms that a selection means, in ascending order.

    Args:
        selection: an index from 0 (``7``), an atom (``CN:C``, or ``H4`` in the largest residue), a whole residue
            (``CN``), or a list of these
        names: what the atoms are called

    Raises:
        InputError: it means no atom, or could mean several
    """
    if isinstance(selection, bool) or not isinstance(selection, str | int | Sequence):
        raise InputError(f"{selection!r} is no selection: give an index or RESIDUE:ATOM.")
    if not isinstance(selection, str | int):
        if not selection:
            raise InputError("An empty list selects nothing: give an index or RESIDUE:ATOM.")
        return tuple(sorted({atom for part in selection for atom in select(part, names)}))
    text = str(selection).strip()
    if text.isdecimal():
        return (_index(int(text), names.count),)
    residue, colon, atom = text.partition(":")
    residue = _residue(residue, names)
    if not colon:
        members = tuple(i for i, name in enumerate(names.residues) if name == residue)
        if not members:
            members = _bare_atom(text, names)
        if not members:
            raise InputError(f"There is no residue or atom called {text}: {_known(names)}.")
        return members
    matches = [
        i for i, pair in enumerate(zip(names.residues, names.atoms, strict=False)) if pair == (residue, atom)
    ]
    if len(matches) > 1:
        raise InputError(f"{text} could be atom {' or '.join(map(str, matches))}: give the index instead.")
    if not matches:
        raise InputError(f"There is no atom {text}: {_known(names, residue)}.")
    return (matches[0],)


def _residue(text: str, names: Names) -> str:
    """The residue that people call so: ``HO`` for ``OH``, ``F`` for ``F-``; the text itself where there is none."""
    bare = text.rstrip("+-")
    known = [formula for formula, usual in USUAL.items() if usual == bare]
    return next((name for name in (text, bare, *known) if name in names.residues), text)


def _bare_atom(text: str, names: Names) -> tuple[int, ...]:
    """The atom of that name: the only one, or the one in the largest residue; empty where there is none."""
    found = [atom for atom, name in enumerate(names.atoms) if name == text]
    if len(found) > 1 and len(names.residues):
        largest = Counter(names.residues).most_common(1)[0][0]
        found = [atom for atom in found if names.residues[atom] == largest] or found
    if len(found) > 1:
        raise InputError(f"{text} could be atom {' or '.join(map(str, found))}: give the index instead.")
    return tuple(found)


def select_atom(selection: str | int, names: Names) -> int:
    """The one atom that a selection means.

    Raises:
        InputError: it means none, or several
    """
    atoms = select(selection, names)
    if len(atoms) != 1:
        raise InputError(f"{selection} means {len(atoms)} atoms where one is needed: add :ATOM to it.")
    return atoms[0]


def select_class(words: str, names: Names) -> tuple[int, ...]:
    """The atoms of an element, ``H``, or of an element in a residue, ``H of CH4``.

    Raises:
        InputError: there are none
    """
    element, _, owner = words.partition(" of ")
    residue = _residue(owner, names)
    found = tuple(
        atom
        for atom, name in enumerate(names.atoms)
        if name.rstrip("0123456789") == element and residue in ("", names.residues[atom])
    )
    if not found:
        raise InputError(f"There is no {words} here: {_known(names, residue)}.")
    return found


def _index(index: int, count: int) -> int:
    if not 0 <= index < count:
        raise InputError(f"There is no atom {index}: there are {count}, counted from 0.")
    return index


def _known(names: Names, residue: str = "") -> str:
    """What there is instead, for an error's text."""
    if not names.residues:
        return "the server sends no names, so give an index"
    atoms = [atom for owner, atom in zip(names.residues, names.atoms, strict=False) if owner == residue]
    if atoms:
        return f"{residue} has {', '.join(atoms)}"
    return f"there are {', '.join(dict.fromkeys(names.residues))}"

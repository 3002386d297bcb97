"""Which element and which isotope a label of an atom means.

Labels are ``C``, ``cl``, ``C1``, ``H_a``, ``6``, ``D``, ``13C`` and the like.
"""

import re
from typing import NamedTuple

from ase.data import atomic_masses, atomic_numbers, chemical_symbols

HYDROGEN_ISOTOPES = {2: 2.01410177812, 3: 3.01604928199}
"""Mass number to mass of deuterium and tritium, amu (CODATA)."""
_NAMES = {"D": ("H", 2), "T": ("H", 3)}
_LABEL = re.compile(r"\^?(?P<before>\d{1,3})?-?(?P<letters>[A-Za-z]{1,3})(?P<rest>[^A-Za-z].*)?")
_ISO = re.compile(r"\((?:[^)]*,)?iso(?:tope)?=(\d{1,3})", re.IGNORECASE)
# In capitals these are an element in some programs' files, and a carbon's, hydrogen's or nitrogen's place in others'.
_EITHER = frozenset(
    {"CA", "CB", "CD", "CE", "CF", "HE", "HF", "HG", "HO", "HS", "NA", "NB", "ND", "NE", "NP", "OS", "SB"}
)
_GHOSTS = frozenset({"x", "xx", "bq", "gh", "du", "da", "q"})
# H: in ORCA, H-Bq in Gaussian, BqH in NWChem, @H in Q-Chem and Psi4.
_GHOST_LABEL = re.compile(r"[A-Za-z]{1,2}\d*:|[A-Za-z]{1,2}-?Bq\d*|Bq-?[A-Za-z]{1,2}\d*|@.*", re.IGNORECASE)


class Atom(NamedTuple):
    """What a label means: the atomic ``number`` and the ``mass`` in amu."""

    number: int
    mass: float


def read_label(label: str) -> Atom:
    """The atom that a label stands for.

    Args:
        label: a symbol in any case, alone or with what tells the atom from others (``C1``, ``H_a``, ``O(2)``); an
            atomic number; or an isotope (``D``, ``T``, ``2H``, ``13C``, ``H(iso=2)``)

    Raises:
        ValueError: it is no element, or could be more than one; the text says which
    """
    if label.isdecimal() and label.isascii():
        number = int(label)
        if not 0 < number < len(chemical_symbols):
            raise ValueError(f"there is no element of atomic number {number}")
        return Atom(number, float(atomic_masses[number]))
    match = _LABEL.fullmatch(label.removeprefix("@"))
    if match is None:
        raise ValueError(f"{label!r} is no chemical element")
    letters, rest = match["letters"], match["rest"] or ""
    if letters.lower() in _GHOSTS or _GHOST_LABEL.fullmatch(label):
        raise ValueError(f"{label!r} is a dummy or ghost atom, which can't be simulated")
    if letters in _NAMES:
        letters, mass_number = _NAMES[letters]
    else:
        iso = _ISO.match(rest)
        mass_number = int(match["before"] or (iso[1] if iso else 0))
    if letters in _EITHER:
        symbol = letters.capitalize()
        raise ValueError(
            f"{label!r} can be {symbol} or a label of {letters[0]}: write {symbol} or {letters[0]}"
        )
    symbol = letters.capitalize()
    if symbol not in atomic_numbers:
        raise ValueError(f"{label!r} is no chemical element")
    number = atomic_numbers[symbol]
    return Atom(number, isotope_mass(number, mass_number))


def isotope_mass(number: int, mass_number: int = 0) -> float:
    """The mass of an isotope in amu; of the natural mixture where ``mass_number`` is 0.

    Raises:
        ValueError: there is no such isotope
    """
    if not mass_number:
        return float(atomic_masses[number])
    if number == 1 and mass_number in HYDROGEN_ISOTOPES:
        return HYDROGEN_ISOTOPES[mass_number]
    from rdkit import Chem

    mass = float(Chem.GetPeriodicTable().GetMassForIsotope(number, mass_number))
    if mass == 0.0:
        raise ValueError(f"{chemical_symbols[number]} has no isotope of mass number {mass_number}")
    return mass

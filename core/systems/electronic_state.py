"""The charge and the multiplicity of a structure, from what its file says in any of the usual ways.

What was taken, and why, is kept as sentences: a charge or a spin that was only guessed must not pass unseen.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

import numpy as np

from atomtug.core.arrays import Floats, Ints

Quantity = Literal["charge", "multiplicity", "spin", "unpaired"]

SPELLINGS: dict[Quantity, tuple[str, ...]] = {
    "charge": (
        "charge", "total_charge", "tot_charge", "net_charge", "mol_charge", "molecular_charge", "system_charge",
        "formal_charge", "chrg", "chg", "qtot", "q",
    ),
    "multiplicity": (
        "multiplicity", "mult", "spin_multiplicity", "total_multiplicity", "spin_mult", "2s+1",
    ),
    "spin": ("spin", "total_spin", "tot_spin"),
    "unpaired": ("uhf", "unpaired", "unpaired_electrons", "n_unpaired", "nupdown"),
}  # fmt: skip
"""The names under which files give them, in any case, with ``_``, ``-``, a blank or nothing between the words."""

_WORDS: dict[Quantity, dict[str, int]] = {
    "charge": {"neutral": 0, "cation": 1, "anion": -1, "dication": 2, "dianion": -2},
    "multiplicity": {
        "singlet": 1,
        "doublet": 2,
        "triplet": 3,
        "quartet": 4,
        "quintet": 5,
        "sextet": 6,
        "septet": 7,
    },
}
_WORDS["spin"] = _WORDS["multiplicity"]


def _pattern(names: tuple[str, ...]) -> str:
    spelt = (re.escape(name).replace("_", "[ _-]?") for name in sorted(names, key=len, reverse=True))
    return "|".join(spelt)


_NAMES = {quantity: re.compile(_pattern(names), re.IGNORECASE) for quantity, names in SPELLINGS.items()}
_SIGNED = r"[+-]\s*\d\S*?(?=[\s,;|{}\[\]()]|$)"
_WORD = r"""[^\s,;|{}\[\]()"']+"""
_VALUE = (
    r"\s*(?:[:=]|\.{2,})\s*"
    rf"""(?:"(?P<quoted>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>{_SIGNED}|{_WORD}))"""
)
_AFTER_BLANK = r"\s+(?P<number>[+-]?\d{1,2}[+-]?)(?![\w.])"
_SAID = {
    quantity: re.compile(
        rf"(?<![\w.+-])[\"']?(?P<name>{_pattern(names)})[\"']?"
        # "spin 1" can be anything: a spin needs a sign between.
        + (rf"(?:{_VALUE})" if quantity == "spin" else rf"(?:{_VALUE}|{_AFTER_BLANK})"),
        re.IGNORECASE,
    )
    for quantity, names in SPELLINGS.items()
}
_PAIR = re.compile(r"\s*([+-]?\d{1,2})[\s,]+(\d{1,2})\s*")
_MOST = 10
"""A larger charge than this, or more unpaired electrons, is not believed of two bare numbers."""
_NEARLY = 0.02
"""Sums of charges and moments of atoms that are as near to a whole number as this are that number."""


class ElectronicState(NamedTuple):
    """``charge`` (e) and ``multiplicity`` (2S + 1), and sentences on where they are from."""

    charge: int
    multiplicity: int
    notes: tuple[str, ...]


class _Said(NamedTuple):
    """A whole number that a file gives: as it is written there, e.g. ``total_charge=1``, and its value."""

    text: str
    value: float


def read_state(
    numbers: Ints,
    comment: str = "",
    info: Mapping[str, Any] | None = None,
    *,
    charges: Floats | None = None,
    moments: Floats | None = None,
    counters: bool = False,
    charge: int | None = None,
    multiplicity: int | None = None,
) -> ElectronicState:
    """The charge and multiplicity that a structure is to have.

    What is given counts first; then what the file says by name (:data:`SPELLINGS`); then two bare numbers as the
    whole comment, where the electrons fit them; then the sums of the atoms' initial charges and magnetic moments;
    at last no charge, and the lowest multiplicity that the electrons allow. A ``spin`` is a multiplicity where it
    can be one for this number of electrons, else the number of unpaired electrons (or, of halves, S).

    Args:
        numbers: (N,) atomic numbers
        comment: text in which they may be said
        info: values by name
        charges: (N,) initial charges, e
        moments: (N,) initial magnetic moments, Bohr magnetons
        counters: whether bare numbers in the comment may be something else
        charge: what is asked for, if it is
        multiplicity: what is asked for, if it is

    Raises:
        ValueError: what is said is no whole number, or contradicts itself; the text is a sentence for the user
    """
    notes: list[str] = []
    said = {quantity: list(_find(quantity, comment, info or {})) for quantity in SPELLINGS}
    pair = None if counters else _bare_pair(comment, int(np.sum(numbers)))
    guessed: list[str] = []
    if charge is None:
        if claim := _agreed("charge", said["charge"]):
            charge = _whole(claim)
            notes.append(f"Charge {charge}: the file says {claim.text}.")
        elif pair:
            charge = pair[0]
            notes.append(
                f"Charge {charge}: the file's comment is {comment.strip()!r}, charge and multiplicity."
            )
        elif (total := _total(charges)) is not None:
            charge = total
            notes.append(f"Charge {charge}: the sum of the atoms' charges in the file.")
        else:
            charge = 0
            guessed.append("charge")
    else:
        notes.append(f"Charge {charge}, as asked.")
    electrons = int(np.sum(numbers)) - charge
    if multiplicity is None:
        if claim := _agreed("multiplicity", said["multiplicity"]):
            multiplicity = _whole(claim)
            notes.append(f"Multiplicity {multiplicity}: the file says {claim.text}.")
        elif claim := _agreed("spin", said["spin"]):
            multiplicity, why = _from_spin(claim, electrons)
            notes.append(f"Multiplicity {multiplicity}: the file says {claim.text}, {why}.")
        elif claim := _agreed("multiplicity", said["unpaired"]):
            multiplicity = _whole(claim) + 1
            notes.append(f"Multiplicity {multiplicity}: the file says {claim.text} (unpaired electrons).")
        elif pair and charge == pair[0]:
            multiplicity = pair[1]
            notes.append(f"Multiplicity {multiplicity}: the file's comment is {comment.strip()!r}.")
        elif (total := _total(moments)) is not None and (electrons + total) % 2 == 0:
            multiplicity = abs(total) + 1
            notes.append(f"Multiplicity {multiplicity}: the sum of the atoms' magnetic moments in the file.")
        else:
            multiplicity = 1 + electrons % 2
            guessed.append("multiplicity")
    else:
        notes.append(f"Multiplicity {multiplicity}, as asked.")
    notes += _guess_note(guessed, charge, multiplicity)
    return ElectronicState(charge, multiplicity, tuple(notes))


def state_in_words(charge: int, multiplicity: int) -> str:
    """Charge (e) and multiplicity (2S + 1) for people: ``charge -1, singlet``."""
    words = {value: word for word, value in _WORDS["multiplicity"].items()}
    spin = words.get(multiplicity, f"multiplicity {multiplicity}")
    return f"charge {charge:+d}, {spin}" if charge else f"charge 0, {spin}"


def state_names(info: Mapping[str, Any]) -> set[str]:
    """The keys of ``info`` that say a charge or a spin."""
    return {name for name in info if any(known.fullmatch(str(name)) for known in _NAMES.values())}


def _guess_note(guessed: list[str], charge: int, multiplicity: int) -> list[str]:
    if not guessed:
        return []
    values = {
        "charge": f"charge {charge}",
        "multiplicity": f"multiplicity {multiplicity} (the lowest possible)",
    }
    what = " and ".join(values[name] for name in guessed)
    options = " and ".join(f"--{name}" for name in guessed)
    are = "are" if len(guessed) > 1 else "is"
    verb = "set them" if len(guessed) > 1 else "sets it"
    return [f"{what[0].upper()}{what[1:]} {are} a guess, as nothing says otherwise: {options} {verb}."]


def _find(quantity: Quantity, comment: str, info: Mapping[str, Any]) -> Iterator[_Said]:
    for name, value in info.items():
        if _NAMES[quantity].fullmatch(str(name).removeprefix(".")):
            yield _Said(f"{name}={value}", _number(quantity, str(name), value))
    for match in _SAID[quantity].finditer(comment):
        groups = match.groupdict()
        value = next(
            v for v in (groups.get(k) for k in ("quoted", "single", "bare", "number")) if v is not None
        )
        yield _Said(match[0].strip(), _number(quantity, match["name"], value))


def _number(quantity: Quantity, name: str, value: Any) -> float:
    """A number of the forms 1, +1, 1+, 2-, 1.0, 0.5, or one of the words for it."""
    single = isinstance(value, (np.generic, np.ndarray)) and value.size == 1
    text = str(value.item() if single else value).strip().lower().rstrip(".,;").replace("\N{MINUS SIGN}", "-")
    if text in _WORDS.get(quantity, {}):
        return float(_WORDS[quantity][text])
    text = re.sub(r"^([+-])\s+", r"\1", text)
    if signed := re.fullmatch(r"(\d+)([+-])", text):
        text = f"{signed[2]}{signed[1]}"
    try:
        number = float(text)
        if not np.isfinite(number) or not float(2 * number).is_integer():
            raise ValueError
    except ValueError:
        raise ValueError(
            f"{name}={value} can't be used, as charge and multiplicity must be whole numbers: "
            f"use --charge and --multiplicity to say what it is"
        ) from None
    return number


def _agreed(option: str, said: list[_Said]) -> _Said | None:
    if len({claim.value for claim in said}) > 1:
        texts = " and ".join(dict.fromkeys(claim.text for claim in said))
        raise ValueError(
            f"the file says {texts}, which contradict each other: use --{option} to say what it is"
        )
    return said[0] if said else None


def _whole(claim: _Said) -> int:
    if not claim.value.is_integer():
        raise ValueError(
            f"{claim.text} can't be used, as charge and multiplicity must be whole numbers: "
            f"use --charge and --multiplicity to say what it is"
        )
    return int(claim.value)


def _from_spin(claim: _Said, electrons: int) -> tuple[int, str]:
    """The multiplicity that a ``spin`` means, and why."""
    if not claim.value.is_integer():
        return round(2 * claim.value) + 1, "taken as S"
    spin = int(claim.value)
    if spin > 0 and (electrons + spin) % 2 == 1:
        return spin, f"taken as 2S + 1, which fits {electrons} electrons"
    return abs(spin) + 1, f"taken as unpaired electrons, as {electrons} electrons can't have 2S + 1 = {spin}"


def _bare_pair(comment: str, protons: int) -> tuple[int, int] | None:
    """Charge and multiplicity from a comment that is two whole numbers and no more, where they are possible."""
    match = _PAIR.fullmatch(comment)
    if match is None:
        return None
    charge, multiplicity = int(match[1]), int(match[2])
    electrons = protons - charge
    possible = abs(charge) <= _MOST and 1 <= multiplicity <= min(_MOST, electrons) + 1
    return (charge, multiplicity) if possible and (electrons + multiplicity) % 2 == 1 else None


def _total(values: Floats | None) -> int | None:
    """The whole number that the atoms' values add up to; None where they say nothing."""
    if values is None or not len(values) or not np.all(np.isfinite(values)) or not np.any(values):
        return None
    total = float(np.sum(values))
    return round(total) if abs(total - round(total)) < _NEARLY else None

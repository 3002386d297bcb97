"""Under which names other programs' files keep energies, forces, positions and atomic numbers.

A name is known if, without regard to case and signs, it is one of :data:`KEYS`, or is made of one of them and a word
that says where the values are from: ``REF_energy``, ``energy_dft``, ``wb97x_dz.forces``.
"""

import re
from collections.abc import Collection, Mapping
from typing import Literal

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.errors import InputError

Quantity = Literal["energy", "forces", "gradient", "positions", "numbers"]

KEYS: dict[Quantity, tuple[str, ...]] = {
    "energy": ("energy", "energies", "TotEnergy", "potential_energy", "ene", "etot", "E", "U0"),
    "forces": ("forces", "force", "frc", "F"),
    "gradient": ("gradient", "gradients", "grad"),
    "positions": ("xyz", "R", "coords", "coordinates", "positions", "conformations", "coord"),
    "numbers": ("zs", "z", "nuclear_charges", "atomic_numbers", "numbers", "species", "elements"),
}
_LONG = re.compile(r"(?:energy|energies)|(?:forces?)|(?:gradients?)")
_OTHER = (
    "kinetic", "ekin", "user", "wall", "old", "atomization", "atomisation", "formation", "binding", "interaction",
    "peratom", "zero", "zpe", "correlation", "dispersion", "d3", "d4", "vdw", "homo", "lumo", "gap", "nuclear",
    "repulsion", "solvation", "reaction", "adsorption", "uncertainty", "std", "var", "error", "weight", "relative",
    "delta", "local", "atomic", "internal", "thermal", "mag", "mask", "excitation", "engine",
)  # fmt: skip
"""Words that make of an energy or of forces something else than what is learned from."""


def plain(name: str) -> str:
    """A name in lower-case letters and digits alone."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def is_key(name: str, quantity: Quantity) -> bool:
    """Whether values of a quantity may be kept under this name."""
    short = plain(name)
    if short in {plain(key) for key in KEYS[quantity]}:
        return True
    if quantity in ("positions", "numbers"):
        return False
    word = {"energy": "energ", "forces": "force", "gradient": "gradient"}[quantity]
    return word in short and _LONG.search(short) is not None and not any(other in short for other in _OTHER)


def choose(
    values: Mapping[str, Floats], quantity: Quantity, where: str, asked: str | None = None, beside: str = ""
) -> str | None:
    """The name under which a file keeps a quantity; None if it doesn't.

    Args:
        values: what the file keeps under each name that may be meant
        quantity: what is looked for
        where: the file, for the error
        asked: a name that is asked for
        beside: the name of the energies, whose forces are meant

    Raises:
        InputError: the name that is asked for is not there, or several are, and differ
    """
    option = "--energy-key" if quantity == "energy" else "--forces-key"
    if asked is not None:
        if asked not in values:
            raise InputError(
                f"{where} has nothing called {asked!r}: {option} may be {_listed(values) or 'nothing here'}."
            )
        return asked
    names = [name for name in values if is_key(name, quantity)]
    # An electronic free energy goes with the same forces, but is second to an energy.
    names = [name for name in names if "free" not in plain(name)] or names
    if beside and len(names) > 1:
        origin = _origin(beside)
        names = [name for name in names if _origin(name) == origin] or names
    if not names:
        return None
    first = values[names[0]]
    others = [name for name in names[1:] if not _same(values[name], first)]
    if others:
        raise InputError(f"{where} has {_listed(names)}, which differ: say which is meant with {option}.")
    return names[0]


def _origin(name: str) -> str:
    """What a name says beside energy or forces: ``ref`` of ``REF_energy``."""
    short = plain(name)
    return _LONG.sub("", short) if _LONG.search(short) else ""


def _same(first: Floats, second: Floats) -> bool:
    return first.shape == second.shape and bool(
        np.allclose(first, second, rtol=1e-9, atol=1e-12, equal_nan=True)
    )


def _listed(names: Collection[str]) -> str:
    return ", ".join(map(str, names))

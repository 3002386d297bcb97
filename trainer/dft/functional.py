"""What a functional's name promises: the part that libxc computes and the dispersion correction that comes on top.

PySCF drops suffixes such as ``-d3bj`` where its dispersion library is missing, and libxc has functionals whose name
names a dispersion correction that is not in them. Here either is computed or refused.
"""

import re
from dataclasses import dataclass
from typing import Literal, cast

from atomtug.core.errors import InputError

Correction = Literal["d3bj", "d3zero", "d3bjm", "d3zerom", "d3op", "d4"]

_SUFFIX = re.compile(r"-(d3bj|d3zero|d3bjm|d3zerom|d3op|d4)(atm)?$")
_ANY_SUFFIX = re.compile(r"-d[34]")
_PROMISED = re.compile(r"([-_](d[23]?|3c)|vdw|cf22d|b97d|b973c)$")
"""Ends of libxc's names for functionals that were made with a dispersion correction, which libxc leaves to others."""
_MADE_FOR_VV10 = re.compile(r"^(wb97x|wb97m|b97m)([-_]?v)?$")


@dataclass(frozen=True)
class Functional:
    """A functional in its parts.

    Args:
        exchange_correlation: the part that PySCF and libxc compute
        correction: which dispersion correction is added; None for none
        three_body: whether D3 has its Axilrod-Teller-Muto term; D4 always has it
    """

    exchange_correlation: str
    correction: Correction | None = None
    three_body: bool = False


def parse_functional(name: str) -> Functional:
    """The parts of a functional's name, such as ``pbe``, ``pbe-d3bj``, ``pbe0-d3bjatm`` or ``r2scan-d4``.

    Raises:
        InputError: the name promises a dispersion correction that would not be computed
    """
    lower = name.strip().lower()
    found = _SUFFIX.search(lower)
    base = lower[: found.start()] if found else lower
    if _ANY_SUFFIX.search(base) or not base or (found and found[1] == "d4" and found[2]):
        raise InputError(
            f"The dispersion correction of {name!r} is not one that can be computed: end the name in -d3bj, -d3zero, "
            f"-d3bjm, -d3zerom or -d3op (with atm for the three-body term) or in -d4."
        )
    if found is None:
        for part in re.split(r"[,+*\s]", base):
            if _PROMISED.search(part):
                raise InputError(
                    f"{part!r} names a dispersion correction that libxc leaves out of it: choose another functional, "
                    f"such as pbe-d3bj, or a non-local one, such as wb97x-v."
                )
        return Functional(base)
    if _MADE_FOR_VV10.match(base):
        raise InputError(
            f"The parameters of {name!r} are not for {base} as libxc computes it: use wb97x-v, wb97m-v or b97m-v, "
            f"whose non-local correlation is computed."
        )
    return Functional(base, cast(Correction, found[1]), bool(found[2]))

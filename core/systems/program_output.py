"""Charge and multiplicity in the outputs of Gaussian and ORCA, whose geometries ASE reads.

An output has much else that is called a charge, a multiplicity or ``q``: of atoms, solvents, excited states.
"""

import re

_LINES = (
    re.compile(r"^ *Charge *= *(-?\d+) +Multiplicity *= *(\d+)", re.M),  # Gaussian
    re.compile(
        r"^ *Total Charge +Charge +\.{2,} +(-?\d+)\s*?\n(?:.*\n){0,3}? *Multiplicity +Mult +\.{2,} +(\d+)",
        re.M,
    ),
)


def said_state(text: str) -> dict[str, int]:
    """The ``charge`` and ``multiplicity`` of the first calculation of an output; empty where no such line is known.

    Args:
        text: of the output
    """
    matches = [match for pattern in _LINES if (match := pattern.search(text))]
    first = min(matches, key=lambda match: match.start(), default=None)
    return {"charge": int(first[1]), "multiplicity": int(first[2])} if first else {}

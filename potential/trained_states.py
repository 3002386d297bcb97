"""The charges and multiplicities that a model knows. A network sees elements and positions, never the electrons."""

from collections.abc import Sequence

from atomtug.core.arrays import Ints

State = tuple[int, int]
"""Charge (e) and multiplicity (2S + 1)."""


def objection(states: Sequence[State], numbers: Ints, charge: int, multiplicity: int) -> str:
    """Why a model's results mean nothing for a system; empty if they may be used.

    A model that does not say what it was trained on (a file of 0.1) may be used for neutral systems of the lowest
    multiplicity.

    Args:
        states: those that the model was trained on; empty if it does not say
        numbers: (N,) the system's atomic numbers
        charge: the system's, e
        multiplicity: the system's, 2S + 1

    Returns:
        A clause that continues "The model".
    """
    if states:
        if (charge, multiplicity) in states:
            return ""
        known = ", ".join(map(in_words, sorted(states)))
        return f"was trained on {known}, not on {in_words((charge, multiplicity))}"
    lowest = 1 + (int(numbers.sum()) - charge) % 2
    if (charge, multiplicity) == (0, lowest):
        return ""
    return (
        f"does not say which charges and multiplicities it was trained on, and {in_words((charge, multiplicity))} "
        f"is not the usual state of such a system"
    )


def in_words(state: State) -> str:
    """``charge 0 with multiplicity 2``."""
    return f"charge {state[0]} with multiplicity {state[1]}"

"""What a server may suggest to headset apps under ``suggested.*``, as NanoVer's apps read it."""

from collections.abc import Mapping

from atomtug.core.errors import InputError
from atomtug.wire.interactions import INTERACTION_TYPES
from atomtug.wire.state_keys import SUGGESTED_PREFIX
from atomtug.wire.values import Value

NUMBERS = {
    "interaction.scale": (0.0, 1e6),
    "interaction.range": (0.0, 100.0),
    "passthrough": (0.0, 1.0),
}
"""By name: the least and the greatest value. The range, from a hand to an atom, is in nm."""
FLAGS = ("interaction.hydrogens", "box.locked", "box.hidden", "report.connection.health")
TYPE = "interaction.type"
NAMES = (*NUMBERS, TYPE, *FLAGS)


def suggestion(name: str, text: str) -> Value:
    """The value that ``text`` stands for. Apps ask for numbers with a point, so whole ones become floats.

    Args:
        name: one of :data:`NAMES`
        text: a number, true or false, or a type of interaction

    Raises:
        InputError: there is no such name, or the text is no value for it
    """
    if name in NUMBERS:
        low, high = NUMBERS[name]
        try:
            number = float(text)
        except ValueError:
            number = float("nan")
        if not low <= number <= high:
            raise InputError(f"{name} must be a number from {low:g} to {high:g}, not {text!r}.")
        return number
    if name in FLAGS:
        if text.lower() not in ("true", "false"):
            raise InputError(f"{name} must be true or false, not {text!r}.")
        return text.lower() == "true"
    if name == TYPE:
        if text not in INTERACTION_TYPES:
            raise InputError(f"{name} must be one of {', '.join(INTERACTION_TYPES)}, not {text!r}.")
        return text
    raise InputError(f"There is no suggestion {name!r}: there are {', '.join(NAMES)}.")


def suggested_keys(suggestions: Mapping[str, str]) -> dict[str, Value]:
    """The keys of the shared state for suggestions, each a text by its name.

    Raises:
        InputError: as :func:`suggestion`
    """
    return {SUGGESTED_PREFIX + name: suggestion(name, text) for name, text in suggestions.items()}

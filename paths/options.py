"""How a path is found."""

from dataclasses import dataclass

from atomtug.core.errors import InputError


@dataclass(frozen=True)
class PathOptions:
    """How a path is found.

    Args:
        engine: empty for the one that the recording ends with
        reaction: which of the recording's, from 1
        images: about how many geometries of the path are kept
        zero_point: whether to work out zero-point energies
        anyway: take a network even for a charge or multiplicity that it was not trained on

    Raises:
        InputError: a value is out of its range
    """

    engine: str = ""
    reaction: int = 1
    images: int = 21
    zero_point: bool = False
    anyway: bool = False

    def __post_init__(self) -> None:
        if not 5 <= self.images <= 1000:
            raise InputError(f"The number of images must be from 5 to 1000, not {self.images}.")

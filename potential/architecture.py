"""The architecture of a potential: everything but its weights."""

from dataclasses import dataclass, field
from itertools import pairwise

from ase.data import chemical_symbols

from atomtug.core.errors import InputError
from atomtug.potential.network import ACTIVATIONS
from atomtug.potential.repulsion import Repulsion
from atomtug.potential.symmetry import SymmetryFunctions, pair_count


@dataclass(frozen=True)
class Architecture:
    """Descriptor, elements and networks. The defaults are those of the paper (CITATION.cff) for its training set 6.

    Args:
        elements: atomic numbers, ascending
        symmetry: the descriptor
        hidden: outputs of each hidden layer
        activation: a name of :data:`atomtug.potential.network.ACTIVATIONS`
        members: number of networks in the committee
        repulsion: of atoms pressed together, under the networks; None for none

    Raises:
        InputError: a value is out of its range
    """

    elements: tuple[int, ...]
    symmetry: SymmetryFunctions = field(default_factory=SymmetryFunctions)
    hidden: tuple[int, ...] = (62, 142)
    activation: str = "silu"
    members: int = 1
    repulsion: Repulsion | None = None

    def __post_init__(self) -> None:
        known = all(0 < z < len(chemical_symbols) for z in self.elements)
        if not self.elements or not known or list(self.elements) != sorted(set(self.elements)):
            raise InputError(f"{list(self.elements)} are no elements: atomic numbers, ascending, each once.")
        if not self.hidden or any(not 0 < size <= 100_000 for size in self.hidden):
            raise InputError(
                f"{list(self.hidden)} are no hidden layers: at least one, each of at least one unit."
            )
        if self.activation not in ACTIVATIONS:
            raise InputError(
                f"There is no activation called {self.activation!r}: use one of {', '.join(ACTIVATIONS)}."
            )
        if not 0 < self.members <= 1000:
            raise InputError(f"A committee can't have {self.members} members: use at least 1.")
        if self.repulsion is not None and len(self.repulsion.outer) != pair_count(len(self.elements)):
            raise InputError("The repulsion must have one distance for each pair of elements.")

    @property
    def features(self) -> int:
        """Number of features of each atom."""
        return self.symmetry.size(len(self.elements))

    @property
    def symbols(self) -> list[str]:
        """The elements, as chemical symbols."""
        return [chemical_symbols[z] for z in self.elements]

    def layer_sizes(self) -> list[tuple[int, int]]:
        """(inputs, outputs) of each layer; the last one gives the energy."""
        sizes = [self.features, *self.hidden, 1]
        return list(pairwise(sizes))

"""All that a training depends on besides its data."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from atomtug.core.errors import InputError
from atomtug.potential import Architecture, Repulsion, SymmetryFunctions


@dataclass(frozen=True)
class Settings:
    """Of one training. docs/network.md says how the defaults were found.

    Args:
        n_basis, r_min, r_cut, tau: the descriptor, see :class:`atomtug.potential.SymmetryFunctions`
        r_angular, n_radial: likewise; 0 for those of ``r_cut`` and ``n_basis``
        repulsion: whether atoms pressed together repel whatever the networks say, see
            :mod:`atomtug.potential.repulsion`
        hidden: units of each hidden layer
        activation: a name of :data:`atomtug.potential.network.ACTIVATIONS`
        members: of the committee
        components: principal components of the features that a network is trained on
        floor: see :meth:`atomtug.trainer.fit.projection.Projection.fit`
        epochs: at most
        patience: epochs without a better score on the held-out trajectories, after which it stops; 0 for never
        batch: geometries in a step
        learning_rate: the highest; it rises over the first 2 % of the steps and falls as a cosine to 0
        force_weight: of the squared force error (eV/angstrom) to that of the energy (eV) by atom
        robust: eV/angstrom; force errors count by their square up to about this and by their size beyond; 0 for
            always by their square
        l1, l2: penalties on the sum of the weights' sizes and of their squares
        bagging: share of the trajectories that each member does not learn from, others for each: members that saw
            the same data are too sure of themselves
        average: the weights used are a running mean of those of so many last steps, as 1 - 1/average
        validation: share of each molecule's trajectories that is held out to judge by; at least one each
        seed: of everything random
    """

    n_basis: int = 8
    r_min: float = 0.8
    r_cut: float = 4.0
    tau: float = 1.15
    r_angular: float = 0.0
    n_radial: int = 0
    repulsion: bool = True
    hidden: tuple[int, ...] = (128, 64)
    activation: str = "silu"
    members: int = 4
    components: int = 128
    floor: float = 0.1
    epochs: int = 100
    patience: int = 0
    batch: int = 16
    learning_rate: float = 5e-3
    force_weight: float = 0.3
    robust: float = 0.1
    l1: float = 0.0
    l2: float = 0.0
    bagging: float = 0.0
    average: int = 500
    validation: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        positive = ("components", "epochs", "batch", "average", "members", "learning_rate", "floor")
        for name in positive:
            if not getattr(self, name) > 0:
                raise InputError(f"{name} can't be {getattr(self, name)}: it must be above 0.")
        for name in ("patience", "force_weight", "robust", "l1", "l2", "seed"):
            if not getattr(self, name) >= 0:
                raise InputError(f"{name} can't be {getattr(self, name)}: it must be 0 or more.")
        if not 0 <= self.bagging < 1:
            raise InputError(f"bagging can't be {self.bagging}: it is a share from 0 to below 1.")
        if not 0 <= self.validation < 1:
            raise InputError(f"validation can't be {self.validation}: it is a share from 0 to below 1.")

    @property
    def symmetry(self) -> SymmetryFunctions:
        """The descriptor."""
        return SymmetryFunctions(
            self.n_basis, self.r_min, self.r_cut, self.tau, self.r_angular or None, self.n_radial or None
        )

    def architecture(self, elements: tuple[int, ...]) -> Architecture:
        """Of the model that comes out."""
        repulsion = Repulsion.inside_bonds(elements) if self.repulsion else None
        return Architecture(elements, self.symmetry, self.hidden, self.activation, self.members, repulsion)

    def to_plain(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {**asdict(self), "hidden": list(self.hidden)}

    @classmethod
    def from_plain(cls, values: Mapping[str, Any]) -> Self:
        """What :meth:`to_plain` gave; what is missing is as by default.

        Raises:
            InputError: something in there is no setting
        """
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise InputError(f"{', '.join(unknown)}: there is no such setting of a training.")
        return cls(**{**values, **({"hidden": tuple(values["hidden"])} if "hidden" in values else {})})


TABLE1 = Settings(repulsion=False, epochs=60, validation=0.0)
"""Our descriptor and networks for all of the paper's sets. As there, nothing is held out to judge by, the number of
epochs is fixed, and nothing repels underneath."""

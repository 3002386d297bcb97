"""Energy and forces of one set of atoms, many times: for a live engine."""

from functools import partial
from math import isfinite
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from atomtug.core.arrays import Floats
from atomtug.core.errors import EngineError
from atomtug.core.memory import keep_freed_memory
from atomtug.potential.architecture import Architecture
from atomtug.potential.compiling import COMPILER_OPTIONS
from atomtug.potential.descriptor import Lists, present_features
from atomtug.potential.energy import energy_and_forces, spread
from atomtug.potential.layout import Layout, Rows, arrange
from atomtug.potential.model import Model
from atomtug.potential.nearby import list_sizes, nearby
from atomtug.potential.network import Fused, LaterLayers, fuse, narrow

TRY_EVERYONE = 192
"""Up to this many atoms, each is a candidate for each: cheaper than keeping a list."""
FEW = 16
"""Up to this many atoms, the lists have room for every pair and triple, so that nothing is ever compiled again."""
SKIN = 1.0
"""angstrom by which candidates may be beyond the cutoff; they are valid until an atom has moved half of it."""
CLOSEST = 0.4
"""angstrom; geometries with atoms nearer than this are refused, because no model was trained on any."""


class Arguments(NamedTuple):
    """What :func:`evaluate` needs besides positions. The arrays stay on the device between calls.

    ``fused`` the networks; ``rows`` the candidates of each row; ``order`` (N,) the atom of each row;
    ``row`` (N,) the row of each atom; ``start`` (M,) eV, the members' energies from which their spread counts.
    """

    fused: Fused
    rows: Rows
    order: Array
    row: Array
    start: Array

    def with_later(self, layers: LaterLayers) -> "Arguments":
        """The same with other layers after the first."""
        both = zip(self.fused, layers, strict=True)
        return self._replace(fused=tuple(network._replace(rest=rest) for network, rest in both))


class TracedPrediction(NamedTuple):
    """The result of :func:`evaluate` for one geometry, atoms in their own order, without reference energies.

    ``energy`` () eV and ``forces`` (N, 3) eV/angstrom of the committee's mean; ``spread`` () eV, see
    :func:`atomtug.potential.energy.spread`; ``members`` (M,) eV; ``lists`` tells whether it is valid.
    """

    energy: Array
    forces: Array
    spread: Array
    members: Array
    lists: Lists


class Prediction(NamedTuple):
    """The result for one geometry.

    ``energy`` eV and ``forces`` (N, 3) eV/angstrom of the committee's mean; ``spread`` eV, the standard deviation of
    the members (0 for a single one), see :meth:`Evaluator.count_from`; ``members`` (M,) eV.
    """

    energy: float
    forces: Floats
    spread: float
    members: Floats


def evaluate(
    architecture: Architecture, layout: Layout, arguments: Arguments, positions: Array | Floats
) -> TracedPrediction:
    """Energy and forces at one geometry, as a pure function: for a loop of many steps in one compiled call.

    The lists are made in each call, so a loop may run as long as the candidates are valid; the caller checks
    ``lists`` of all steps with :meth:`Evaluator.accept` afterwards.

    Args:
        architecture: of the potential
        layout: the sizes, :attr:`Evaluator.layout`
        arguments: from :meth:`Evaluator.arguments`
        positions: (N, 3) angstrom, in double precision where the last digits of single precision matter
    """
    result = energy_and_forces(
        architecture, arguments.fused, positions[arguments.order], arguments.rows, layout
    )
    members = result.energies.molecular[:, 0]
    return TracedPrediction(
        jnp.mean(members),
        result.forces[arguments.row].astype(members.dtype),
        spread(members - arguments.start),
        members,
        result.energies.lists,
    )


@partial(jax.jit, static_argnums=(0, 1), compiler_options=COMPILER_OPTIONS)
def _compiled(
    architecture: Architecture, layout: Layout, arguments: Arguments, positions: Array | Floats
) -> Array:
    """What :func:`evaluate` gives, in one array: fetching each by itself takes longer than the network's first layer.

    One function for all evaluators, so that nothing is compiled for a second model of the same architecture.
    """
    result = evaluate(architecture, layout, arguments, positions)
    lists = (jnp.asarray(value, result.energy.dtype) for value in result.lists)
    single = jnp.stack([*lists, result.energy, result.spread])
    return jnp.concatenate([single, result.members, result.forces.ravel()])


def _unpack(packed: NDArray[np.floating], members: int, reference: float) -> Prediction:
    """What an array of :func:`_compiled` has after the lists; ``reference`` eV is added to the energies.

    It follows each step, whose arrays have pushed NumPy out of the processor's caches: calls are few.
    """
    energy, spread = packed[3:5].tolist()
    of_members = packed[5 : 5 + members].astype(np.float64) + reference
    forces = packed[5 + members :].astype(np.float64).reshape(-1, 3)
    return Prediction(energy + reference, forces, spread, of_members)


class Evaluator:
    """Evaluates a model for one set of atoms.

    Args:
        model: the potential
        numbers: (N,) atomic numbers
        precision: ``float32``, or ``float64`` for tests and reference figures
        start: (N, 3) angstrom, a geometry from which the spread counts: that of the members' differences to their
            energies there. Members may disagree on the energy of a molecule that they were not trained on, and agree
            on how it changes. By default that of their energies, and so where they know nothing of that geometry

    Raises:
        InputError: no atoms, or an element that the model has not seen
    """

    def __init__(
        self,
        model: Model,
        numbers: NDArray[np.int64],
        precision: str = "float32",
        start: Floats | None = None,
    ) -> None:
        keep_freed_memory()
        self._start = start
        self.model = model
        self.numbers = np.asarray(numbers, dtype=np.int64)
        dtype = np.dtype(precision)
        self._reference = model.reference_energy(self.numbers)
        arrangement = arrange([self.numbers], model.architecture.elements)
        self._order = arrangement.order
        self._everyone = len(self.numbers) <= TRY_EVERYONE
        self._seen: Floats | None = None
        self._sized = len(self.numbers) <= FEW
        self.layout = Layout(arrangement.counts, 1, pairs=0, chunks=0)
        if self._sized:
            self.layout = self.layout.with_room_for_all()
        features = present_features(model.architecture.symmetry, self.layout)
        with jax.enable_x64(precision == "float64"):
            # Put together by NumPy: JAX would compile a program for each of these, in all a third of a second.
            arrays = (
                narrow(fuse(jax.tree.map(lambda x: np.asarray(x, dtype), model.parameters)), features),
                Rows(None if self._everyone else arrangement.rows.candidates, arrangement.rows.molecule),
                self._order,
                np.argsort(self._order).astype(np.int32),
                np.zeros(model.architecture.members, dtype),
            )
            self._arguments = Arguments(*jax.device_put(arrays))

    def pop_start(self) -> Floats | None:
        """The geometry that :meth:`count_from` needs, once."""
        start, self._start = self._start, None
        return start

    def count_from(self, members: Floats) -> None:
        """Have the spread count from the members' energies (M,) at the start, eV, without reference energies."""
        if np.std(members, ddof=1) * self.model.spread_factor < self.model.guard(len(self.numbers)):
            start = np.asarray(members, self._arguments.start.dtype)
            self._arguments = self._arguments._replace(start=jax.device_put(start))

    def evaluate(self, positions: Floats, later: LaterLayers | None = None) -> Prediction:
        """Energy and forces at ``positions`` (N, 3) angstrom.

        Args:
            positions: of the atoms
            later: layers in place of the model's, of the same shape

        Raises:
            EngineError: a position that is not a number, atoms on top of each other, or no finite result
        """
        if (start := self.pop_start()) is not None:
            self.count_from(self.evaluate(start).members - self._reference)
        arguments = self.arguments(positions)
        if later is not None:
            arguments = arguments.with_later(later)
        # For positions; what is worked out from their differences has the model's precision.
        with jax.enable_x64(True):
            x = np.asarray(positions, np.float64)
            while True:
                packed = np.asarray(_compiled(self.model.architecture, self.layout, arguments, x))
                if self._accept(*packed[:3].tolist()):
                    break
        if not isfinite(packed.sum()):
            raise EngineError("The network gave a result that is not a number for this geometry.")
        return _unpack(packed, self.model.architecture.members, self._reference)

    def forces_by(self, later: LaterLayers, positions: Floats) -> Floats:
        """(N, 3) eV/angstrom by other layers after the first; otherwise as :meth:`evaluate`."""
        return self.evaluate(positions, later).forces

    @property
    def fixed_candidates(self) -> bool:
        """Whether every atom is a candidate for every other, so that a loop of any length may be run."""
        return self._everyone

    @property
    def reference(self) -> float:
        """eV, to be added to the energies of :func:`evaluate`."""
        return self._reference

    def arguments(self, positions: Floats) -> Arguments:
        """The arguments of :func:`evaluate`, valid from these positions (N, 3) angstrom on.

        Raises:
            EngineError: the positions have another shape or are not finite
        """
        positions = np.asarray(positions, dtype=np.float64)
        if positions.shape != (len(self.numbers), 3):
            raise EngineError(
                f"The positions are {positions.shape}; for {len(self.numbers)} atoms they must be three each."
            )
        if not np.isfinite(positions).all():
            raise EngineError("The network was given a position that is not a number.")
        if not self._everyone and not self.in_reach(positions):
            reach = self.model.architecture.symmetry.r_cut + SKIN
            known = self._arguments.rows.candidates
            width = 0 if self._seen is None or known is None else known.shape[1]
            candidates = jax.device_put(nearby(positions[self._order], reach, width))
            self._arguments = self._arguments._replace(
                rows=self._arguments.rows._replace(candidates=candidates)
            )
            self._seen = positions.copy()
        if not self._sized:
            rows = jax.tree.map(np.asarray, self._arguments.rows)
            symmetry = self.model.architecture.symmetry
            needed = list_sizes(
                positions[self._order], rows, self.layout, symmetry.r_cut, symmetry.angular_cutoff
            )
            self.layout = self.layout.grown(*needed)
            self._sized = True
        return self._arguments

    def in_reach(self, positions: Floats) -> bool:
        """Whether the candidates of the last :meth:`arguments` are valid for these positions (N, 3) angstrom, too."""
        if self._everyone:
            return True
        if self._seen is None:
            return False
        moved = float(np.max(np.sum((positions - self._seen) ** 2, axis=-1)))
        return moved < (0.5 * SKIN) ** 2

    def accept(self, lists: Lists) -> bool:
        """Whether a result is valid, judged by its lists (or, after a loop, by those of all steps).

        If the lists were too short, the layout is enlarged, and the same has to be computed again.

        Raises:
            EngineError: two atoms are on top of each other
        """
        return self._accept(np.max(lists.pairs), np.max(lists.chunks), float(np.min(lists.closest)))

    def _accept(self, pairs: float, chunks: float, closest: float) -> bool:
        """The same of the largest and smallest values."""
        if not self.layout.fits(int(pairs), int(chunks)):
            # Chunks were counted from a list of pairs that was cut short: the next call may find more.
            self.layout = self.layout.grown(int(pairs), int(chunks))
            return False
        if closest < CLOSEST:
            raise EngineError(
                f"Two atoms are {closest:.2f} angstrom apart: the network was not trained on atoms nearer than "
                f"{CLOSEST}."
            )
        return True

"""A trained network as an engine: ``ann:model.safetensors``."""

import contextlib
import hashlib
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
from numpy.typing import NDArray

from atomtug.core.arrays import Floats
from atomtug.core.errors import EngineError, InputError
from atomtug.core.shipped import find_model
from atomtug.core.systems import System
from atomtug.core.versions import VERSION
from atomtug.potential import Evaluator, load_model
from atomtug.potential.evaluator import TRY_EVERYONE
from atomtug.potential.nearby import list_sizes
from atomtug.server.dynamics.integrators import Motion, too_far
from atomtug.server.dynamics.interaction_forces import InteractionArrays, InteractionForces
from atomtug.server.engines.ann_dynamics import Course, Stop, run
from atomtug.server.engines.base import Evaluation, Integrator, Leap
from atomtug.server.engines.names import ANN_PREFIX, display_name

LONGEST_LEAP = 64
"""Steps in one compiled call."""
HANDS = 8
"""Interactions in one compiled call; with more, it goes step by step."""


SPARE = (48, 64)
"""Pairs and chunks of triples that a CN radical adds to a molecule's, at most."""


def keep_compiled() -> None:
    """Have JAX keep what it compiled on disk: the next process needs a second instead of ten.

    So a network that was trained on is live at once, and after a crash the engine is soon back.
    """
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "atomtug" / "compiled"
    with contextlib.suppress(OSError):  # then it is compiled each time
        folder.mkdir(parents=True, exist_ok=True)
        jax.config.update("jax_compilation_cache_dir", str(folder))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 1.0)


class AnnEngine:
    """A model file of :mod:`atomtug.potential`. A committee also says how far its members are apart.

    Args:
        path: of the model file, or the name of a model that comes with atomtug
        system: the atoms; charge and multiplicity are those the model was trained on

    Raises:
        InputError: no such file, no model, or one that does not know the system's elements
    """

    def __init__(self, path: str, system: System) -> None:
        if not path:
            raise InputError("Which network? Give its file after ann:, e.g. ann:alkanes.")
        file = find_model(path)
        self._model = load_model(file)
        self._name = display_name(ANN_PREFIX + path)
        self._settings = self._describe(file)
        self.evaluator = Evaluator(self._model, system.numbers)
        self._committee = self._model.architecture.members > 1
        # A larger molecule's candidates hold for a while only: it goes step by step.
        self.longest_leap = LONGEST_LEAP if len(system.numbers) <= TRY_EVERYONE else 0
        self.leap_hands = HANDS
        self._masses = system.masses[:, None]
        self._noise_shape = (LONGEST_LEAP, len(system.numbers), 3)
        no_hands = InteractionForces(system.masses).as_arrays(HANDS)
        assert no_hands is not None  # there are fewer than slots
        self._no_hands = no_hands
        self._make_room(system)

    def _make_room(self, system: System) -> None:
        """For lists as they are when a radical comes near: longer ones mean to compile again, in the middle of it."""
        if self.evaluator.layout.complete:
            return
        rows = jax.tree.map(np.asarray, self.evaluator.arguments(system.positions).rows)
        layout, positions = self.evaluator.layout, system.positions[np.argsort(system.numbers, kind="stable")]
        cutoff = self._model.architecture.symmetry.r_cut
        needed, most = (list_sizes(positions, rows, layout, r) for r in (cutoff, np.inf))
        pairs, chunks = (min(now + spare, full) for now, spare, full in zip(needed, SPARE, most, strict=True))
        self.evaluator.layout = replace(
            layout,
            pairs=max(layout.pairs, _in_sixteens(pairs)),
            chunks=max(layout.chunks, _in_sixteens(chunks)),
        )

    def _describe(self, path: Path) -> Mapping[str, str | int | float | bool]:
        architecture, provenance = self._model.architecture, self._model.provenance
        symmetry = architecture.symmetry
        return {
            "program": "atomtug",
            "version": VERSION,
            "model": path.name,
            "model_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "theory": provenance.theory,
            "data_hash": provenance.data_hash,
            "elements": " ".join(architecture.symbols),
            "members": architecture.members,
            "hidden": " ".join(map(str, architecture.hidden)),
            "activation": architecture.activation,
            "n_basis": symmetry.n_basis,
            "r_min": symmetry.r_min,
            "r_cut": symmetry.r_cut,
            "tau": symmetry.tau,
        }

    @property
    def name(self) -> str:
        """``ann:`` and the file's name."""
        return self._name

    @property
    def settings(self) -> Mapping[str, str | int | float | bool]:
        """The file's checksum, and what its header says."""
        return self._settings

    def evaluate(self, positions: NDArray[np.float64]) -> Evaluation:
        """Energy (eV), forces (N, 3) (eV/angstrom) and, of a committee, uncertainties (eV).

        Raises:
            EngineError: atoms on top of each other, or no finite result
        """
        if not self.longest_leap:
            result = self.evaluator.evaluate(positions)
            doubt = (result.spread, result.atomic_spread) if self._committee else (None, None)
            return Evaluation(result.energy, result.forces, *doubt)
        # A step in no time: what is compiled for leaps does for this, too.
        still = Motion(np.asarray(positions, dtype=np.float64), *np.zeros((2, *positions.shape)))
        none = np.zeros(self._noise_shape)
        integrator = Integrator(0.0, self._masses, 1.0, none, np.inf, np.inf)
        return self.leap(still, still.forces, 0, 1, integrator, self._no_hands).evaluation

    def leap(
        self,
        motion: Motion,
        user_forces: Floats,
        step: int,
        steps: int,
        integrator: Integrator,
        hands: InteractionArrays,
    ) -> Leap:
        """Several MD steps in one compiled call, see :class:`~atomtug.server.engines.base.LeapingEngine`.

        Raises:
            EngineError: atoms on top of each other, a leap too far, or no finite result
        """
        evaluator = self.evaluator
        zero, nothing = np.float64(0.0), np.zeros_like(motion.positions)
        arguments = evaluator.arguments(motion.positions)
        with jax.enable_x64(True):
            doubt = np.zeros(len(motion.positions), np.float32)
            course = Course(
                np.int32(0), *motion, user_forces, zero, np.float32(0.0), nothing, np.float32(0.0), doubt
            )
            while True:
                course, stop = run(
                    self._model.architecture,
                    evaluator.layout,
                    arguments,
                    integrator,
                    hands,
                    course,
                    step,
                    steps,
                )
                if bool(stop.ok):
                    break
                self._check(
                    stop, integrator
                )  # or the lists have grown: go on from the last step that was right
            values = [np.asarray(value) for value in course]
        made, positions, velocities, _, _, work, energy, forces, spread, spreads = values
        uncertain = (float(spread), spreads.astype(np.float64)) if self._committee else (None, None)
        evaluation = Evaluation(float(energy) + evaluator.reference, forces, *uncertain)
        return Leap(int(made), positions, velocities, float(work), evaluation)

    def _check(self, stop: Stop, integrator: Integrator) -> None:
        if not bool(stop.finite):
            raise EngineError("The network gave a result that is not a number for this geometry.")
        if self.evaluator.accept(stop.lists):
            raise too_far(float(stop.moved))

    def forget(self) -> None:
        """Nothing: the lists of neighbours are made anew for each geometry."""


def _in_sixteens(count: int) -> int:
    return -(-count // 16) * 16

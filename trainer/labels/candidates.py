"""Geometries that a network was not sure of while somebody pulled, and which of them is labelled next."""

from dataclasses import dataclass

import numpy as np
from ase.data import covalent_radii

from atomtug.core.arrays import Floats, Ints
from atomtug.trainer.labels.frames import sort_out
from atomtug.trainer.labels.selection import describe

PRESSED = 0.6
"""Of the sum of two covalent radii: nearer atoms make a geometry that hands do not reach but by a network's error."""
MOST = 1000
"""Candidates kept; of more, those most like what is labelled go first."""


@dataclass(frozen=True)
class Candidate:
    """A geometry of N atoms.

    Args:
        frame: a number that tells it from others of its molecule, rising with time
        positions: (N, 3) angstrom
        engine: the engine that it comes from
        engine_energy: by that, eV
        engine_forces: (N, 3) by that, eV/angstrom
    """

    frame: int
    positions: Floats
    engine: str
    engine_energy: float
    engine_forces: Floats


class CandidatePool:
    """Candidates of one molecule, each with its distance to the nearest geometry that is labelled or chosen.

    Args:
        numbers: (N,) atomic numbers
        seed: of the random choices
        most: candidates kept
    """

    def __init__(self, numbers: Ints, seed: int = 0, most: int = MOST) -> None:
        self._numbers = numbers
        self._most = most
        self._random = np.random.default_rng(seed)
        self._candidates: list[Candidate] = []
        self._points: list[Floats] = []
        self._distances: list[float] = []
        self._known: list[Floats] = []

    def __len__(self) -> int:
        return len(self._candidates)

    def add(self, candidate: Candidate) -> bool:
        """Take a candidate; one with atoms pressed into each other, or flown apart, is not taken."""
        sound, _ = sort_out(candidate.positions[None])
        if not len(sound) or self._is_pressed(candidate.positions):
            return False
        point = self._point(candidate.positions)
        distances = [float(np.linalg.norm(point - known)) for known in self._known]
        self._candidates.append(candidate)
        self._points.append(point)
        self._distances.append(min(distances, default=np.inf))
        if len(self._candidates) > self._most:
            self._remove(int(np.argmin(self._distances)))
        return True

    def know(self, positions: Floats) -> None:
        """Take a geometry (N, 3) as one that is labelled: what is like it comes later."""
        point = self._point(positions)
        self._known.append(point)
        for index, other in enumerate(self._points):
            self._distances[index] = min(self._distances[index], float(np.linalg.norm(point - other)))

    def take_most_different(self) -> Candidate:
        """The candidate farthest from all that is labelled or was taken before.

        Raises:
            IndexError: there is none
        """
        if not self._candidates:
            raise IndexError("There is no candidate.")
        return self._take(int(np.argmax(self._distances)))

    def take_random(self) -> Candidate:
        """One like the others, to judge by.

        Raises:
            IndexError: there is none
        """
        if not self._candidates:
            raise IndexError("There is no candidate.")
        return self._take(int(self._random.integers(len(self._candidates))))

    def clear(self) -> None:
        """Forget the candidates, but not what is labelled."""
        self._candidates.clear()
        self._points.clear()
        self._distances.clear()

    def _take(self, index: int) -> Candidate:
        candidate = self._candidates[index]
        self._remove(index)
        self.know(candidate.positions)
        return candidate

    def _remove(self, index: int) -> None:
        for each in (self._candidates, self._points, self._distances):
            del each[index]

    def _is_pressed(self, positions: Floats) -> bool:
        i, j = np.triu_indices(len(positions), k=1)
        radii = covalent_radii[self._numbers]
        distances = np.linalg.norm(positions[i] - positions[j], axis=-1)
        return bool(np.any(distances < PRESSED * (radii[i] + radii[j])))

    def _point(self, positions: Floats) -> Floats:
        return np.asarray(describe(self._numbers, positions[None])[0])

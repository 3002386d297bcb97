"""Trajectories of other programs in memory, as a session plays them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from atomtug.core.arrays import Floats, Ints
from atomtug.core.errors import InputError, RecordingError
from atomtug.core.frame import Frame
from atomtug.core.systems import System
from atomtug.core.systems.bonds import BondPerception
from atomtug.recordings.events import Event
from atomtug.wire.values import Value


@dataclass(frozen=True)
class ForeignFrame:
    """One frame, in ASE's units; what the file does not say is None.

    Args:
        positions: (N, 3) angstrom
        velocities: (N, 3)
        forces: (N, 3) without the hands'
        user_forces: (N, 3) of the hands
        energy, kinetic_energy: eV
        temperature: K
        time: since the start
        bonds: (B, 2) indices of atoms
        shared: keys of the shared state that others wrote
    """

    positions: Floats
    velocities: Floats | None = None
    forces: Floats | None = None
    user_forces: Floats | None = None
    energy: float = float("nan")
    kinetic_energy: float = float("nan")
    temperature: float = float("nan")
    time: float = 0.0
    bonds: Ints | None = None
    shared: Mapping[str, Value] = field(default_factory=dict)


class ForeignTrajectory:
    """Frames that another program wrote, all of one set of atoms.

    Args:
        path: of the file
        numbers: (N,) atomic numbers
        moments: the frames
        notes: sentences on what was left out

    Raises:
        RecordingError: there is no frame, or the atoms are none that can be shown
    """

    def __init__(
        self, path: Path, numbers: Ints, moments: Sequence[ForeignFrame], notes: tuple[str, ...] = ()
    ) -> None:
        if not moments:
            raise RecordingError(f"{path} holds no frame: there is nothing to play.")
        self.path = path
        self.events: tuple[Event, ...] = ()
        """There is no journal in them."""
        self._moments = moments
        self._bonds: list[Ints] = []
        self._perceive = BondPerception(np.asarray(numbers, dtype=np.int64))
        multiplicity = 1 + int(np.sum(numbers)) % 2
        name = path.name.partition(".")[0] or path.name
        try:
            self.system = System(name, numbers, moments[0].positions, 0, multiplicity, notes=notes)
        except InputError as error:
            raise RecordingError(f"{path} can't be played: {error}") from error

    def __len__(self) -> int:
        return len(self._moments)

    def frame(self, index: int) -> Frame:
        """One frame; what the file does not say is NaN, or zero for forces and velocities."""
        moment = self._moments[index]
        nothing = np.zeros_like(moment.positions)
        return Frame(
            step=index,
            time=moment.time,
            positions=moment.positions,
            velocities=nothing if moment.velocities is None else moment.velocities,
            energy=moment.energy,
            forces=nothing if moment.forces is None else moment.forces,
            kinetic_energy=moment.kinetic_energy,
            temperature=moment.temperature,
            wall_energy=0.0,
            wall_forces=nothing,
            user_forces=nothing if moment.user_forces is None else moment.user_forces,
            user_work=float("nan"),
        )

    def bonds(self, index: int) -> Ints:
        """(B, 2) the pairs bonded in a frame: as the file has them, else by distance."""
        while len(self._bonds) <= index:
            moment = self._moments[len(self._bonds)]
            before = self._bonds[-1] if self._bonds else None
            said = moment.bonds
            self._bonds.append(self._perceive(moment.positions, before) if said is None else said)
        return self._bonds[index]

    def shared_state(self, index: int) -> Mapping[str, Value]:
        """The keys of the shared state that others had written by this frame."""
        return self._moments[index].shared

    def close(self) -> None:
        """Nothing is open."""

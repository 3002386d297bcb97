"""One instant of a simulation, as the dynamics makes it and as recordings and clients receive it."""

from dataclasses import dataclass, field

from atomtug.core.arrays import Floats, Ints
from atomtug.core.electrons import ElectronicStructure


@dataclass(frozen=True)
class AppliedInteraction:
    """What one hand did to the atoms at this instant.

    Args:
        key: its key in the shared state, e.g. ``interaction.right``
        position: (3,) where the hand was taken to be, angstrom (interpolated between its updates)
        particles: (n,) indices of the atoms it held
        forces: (n, 3) the forces on them, eV/angstrom, as applied (after the cap); what other atoms get in
            return, where the hand asks for that, is in the frame's ``user_forces`` only
        energy: potential energy of the interaction, eV
    """

    key: str
    position: Floats
    particles: Ints
    forces: Floats
    energy: float


@dataclass(frozen=True)
class Frame:
    """One instant, in ASE's units (angstrom, eV, amu).

    Args:
        step: MD steps since the last reset
        time: time since the last reset, ASE time units
        positions: (N, 3) angstrom
        velocities: (N, 3) ASE velocity units
        energy: potential energy by the engine alone, eV, ``energy_offset`` included
        forces: (N, 3) by the engine alone, eV/angstrom
        kinetic_energy: eV
        temperature: instantaneous, K; of vibration and rotation, without the translation of each fragment
        wall_energy: of the wall that keeps fragments in reach, eV
        wall_forces: (N, 3) eV/angstrom
        user_forces: (N, 3) the sum over all hands after the cap, eV/angstrom
        user_work: work done by the hands since the last reset, eV
        interactions: each hand's share
        engine: name of the engine that gave ``energy`` and ``forces``
        energy_offset: eV that were added to the engine's own number, so that the energy had no jump where one
            engine took over from another (each counts from a zero of its own)
        uncertainty: how far the members of a committee are apart in ``energy``, eV; None if it is none
        atomic_uncertainty: (N,) of the force on each atom, eV/angstrom; None likewise
        electrons: charges, spins, bond orders and <S^2>; None if the engine does not give them
    """

    step: int
    time: float
    positions: Floats
    velocities: Floats
    energy: float
    forces: Floats
    kinetic_energy: float
    temperature: float
    wall_energy: float
    wall_forces: Floats
    user_forces: Floats
    user_work: float
    interactions: tuple[AppliedInteraction, ...] = field(default=())
    engine: str = ""
    energy_offset: float = 0.0
    uncertainty: float | None = None
    atomic_uncertainty: Floats | None = None
    electrons: ElectronicStructure | None = None

    @property
    def user_energy(self) -> float:
        """Potential energy of all hands, eV."""
        return float(sum(interaction.energy for interaction in self.interactions))

    @property
    def total_forces(self) -> Floats:
        """(N, 3) engine, wall and hands together, eV/angstrom."""
        return self.forces + self.wall_forces + self.user_forces

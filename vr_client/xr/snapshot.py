"""Snapshots of the server for drawing: the network's threads make them, the frame loop only reads them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from atomtug.core.arrays import Floats, Ints
from atomtug.vr_client.client.client_frame import ClientFrame
from atomtug.vr_client.xr.avatars import AVATAR, Avatar, read_avatar
from atomtug.vr_client.xr.poses import Pose, normalized
from atomtug.wire import frame_keys, state_keys
from atomtug.wire.state_keys import INTERACTION_PREFIX

ORIGIN = state_keys.USER_ORIGIN_PREFIX


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The newest frame.

    Args:
        number: counts the frames that came; 0: none yet
        connection: counts the connections; a new number means that the server may have been started again
        arrived: when it came, seconds (monotonic)
        begins: whether a simulation starts with it
        positions: (N, 3) nm
        elements: (N,) atomic numbers
        masses: (N,) amu
        bonds: (B, 2)
        orders: (B,) the engine's bond orders; empty where it says nothing
        molecules: what each molecule is called; empty where the server does not say
        charges: (N,) elementary charges; empty likewise
        spins: (N,) alpha minus beta electrons; empty likewise
        forces: atom -> kJ/mol/nm by which hands pull it
        energy: potential energy, kJ/mol; NaN where nobody says
        work: done by the hands, kJ/mol
        time: simulated, ps
        system: name of what is simulated
        engine: where forces come from
        uncertainty: of the energy by the engine's own account, kJ/mol; NaN where it says nothing
        atom_uncertainty: (N,) of the force on each atom, kJ/mol/nm; empty where it says nothing
        playing: whether it runs; None where nobody says
        spin_square: <S^2>; NaN where the engine says nothing
        state_changes: how often the engine went over to another electronic state since the start
        state_changed: what the last of these did to the energy, kJ/mol; NaN before the first
        recording: name of the recording; empty: none
        trouble: why it stopped
    """

    number: int = 0
    connection: int = 0
    arrived: float = 0.0
    begins: bool = False
    positions: Floats = field(default_factory=lambda: np.zeros((0, 3)))
    elements: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    masses: Floats = field(default_factory=lambda: np.zeros(0))
    bonds: Ints = field(default_factory=lambda: np.zeros((0, 2), dtype=np.int64))
    orders: Floats = field(default_factory=lambda: np.zeros(0))
    molecules: tuple[str, ...] = ()
    charges: Floats = field(default_factory=lambda: np.zeros(0))
    spins: Floats = field(default_factory=lambda: np.zeros(0))
    forces: Mapping[int, float] = field(default_factory=dict)
    energy: float = np.nan
    work: float = 0.0
    time: float = 0.0
    system: str = ""
    engine: str = ""
    uncertainty: float = np.nan
    atom_uncertainty: Floats = field(default_factory=lambda: np.zeros(0))
    playing: bool | None = None
    spin_square: float = np.nan
    state_changes: int = 0
    state_changed: float = np.nan
    recording: str = ""
    trouble: str = ""

    @classmethod
    def of(cls, frame: ClientFrame, number: int, connection: int, arrived: float, begins: bool) -> "Snapshot":
        """The snapshot of a client's frame."""
        positions = frame.positions_nm
        count = len(positions)
        elements, bonds = frame.numbers, frame.bonds
        if len(elements) != count:  # a server that says nothing about elements
            elements = np.full(count, 6, dtype=np.int64)
        orders = _numbers(frame, frame_keys.BOND_ORDERS_ENGINE, len(bonds))
        inside = (bonds < count).all(axis=1)
        pulled = np.asarray(frame.get(frame_keys.USER_FORCES_INDEX, ()), dtype=np.int64)
        strengths = np.linalg.norm(frame.user_forces, axis=1)
        playing = frame.get(frame_keys.PLAYBACK_PLAYING)
        energies = _numbers(frame, frame_keys.ENGINE_STATE_CHANGED, 2)
        return cls(
            number=number,
            connection=connection,
            arrived=arrived,
            begins=begins,
            positions=positions,
            elements=elements,
            masses=frame.masses,
            bonds=bonds[inside],
            orders=orders[inside] if len(orders) else orders,
            molecules=tuple(str(name) for name in frame.get(frame_keys.MOLECULE_NAMES, ())),
            charges=_numbers(frame, frame_keys.PARTICLE_CHARGES, count),
            spins=_numbers(frame, frame_keys.PARTICLE_SPINS, count),
            forces=dict(zip(pulled.tolist(), strengths.tolist(), strict=False)),
            energy=frame.potential_energy,
            work=frame.work_done,
            time=frame.time,
            system=str(frame.get(frame_keys.SIMULATION_NAME, "")),
            engine=str(frame.get(frame_keys.ENGINE_NAME, "")),
            uncertainty=float(frame.get(frame_keys.ENGINE_UNCERTAINTY, np.nan)),
            atom_uncertainty=_numbers(frame, frame_keys.ENGINE_UNCERTAINTY_ATOMS, count),
            playing=None if playing is None else bool(playing),
            spin_square=float(frame.get(frame_keys.ENGINE_SPIN_SQUARE, np.nan)),
            state_changes=int(frame.get(frame_keys.ENGINE_STATE_CHANGES, 0)),
            state_changed=float(energies[1] - energies[0]) if len(energies) else np.nan,
            recording=str(frame.get(frame_keys.RECORDING_NAME) or ""),
            trouble=frame.exception,
        )


@dataclass(frozen=True, eq=False)
class RemotePull:
    """A pull of another client.

    Args:
        position: (3,) of the hand, nm
        particles: what it holds
    """

    position: Floats
    particles: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class SharedSnapshot:
    """The shared state, as far as it is drawn or used.

    Args:
        connection: as in :class:`Snapshot`; 0: nothing is known yet
        scene: the ten numbers of the box, unchecked; None: nobody has said
        origin: our own place in server space
        law: the server's force law
        avatars: the others, by player id
        pulls: the others' hands on atoms
        undoable: how many times the simulation can go back
    """

    connection: int = 0
    scene: Any = None
    origin: Pose = field(default_factory=Pose)
    law: str = "narupa"
    avatars: Mapping[str, Avatar] = field(default_factory=dict)
    pulls: tuple[RemotePull, ...] = ()
    undoable: int = 0

    @classmethod
    def of(cls, state: Mapping[str, Any], owner: str, connection: int) -> "SharedSnapshot":
        """The snapshot of the shared state; malformed entries are left out."""
        avatars = {
            key.removeprefix(AVATAR): avatar
            for key, value in state.items()
            if key.startswith(AVATAR) and key != AVATAR + owner and (avatar := read_avatar(value)) is not None
        }
        pulls = [
            _pulling(v) for k, v in state.items() if k.startswith(INTERACTION_PREFIX) and _owner(v) != owner
        ]
        return cls(
            connection=connection,
            scene=state.get("scene"),
            origin=_pose(state.get(ORIGIN + owner)),
            law=str(state.get(state_keys.FORCE_LAW, "narupa")),
            avatars=avatars,
            pulls=tuple(pull for pull in pulls if pull is not None),
            undoable=_count(state.get(state_keys.CHECKPOINT_COUNT)),
        )


@dataclass(frozen=True, eq=False)
class ServerStatus:
    """The server's commands and engines, and the state of the connection.

    Args:
        connected: whether it answers
        message: a sentence for the person in the headset; empty: all is well
        commands: names of what can be run
        engines: names that ``engine/load`` takes
        systems: names of what ``playback/load`` takes, in its order
        undoable: how many times the simulation can go back
    """

    connected: bool = False
    message: str = ""
    commands: frozenset[str] = frozenset()
    engines: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    undoable: int = 0


def _numbers(frame: ClientFrame, key: str, count: int) -> Floats:
    """So many numbers of a frame; none at all where it has another number of them."""
    numbers = np.asarray(frame.get(key, ()), dtype=np.float64)
    return numbers if len(numbers) == count else np.zeros(0)


def _count(value: Any) -> int:
    return int(value) if isinstance(value, int | float) and np.isfinite(value) else 0


def _owner(value: Any) -> Any:
    return value.get("owner.id") if isinstance(value, Mapping) else None


def _pulling(value: Any) -> RemotePull | None:
    try:
        position = np.array(value["position"], dtype=np.float64)
        particles = tuple(int(index) for index in value["particles"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    return RemotePull(position, particles) if position.shape == (3,) and np.isfinite(position).all() else None


def _pose(value: Any) -> Pose:
    try:
        position = np.array(value["position"], dtype=np.float64)
        rotation = np.array(value["rotation"], dtype=np.float64)
    except (KeyError, TypeError, ValueError):
        return Pose()
    if position.shape != (3,) or rotation.shape != (4,) or not np.isfinite([*position, *rotation]).all():
        return Pose()
    return Pose(position, normalized(rotation))

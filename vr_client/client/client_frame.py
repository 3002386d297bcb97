"""A frame as a client holds it: the values received so far, each decoded when it is first used."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from ase.data import atomic_masses

from atomtug.core.arrays import Floats, Ints
from atomtug.core.systems.fragments import atom_labels
from atomtug.core.units import NM_PER_ANGSTROM
from atomtug.protos import array_pb2, trajectory_pb2
from atomtug.wire import frame_keys
from atomtug.wire.struct_codec import from_protobuf


class _Field:
    """One entry of a frame: the message as it came, and its decoded value after the first use.

    Frames share fields, so that a topology is decoded once, and not for each frame that it is valid for.
    """

    __slots__ = ("_decoded", "_message")

    def __init__(self, message: Any) -> None:
        self._message = message
        self._decoded: Any = None

    @property
    def decoded(self) -> Any:
        if self._message is not None:
            self._decoded = _decode(self._message)
            self._message = None
        return self._decoded

    @classmethod
    def of(cls, decoded: Any) -> "_Field":
        field = cls(None)
        field._decoded = decoded
        return field


class ClientFrame(Mapping[str, Any]):
    """Everything that is known of the simulation at one time: a mapping from wire keys to values.

    ``frame["energy.potential"]`` is what the server sent, in the wire's units (nm, ps, kJ/mol); arrays are
    flat numpy arrays, lists of text are lists. The properties reshape the ones a script needs.

    Args:
        index: the frame's number; 0 is the first frame of a simulation
        entries: wire key -> decoded value
    """

    def __init__(self, index: int = 0, entries: Mapping[str, Any] | None = None) -> None:
        self.index = index
        self._fields = {key: _Field.of(value) for key, value in (entries or {}).items()}

    @classmethod
    def from_message(cls, message: trajectory_pb2.GetFrameResponse) -> "ClientFrame":
        """The frame of one message of a stream, which holds only what changed."""
        frame = cls(message.frame_index)
        frame._fields = {
            **{key: _Field(value) for key, value in message.frame.values.items()},
            **{key: _Field(array) for key, array in message.frame.arrays.items()},
        }
        for keys in ((frame_keys.USER_FORCES_INDEX, frame_keys.USER_FORCES_SPARSE), (frame_keys.BOND_PAIRS,)):
            # To Narupa's clients a server says "none" by one entry of zero.
            if all(key in frame._fields and _is_one_of_zero(message.frame.arrays[key]) for key in keys):
                frame._fields |= {key: _Field.of(_decode(message.frame.arrays[key])[:0]) for key in keys}
        return frame

    def merged(self, newer: "ClientFrame") -> "ClientFrame":
        """This frame updated with a newer one, which replaces it completely if a simulation starts with it."""
        if newer.index == 0:
            return newer
        frame = ClientFrame(newer.index)
        frame._fields = {**self._fields, **newer._fields}
        return frame

    def __getitem__(self, key: str) -> Any:
        return self._fields[key].decoded

    def __iter__(self) -> Any:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __repr__(self) -> str:
        return f"ClientFrame(index={self.index}, atoms={self.count}, time={self.time:.4f} ps)"

    @property
    def count(self) -> int:
        """Number of atoms; 0 before the first positions."""
        return len(self.get(frame_keys.PARTICLE_POSITIONS, ())) // 3

    @property
    def positions_nm(self) -> Floats:
        """(N, 3) nm, as on the wire."""
        return np.asarray(self.get(frame_keys.PARTICLE_POSITIONS, ()), dtype=np.float64).reshape(-1, 3)

    @property
    def positions(self) -> Floats:
        """(N, 3) angstrom."""
        return self.positions_nm / NM_PER_ANGSTROM

    @property
    def numbers(self) -> Ints:
        """(N,) atomic numbers."""
        return np.asarray(self.get(frame_keys.PARTICLE_ELEMENTS, ()), dtype=np.int64)

    @property
    def masses(self) -> Floats:
        """(N,) amu; of the elements where the server does not say them. An unknown element counts as carbon."""
        told = np.asarray(self.get(frame_keys.PARTICLE_MASSES, ()), dtype=np.float64)
        numbers = self.numbers
        if len(told) == self.count:
            return told
        numbers = numbers if len(numbers) == self.count else np.full(self.count, 6)
        known = (numbers > 0) & (numbers < len(atomic_masses))
        return np.asarray(atomic_masses[np.where(known, numbers, 6)], dtype=np.float64)

    @property
    def bonds(self) -> Ints:
        """(B, 2) pairs of bonded atoms, as the server perceives them."""
        return np.asarray(self.get(frame_keys.BOND_PAIRS, ()), dtype=np.int64).reshape(-1, 2)

    @property
    def atom_names(self) -> list[str]:
        """(N,) e.g. ``C1``; empty where the server sent none."""
        return list(self.get(frame_keys.PARTICLE_NAMES, ()))

    @property
    def residue_names(self) -> list[str]:
        """(N,) the name of the residue each atom belongs to; empty where the server sent none."""
        names, members = self.get(frame_keys.RESIDUE_NAMES, ()), self.get(frame_keys.PARTICLE_RESIDUES, ())
        return [names[int(member)] for member in members] if len(names) else []

    @property
    def residue_indices(self) -> Ints:
        """(N,) which residue each atom belongs to; empty where the server sent none."""
        return np.asarray(self.get(frame_keys.PARTICLE_RESIDUES, ()), dtype=np.int64)

    @property
    def atom_labels(self) -> list[str]:
        """(N,) what to call each atom: ``H4`` in the largest residue, ``CN:C`` in the others.

        Where the server sends no names, the index as text. The rules are in :mod:`atomtug.core.systems.fragments`.
        """
        names, residues = self.atom_names, self.residue_indices
        residue_names = list(self.get(frame_keys.RESIDUE_NAMES, ()))
        if not len(names) == len(residues) == self.count or residues.max(initial=-1) >= len(residue_names):
            return [str(index) for index in range(self.count)]
        return atom_labels(names, residues.tolist(), residue_names)

    @property
    def total_charge(self) -> int:
        """Charge of the whole, e; from servers that don't say it, by the engine's charges of the atoms, 0 without."""
        said = self.get(frame_keys.TOTAL_CHARGE)
        if isinstance(said, int | float) and np.isfinite(said):
            return round(said)
        return round(float(np.sum(self.get(frame_keys.PARTICLE_CHARGES, ()))))

    @property
    def title(self) -> str:
        """What the simulated system is called; empty where the server sent no name."""
        return str(self.get(frame_keys.SIMULATION_NAME) or "")

    @property
    def time(self) -> float:
        """Simulated time since the last reset, ps."""
        return float(self.get(frame_keys.SIMULATION_TIME, 0.0))

    @property
    def resets(self) -> int:
        """How many times the simulation was reset or loaded."""
        return int(self.get(frame_keys.SIMULATION_COUNTER, 0))

    @property
    def exception(self) -> str:
        """Why the simulation stopped, in the server's words; empty while it runs."""
        return str(self.get(frame_keys.SIMULATION_EXCEPTION) or "")

    @property
    def potential_energy(self) -> float:
        """Potential energy without the hands', kJ/mol; NaN where the server sent none."""
        return float(self.get(frame_keys.POTENTIAL_ENERGY, np.nan))

    @property
    def work_done(self) -> float:
        """Work of all hands since the last reset, kJ/mol."""
        return float(self.get(frame_keys.USER_WORK, 0.0))

    @property
    def user_forces(self) -> Floats:
        """(K, 3) the forces of all hands on the K atoms they pull, kJ/mol/nm."""
        return np.asarray(self.get(frame_keys.USER_FORCES_SPARSE, ()), dtype=np.float64).reshape(-1, 3)


def _is_one_of_zero(array: array_pb2.ValueArray) -> bool:
    numbers = getattr(array, array.WhichOneof("values") or "float_values").values
    return len(numbers) <= 3 and not any(numbers)


def _decode(message: Any) -> Any:
    if not isinstance(message, array_pb2.ValueArray):
        return from_protobuf(message)
    kind = message.WhichOneof("values")
    if kind is None:  # an empty array that its sender did not type
        return np.empty(0)
    if kind == "string_values":
        return list(message.string_values.values)
    dtype = np.float32 if kind == "float_values" else np.int64
    array = np.array(getattr(message, kind).values, dtype=dtype)
    array.flags.writeable = False
    return array

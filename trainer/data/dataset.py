"""A data set in memory: for each molecule a table of geometries, and the trajectories they came from."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from ase.data import chemical_symbols
from numpy.typing import NDArray

from atomtug.core.arrays import Floats, Ints
from atomtug.core.errors import InputError
from atomtug.trainer.data.columns import BY_NAME, COLUMNS
from atomtug.trainer.dft.theory import Label, Theory


@dataclass(frozen=True)
class Trajectory:
    """Where geometries came from: one recording, or one trajectory of an imported file.

    Args:
        key: tells it from all others, whatever its file is called
        name: for people
        molecule: the name of the molecule in this data set
        source: path of the recording, when it was labelled
        frames: how many it has
        set_aside: frames that were left out as broken, for each reason
        provenance: what the recording knows of itself
    """

    key: str
    name: str
    molecule: str
    source: str = ""
    frames: int = 0
    set_aside: Mapping[str, int] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def to_plain(self) -> dict[str, Any]:
        """As JSON and msgpack can hold it."""
        return asdict(self)


@dataclass(frozen=True)
class Row:
    """One geometry with its label.

    Args:
        trajectory: key of its trajectory
        frame: place in it
        positions: (N, 3) angstrom
        label: the label, or why there is none
        engine: name of the engine of the recording; empty if unknown
        engine_energy: hartree, NaN if unknown
        engine_forces: (N, 3) hartree/bohr, None if unknown
    """

    trajectory: str
    frame: int
    positions: Floats
    label: Label
    engine: str = ""
    engine_energy: float = float("nan")
    engine_forces: Floats | None = None


@dataclass(frozen=True)
class Molecule:
    """All geometries of one set of atoms; n geometries, N atoms.

    Args:
        name: in the data set
        numbers: (N,) atomic numbers
        charge: e
        multiplicity: 2S + 1
        table: the columns of :mod:`atomtug.trainer.data.columns`, each (n,) or (n, N, 3)
    """

    name: str
    numbers: Ints
    charge: int
    multiplicity: int
    table: Mapping[str, NDArray[Any]]

    @classmethod
    def build(
        cls, name: str, numbers: Ints, charge: int, multiplicity: int, **columns: NDArray[Any]
    ) -> "Molecule":
        """A molecule of some columns; the others are filled with nothing."""
        numbers = np.asarray(numbers, dtype=np.int64)
        rows = len(columns["positions"]) if "positions" in columns else 0
        table = {column.name: column.empty(rows, len(numbers)) for column in COLUMNS}
        for key, values in columns.items():
            table[key] = np.asarray(values, dtype=BY_NAME[key].dtype).reshape(table[key].shape)
        return cls(name, numbers, charge, multiplicity, table)

    def __len__(self) -> int:
        return len(self.table["energy"])

    def __getattr__(self, name: str) -> NDArray[Any]:
        """The columns by name: ``molecule.positions``, ``molecule.energy``, ..."""
        if name in BY_NAME:
            return self.table[name]
        raise AttributeError(name)

    @property
    def labelled(self) -> NDArray[np.bool_]:
        """(n,) whether there is an energy to learn from."""
        labelled: NDArray[np.bool_] = self.table["converged"] & np.isfinite(self.table["energy"])
        return labelled

    @property
    def with_forces(self) -> NDArray[np.bool_]:
        """(n,) whether there are forces to learn from, too."""
        finite: NDArray[np.bool_] = np.isfinite(self.table["forces"]).all(axis=(1, 2))
        return self.labelled & finite

    @property
    def symbols(self) -> list[str]:
        """(N,) chemical symbols."""
        return [chemical_symbols[number] for number in self.numbers]

    def take(self, which: NDArray[Any]) -> "Molecule":
        """Some of the geometries, by mask or index."""
        return replace(self, table={name: values[which] for name, values in self.table.items()})

    def same_atoms(self, numbers: Ints, charge: int, multiplicity: int) -> bool:
        """Whether geometries of these atoms belong here."""
        return (
            np.array_equal(self.numbers, numbers)
            and self.charge == charge
            and self.multiplicity == multiplicity
        )


class DataSet:
    """Labelled geometries of several molecules.

    Args:
        theory: what the labels were computed with; None for an imported set that doesn't say
        trajectories: in the order that the column ``trajectory`` counts them
        molecules: by name
        attributes: versions and the like, as text
    """

    def __init__(
        self,
        theory: Theory | None = None,
        trajectories: Iterable[Trajectory] = (),
        molecules: Iterable[Molecule] = (),
        attributes: Mapping[str, str] | None = None,
    ) -> None:
        self.theory = theory
        self.trajectories = list(trajectories)
        self.molecules = {molecule.name: molecule for molecule in molecules}
        self.attributes = dict(attributes or {})

    def __len__(self) -> int:
        return sum(len(molecule) for molecule in self.molecules.values())

    def __iter__(self) -> Iterator[Molecule]:
        return iter(self.molecules.values())

    def trajectory_index(self, key: str) -> int | None:
        """Where a trajectory stands, or None."""
        return next((i for i, entry in enumerate(self.trajectories) if entry.key == key), None)

    def known(self) -> set[tuple[str, int]]:
        """(trajectory's key, frame) of every geometry, failed ones too."""
        keys = [entry.key for entry in self.trajectories]
        return {
            (keys[trajectory], int(frame))
            for molecule in self
            for trajectory, frame in zip(molecule.trajectory, molecule.frame, strict=True)
            if trajectory >= 0
        }

    def home(self, name: str, numbers: Ints, charge: int, multiplicity: int) -> str:
        """The name under which a molecule's geometries are kept; made if there is none.

        Two molecules of one name and different atoms get different names.
        """
        candidates = (name if number == 1 else f"{name}-{number}" for number in range(1, 1_000_000))
        for candidate in candidates:
            if candidate not in self.molecules:
                empty = Molecule.build(candidate, numbers, charge, multiplicity)
                self.molecules[candidate] = empty
                return candidate
            if self.molecules[candidate].same_atoms(numbers, charge, multiplicity):
                return candidate
        raise AssertionError("names never run out")

    def add_trajectory(self, trajectory: Trajectory) -> None:
        """Add it, or replace what was known of it."""
        index = self.trajectory_index(trajectory.key)
        if index is None:
            self.trajectories.append(trajectory)
        else:
            self.trajectories[index] = trajectory

    def add(self, rows: Iterable[Row]) -> None:
        """Add geometries of known trajectories; those already there are passed over."""
        known = self.known()
        places = {entry.key: index for index, entry in enumerate(self.trajectories)}
        fresh: dict[str, list[Row]] = {}
        for row in rows:
            if row.trajectory not in places:
                raise InputError(f"A label of frame {row.frame} belongs to no trajectory of the data set.")
            if (row.trajectory, row.frame) not in known:
                known.add((row.trajectory, row.frame))
                fresh.setdefault(self.trajectories[places[row.trajectory]].molecule, []).append(row)
        for name, new in fresh.items():
            molecule = self.molecules[name]
            self.molecules[name] = _joined(molecule, _from_rows(molecule, new, places))

    def extend(self, molecule: Molecule) -> None:
        """Add geometries of a molecule as they are, its name being that of :meth:`home`."""
        self.molecules[molecule.name] = _joined(self.molecules[molecule.name], molecule)


def _joined(first: Molecule, second: Molecule) -> Molecule:
    table = {name: np.concatenate([first.table[name], second.table[name]]) for name in first.table}
    return replace(first, table=table)


def _from_rows(molecule: Molecule, rows: list[Row], places: Mapping[str, int]) -> Molecule:
    nothing = np.full((len(molecule.numbers), 3), np.nan)
    labels = [row.label for row in rows]
    return Molecule.build(
        molecule.name,
        molecule.numbers,
        molecule.charge,
        molecule.multiplicity,
        positions=np.stack([row.positions for row in rows]),
        energy=np.array([label.energy for label in labels]),
        forces=np.stack([label.forces for label in labels]),
        trajectory=np.array([places[row.trajectory] for row in rows]),
        frame=np.array([row.frame for row in rows]),
        converged=np.array([label.converged for label in labels]),
        spin_square=np.array([label.spin_square for label in labels]),
        cycles=np.array([label.cycles for label in labels]),
        method=np.array([label.method for label in labels], dtype=object),
        reason=np.array([label.reason for label in labels], dtype=object),
        seconds=np.array([label.seconds for label in labels]),
        engine=np.array([row.engine for row in rows], dtype=object),
        engine_energy=np.array([row.engine_energy for row in rows]),
        engine_forces=np.stack([nothing if row.engine_forces is None else row.engine_forces for row in rows]),
    )

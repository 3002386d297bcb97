"""A data set in memory: for each molecule a table of geometries, and the trajectories they came from."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from atomtug.core.arrays import Floats, Ints
from atomtug.core.errors import InputError
from atomtug.trainer.data.molecule import Molecule
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
        engine_energy: eV, NaN if unknown
        engine_forces: (N, 3) eV/angstrom, None if unknown
    """

    trajectory: str
    frame: int
    positions: Floats
    label: Label
    engine: str = ""
    engine_energy: float = float("nan")
    engine_forces: Floats | None = None


class DataSet:
    """Labelled geometries of several molecules; energies are eV, forces eV/angstrom.

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
        name = group_name(name) or "molecule"
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
        """Add geometries of known trajectories; those already there are passed over.

        Raises:
            InputError: a geometry is of a trajectory that is not known
        """
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
            self.molecules[name] = molecule.joined(_from_rows(molecule, new, places))

    def forget_failed(self, geometries: Collection[tuple[str, int]]) -> None:
        """Drop the failed labels of some geometries, each a trajectory's key and a frame: they were made again."""
        keys = [entry.key for entry in self.trajectories]
        for name, molecule in self.molecules.items():
            kept = molecule.labelled.copy()
            for row in np.flatnonzero(~kept):
                index = int(molecule.trajectory[row])
                kept[row] = index < 0 or (keys[index], int(molecule.frame[row])) not in geometries
            if not kept.all():
                self.molecules[name] = molecule.subset(kept)

    def extend(self, molecule: Molecule) -> None:
        """Add geometries of a molecule as they are, its name being that of :meth:`home`."""
        self.molecules[molecule.name] = self.molecules[molecule.name].joined(molecule)


def group_name(said: str) -> str:
    """A molecule's name as HDF5 takes it for a group; empty if nothing is left of it.

    There ``/`` separates names, and ``.`` is the group itself.
    """
    name = "".join(each if each.isprintable() else "_" for each in said).strip().replace("/", "+")
    return name if name.strip(". ") else ""


def _from_rows(molecule: Molecule, rows: list[Row], places: Mapping[str, int]) -> Molecule:
    atoms = len(molecule.numbers)
    nothing, unknown, nowhere = np.full((atoms, 3), np.nan), np.full(atoms, np.nan), np.full(atoms, -1)
    labels = [row.label for row in rows]
    return Molecule.build(
        molecule.name,
        molecule.numbers,
        molecule.charge,
        molecule.multiplicity,
        positions=np.stack([row.positions for row in rows]),
        energies=np.array([label.energy for label in labels]),
        forces=np.stack([label.forces for label in labels]),
        trajectory=np.array([places[row.trajectory] for row in rows]),
        frame=np.array([row.frame for row in rows]),
        converged=np.array([label.converged for label in labels]),
        spin_square=np.array([label.spin_square for label in labels]),
        cycles=np.array([label.cycles for label in labels]),
        method=np.array([label.method for label in labels], dtype=object),
        reason=np.array([label.reason for label in labels], dtype=object),
        charges=np.stack([unknown if label.charges is None else label.charges for label in labels]),
        spins=np.stack([unknown if label.spins is None else label.spins for label in labels]),
        fragment=np.stack([nowhere if label.fragment is None else label.fragment for label in labels]),
        gap=np.array([label.gap for label in labels]),
        check=np.array([label.check for label in labels], dtype=object),
        odd_state=np.array([label.check if label.contradicted else "" for label in labels], dtype=object),
        seconds=np.array([label.seconds for label in labels]),
        engine=np.array([row.engine for row in rows], dtype=object),
        engine_energies=np.array([row.engine_energy for row in rows]),
        engine_forces=np.stack([nothing if row.engine_forces is None else row.engine_forces for row in rows]),
    )

"""A data set in memory: for each molecule a table of geometries, and the trajectories they came from."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

import numpy as np
from ase.data import chemical_symbols
from numpy.typing import NDArray

from atomtug.core.arrays import Floats, Ints
from atomtug.core.errors import InputError
from atomtug.trainer.data.quantities import BY_FIELD, QUANTITIES, Values
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


Texts = NDArray[np.object_]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Molecule:
    """All geometries of one set of atoms; n geometries, N atoms.

    Args:
        name: in the data set
        numbers: (N,) atomic numbers
        charge: e
        multiplicity: 2S + 1
        positions: (n, N, 3) angstrom
        energies: (n,) total energies, eV; NaN where the label failed
        forces: (n, N, 3) eV/angstrom; NaN where there are none
        trajectory: (n,) place of the trajectory in :attr:`DataSet.trajectories`, -1 for none
        frame: (n,) place in the trajectory, -1 where it is not known
        converged: (n,) False for a failed label
        spin_square: (n,) expectation value of S^2
        cycles: (n,) of the self-consistent field, over all attempts
        method: (n,) which way led to the label
        reason: (n,) why it failed, or why attempts before the last did
        charges: (n, N) of each atom by Löwdin's analysis, elementary charges; NaN where unknown
        spins: (n, N) alpha minus beta electrons of each atom, likewise
        fragment: (n, N) which fragment an atom belongs to, -1 where unknown
        gap: (n,) frontier gap, eV, NaN where unknown
        check: (n,) what a calculation with a range-separated hybrid said of the state; empty where none was made
        odd_state: (n,) why the state is not that of the trajectory; empty where it is
        seconds: (n,) of one core
        engine: (n,) the engine of the recording
        engine_energies: (n,) by that engine, eV, NaN where unknown
        engine_forces: (n, N, 3) by that engine, eV/angstrom, likewise
    """

    name: str
    numbers: Ints
    charge: int
    multiplicity: int
    positions: Floats
    energies: Floats
    forces: Floats
    trajectory: Ints
    frame: Ints
    converged: Flags
    spin_square: Floats
    cycles: Ints
    method: Texts
    reason: Texts
    charges: Floats
    spins: Floats
    fragment: Ints
    gap: Floats
    check: Texts
    odd_state: Texts
    seconds: Floats
    engine: Texts
    engine_energies: Floats
    engine_forces: Floats

    @classmethod
    def build(
        cls,
        name: str,
        numbers: Ints,
        charge: int,
        multiplicity: int,
        *,
        positions: Floats | None = None,
        energies: Floats | None = None,
        forces: Floats | None = None,
        trajectory: Ints | None = None,
        frame: Ints | None = None,
        converged: Flags | None = None,
        spin_square: Floats | None = None,
        cycles: Ints | None = None,
        method: Texts | None = None,
        reason: Texts | None = None,
        charges: Floats | None = None,
        spins: Floats | None = None,
        fragment: Ints | None = None,
        gap: Floats | None = None,
        check: Texts | None = None,
        odd_state: Texts | None = None,
        seconds: Floats | None = None,
        engine: Texts | None = None,
        engine_energies: Floats | None = None,
        engine_forces: Floats | None = None,
    ) -> Self:
        """A molecule of what is known; what is left out is filled with "unknown" (NaN, -1, empty text, False)."""
        given = {
            "positions": positions, "energies": energies, "forces": forces, "trajectory": trajectory,
            "frame": frame, "converged": converged, "spin_square": spin_square, "cycles": cycles,
            "method": method, "reason": reason, "charges": charges, "spins": spins, "fragment": fragment,
            "gap": gap, "check": check, "odd_state": odd_state, "seconds": seconds, "engine": engine,
            "engine_energies": engine_energies,
            "engine_forces": engine_forces,
        }  # fmt: skip
        numbers = np.asarray(numbers, dtype=np.int64)
        rows = 0 if positions is None else len(positions)
        columns: dict[str, Any] = {}
        for quantity in QUANTITIES:
            values = given[quantity.field]
            columns[quantity.field] = (
                quantity.empty(rows, len(numbers))
                if values is None
                else np.asarray(values, quantity.dtype).reshape(quantity.shape(rows, len(numbers)))
            )
        return cls(name, numbers, charge, multiplicity, **columns)

    def __len__(self) -> int:
        return len(self.energies)

    def column(self, field: str) -> Values:
        """The array of a field of :data:`atomtug.trainer.data.quantities.QUANTITIES`."""
        values: Values = getattr(self, BY_FIELD[field].field)
        return values

    @property
    def labelled(self) -> NDArray[np.bool_]:
        """(n,) whether there is an energy to learn from."""
        return np.asarray(self.converged & np.isfinite(self.energies), np.bool_)

    @property
    def learnable(self) -> NDArray[np.bool_]:
        """(n,) whether there is an energy to learn from, of the electronic state of the trajectory."""
        return np.asarray(self.labelled & (self.odd_state == ""), np.bool_)

    @property
    def with_forces(self) -> NDArray[np.bool_]:
        """(n,) whether there are forces to learn from, too."""
        finite: Flags = np.all(np.isfinite(self.forces), axis=(1, 2))
        return np.asarray(self.labelled & finite, np.bool_)

    @property
    def symbols(self) -> list[str]:
        """(N,) chemical symbols."""
        return [chemical_symbols[number] for number in self.numbers]

    def subset(self, which: Flags | Ints) -> Self:
        """Some of the geometries, by mask or index."""
        columns: dict[str, Any] = {field: self.column(field)[which] for field in BY_FIELD}
        return replace(self, **columns)

    def joined(self, other: "Molecule") -> Self:
        """The geometries of both, these first."""
        columns: dict[str, Any] = {
            field: np.concatenate([self.column(field), other.column(field)]) for field in BY_FIELD
        }
        return replace(self, **columns)

    def same_atoms(self, numbers: Ints, charge: int, multiplicity: int) -> bool:
        """Whether geometries of these atoms belong here."""
        return (
            np.array_equal(self.numbers, numbers)
            and self.charge == charge
            and self.multiplicity == multiplicity
        )


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
            self.molecules[name] = molecule.joined(_from_rows(molecule, new, places))

    def extend(self, molecule: Molecule) -> None:
        """Add geometries of a molecule as they are, its name being that of :meth:`home`."""
        self.molecules[molecule.name] = self.molecules[molecule.name].joined(molecule)


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

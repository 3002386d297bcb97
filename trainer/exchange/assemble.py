"""From the geometries of a file to a data set: units are checked, broken geometries set aside, charges kept apart."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.errors import InputError
from atomtug.core.units import BOHR, HARTREE
from atomtug.trainer.data import DataSet, Molecule, Trajectory
from atomtug.trainer.exchange.imported import Imported, ImportedGeometry, ReadOptions
from atomtug.trainer.exchange.keys import KEYS, is_key
from atomtug.trainer.exchange.units import (
    ENERGIES,
    FORCES,
    POSITIONS,
    WEAKEST_IN_KCAL,
    Work,
    check_positions,
    energy_ratio,
    force_unit,
    likely_energy_unit,
    too_strong,
    typical_force,
    work_between,
)

NOTES = "notes"
"""The attribute of a data set that keeps sentences on how it was read, one a line."""
_BROKEN = "with a coordinate that is not a number"
_SAME = 1e-5
"""eV. Energies of one geometry that are farther apart contradict each other."""


class _Group:
    """All geometries of one set of atoms, in angstrom, hartree and the file's unit of force."""

    def __init__(self, members: Sequence[tuple[int, ImportedGeometry]], imported: Imported) -> None:
        first = members[0][1]
        self.first = first
        self.members = [geometry for _, geometry in members]
        self.positions = (
            np.stack([geometry.positions for geometry in self.members]) * POSITIONS[imported.position_unit]
        )
        self.energy = (
            np.array([geometry.energy for geometry in self.members]) * ENERGIES[imported.energy_unit]
        )
        nothing = np.full(first.positions.shape, np.nan)
        self.forces = np.stack([nothing if entry.forces is None else entry.forces for entry in self.members])
        names = {
            name: number for number, name in enumerate(dict.fromkeys(g.trajectory for g in self.members))
        }
        self.trajectory = np.array([names[geometry.trajectory] for geometry in self.members])
        self.frame = np.array([geometry.frame for geometry in self.members])

    def work(self) -> Work:
        return work_between(self.positions, self.energy, self.forces, self.trajectory, self.frame)


def assemble(imported: Imported, path: Path, options: ReadOptions) -> DataSet:
    """A data set of what was read from a file.

    Raises:
        InputError: there is nothing to learn from, or the units look wrong
    """
    _apply(imported, options)
    whole = [
        (n, entry) for n, entry in enumerate(imported.geometries) if np.all(np.isfinite(entry.positions))
    ]
    if not imported.geometries:
        raise InputError(f"{path} holds no geometries.")
    if not whole:
        raise InputError(
            f"{path}: each of its {len(imported.geometries)} geometries has a coordinate that is no number."
        )
    if options.energies_needed and not any(np.isfinite(entry.energy) for _, entry in whole):
        others = f" It has {', '.join(imported.others)}." if imported.others else ""
        raise InputError(
            f"{path}: none of its {len(whole)} geometries has an energy under a known name "
            f"({', '.join(KEYS['energy'][:3])}, ...): name it with --energy-key.{others}"
        )
    groups: dict[tuple[object, ...], list[tuple[int, ImportedGeometry]]] = {}
    for number, entry in whole:
        identity = (entry.molecule, entry.numbers.tobytes(), entry.charge, entry.multiplicity)
        groups.setdefault(identity, []).append((number, entry))
    tables = [_Group(members, imported) for members in groups.values()]
    if options.check_units:
        for table in tables:
            check_positions(
                table.positions,
                f"{path}, {len(table.members)} geometries of {len(table.first.numbers)} atoms",
            )
    _settle_units(imported, tables, path, options)
    data = DataSet(attributes={"imported": path.name})
    for table in tables:
        _add(data, table, path, imported)
    broken = len(imported.geometries) - len(whole)
    if broken:
        imported.notes.append(f"{broken} of {len(imported.geometries)} geometries were set aside: {_BROKEN}.")
        _count_broken(data, imported)
    imported.notes[:0] = [_counts(data, imported), *_units_note(imported)]
    imported.notes += _contradictions(data)
    data.attributes[NOTES] = "\n".join(imported.notes)
    return data


def _apply(imported: Imported, options: ReadOptions) -> None:
    """Take units that are asked for in place of the format's."""
    if options.energy_unit is not None:
        if options.energy_unit != imported.energy_unit and options.force_unit is None:
            # Forces that come with other energies than the format's are not in the format's unit either.
            imported.force_unit = None
        imported.energy_unit, imported.said = options.energy_unit, True
    imported.force_unit = options.force_unit or imported.force_unit
    imported.position_unit = options.position_unit or imported.position_unit
    if options.gradients:
        imported.geometries = [
            entry if entry.forces is None else entry._replace(forces=-entry.forces)
            for entry in imported.geometries
        ]


def _settle_units(imported: Imported, tables: list[_Group], path: Path, options: ReadOptions) -> None:
    """Find the unit of the forces where it isn't said, and refuse numbers that can't be in their units.

    Raises:
        InputError: they can't, or the unit of the forces can't be told
    """
    forces = any(np.isfinite(table.forces).all(axis=(1, 2)).any() for table in tables)
    if not options.check_units and imported.force_unit is not None:
        return
    ratios = [energy_ratio(table.energy, table.first.numbers) for table in tables]
    known = [ratio for ratio in ratios if np.isfinite(ratio)]
    total = (
        likely_energy_unit(float(np.median(known)), imported.energy_unit) if known else imported.energy_unit
    )
    if options.check_units and total not in (None, imported.energy_unit):
        also = _forces_too(imported, tables, total) if forces else ""
        raise InputError(
            f"{path}: the energies ({_about(tables, imported)}) can't be in {imported.energy_unit}, they look like "
            f"{total}: give --energy-unit {total}{also}."
        )
    found = None
    if forces:
        try:
            found = force_unit(_work(tables), imported.force_unit)
        except InputError as error:
            if options.check_units:
                raise InputError(f"{path}: {error}") from error
        if found is None and not options.check_units:
            imported.force_unit = next(iter(FORCES))
            imported.notes.append(
                f"The unit of the forces is not said: they are taken as {imported.force_unit}."
            )
        else:
            _settle_forces(imported, tables, found, path)
    if total is None and options.check_units and not imported.said and found is None:
        raise InputError(
            f"{path}: the energies ({_about(tables, imported)}) are not total energies of all electrons in "
            f"{imported.energy_unit} or another unit, and their unit can't be told otherwise: "
            f"say it with --energy-unit."
        )
    weak = (
        typical_force(np.concatenate([table.forces.reshape(-1, 1, 3) for table in tables]))
        if forces
        else np.nan
    )
    is_default = options.check_units and not imported.said and imported.energy_unit == "kcal/mol"
    if total is None and is_default and weak < WEAKEST_IN_KCAL:
        raise InputError(
            f"{path}: neither the file nor its energies ({_about(tables, imported)}) say their unit, and its forces "
            f"(typically {weak:.2g}) would be weak in kcal/mol/angstrom: give --energy-unit eV and --force-unit "
            f"eV/angstrom, or --energy-unit kcal/mol."
        )
    if total is None:
        imported.notes.append(
            f"The energies ({_about(tables, imported)}) are not those of all electrons: they are taken as "
            f"{imported.energy_unit} of another scale, as of a semiempirical method or with pseudopotentials."
        )


def _work(tables: list[_Group]) -> Work:
    parts = [table.work() for table in tables]
    return Work(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _forces_too(imported: Imported, tables: list[_Group], energy_unit: str) -> str:
    """What to say of the forces to who is told that the energies are in another unit."""
    work = _work(tables)
    gained = work.gained * (ENERGIES[energy_unit] / ENERGIES[imported.energy_unit])
    try:
        found = force_unit(work._replace(gained=gained))
    except InputError:
        return ", and --gradients, as the forces have the opposite sign"
    return f" and --force-unit {found}" if found else ", and --force-unit for the forces' unit"


def _settle_forces(imported: Imported, tables: list[_Group], found: str | None, path: Path) -> None:
    declared = imported.force_unit
    if declared is None:
        if found is None:
            raise InputError(
                f"{path}: the unit of the forces is not said and can't be told from the energies: "
                f"give --force-unit, one of {', '.join(FORCES)}."
            )
        imported.force_unit = found
    elif found not in (None, declared):
        raise InputError(
            f"{path}: the forces can't be in {declared}: by the work they do along the geometries they look like "
            f"{found}: give --force-unit {found}."
        )
    elif found is None:
        strong = next(filter(None, (too_strong(table.forces, declared) for table in tables)), None)
        if strong is not None:
            raise InputError(
                f"{path}: the forces are too strong to be in {declared}, they look like {strong}: "
                f"give --force-unit {strong} if they are, or --any-units to take them as they are."
            )
        imported.notes.append(
            f"The forces are taken as {declared}; the geometries are too far apart to check it."
        )


def _about(tables: list[_Group], imported: Imported) -> str:
    energies = np.concatenate([table.energy for table in tables]) / ENERGIES[imported.energy_unit]
    return f"about {np.nanmedian(energies):.6g}"


def _add(data: DataSet, table: _Group, path: Path, imported: Imported) -> None:
    first = table.first
    name = data.home(first.molecule, first.numbers, first.charge, first.multiplicity)
    keys = [entry.trajectory or f"{path.name}:{name}" for entry in table.members]
    if any(entry.key in keys and entry.molecule != name for entry in data.trajectories):
        # One trajectory of several molecules or charges: each has its own part.
        keys = [f"{key}:{name}" for key in keys]
    for key, count in Counter(keys).items():
        data.add_trajectory(Trajectory(key, key, name, str(path), count))
    places = {entry.key: index for index, entry in enumerate(data.trajectories)}
    unit = FORCES[imported.force_unit] if imported.force_unit else np.nan
    data.extend(
        Molecule.build(
            name,
            first.numbers,
            first.charge,
            first.multiplicity,
            positions=table.positions,
            energies=table.energy * HARTREE,
            forces=table.forces * unit * (HARTREE / BOHR),
            trajectory=np.array([places[key] for key in keys]),
            frame=table.frame,
            spin_square=np.array([entry.spin_square for entry in table.members]),
            converged=np.isfinite(table.energy),
            odd_state=np.array([entry.odd_state for entry in table.members], dtype=object),
        )
    )


def _count_broken(data: DataSet, imported: Imported) -> None:
    """Write into the trajectories how many of their geometries were set aside."""
    broken = Counter(
        entry.trajectory for entry in imported.geometries if not np.all(np.isfinite(entry.positions))
    )
    for index, entry in enumerate(data.trajectories):
        count = broken.pop(entry.key, 0) or (broken.pop("", 0) if index == 0 else 0)
        if count:
            data.trajectories[index] = Trajectory(
                entry.key, entry.name, entry.molecule, entry.source, entry.frames + count, {_BROKEN: count}
            )


def _counts(data: DataSet, imported: Imported) -> str:
    """How many geometries have energies and forces, and from where."""
    energies = sum(int(molecule.labelled.sum()) for molecule in data)
    forces = sum(int(molecule.with_forces.sum()) for molecule in data)
    names = [f"energies as {imported.energy_key!r}"] if imported.energy_key else []
    if imported.forces_key:
        turned = " (their sign is turned)" if is_key(imported.forces_key, "gradient") else ""
        names.append(f"forces as {imported.forces_key!r}{turned}")
    return f"{energies} of {len(data)} geometries have energies, {forces} have forces" + (
        f": {', '.join(names)}." if names else "."
    )


def _units_note(imported: Imported) -> list[str]:
    energies = f"Energies were in {imported.energy_unit}" if imported.energy_key else ""
    forces = f"forces in {imported.force_unit}" if imported.forces_key else ""
    return [", ".join(filter(None, [energies, forces])) + "."] if energies else []


def _contradictions(data: DataSet) -> list[str]:
    """What is to be said of geometries that are there more than once."""
    again, apart, largest = 0, 0, 0.0
    for molecule in data:
        labels: dict[bytes, list[float]] = {}
        for positions, energy in zip(_rounded(molecule.positions), molecule.energies, strict=True):
            labels.setdefault(positions.tobytes(), []).append(float(energy))
        for energies in labels.values():
            known = [energy for energy in energies if np.isfinite(energy)]
            if len(known) > 1:
                again += 1
                spread = max(known) - min(known)
                apart += spread > _SAME
                largest = max(largest, spread)
    if apart:
        return [
            f"{apart} geometries are in it more than once with energies that contradict each other, by up to "
            f"{largest:.3g} eV: find out which are right."
        ]
    return [f"{again} geometries are in it more than once."] if again else []


def _rounded(positions: Floats) -> Floats:
    rounded: Floats = np.round(positions, 5) + 0.0
    return rounded

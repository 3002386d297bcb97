"""A recording's summary as data; :mod:`atomtug.recordings.describe` puts it in words."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from atomtug.core.systems.valences import molecules_of
from atomtug.core.units import KCALMOL_PER_EV, KJMOL_PER_EV
from atomtug.recordings import events as journal
from atomtug.recordings.being_written import is_being_written
from atomtug.recordings.layout import SPIN_SQUARE
from atomtug.recordings.pulls import RecordedPull, find_pulls
from atomtug.recordings.reactions import BondChange, bond_changes, elapsed_ps, products
from atomtug.recordings.reader import Recording
from atomtug.recordings.runs import continued, flown_apart, runs


@dataclass(frozen=True)
class RecordedStateChange:
    """The engine went over to another electronic state.

    Args:
        frame: index of the first frame in the new state
        time_ps: simulated time of that frame since the recording began
        fall_kcal_mol: how much lower the new state was at the same geometry
        way: how it was found
    """

    frame: int
    time_ps: float
    fall_kcal_mol: float
    way: str


@dataclass(frozen=True)
class Summary:
    """A recording in figures. Energies are the engine's alone, relative to the first frame."""

    path: str
    state: str
    """``closed``, ``live``, or ``not closed``: its writer was killed."""
    bytes: int
    created: str
    system: str
    formula: str
    atoms: int
    charge: int
    multiplicity: int
    notes: list[str]
    """Where charge and multiplicity are from, and what was guessed or changed."""
    engines: list[str]
    engine_settings: Mapping[str, Any]
    dynamics: Mapping[str, Any]
    seed: int | None
    versions: Mapping[str, str]
    frames: int
    duration_ps: float
    wall_seconds: float
    frames_per_second: float | None
    resets: int
    apart: int
    """Frames at the ends of runs in which fragments have flown apart."""
    energy_lowest_kcal_mol: float | None
    energy_highest_kcal_mol: float | None
    energy_last_kcal_mol: float | None
    temperature_mean: float | None
    user_work_kcal_mol: float
    pulls: list[RecordedPull]
    bond_changes: list[BondChange]
    products: str
    state_changes: list[RecordedStateChange]
    spin_square_highest: float | None
    """The largest <S^2>; None where it was not recorded."""
    exceptions: list[str]

    def as_dict(self) -> dict[str, Any]:
        """The summary as strict JSON has it: numbers that aren't finite become null."""
        plain: dict[str, Any] = _finite(asdict(self))
        return plain


def summarise(recording: Recording) -> Summary:
    """Summarise a recording."""
    facts, system = recording.provenance, recording.system
    frames = len(recording)
    clock = recording.wall_clock
    wall = float(clock[-1] - clock[0]) if frames else 0.0
    relative = (recording.energies - recording.energies[:1]) * KCALMOL_PER_EV
    engine, settings = engine_of(facts)
    dynamics = facts.get("dynamics")
    seed = facts.get("seed")
    found = runs(recording)
    return Summary(
        path=str(recording.path),
        state=_state(recording),
        bytes=recording.path.stat().st_size,
        created=str(facts.get("created", "")),
        system=system.name,
        formula=molecules_of(system),
        atoms=len(system.numbers),
        charge=system.charge,
        multiplicity=system.multiplicity,
        notes=list(system.notes),
        engines=list(recording.engines) or [engine],
        engine_settings=settings,
        dynamics=dynamics if isinstance(dynamics, Mapping) else {},
        seed=seed if isinstance(seed, int) else None,
        versions=facts.get("versions", {}),
        frames=frames,
        duration_ps=float(elapsed_ps(recording)[-1]) if frames else 0.0,
        wall_seconds=wall,
        frames_per_second=(frames - 1) / wall if wall > 0 else None,
        resets=max(len(found) - 1, 0),
        apart=sum(len(flown_apart(recording, run)) for run in found),
        energy_lowest_kcal_mol=float(relative.min()) if frames else None,
        energy_highest_kcal_mol=float(relative.max()) if frames else None,
        energy_last_kcal_mol=float(relative[-1]) if frames else None,
        temperature_mean=float(recording.temperatures.mean()) if frames else None,
        user_work_kcal_mol=_total_work(recording),
        pulls=find_pulls(recording),
        bond_changes=bond_changes(recording),
        products=products(system, recording.bonds(-1)) if frames else "",
        state_changes=state_changes(recording),
        spin_square_highest=_highest_spin_square(recording),
        exceptions=[
            str(event.data.get("text", "")) for event in recording.events if event.kind == journal.EXCEPTION
        ],
    )


def state_changes(recording: Recording) -> list[RecordedStateChange]:
    """The changes of electronic state that were recorded, oldest first."""
    if not len(recording):
        return []
    times = elapsed_ps(recording)
    return [
        RecordedStateChange(
            event.frame,
            float(times[min(event.frame, len(times) - 1)]),
            (float(event.data["before"]) - float(event.data["after"])) / KJMOL_PER_EV * KCALMOL_PER_EV,
            str(event.data.get("way", "")),
        )
        for event in recording.events
        if event.kind == journal.STATE_CHANGE
    ]


def _highest_spin_square(recording: Recording) -> float | None:
    if SPIN_SQUARE.name not in recording.columns:
        return None
    values = recording.column(SPIN_SQUARE.name)
    known = values[~np.isnan(values)]
    return float(known.max()) if len(known) else None


def engine_of(facts: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The engine's name and settings, from provenance."""
    engine = facts.get("engine", "")
    if isinstance(engine, Mapping):
        return str(engine.get("name", "")), engine.get("settings", {})
    settings = facts.get("engine_settings", {})
    return str(engine), settings if isinstance(settings, Mapping) else {}


def _state(recording: Recording) -> str:
    if recording.closed:
        return "closed"
    return "live" if is_being_written(recording.path) else "not closed"


def _total_work(recording: Recording) -> float:
    """The work of all hands over all runs, kcal/mol; the recorded sum starts again at each."""
    return float(continued(recording, recording.user_work)[-1:].sum()) * KCALMOL_PER_EV


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return value

"""Provenance: what the caller gives, completed with time, versions and the system."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from atomtug.core.systems import System
from atomtug.core.systems.valences import molecules_of
from atomtug.core.versions import versions
from atomtug.recordings.events import plain

_PACKAGES = ("atomtug", "numpy", "ase", "h5py", "scine-sparrow", "scine-utilities", "tblite", "pyscf")


def complete(system: System, provenance: Mapping[str, Any]) -> dict[str, Any]:
    """The caller's provenance with creation time, versions and the system's description added.

    The caller's values take precedence. The result is plain JSON.
    """
    known = {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": versions(_PACKAGES),
        "system": describe(system),
    }
    return dict(json.loads(json.dumps({**known, **provenance}, default=plain)))


def describe(system: System) -> dict[str, Any]:
    """Name, formula, charge, multiplicity, notes and atoms of a system, as JSON."""
    return {
        "name": system.name,
        "formula": molecules_of(system),
        "charge": system.charge,
        "multiplicity": system.multiplicity,
        "notes": list(system.notes),
        "atoms": len(system.numbers),
        "atom_names": system.atom_names,
    }


def flat(provenance: Mapping[str, Any], prefix: str = "") -> dict[str, str | int | float | bool]:
    """Single values with dotted names, e.g. ``engine.settings.method``, for attributes a person reads."""
    values: dict[str, str | int | float | bool] = {}
    for key, value in provenance.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            values |= flat(value, name + ".")
        elif isinstance(value, str | int | float | bool):
            values[name] = value
        else:
            values[name] = json.dumps(value)
    return values

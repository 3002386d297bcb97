"""The JSON header of a model file, written from a model and read back."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

from ase.data import atomic_numbers

from atomtug.core.errors import InputError
from atomtug.potential.architecture import Architecture
from atomtug.potential.model import Provenance, ReferenceEnergies, SpreadCalibration
from atomtug.potential.repulsion import Repulsion
from atomtug.potential.symmetry import SymmetryFunctions
from atomtug.potential.trained_states import State

if TYPE_CHECKING:
    from atomtug.potential.model import Model

Part = TypeVar("Part", str, int, list[Any], dict[str, Any])
KEY = "atomtug"
"""Key of the header in the file's metadata."""
FORMAT = "atomtug-potential"
VERSION = 2
"""Of a header with anything that version 1 does not have; others are written as version 1."""
DESCRIPTOR = "smith"
REPULSION = "zbl"


def to_header(model: "Model") -> str:
    """The header of a model as JSON text.

    Raises:
        InputError: scores or settings can't be written as JSON
    """
    architecture, symmetry = model.architecture, model.architecture.symmetry
    content = {
        "format": FORMAT,
        "version": VERSION if _needs_version_2(architecture) else 1,
        "elements": architecture.symbols,
        "descriptor": {
            "kind": DESCRIPTOR,
            "n_basis": symmetry.n_basis,
            "r_min": symmetry.r_min,
            "r_cut": symmetry.r_cut,
            "tau": symmetry.tau,
            **_apart(symmetry),
        },
        "network": {
            "hidden": list(architecture.hidden),
            "activation": architecture.activation,
            "members": architecture.members,
        },
        **(
            {"repulsion": {"kind": REPULSION, "outer": list(outer)}}
            if (outer := _outer(architecture))
            else {}
        ),
        "energy": {
            "unit": "eV",
            "intercept": model.reference.intercept,
            "per_atom": dict(zip(architecture.symbols, model.reference.per_element, strict=True)),
        },
        **_calibrated(model),
        "provenance": {
            "theory": model.provenance.theory,
            "data_hash": model.provenance.data_hash,
            "scores": model.provenance.scores,
            "settings": model.provenance.settings,
            **_optional(model.provenance),
        },
    }
    try:
        return json.dumps(content, default=dict, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InputError(f"The model's scores or settings can't be written as JSON: {error}") from error


def from_header(
    text: str,
) -> tuple[Architecture, ReferenceEnergies, Provenance, SpreadCalibration | None]:
    """Architecture, reference energies, provenance and calibration from the text of a header.

    Raises:
        InputError: it is not such a header, or of a later version
    """
    try:
        content = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise InputError(f"The model's header is not JSON ({error}).") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise InputError("The header is not that of a model of atomtug.")
    version = content.get("version")
    if version not in (1, VERSION):
        raise InputError(
            f"The model is of format version {version}, and this atomtug reads versions 1 and {VERSION}: "
            f"use the atomtug that wrote it, or a later one."
        )
    descriptor = _part(content, "descriptor", dict)
    if descriptor.get("kind") != DESCRIPTOR:
        raise InputError(
            f"The model's descriptor is {descriptor.get('kind')!r}, which this version of atomtug does not have."
        )
    network, energy = _part(content, "network", dict), _part(content, "energy", dict)
    symbols = _part(content, "elements", list)
    for symbol in symbols:
        if not isinstance(symbol, str) or symbol not in atomic_numbers:
            raise InputError(f"The model's header names an element {symbol!r}, which does not exist.")
    hidden = _part(network, "hidden", list)
    if not all(isinstance(size, int) and not isinstance(size, bool) for size in hidden):
        raise InputError(f"The model's hidden layers {hidden} must be whole numbers.")
    architecture = Architecture(
        tuple(atomic_numbers[symbol] for symbol in symbols),
        SymmetryFunctions(
            _part(descriptor, "n_basis", int),
            _number(descriptor, "r_min"),
            _number(descriptor, "r_cut"),
            _number(descriptor, "tau"),
            _number(descriptor, "r_angular") if "r_angular" in descriptor else None,
            _part(descriptor, "n_radial", int) if "n_radial" in descriptor else None,
        ),
        tuple(hidden),
        _part(network, "activation", str),
        _part(network, "members", int),
        _repulsion(content),
    )
    if energy.get("unit") != "eV":
        raise InputError(f"The model's energies are in {energy.get('unit')!r}: they must be in eV.")
    per_atom = _part(energy, "per_atom", dict)
    reference = ReferenceEnergies(
        tuple(_number(per_atom, symbol) for symbol in symbols), _number(energy, "intercept")
    )
    provenance = _part(content, "provenance", dict)
    return (
        architecture,
        reference,
        Provenance(
            _part(provenance, "theory", str),
            _part(provenance, "data_hash", str),
            _part(provenance, "scores", dict),
            _part(provenance, "settings", dict),
            _states(provenance),
            _part({"warning": "", **provenance}, "warning", str),
            _formulas(provenance),
        ),
        _calibration(content),
    )


def _calibrated(model: "Model") -> dict[str, Any]:
    """What the members' spread means, if that is known."""
    calibration = model.calibration
    if calibration is None:
        return {}
    known = {name: value for name, value in asdict(calibration).items() if value is not None}
    if not calibration.force_floor:
        del known["force_floor"]
    return {"uncertainty": known}


def _calibration(content: Mapping[str, Any]) -> SpreadCalibration | None:
    if "uncertainty" not in content:
        return None
    values = _part(content, "uncertainty", dict)
    force_factor = _number(values, "force_factor") if "force_factor" in values else None
    floor = _number(values, "force_floor") if "force_floor" in values else 0.0
    return SpreadCalibration(_number(values, "energy_factor"), _number(values, "guard"), force_factor, floor)


def _apart(symmetry: SymmetryFunctions) -> dict[str, float]:
    """What the radial functions have for themselves, if anything."""
    values = {"r_angular": symmetry.r_angular, "n_radial": symmetry.n_radial}
    return {name: value for name, value in values.items() if value is not None}


def _outer(architecture: Architecture) -> tuple[float, ...]:
    return () if architecture.repulsion is None else architecture.repulsion.outer


def _needs_version_2(architecture: Architecture) -> bool:
    return bool(_apart(architecture.symmetry) or _outer(architecture))


def _repulsion(content: Mapping[str, Any]) -> Repulsion | None:
    if "repulsion" not in content:
        return None
    repulsion = _part(content, "repulsion", dict)
    if repulsion.get("kind") != REPULSION:
        raise InputError(
            f"The model's repulsion is {repulsion.get('kind')!r}, which this version of atomtug does not have."
        )
    outer = _part(repulsion, "outer", list)
    if not all(isinstance(radius, int | float) and not isinstance(radius, bool) for radius in outer):
        raise InputError(f"The distances of the model's repulsion {outer} must be numbers.")
    return Repulsion(tuple(map(float, outer)))


def _optional(provenance: Provenance) -> dict[str, Any]:
    """What files of 0.1 do not have."""
    states = [{"charge": charge, "multiplicity": multiplicity} for charge, multiplicity in provenance.states]
    values = {
        "states": states,
        "warning": provenance.warning,
        "formulas": list(provenance.formulas),
    }
    return {name: value for name, value in values.items() if value}


def _states(provenance: Mapping[str, Any]) -> tuple[State, ...]:
    states = []
    for state in _part({"states": [], **provenance}, "states", list):
        if not isinstance(state, dict):
            raise InputError(f"The model's header has {state!r} among its states, which is no state.")
        states.append((_part(state, "charge", int), _part(state, "multiplicity", int)))
    return tuple(states)


def _formulas(provenance: Mapping[str, Any]) -> tuple[str, ...]:
    formulas = _part({"formulas": [], **provenance}, "formulas", list)
    if not all(isinstance(formula, str) for formula in formulas):
        raise InputError("The model's header has something among its formulas that is not a text.")
    return tuple(formulas)


def _part(content: Mapping[str, Any], name: str, kind: type[Part]) -> Part:
    """The value of ``name``, which must be of this kind."""
    value = content.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise InputError(f"The model's header has no {name}, or not a {kind.__name__} there.")
    return value


def _number(content: Mapping[str, Any], name: str) -> float:
    value = content.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise InputError(f"The model's header has no number {name}.")
    return float(value)

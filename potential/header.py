"""The JSON header of a model file, written from a model and read back."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from ase.data import atomic_numbers

from atomtug.core.errors import InputError
from atomtug.potential.architecture import Architecture
from atomtug.potential.model import Provenance, ReferenceEnergies
from atomtug.potential.symmetry import SymmetryFunctions
from atomtug.potential.trained_states import State

if TYPE_CHECKING:
    from atomtug.potential.model import Model

Part = TypeVar("Part", str, int, list[Any], dict[str, Any])
KEY = "atomtug"
"""Key of the header in the file's metadata."""
FORMAT = "atomtug-potential"
VERSION = 1
DESCRIPTOR = "smith"


def to_header(model: "Model") -> str:
    """The header of a model as JSON text.

    Raises:
        InputError: scores or settings can't be written as JSON
    """
    architecture, symmetry = model.architecture, model.architecture.symmetry
    content = {
        "format": FORMAT,
        "version": VERSION,
        "elements": architecture.symbols,
        "descriptor": {
            "kind": DESCRIPTOR,
            "n_basis": symmetry.n_basis,
            "r_min": symmetry.r_min,
            "r_cut": symmetry.r_cut,
            "tau": symmetry.tau,
        },
        "network": {
            "hidden": list(architecture.hidden),
            "activation": architecture.activation,
            "members": architecture.members,
        },
        "energy": {
            "unit": "eV",
            "intercept": model.reference.intercept,
            "per_atom": dict(zip(architecture.symbols, model.reference.per_element, strict=True)),
        },
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


def from_header(text: str) -> tuple[Architecture, ReferenceEnergies, Provenance]:
    """Architecture, reference energies and provenance from the text of a header.

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
    if version != VERSION:
        raise InputError(
            f"The model is of format version {version}, and this atomtug reads version {VERSION}: "
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
        ),
        tuple(hidden),
        _part(network, "activation", str),
        _part(network, "members", int),
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
        ),
    )


def _optional(provenance: Provenance) -> dict[str, Any]:
    """What files of 0.1 do not have."""
    states = [{"charge": charge, "multiplicity": multiplicity} for charge, multiplicity in provenance.states]
    values = {"states": states, "warning": provenance.warning}
    return {name: value for name, value in values.items() if value}


def _states(provenance: Mapping[str, Any]) -> tuple[State, ...]:
    states = []
    for state in _part({"states": [], **provenance}, "states", list):
        if not isinstance(state, dict):
            raise InputError(f"The model's header has {state!r} among its states, which is no state.")
        states.append((_part(state, "charge", int), _part(state, "multiplicity", int)))
    return tuple(states)


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

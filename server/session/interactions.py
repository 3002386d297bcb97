"""From what a client wrote under ``interaction.*`` to an :class:`ActiveInteraction`, or an error."""

import math
from collections.abc import Mapping, Sequence
from typing import TypeGuard

import numpy as np

from atomtug.core.arrays import Floats, Ints
from atomtug.core.errors import InputError
from atomtug.core.text import shortened
from atomtug.server.dynamics.force_laws import ActiveInteraction
from atomtug.server.session.ledger import value_size
from atomtug.wire import interactions as fields
from atomtug.wire.interactions import ALL_INTERACTION_TYPES, DEFAULT_MAX_FORCE
from atomtug.wire.values import Null, Value

MAX_SCALE = 1e6
"""Far above what any client sends (headset apps: 100); beyond it is a mistake."""
MAX_COORDINATE = 1e4
"""nm. A hand farther away than this is a mistake."""
MAX_DAMPING = 1e4
"""1/ps. More would be no friction, but a standstill."""
MAX_BYTES, MAX_BYTES_AN_ATOM = 16_384, 64
"""Size of an interaction, at most: the recording gets it whenever it changes."""


def parse_interaction(key: str, value: Value, atom_count: int) -> ActiveInteraction:
    """Check and convert one interaction.

    Args:
        key: its key, for the error's text
        value: as decoded from the wire, in nm and kJ/mol; numbers may be floats, fields may be missing
        atom_count: indices must be below it

    Raises:
        InputError: a field is wrong; the text says which, and what it should be
    """
    if not isinstance(value, Mapping):
        raise InputError(f"{key} must be a map with position and particles, not {_kind(value)}.")
    if value_size(value) > MAX_BYTES + MAX_BYTES_AN_ATOM * atom_count:
        raise InputError(
            f"{key} says too much: an interaction may take {MAX_BYTES >> 10} kB besides its atoms."
        )
    if _has_bytes(value):
        raise InputError(f"{key} holds bytes: a recording keeps numbers, text, truth values, lists and maps.")
    asked = value.get(fields.INTERACTION_TYPE, "gaussian")
    kind = next((known for known in ALL_INTERACTION_TYPES if known == asked), None)
    if kind is None:
        raise InputError(f"{key}: interaction_type {asked!r} is none of {', '.join(ALL_INTERACTION_TYPES)}.")
    scale = _number(key, value, fields.SCALE, 1.0)
    if not abs(scale) <= MAX_SCALE:
        raise InputError(f"{key}: scale {scale} is out of range; it must be within {MAX_SCALE:g} of zero.")
    max_force = _number(key, value, fields.MAX_FORCE, DEFAULT_MAX_FORCE)
    if math.isnan(max_force) or max_force < 0:
        raise InputError(f"{key}: max_force {max_force} must be zero or more (kJ/mol/nm; infinity is fine).")
    length = _number(key, value, fields.LENGTH, 0.0)
    if not 0 <= length <= MAX_COORDINATE:
        raise InputError(f"{key}: length {length} must be from 0 to {MAX_COORDINATE:g} nm.")
    damping = _number(key, value, fields.DAMPING, 0.0)
    if not 0 <= damping <= MAX_DAMPING:
        raise InputError(f"{key}: damping {damping} must be from 0 to {MAX_DAMPING:g} (1/ps).")
    particles = _particles(key, value, fields.PARTICLES, atom_count)
    counter = _particles(key, value, fields.COUNTER_PARTICLES, atom_count)
    if both := np.intersect1d(particles, counter).tolist():
        raise InputError(
            f"{key}: atom {both[0]} is among particles and counter_particles; it can be in one only."
        )
    return ActiveInteraction(
        position=_position(key, value.get(fields.POSITION, (0.0, 0.0, 0.0))),
        particles=particles,
        counter_particles=counter,
        interaction_type=kind,
        scale=scale,
        mass_weighted=_flag(key, value, fields.MASS_WEIGHTED, True),
        reset_velocities=_flag(key, value, fields.RESET_VELOCITIES, False),
        max_force=max_force,
        length=length,
        damping=damping,
    )


def _position(key: str, value: Value) -> Floats:
    if not _is_numbers(value) or len(value) != 3:
        raise InputError(f"{key}: position must be three numbers (nm), not {shortened(repr(value))}.")
    if not all(abs(x) <= MAX_COORDINATE for x in value):  # false for NaN too
        raise InputError(
            f"{key}: position {shortened(repr(value))} must be finite and within {MAX_COORDINATE:g} nm."
        )
    return np.array(value, dtype=np.float64)


def _particles(key: str, interaction: Mapping[str, Value], field: str, atom_count: int) -> Ints:
    value = interaction.get(field, ())
    if not _is_numbers(value):
        raise InputError(f"{key}: {field} must be a list of atom indices, not {shortened(repr(value))}.")
    if not all(math.isfinite(x) and x == int(x) for x in value):
        raise InputError(f"{key}: {field} {shortened(repr(value))} must be whole numbers.")
    indices = sorted({int(x) for x in value})
    if indices and (indices[0] < 0 or indices[-1] >= atom_count):
        worst = indices[0] if indices[0] < 0 else indices[-1]
        raise InputError(f"{key}: there is no atom {worst}; indices run from 0 to {atom_count - 1}.")
    return np.array(indices, dtype=np.int64)


def _number(key: str, value: Mapping[str, Value], field: str, default: float) -> float:
    number = value.get(field, default)
    if not _is_number(number):
        raise InputError(f"{key}: {field} must be a number, not {_kind(number)}.")
    return float(number)


def _flag(key: str, value: Mapping[str, Value], field: str, default: bool) -> bool:
    flag = value.get(field, default)
    if not isinstance(flag, bool):
        raise InputError(f"{key}: {field} must be true or false, not {_kind(flag)}.")
    return flag


def _is_number(value: Value) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_numbers(value: Value) -> TypeGuard[Sequence[float]]:
    return isinstance(value, list | tuple) and all(map(_is_number, value))


def _has_bytes(value: Value) -> bool:
    if isinstance(value, Mapping):
        return any(map(_has_bytes, value.values()))
    return isinstance(value, bytes) or (isinstance(value, list | tuple) and any(map(_has_bytes, value)))


def _kind(value: Value) -> str:
    names = {
        dict: "a map",
        list: "a list",
        str: "text",
        bool: "a truth value",
        type(None): "nothing",
        Null: "nothing",
    }
    return names.get(type(value), "a number" if _is_number(value) else type(value).__name__)

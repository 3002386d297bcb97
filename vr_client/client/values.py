"""Plain Python values to and from protobuf's ``Value`` and ``Struct``.

``json_format`` would refuse the infinities that hands send as their greatest force.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from google.protobuf.struct_pb2 import ListValue, Struct, Value

from atomtug.core.errors import InputError


def to_value(value: Any) -> Value:
    """A ``Value`` of None, a bool, a number, text, or lists and mappings of them (numpy's included).

    Raises:
        InputError: it holds something else
    """
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if value is None:
        return Value(null_value=0)  # type: ignore[arg-type]  # the enum's only member
    if isinstance(value, bool):
        return Value(bool_value=value)
    if isinstance(value, int | float):
        return Value(number_value=value)
    if isinstance(value, str):
        return Value(string_value=value)
    if isinstance(value, Mapping):
        return Value(struct_value=to_struct(value))
    if isinstance(value, Iterable):
        return Value(list_value=ListValue(values=[to_value(item) for item in value]))
    raise InputError(
        f"A {type(value).__name__} can't be sent: "
        f"only numbers, text, true/false, none, lists and mappings can."
    )


def to_struct(mapping: Mapping[str, Any]) -> Struct:
    """A ``Struct`` of a mapping with text keys."""
    return Struct(fields={str(key): to_value(item) for key, item in mapping.items()})


def from_value(value: Value) -> Any:
    """The plain value; numbers are floats, as the wire has no others."""
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return from_struct(value.struct_value)
    if kind == "list_value":
        return [from_value(item) for item in value.list_value.values]
    return None if kind in (None, "null_value") else getattr(value, kind)


def from_struct(struct: Struct) -> dict[str, Any]:
    """A dictionary of plain values."""
    return {key: from_value(item) for key, item in struct.fields.items()}

"""Between plain values and protobuf's ``Struct`` and ``Value``, which gRPC messages carry.

``google.protobuf.json_format`` would refuse the infinite ``max_force`` that hands may have.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from google.protobuf import struct_pb2

from atomtug.core.errors import InputError
from atomtug.wire.values import MAX_DEPTH, Value


class TooDeep(InputError):
    """A value has more than :data:`~atomtug.wire.values.MAX_DEPTH` levels."""


def struct_to_dict(struct: struct_pb2.Struct) -> dict[str, Value]:
    """Keys and plain values of a Struct. Null becomes None, and every number a float.

    Raises:
        TooDeep: a value has too many levels
    """
    return {key: from_protobuf(value) for key, value in struct.fields.items()}


def dict_to_struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    """A Struct of plain values (numpy's included).

    Raises:
        InputError: one of them is of a kind that can't be sent
    """
    struct = struct_pb2.Struct()
    for key, value in values.items():
        fill_protobuf(struct.fields[str(key)], value)
    return struct


def dict_to_structs(values: Mapping[str, Any], limit: int) -> Iterator[struct_pb2.Struct]:
    """The same as several Structs, none above ``limit`` bytes unless a single value is; none for no values."""
    struct, size = struct_pb2.Struct(), 0
    for key, value in values.items():
        converted = struct_pb2.Value()
        fill_protobuf(converted, value)
        added = converted.ByteSize() + len(key.encode()) + 16  # and the lengths of the two
        if size and size + added > limit:
            yield struct
            struct, size = struct_pb2.Struct(), 0
        struct.fields[key].CopyFrom(converted)
        size += added
    if size:
        yield struct


def from_protobuf(value: struct_pb2.Value, depth: int = MAX_DEPTH) -> Value:
    """The plain value of a ``Value``.

    Args:
        value: of a message
        depth: levels that it may have

    Raises:
        TooDeep: it has more
    """
    if depth == 0:
        raise TooDeep(f"A value may have {MAX_DEPTH} levels at most.")
    match value.WhichOneof("kind"):
        case "number_value":
            return value.number_value
        case "string_value":
            return value.string_value
        case "bool_value":
            return value.bool_value
        case "struct_value":
            return {k: from_protobuf(v, depth - 1) for k, v in value.struct_value.fields.items()}
        case "list_value":
            return [from_protobuf(v, depth - 1) for v in value.list_value.values]
        case _:
            return None


def fill_protobuf(target: struct_pb2.Value, value: Any) -> None:
    """Set a ``Value`` from a plain value: None, truth value, number, text, list or map, or numpy's of these.

    Raises:
        InputError: it is none of these
    """
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if value is None:
        target.null_value = struct_pb2.NULL_VALUE
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, int | float):
        target.number_value = value
    elif isinstance(value, str):
        target.string_value = value
    elif isinstance(value, Mapping):
        target.struct_value.SetInParent()
        for key, part in value.items():
            fill_protobuf(target.struct_value.fields[str(key)], part)
    elif isinstance(value, Iterable) and not isinstance(value, bytes):
        target.list_value.SetInParent()
        for part in value:
            fill_protobuf(target.list_value.values.add(), part)
    else:
        raise InputError(
            f"A {type(value).__name__} can't be sent: numbers, text, true or false, nothing, lists and maps can."
        )

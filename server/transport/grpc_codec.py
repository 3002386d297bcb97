"""Between protobuf messages and plain Python: shared-state values, and frames."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from google.protobuf import struct_pb2

from atomtug.protos import trajectory_pb2
from atomtug.server.session.frame_stream import WireFrame

MAX_DEPTH = 32
"""Maps and lists within each other; the protocol's own values have four."""
PROTOCOL = "grpc"


class TooDeep(ValueError):
    """A value has more levels than any client of good will sends."""


def struct_to_dict(struct: struct_pb2.Struct) -> dict[str, Any]:
    """Keys and plain values of a Struct (null becomes None; every number is a float).

    Raises:
        TooDeep: more than :data:`MAX_DEPTH` levels
    """
    return {key: _from_value(value, MAX_DEPTH) for key, value in struct.fields.items()}


def dict_to_struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    """A Struct of plain values: None, truth values, numbers, text, lists, maps."""
    struct = struct_pb2.Struct()
    for key, value in values.items():
        _fill(struct.fields[key], value)
    return struct


def dict_to_structs(values: Mapping[str, Any], limit: int) -> Iterator[struct_pb2.Struct]:
    """The same as several Structs, none above ``limit`` bytes unless a single value is; none for no values."""
    struct, size = struct_pb2.Struct(), 0
    for key, value in values.items():
        converted = struct_pb2.Value()
        _fill(converted, value)
        added = converted.ByteSize() + len(key.encode()) + 16  # and the lengths of the two
        if size and size + added > limit:
            yield struct
            struct, size = struct_pb2.Struct(), 0
        struct.fields[key].CopyFrom(converted)
        size += added
    if size:
        yield struct


def encode_frame(frame: WireFrame) -> bytes:
    """A frame as a GetFrameResponse; done once for all clients."""
    encoded = frame.encoded.get(PROTOCOL)
    if encoded is None:
        response = trajectory_pb2.GetFrameResponse(frame_index=frame.index)
        for key, value in frame.values.items():
            _put(response.frame, key, value)
        encoded = frame.encoded[PROTOCOL] = response.SerializeToString()
    return encoded


def _put(frame: trajectory_pb2.FrameData, key: str, value: Any) -> None:
    # SetInParent: an array that is empty is there all the same, or clients would keep the last one's content.
    if isinstance(value, np.ndarray):
        if value.dtype.kind == "f":
            floats = frame.arrays[key].float_values
            floats.SetInParent()
            floats.values.extend(value.tolist())
        else:
            indices = frame.arrays[key].index_values
            indices.SetInParent()
            indices.values.extend(value.tolist())
    elif isinstance(value, list):
        strings = frame.arrays[key].string_values
        strings.SetInParent()
        strings.values.extend(value)
    else:
        _fill(frame.values[key], value)


def _from_value(value: struct_pb2.Value, depth: int) -> Any:
    if depth == 0:
        raise TooDeep(f"a value may have {MAX_DEPTH} levels at most")
    match value.WhichOneof("kind"):
        case "number_value":
            return value.number_value
        case "string_value":
            return value.string_value
        case "bool_value":
            return value.bool_value
        case "struct_value":
            return {k: _from_value(v, depth - 1) for k, v in value.struct_value.fields.items()}
        case "list_value":
            return [_from_value(v, depth - 1) for v in value.list_value.values]
        case _:
            return None


def _fill(target: struct_pb2.Value, value: Any) -> None:
    if value is None:
        target.null_value = struct_pb2.NULL_VALUE
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, int | float | np.number):
        target.number_value = float(value)
    elif isinstance(value, str):
        target.string_value = value
    elif isinstance(value, Mapping):
        target.struct_value.SetInParent()
        for key, part in value.items():
            _fill(target.struct_value.fields[str(key)], part)
    else:
        target.list_value.SetInParent()
        for part in value:
            _fill(target.list_value.values.add(), part)

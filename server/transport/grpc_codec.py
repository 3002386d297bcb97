"""Frames as protobuf messages."""

import numpy as np

from atomtug.protos import trajectory_pb2
from atomtug.server.session.frame_stream import WireFrame
from atomtug.wire import frame_keys
from atomtug.wire.struct_codec import fill_protobuf
from atomtug.wire.values import FrameValue

PROTOCOL = "grpc"
ENTRY_SIZES = {frame_keys.USER_FORCES_SPARSE: 3, frame_keys.BOND_PAIRS: 2}
"""Numbers in one entry of an array, where it is more than one and the array can be empty."""


def encode_frame(frame: WireFrame, fills_empty: bool = False) -> bytes:
    """A frame as a GetFrameResponse; done once for all clients.

    Args:
        frame: what to encode
        fills_empty: send one entry of zero in place of an empty array. Narupa's clients can't read an empty array,
            and an array that is left out keeps its last value there.
    """
    protocol = f"{PROTOCOL}, filled" if fills_empty else PROTOCOL
    encoded = frame.encoded.get(protocol)
    if encoded is None:
        response = trajectory_pb2.GetFrameResponse(frame_index=frame.index)
        for key, value in frame.values.items():
            if fills_empty and isinstance(value, np.ndarray) and not value.size:
                value = np.zeros(ENTRY_SIZES.get(key, 1), dtype=value.dtype)
            _put(response.frame, key, value)
        encoded = frame.encoded[protocol] = response.SerializeToString()
    return encoded


def _put(frame: trajectory_pb2.FrameData, key: str, value: FrameValue) -> None:
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
        fill_protobuf(frame.values[key], value)

"""Frames as protobuf messages."""

import numpy as np

from atomtug.protos import trajectory_pb2
from atomtug.server.session.frame_stream import WireFrame
from atomtug.wire.struct_codec import fill_protobuf
from atomtug.wire.values import FrameValue

PROTOCOL = "grpc"


def encode_frame(frame: WireFrame) -> bytes:
    """A frame as a GetFrameResponse; done once for all clients."""
    encoded = frame.encoded.get(PROTOCOL)
    if encoded is None:
        response = trajectory_pb2.GetFrameResponse(frame_index=frame.index)
        for key, value in frame.values.items():
            _put(response.frame, key, value)
        encoded = frame.encoded[PROTOCOL] = response.SerializeToString()
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

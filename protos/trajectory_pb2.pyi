from google.protobuf import struct_pb2 as _struct_pb2
from atomtug.protos import array_pb2 as _array_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class FrameData(_message.Message):
    __slots__ = ("values", "arrays")
    class ValuesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _struct_pb2.Value
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_struct_pb2.Value, _Mapping]] = ...) -> None: ...
    class ArraysEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _array_pb2.ValueArray
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_array_pb2.ValueArray, _Mapping]] = ...) -> None: ...
    VALUES_FIELD_NUMBER: _ClassVar[int]
    ARRAYS_FIELD_NUMBER: _ClassVar[int]
    values: _containers.MessageMap[str, _struct_pb2.Value]
    arrays: _containers.MessageMap[str, _array_pb2.ValueArray]
    def __init__(self, values: _Optional[_Mapping[str, _struct_pb2.Value]] = ..., arrays: _Optional[_Mapping[str, _array_pb2.ValueArray]] = ...) -> None: ...

class GetFrameRequest(_message.Message):
    __slots__ = ("data", "frame_interval")
    DATA_FIELD_NUMBER: _ClassVar[int]
    FRAME_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    data: _struct_pb2.Struct
    frame_interval: float
    def __init__(self, data: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., frame_interval: _Optional[float] = ...) -> None: ...

class GetFrameResponse(_message.Message):
    __slots__ = ("frame_index", "frame")
    FRAME_INDEX_FIELD_NUMBER: _ClassVar[int]
    FRAME_FIELD_NUMBER: _ClassVar[int]
    frame_index: int
    frame: FrameData
    def __init__(self, frame_index: _Optional[int] = ..., frame: _Optional[_Union[FrameData, _Mapping]] = ...) -> None: ...

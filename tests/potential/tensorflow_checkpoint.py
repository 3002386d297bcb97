"""Writes a checkpoint as TensorFlow does: an index in LevelDB's table format and a file of numbers.

The index is blocks of sorted keys, each written without what it shares with the one before (LevelDB's
doc/table_format.md); the values are protocol buffers (tensorflow/core/protobuf/tensor_bundle.proto).
"""

import struct

DTYPES = {"<f4": 1, "<i8": 9}
KEYS_OF_A_BLOCK, KEYS_TO_A_RESTART = 5, 2


def varint(value):
    result = b""
    while value >= 128:
        result += bytes([value & 127 | 128])
        value >>= 7
    return result + bytes([value])


def number(field, value):
    return varint(field << 3) + varint(value)


def message(field, value):
    return varint(field << 3 | 2) + varint(len(value)) + value


def block(entries):
    """Keys and values, then the places of those keys that are written whole."""
    data, restarts, before = b"", [], b""
    for place, (key, value) in enumerate(entries):
        shared = 0
        if place % KEYS_TO_A_RESTART == 0:
            restarts.append(len(data))
        else:
            while shared < min(len(key), len(before)) and key[shared] == before[shared]:
                shared += 1
        data += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        before = key
    return data + struct.pack(f"<{len(restarts)}I", *restarts) + struct.pack("<I", len(restarts))


def write(folder, tensors):
    """The two files of a checkpoint with these arrays, by name."""
    entries, numbers = [(b"", number(1, 1))], b""
    for name, array in sorted(tensors.items()):
        shape = b"".join(message(2, number(1, size)) for size in array.shape)
        entry = number(1, DTYPES[array.dtype.str]) + message(2, shape)
        if numbers:  # a field that is zero is left away
            entry += number(4, len(numbers))
        checksum = varint(6 << 3 | 5) + bytes(4)  # our reader does not look at it
        entries.append((name.encode(), entry + number(5, array.nbytes) + checksum))
        numbers += array.tobytes()
    index, handles = b"", []
    for start in range(0, len(entries), KEYS_OF_A_BLOCK):
        part = entries[start : start + KEYS_OF_A_BLOCK]
        written = block(part)
        handles.append((part[-1][0], varint(len(index)) + varint(len(written))))
        index += written + bytes(5)  # not compressed, and a checksum
    places = []
    for each in (block([]), block(handles)):
        places += [len(index), len(each)]
        index += each + bytes(5)
    footer = b"".join(map(varint, places)).ljust(40, b"\0") + bytes.fromhex("57fb808b247547db")
    folder.mkdir(parents=True)
    (folder / "variables.index").write_bytes(index + footer)
    (folder / "variables.data-00000-of-00001").write_bytes(numbers)

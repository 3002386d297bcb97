"""A network that the paper's authors published (a TensorFlow SavedModel) as a model file, to be judged or served.

    git clone https://github.com/SilviaAmAm/squalane_paper_si && git -C squalane_paper_si checkout 94892f0
    python tools/convert_paper_network.py squalane_paper_si/tmp_models/hc6_sq 6 runs/table1/paper-set-6.safetensors

The weights of sets 4 and 6 are whole there. They carry no licence and do not come with atomtug. TensorFlow is not
needed: a checkpoint is an index in LevelDB's table format, whose values are protocol buffers, and a file of numbers.
"""

import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.units import KJMOL_PER_EV
from atomtug.potential import (
    Architecture,
    Model,
    Provenance,
    ReferenceEnergies,
    SymmetryFunctions,
    save_model,
)
from atomtug.potential.network import Layer

DESCRIPTORS = {
    "4": SymmetryFunctions(13, 0.8, 3.440665282995163, 1.8930017259735163),
    "6": SymmetryFunctions(16, 0.8, 3.0959454963762645, 1.7612032005732925),
}
ELEMENTS = (1, 6, 7)
MAGIC = bytes.fromhex("57fb808b247547db")
"""The end of an index."""


def varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of variable length, and where what follows begins."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def entries(data: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of one block of an index; keys are written without what they share with the one before."""
    block = data[offset : offset + size]
    restarts = struct.unpack("<I", block[-4:])[0]
    at, key = 0, b""
    while at < size - 4 * (restarts + 1):
        shared, at = varint(block, at)
        own, at = varint(block, at)
        length, at = varint(block, at)
        key = key[:shared] + block[at : at + own]
        yield key, block[at + own : at + own + length]
        at += own + length


def fields(message: bytes) -> Iterator[tuple[int, Any]]:
    """Numbers and values of a protocol buffer's fields."""
    at = 0
    while at < len(message):
        tag, at = varint(message, at)
        if tag & 7 == 0:
            value, at = varint(message, at)
            yield tag >> 3, value
            continue
        length, at = varint(message, at) if tag & 7 == 2 else ({1: 8, 5: 4}[tag & 7], at)
        yield tag >> 3, message[at : at + length]
        at += length


def tensors(folder: Path) -> dict[str, Floats]:
    """All weights of a checkpoint, by name."""
    index = (folder / "variables.index").read_bytes()
    data = (folder / "variables.data-00000-of-00001").read_bytes()
    footer = index[-48:]
    if footer[-8:] != MAGIC:
        sys.exit(f"{folder / 'variables.index'} is no index of a TensorFlow checkpoint.")
    at = 0
    handle = []
    for _ in range(4):  # where the block of metadata and that of the blocks are: offset and size each
        value, at = varint(footer, at)
        handle.append(value)
    found = {}
    for _, where in entries(index, handle[2], handle[3]):
        offset, at = varint(where, 0)
        for key, value in entries(index, offset, varint(where, at)[0]):
            entry = dict(fields(value))
            if not key or entry.get(1) != 1:  # 1 is float32
                continue
            shape = [dict(fields(one)).get(1, 0) for number, one in fields(entry.get(2, b"")) if number == 2]
            start = entry.get(4, 0)
            found[key.decode()] = np.frombuffer(data[start : start + entry[5]], "<f4").reshape(shape)
    return found


def convert(folder: Path, number: str) -> Model:
    """The network as a model; energies differ from ours by a constant for each element."""
    weights = tensors(folder / "variables")

    def layer(name: str, element: int, scale: float = 1.0) -> Layer:
        suffix = f"_{element}" if element else ""
        weight, bias = (scale * weights[f"Weights/{part}_{name}{suffix}"] for part in ("weight", "bias"))
        return Layer(np.float32(weight.T[None]), np.float32(bias[None]))

    parameters = tuple(
        (layer("in", element), layer("hidden_1", element), layer("out", element, 1.0 / KJMOL_PER_EV))
        for element in range(len(ELEMENTS))
    )
    hidden = tuple(each.bias.shape[1] for each in parameters[0][:2])
    architecture = Architecture(ELEMENTS, DESCRIPTORS[number], hidden, "sigmoid", 1, None)
    provenance = Provenance(
        settings={"training_set": int(number), "origin": "the paper's authors"}, states=((0, 2),)
    )
    return Model(architecture, parameters, ReferenceEnergies((0.0, 0.0, 0.0)), provenance)


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[2] not in DESCRIPTORS:
        sys.exit(__doc__)
    Path(sys.argv[3]).parent.mkdir(parents=True, exist_ok=True)
    save_model(convert(Path(sys.argv[1]), sys.argv[2]), Path(sys.argv[3]))

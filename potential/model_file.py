"""Model files: safetensors with a JSON header. docs/model-file.md has the format.

A file contains only data, numbers and text, and no code. All of it is checked before it is used.
"""

import os
from pathlib import Path
from typing import Any

import jax
import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from atomtug.core.errors import InputError
from atomtug.core.files import replacing
from atomtug.potential.architecture import Architecture
from atomtug.potential.compiling import start_in_caller
from atomtug.potential.header import KEY, from_header, to_header
from atomtug.potential.model import Model, tensor_name
from atomtug.potential.network import Layer, Parameters

LARGEST = 512 * 2**20
"""Bytes; a committee of 4 as in the paper has 5 MB."""


def save_model(model: Model, path: str | os.PathLike[str]) -> None:
    """Write a model. A file of that name is replaced in one step, at the end.

    Raises:
        InputError: it can't be written
    """
    target = Path(path)
    tensors = {
        tensor_name(symbol, number, name): np.ascontiguousarray(array, dtype=np.float32)
        for symbol, network in zip(model.architecture.symbols, model.parameters, strict=True)
        for number, layer in enumerate(network)
        for name, array in zip(layer._fields, layer, strict=True)
    }
    content = save(tensors, metadata={KEY: to_header(model)})
    try:
        with replacing(target) as draft:
            draft.write_bytes(content)
    except OSError as error:
        raise InputError(f"The model can't be written to {target}: {error}") from error


def load_model(path: str | os.PathLike[str]) -> Model:
    """Read a model.

    Raises:
        InputError: there is no such file, or it is no model of atomtug, of a later version, damaged or inconsistent
    """
    # Before the first array on the device.
    start_in_caller()
    source = Path(path)
    if not source.is_file():
        raise InputError(
            f"There is no model file {source}: check the path, or train one with `atomtug train`."
        )
    if source.stat().st_size > LARGEST:
        raise InputError(
            f"{source} is larger than any model of atomtug ({LARGEST >> 20} MB): it can't be one."
        )
    try:
        # NumPy's reader maps the file; nothing is read of a tensor before its shape has been checked.
        with safe_open(source, framework="numpy") as file:
            metadata = file.metadata() or {}
            if KEY not in metadata:
                raise InputError(
                    f"{source} is a safetensors file, but no model of atomtug: it has no header."
                )
            architecture, reference, provenance, calibration = from_header(metadata[KEY])
            parameters = _read(file, architecture)
            return Model(architecture, parameters, reference, provenance, calibration)
    except (SafetensorError, OSError, ValueError, OverflowError) as error:
        raise InputError(
            f"{source} can't be read as a model ({error}): it is damaged, or no safetensors file."
        ) from error
    except InputError as error:
        raise InputError(f"{source}: {error}") from error


def _read(file: Any, architecture: Architecture) -> Parameters:
    expected = {
        tensor_name(symbol, number, name): shape
        for symbol in architecture.symbols
        for number, (ins, outs) in enumerate(architecture.layer_sizes())
        for name, shape in (
            ("weight", (architecture.members, ins, outs)),
            ("bias", (architecture.members, outs)),
        )
    }
    found = set(file.keys())
    if found != set(expected):
        odd = sorted(found ^ set(expected))
        raise InputError(
            f"The weights are not those that the header lists: {', '.join(odd[:4])} "
            f"{'is' if len(odd) == 1 else 'are'} missing or too many."
        )
    arrays = {}
    for name, shape in expected.items():
        view = file.get_slice(name)
        if tuple(view.get_shape()) != shape or view.get_dtype() != "F32":
            raise InputError(
                f"The weights {name} are {view.get_dtype()} {tuple(view.get_shape())}, but the header makes that "
                f"F32 {shape}."
            )
        # Not jnp.asarray, for which JAX would compile a program for each shape.
        arrays[name] = jax.device_put(file.get_tensor(name))
    return tuple(
        tuple(
            Layer(arrays[tensor_name(symbol, number, "weight")], arrays[tensor_name(symbol, number, "bias")])
            for number in range(len(architecture.layer_sizes()))
        )
        for symbol in architecture.symbols
    )

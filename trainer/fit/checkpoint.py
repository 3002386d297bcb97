"""A training's state on disk, so that it goes on exactly where it was."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from atomtug.core.errors import InputError
from atomtug.core.files import replacing
from atomtug.potential import Parameters
from atomtug.trainer.fit.step import TrainingState


class Checkpoint(NamedTuple):
    """After some epochs: ``state``; ``best`` the weights with the lowest ``score``, reached in ``best_epoch``;
    ``epoch`` how many were done."""

    state: TrainingState
    best: Parameters
    score: float
    best_epoch: int
    epoch: int


def save_checkpoint(path: Path, checkpoint: Checkpoint, identity: dict[str, Any]) -> None:
    """Replace the file in one step.

    Args:
        path: the file
        checkpoint: what to keep
        identity: tells this training from others, as JSON can hold it

    Raises:
        InputError: it can't be written
    """
    leaves = jax.tree.leaves((checkpoint.state, checkpoint.best))
    arrays = {f"{number:04d}": np.array(leaf, order="C") for number, leaf in enumerate(leaves)}
    metadata = {
        "identity": json.dumps(identity, sort_keys=True),
        "progress": json.dumps([checkpoint.score, checkpoint.best_epoch, checkpoint.epoch]),
    }
    try:
        with replacing(path) as draft:
            save_file(arrays, draft, metadata)
    except (OSError, SafetensorError) as error:
        raise InputError(f"{path} can't be written: {error}") from error


def load_checkpoint(path: Path, like: Checkpoint, identity: dict[str, Any]) -> Checkpoint:
    """What was saved.

    Args:
        path: the file
        like: a checkpoint of this training, for its structure
        identity: of this training

    Raises:
        InputError: it is no checkpoint, or of another training
    """
    leaves, structure = jax.tree.flatten((like.state, like.best))
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            arrays = [file.get_tensor(f"{number:04d}") for number in range(len(leaves))]
        score, best_epoch, epoch = json.loads(metadata["progress"])
        saved = dict(json.loads(metadata["identity"]))
    except (OSError, SafetensorError, KeyError, ValueError, TypeError) as error:
        raise InputError(f"{path} is no checkpoint of a training: delete it to begin again.") from error
    # Of what an older version did not save nothing is known.
    known = {name: value for name, value in json.loads(json.dumps(identity)).items() if name in saved}
    if saved != known or any(array.shape != leaf.shape for array, leaf in zip(arrays, leaves, strict=True)):
        raise InputError(
            f"{path} is of a training with other data or options: delete it, or give --out another name."
        )
    state, best = jax.tree.unflatten(structure, [jnp.asarray(array) for array in arrays])
    return Checkpoint(state, best, score, best_epoch, epoch)


def progress(path: Path) -> int:
    """Epochs done according to the checkpoint at ``path``; 0 if there is none.

    Raises:
        InputError: the file is no checkpoint
    """
    if not path.exists():
        return 0
    try:
        with safe_open(path, framework="numpy") as file:
            return int(json.loads((file.metadata() or {})["progress"])[2])
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise InputError(f"{path} is no checkpoint of a training: delete it to begin again.") from error

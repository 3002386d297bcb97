"""Labels that networks are judged by."""

from pathlib import Path

import numpy as np

from atomtug.core.errors import InputError
from atomtug.trainer.exchange import load


def check_heldout(path: Path) -> None:
    """See that there is something to judge by.

    Raises:
        InputError: no trajectory has two labels, between which energies could be compared
    """
    counts = [
        int(np.sum(molecule.learnable & (molecule.trajectory == trajectory)))
        for molecule in load(path)
        for trajectory in np.unique(molecule.trajectory)
    ]
    if max(counts, default=0) < 2:
        raise InputError(
            f"{path} has {sum(counts)} labels and no trajectory with two: energies are judged by how they change "
            f"along a trajectory. Use more --labels, or name others with --heldout."
        )

"""What runs in a worker process: one label at a time, each chunk of neighbouring frames with its own guess.

``dask_setup`` makes this module a Dask preload for clusters that others start (docs/labels.md): it keeps a Ctrl-C
that is meant for the command from the workers.
"""

import signal
from collections import OrderedDict
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from atomtug.trainer.dft.environment import prepare
from atomtug.trainer.dft.theory import Label, Theory

if TYPE_CHECKING:
    from atomtug.trainer.dft.labeller import Labeller
    from atomtug.trainer.labels.by_calculator import CalculatorLabeller

_KEPT = 4
"""Chunks whose last orbitals a worker remembers."""
_labellers: "OrderedDict[str, Labeller | CalculatorLabeller]" = OrderedDict()


@dataclass(frozen=True)
class Atoms:
    """What a labeller needs to know besides the geometry."""

    numbers: NDArray[np.int64]
    charge: int
    multiplicity: int
    theory: Theory


def make_labeller(atoms: Atoms) -> "Labeller | CalculatorLabeller":
    """What labels geometries of these atoms.

    Raises:
        InputError: their level of theory can't be computed
    """
    if atoms.theory.calculator:
        from atomtug.trainer.labels.by_calculator import CalculatorLabeller

        return CalculatorLabeller(atoms.numbers, atoms.charge, atoms.multiplicity, atoms.theory.calculator)
    from atomtug.trainer.dft.labeller import Labeller

    return Labeller(atoms.numbers, atoms.charge, atoms.multiplicity, atoms.theory)


def label_frame(
    atoms: Atoms, chunk: str, positions: NDArray[np.float64], check: bool = False
) -> tuple[Label, str]:
    """Label one geometry, starting from the last one of its chunk if this worker had it.

    Args:
        atoms: of the molecule
        chunk: names the run of neighbouring frames this is one of
        positions: (N, 3) angstrom
        check: compare its electronic state with that of a range-separated hybrid

    Returns:
        The label, and this worker's address.
    """
    from distributed import get_worker

    _prepare_once()
    if chunk not in _labellers:
        _labellers[chunk] = make_labeller(atoms)
    _labellers.move_to_end(chunk)
    while len(_labellers) > _KEPT:
        _labellers.popitem(last=False)
    label = _labellers[chunk].label(positions)
    if check and not atoms.theory.calculator:
        from atomtug.trainer.dft.state_check import check_state

        label = check_state(atoms.numbers, atoms.charge, atoms.multiplicity, positions, label)
    return label, str(get_worker().address)


@cache
def _prepare_once() -> None:
    prepare()


def dask_setup(_worker: Any) -> None:
    """Called by Dask in each worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

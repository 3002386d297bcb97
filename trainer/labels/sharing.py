"""How a machine's cores and memory are shared among labels that are made at once.

One label a core, each on one thread, is the fastest as long as all fit in memory. Of larger molecules fewer labels
are made at once, each on more threads.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from atomtug.trainer.labels.run import LabelTask

SHARE = 0.85
"""Of the memory that is free, what all labels together may take."""


@dataclass(frozen=True)
class Sharing:
    """Workers of one machine.

    Args:
        workers: processes, each making one label at a time
        threads: of each
        memory: bytes of each
    """

    workers: int
    threads: int
    memory: int


def share(
    needed: int, workers: int | None = None, cores: int | None = None, free: int | None = None
) -> Sharing:
    """How many workers, and what each gets.

    Args:
        needed: bytes that the largest label takes
        workers: how many there must be, each on one thread; None to choose
        cores: of the machine; None for this one's
        free: bytes; None for this machine's
    """
    cores = cores or psutil.cpu_count(logical=False) or os.cpu_count() or 1
    memory = SHARE * (psutil.virtual_memory().available if free is None else free)
    if workers is not None:
        return Sharing(workers, 1, int(memory / workers))
    workers = min(cores, max(1, int(memory // max(needed, 1))))
    return Sharing(workers, cores // workers, int(memory / workers))


def largest_need(tasks: Iterable["LabelTask"]) -> int:
    """Bytes that the largest of some labels takes with everything kept in memory, roughly; 0 where an ASE calculator
    makes them, of which that is not known."""
    from atomtug.trainer.dft import fast, stock
    from atomtug.trainer.dft.functional import parse_functional
    from atomtug.trainer.dft.molecule import MoleculeBuilder

    largest = 0
    first = {
        task.atoms.numbers.tobytes(): task
        for task in reversed(list(tasks))
        if not task.atoms.theory.calculator
    }
    for task in first.values():
        atoms = task.atoms
        mol = MoleculeBuilder(atoms.numbers, atoms.charge, atoms.multiplicity, atoms.theory.basis).at(
            task.positions
        )
        theory = replace(
            atoms.theory, functional=parse_functional(atoms.theory.functional).exchange_correlation
        )
        auxbasis = stock.mean_field(mol, theory).with_df.auxbasis
        largest = max(largest, fast.memory_needed(mol, auxbasis))
    return largest

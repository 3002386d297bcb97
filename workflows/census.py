"""Which environments of a molecule's atoms data sets hold."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from atomtug.core.systems import load_system
from atomtug.trainer.data.census import SHELLS, Census, take_census
from atomtug.trainer.exchange import ReadOptions
from atomtug.workflows.training import read_labels


def census(
    systems: Sequence[str],
    data: Sequence[Path],
    shells: int = SHELLS,
    options: ReadOptions | None = None,
) -> Census:
    """Count the local environments of some molecules, and the geometries of data sets that hold them.

    Args:
        systems: names of built-in systems, or files
        data: files of geometries, labelled or not
        shells: how many bonds an environment reaches
        options: how files in other programs' formats are read

    Raises:
        InputError: a system or a file can't be read
    """
    reading = replace(options or ReadOptions(), energies_needed=False)
    loaded = [load_system(name) for name in systems]
    return take_census(
        [(system.numbers, system.positions) for system in loaded],
        {str(path): read_labels(path, reading) for path in data},
        shells,
    )

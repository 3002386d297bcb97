"""Files of other programs, and what they hold."""

from pathlib import Path

import ase.io
import numpy as np
import pytest
from click.testing import CliRunner

from atomtug.cli import cli
from atomtug.trainer.exchange import ReadOptions, load

FILES = Path(__file__).parent / "data_files"
SAMPLE = Path(__file__).parents[2] / "recordings" / "sample.h5"


def case(name, **options):
    return load(FILES / name, options=ReadOptions(**options))


def convert(*arguments):
    return CliRunner().invoke(cli, ["convert", *map(str, arguments)])


def energies_and_forces(data):
    """The reference: 24 geometries of CH4 + CN in eV and eV/angstrom."""
    known = load(FILES / "a.traj").molecules["methane"]
    (molecule,) = data
    # The case files were written with a kcal of five digits.
    assert molecule.energies == pytest.approx(known.energies, rel=5e-5)
    assert molecule.forces == pytest.approx(known.forces, rel=1e-4, abs=1e-6)
    return molecule


def images():
    return ase.io.read(FILES / "a.traj", index=":")


def md17_arrays():
    few = images()
    return (
        few[0].numbers,
        np.stack([atoms.positions for atoms in few]),
        np.array([atoms.get_potential_energy() for atoms in few]),
        np.stack([atoms.get_forces() for atoms in few]),
    )

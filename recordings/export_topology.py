"""The topology of an exported recording as a PDB file: atoms, molecules, and the bonds of its first frame.

Trajectory formats hold numbers for each atom; analysis programs want to be told in a second file what the atoms are.
Columns as in the PDB format 3.3, sections "Coordinate" and "Connectivity".
"""

from collections.abc import Iterator

import numpy as np

from atomtug.core.arrays import Floats, Ints
from atomtug.core.systems import System
from atomtug.core.systems.sites import neighbour_lists
from atomtug.core.systems.valences import molecules_of
from atomtug.recordings.reader import Recording

TOPOLOGY_SUFFIX = ".pdb"
_UNNAMED = "UNL"
"""What PDB files call a molecule without a name of three letters."""
_SERIALS, _RESIDUES, _PARTNERS = 100_000, 10_000, 4
"""Numbers of atoms and residues begin again where their columns are full; bonded atoms in a line."""


def topology(recording: Recording) -> str:
    """The text of the PDB file, with the geometry and bonds of the first frame."""
    system = recording.system
    state = f"charge {system.charge}, multiplicity {system.multiplicity}"
    lines = [
        f"TITLE     {molecules_of(system)}, {state}; bonds of frame 0",
        *_atoms(system, recording.frame(0).positions),
        *_bonds(len(system.numbers), recording.bonds(0)),
        "END",
    ]
    return "\n".join(lines) + "\n"


def _atoms(system: System, positions: Floats) -> Iterator[str]:
    names = system.atom_names
    symbols = system.symbols
    for atom, (home, place) in enumerate(zip(system.residue_indices, positions, strict=True)):
        residue = system.residue_names[home]
        residue = residue if len(residue) <= 3 else _UNNAMED
        # Symbols of one letter begin in the second column of a name, where it is short enough.
        indent = " " if len(symbols[atom]) == 1 and len(names[atom]) < 4 else ""
        name, chain = (indent + names[atom])[:4], chr(ord("A") + home % 26)
        x, y, z = np.round(place, 3) + 0.0  # no minus before a zero
        yield (
            f"HETATM{(atom + 1) % _SERIALS:5d} {name:<4} {residue:>3} {chain}{(home + 1) % _RESIDUES:4d}    "
            f"{x:8.3f}{y:8.3f}{z:8.3f}{1:6.2f}{0:6.2f}          "
            f"{symbols[atom].upper():>2}"
        )


def _bonds(count: int, bonds: Ints) -> Iterator[str]:
    for atom, others in enumerate(neighbour_lists(count, np.asarray(bonds))):
        numbers = [(other + 1) % _SERIALS for other in sorted(others)]
        for start in range(0, len(numbers), _PARTNERS):
            row = [(atom + 1) % _SERIALS, *numbers[start : start + _PARTNERS]]
            yield "CONECT" + "".join(f"{number:5d}" for number in row)

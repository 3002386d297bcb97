"""What a data set holds for every geometry: names, types, units. The file, the journal and memory share it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Column:
    """One quantity, once a geometry.

    Args:
        name: in memory and in the file
        dtype: as numpy writes it; ``O`` for text
        unit: empty for a pure number
        per_atom: (N, 3) in place of a single value
        absent: the value where there is none
        meaning: kept with it in the file
    """

    name: str
    dtype: str
    unit: str = ""
    per_atom: bool = False
    absent: Any = np.nan
    meaning: str = ""

    def shape(self, rows: int, atoms: int) -> tuple[int, ...]:
        """Of the array of so many geometries."""
        return (rows, atoms, 3) if self.per_atom else (rows,)

    def empty(self, rows: int, atoms: int) -> NDArray[Any]:
        """So many geometries without this quantity."""
        return np.full(self.shape(rows, atoms), self.absent, dtype=self.dtype)


COLUMNS = (
    Column("positions", "f8", "angstrom", per_atom=True),
    Column("energy", "f8", "hartree", meaning="total energy; NaN where the label failed"),
    Column("forces", "f8", "hartree/bohr", per_atom=True, meaning="NaN where there are none"),
    Column(
        "trajectory", "i8", absent=-1, meaning="row of /trajectories; frames of one stay together in splits"
    ),
    Column("frame", "i8", absent=-1, meaning="place in the recording"),
    Column("converged", "?", absent=False, meaning="false is a failed label; see reason"),
    Column("spin_square", "f8", meaning="expectation value of S^2"),
    Column("cycles", "i8", absent=0, meaning="of the self-consistent field, over all attempts"),
    Column("method", "O", absent="", meaning="which way led to the label"),
    Column("reason", "O", absent="", meaning="why it failed, or why attempts before the last did"),
    Column("seconds", "f8", "s", meaning="of one core"),
    Column("engine", "O", absent="", meaning="the engine of the recording"),
    Column("engine_energy", "f8", "hartree", meaning="by the engine, for the same geometry"),
    Column(
        "engine_forces", "f8", "hartree/bohr", per_atom=True, meaning="by the engine, for the same geometry"
    ),
)

BY_NAME = {column.name: column for column in COLUMNS}

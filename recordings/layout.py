"""The layout of a recording: every name, type and unit in it, as tables the writer and the reader share.

docs/recording-format.md describes the same for people who read the file with other tools. The file follows
H5MD 1.1 (https://www.nongnu.org/h5md/h5md.html); what H5MD has no place for is in groups of our own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from atomtug.core.frame import Frame
from atomtug.core.units import (
    KJMOL_NM_PER_FORCE,
    KJMOL_PER_EV,
    NM_PER_ANGSTROM,
    NM_PS_PER_VELOCITY,
    PS_PER_TIME,
)

FORMAT = "atomtug recording"
FORMAT_VERSION = 1
"""Increased when a reader of the old version would misread the new one; not for additions."""
H5MD_VERSION = (1, 1)

ATOMS = "particles/atoms"
OBSERVABLES = "observables"
STEP = f"{ATOMS}/position/step"
TIME = f"{ATOMS}/position/time"
SPECIES = f"{ATOMS}/species"
MASS = f"{ATOMS}/mass"
BONDS_AT_START = "connectivity/bonds"
BOND_CHANGES = "connectivity/bond_changes"
INTERACTIONS = "interactions"
EVENTS = "events"
PARAMETERS = "parameters"
SYSTEM = "parameters/system"
COMMITTED = "committed"
"""(3,) numbers of complete frames, events and bond changes; a reader ignores what is beyond them."""
EXTRA_COLUMNS = "extra_columns"
"""Root attribute: names of the columns that are there besides :data:`COLUMNS`, as a JSON list."""

# Unit strings as H5MD's units module has them; MDAnalysis' H5MDReader understands each.
NM = "nm"
PS = "ps"
NM_PS = "nm ps-1"
KJMOL = "kJ mol-1"
KJMOL_NM = "kJ mol-1 nm-1"
KELVIN = "K"
SECOND = "s"
CHARGE_UNIT = "e"


@dataclass(frozen=True)
class FrameColumn:
    """Something recorded once a frame: one number, or one vector for each atom.

    Args:
        name: name of the H5MD element
        unit: H5MD unit string, empty for a pure number
        per_atom: under /particles/atoms if true, else under /observables
        width: components for each atom, 3 for a vector; 1 makes it (F, N), or (F,) when not ``per_atom``
        dtype: numpy's name of the type
        factor: multiply by it to go from ASE's units to the file's
        of: takes the value from a frame; None for values that the frame does not hold
    """

    name: str
    unit: str = ""
    per_atom: bool = False
    width: int = 1
    dtype: str = "f8"
    factor: float = 1.0
    of: Callable[[Frame], Any] | None = None

    @property
    def element(self) -> str:
        """Path of the H5MD element: a group with value, step and time."""
        return f"{ATOMS if self.per_atom else OBSERVABLES}/{self.name}"

    @property
    def value(self) -> str:
        """Path of the element's values."""
        return f"{self.element}/value"

    def shape(self, atoms: int) -> tuple[int, ...]:
        """Shape of the value of one frame, for this number of atoms."""
        if not self.per_atom:
            return () if self.width == 1 else (self.width,)
        return (atoms,) if self.width == 1 else (atoms, self.width)


def _vectors(
    name: str, unit: str, factor: float, of: Callable[[Frame], Any], dtype: str = "f4"
) -> FrameColumn:
    return FrameColumn(name, unit, per_atom=True, width=3, dtype=dtype, factor=factor, of=of)


POSITION = _vectors("position", NM, NM_PER_ANGSTROM, lambda frame: frame.positions, "f8")
VELOCITY = _vectors("velocity", NM_PS, NM_PS_PER_VELOCITY, lambda frame: frame.velocities)
# H5MD defines `force` as the total, so the engine's share has a name of its own.
FORCE = _vectors("force", KJMOL_NM, KJMOL_NM_PER_FORCE, lambda frame: frame.total_forces)
ENGINE_FORCE = _vectors("engine_force", KJMOL_NM, KJMOL_NM_PER_FORCE, lambda frame: frame.forces)
USER_FORCE = _vectors("user_force", KJMOL_NM, KJMOL_NM_PER_FORCE, lambda frame: frame.user_forces)
WALL_FORCE = _vectors("wall_force", KJMOL_NM, KJMOL_NM_PER_FORCE, lambda frame: frame.wall_forces)

POTENTIAL_ENERGY = FrameColumn("potential_energy", KJMOL, factor=KJMOL_PER_EV, of=lambda frame: frame.energy)
KINETIC_ENERGY = FrameColumn(
    "kinetic_energy", KJMOL, factor=KJMOL_PER_EV, of=lambda frame: frame.kinetic_energy
)
TEMPERATURE = FrameColumn("temperature", KELVIN, of=lambda frame: frame.temperature)
WALL_ENERGY = FrameColumn("wall_energy", KJMOL, factor=KJMOL_PER_EV, of=lambda frame: frame.wall_energy)
USER_ENERGY = FrameColumn("user_energy", KJMOL, factor=KJMOL_PER_EV, of=lambda frame: frame.user_energy)
USER_WORK = FrameColumn("user_work", KJMOL, factor=KJMOL_PER_EV, of=lambda frame: frame.user_work)
ENGINE = FrameColumn("engine", dtype="i2")
WALL_CLOCK = FrameColumn("wall_clock", SECOND)

ENERGY_OFFSET = FrameColumn(
    "engine_energy_offset", KJMOL, factor=KJMOL_PER_EV, of=lambda frame: frame.energy_offset
)
UNCERTAINTY = FrameColumn(
    "engine_uncertainty", KJMOL, factor=KJMOL_PER_EV, of=lambda frame: frame.uncertainty
)
ATOM_UNCERTAINTY = FrameColumn(
    "engine_uncertainty_forces",
    KJMOL_NM,
    per_atom=True,
    dtype="f4",
    factor=KJMOL_NM_PER_FORCE,
    of=lambda frame: frame.atomic_uncertainty,
)
CANDIDATE = FrameColumn("candidate", dtype="u1")
"""1 where the engine's uncertainty was above its limit: a frame to be labelled."""

CHARGE = FrameColumn(
    "charge",
    CHARGE_UNIT,
    per_atom=True,
    dtype="f4",
    of=lambda frame: None if frame.electrons is None else frame.electrons.charges,
)
SPIN = FrameColumn(
    "spin",
    per_atom=True,
    dtype="f4",
    of=lambda frame: None if frame.electrons is None else frame.electrons.spins,
)
SPIN_SQUARE = FrameColumn(
    "spin_square", of=lambda frame: None if frame.electrons is None else frame.electrons.spin_square
)

BOND_ORDER = FrameColumn("bond_order", per_atom=True, width=6, dtype="f2")
"""The engine's orders of an atom's bonds to atoms behind it, in their order; NaN where there are no more."""

COLUMNS = (
    POSITION,
    VELOCITY,
    FORCE,
    ENGINE_FORCE,
    USER_FORCE,
    WALL_FORCE,
    POTENTIAL_ENERGY,
    KINETIC_ENERGY,
    TEMPERATURE,
    WALL_ENERGY,
    USER_ENERGY,
    USER_WORK,
    ENGINE,
    WALL_CLOCK,
)
"""The columns of every recording, besides step and time."""


LIVE_COLUMNS = (
    ENERGY_OFFSET,
    UNCERTAINTY,
    ATOM_UNCERTAINTY,
    CANDIDATE,
    CHARGE,
    SPIN,
    SPIN_SQUARE,
    BOND_ORDER,
)
"""Further columns of live sessions, in ASE's units where they are read."""


@dataclass(frozen=True)
class TableDataset:
    """A dataset that grows but is no H5MD element: a part of a ragged table.

    Args:
        path: path in the file
        dtype: numpy's name of the type
        width: numbers in a row; 1 makes it one-dimensional
        unit: H5MD unit string
        factor: from ASE's units to the file's
    """

    path: str
    dtype: str
    width: int = 1
    unit: str = ""
    factor: float = 1.0


STEPS = TableDataset(STEP, "i8")
TIMES = TableDataset(TIME, "f8", unit=PS, factor=PS_PER_TIME)

# Bonds: row k holds from frame bond_frame[k] on; its pairs are pairs[end[k-1]:end[k]].
BOND_FRAME = TableDataset(f"{BOND_CHANGES}/frame", "i8")
BOND_END = TableDataset(f"{BOND_CHANGES}/end", "i8")
BOND_PAIRS = TableDataset(f"{BOND_CHANGES}/pairs", "i4", width=2)

# Interactions: frame f has rows frame_end[f-1]:frame_end[f]; row r pulls particle[row_end[r-1]:row_end[r]].
FRAME_END = TableDataset(f"{INTERACTIONS}/frame_end", "i8")
ROW_EVENT = TableDataset(f"{INTERACTIONS}/event", "i4")
ROW_POSITION = TableDataset(f"{INTERACTIONS}/position", "f8", 3, NM, NM_PER_ANGSTROM)
ROW_ENERGY = TableDataset(f"{INTERACTIONS}/energy", "f8", 1, KJMOL, KJMOL_PER_EV)
ROW_END = TableDataset(f"{INTERACTIONS}/row_end", "i8")
ROW_PARTICLE = TableDataset(f"{INTERACTIONS}/particle", "i4")
ROW_FORCE = TableDataset(f"{INTERACTIONS}/force", "f4", 3, KJMOL_NM, KJMOL_NM_PER_FORCE)

# Events: a line of JSON each, text[end[k-1]:end[k]] in UTF-8.
EVENT_END = TableDataset(f"{EVENTS}/end", "i8")
EVENT_TEXT = TableDataset(f"{EVENTS}/text", "u1")

TABLES = (
    BOND_FRAME,
    BOND_END,
    BOND_PAIRS,
    FRAME_END,
    ROW_EVENT,
    ROW_POSITION,
    ROW_ENERGY,
    ROW_END,
    ROW_PARTICLE,
    ROW_FORCE,
    EVENT_END,
    EVENT_TEXT,
)

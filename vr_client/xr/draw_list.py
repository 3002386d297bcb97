"""What is drawn, as rows of numbers: spheres, capsules and billboards in the room. This module uses no OpenGL."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from ase.data import covalent_radii
from ase.data.colors import jmol_colors
from numpy.typing import NDArray

from atomtug.core.arrays import Floats
from atomtug.vr_client.xr.poses import Pose

Rows = NDArray[np.float32]
Color = tuple[float, float, float]

SPHERE, CAPSULE = 8, 14
"""Numbers in a row: centre, radius, colour, glow; end, radius, end, glow, colour, colour."""
BALL = 0.045
"""Radius of a drawn atom for a covalent radius of 1 angstrom, nm."""
STICK = 0.0105
"""Radius of a drawn bond, nm."""


def linear(colors: Floats) -> Floats:
    """Convert sRGB (0..1) to linear colours."""
    colors = np.asarray(colors, dtype=np.float64)
    return np.where(colors <= 0.04045, colors / 12.92, ((colors + 0.055) / 1.055) ** 2.4)


_COLORS = linear(jmol_colors)
_COLORS[6] = linear(np.array([0.30, 0.31, 0.34]))
_COLORS[7] = linear(np.array([0.22, 0.38, 0.95]))
_COLORS[1] = linear(np.array([0.93, 0.93, 0.93]))
UNCERTAIN_COLOR = linear(np.array([1.0, 0.1, 0.65]))
"""The colour of an atom whose energy is uncertain."""
FULL_UNCERTAINTY = 10.0
"""Uncertainty at which an atom has that colour, kJ/mol."""


@dataclass(frozen=True, eq=False)
class Billboard:
    """A rectangle with a painted image.

    Args:
        name: another name is another picture
        version: changes with the picture
        pixels: (height, width, 4) sRGB and alpha, top row first
        pose: of its middle; it faces +z
        width, height: metres
    """

    name: str
    version: int
    pixels: NDArray[np.uint8]
    pose: Pose
    width: float
    height: float


@dataclass
class DrawList:
    """Rows to draw, filled again for each frame. The arrays are kept, and only grow."""

    billboards: list[Billboard] = field(default_factory=list)
    _spheres: Rows = field(default_factory=lambda: np.zeros((256, SPHERE), dtype=np.float32))
    _capsules: Rows = field(default_factory=lambda: np.zeros((512, CAPSULE), dtype=np.float32))
    _counts: list[int] = field(default_factory=lambda: [0, 0])

    @property
    def spheres(self) -> Rows:
        """(n, 8) spheres."""
        return self._spheres[: self._counts[0]]

    @property
    def capsules(self) -> Rows:
        """(n, 14) capsules."""
        return self._capsules[: self._counts[1]]

    def clear(self) -> None:
        """Remove everything."""
        self._counts = [0, 0]
        self.billboards = []

    def more_spheres(self, count: int) -> Rows:
        """Add (count, 8) rows, to be filled by the caller."""
        self._spheres = _grown(self._spheres, self._counts[0] + count)
        self._counts[0] += count
        return self._spheres[self._counts[0] - count : self._counts[0]]

    def more_capsules(self, count: int) -> Rows:
        """Add (count, 14) rows, to be filled by the caller."""
        self._capsules = _grown(self._capsules, self._counts[1] + count)
        self._counts[1] += count
        return self._capsules[self._counts[1] - count : self._counts[1]]

    def sphere(self, centre: Floats, radius: float, color: Color, glow: float = 0.0) -> None:
        """Add a sphere."""
        row = self.more_spheres(1)[0]
        row[:3], row[3], row[4:7], row[7] = centre, radius, color, glow

    def tube(self, points: Floats, radius: float, color: Color, glow: float = 0.0) -> None:
        """Add capsules along (n, 3) points."""
        rows = self.more_capsules(len(points) - 1)
        rows[:, :3], rows[:, 4:7] = points[:-1], points[1:]
        rows[:, 3], rows[:, 7], rows[:, 8:11], rows[:, 11:14] = radius, glow, color, color

    def molecule(
        self,
        room: Floats,
        elements: NDArray[np.int64],
        bonds: NDArray[np.int64],
        size: float,
        atom_uncertainty: Floats | None = None,
        glowing: Sequence[tuple[int, float]] = (),
    ) -> None:
        """Add a molecule as balls and sticks.

        Args:
            room: (N, 3) metres
            elements: (N,) atomic numbers
            bonds: (B, 2)
            size: metres a nm
            doubts: (N,) uncertainty of each atom, kJ/mol
            glowing: atom, how much
        """
        known = np.where((elements > 0) & (elements < len(_COLORS)), elements, 0)
        colors = _COLORS[known]
        if atom_uncertainty is not None and len(atom_uncertainty) == len(colors):
            share = np.clip(atom_uncertainty / FULL_UNCERTAINTY, 0.0, 1.0)[:, None]
            colors = colors + (UNCERTAIN_COLOR - colors) * share
        balls = self.more_spheres(len(room))
        balls[:, :3], balls[:, 4:7], balls[:, 7] = room, colors, 0.0
        # Hydrogen somewhat larger than in proportion: it is what is taken hold of.
        balls[:, 3] = (0.012 + BALL * covalent_radii[known] * 0.62) * size
        for atom, glow in glowing:
            balls[atom, 7] = glow
        a, b = bonds[:, 0], bonds[:, 1]
        sticks = self.more_capsules(len(bonds))
        sticks[:, :3], sticks[:, 4:7], sticks[:, 7] = room[a], room[b], 0.0
        sticks[:, 3], sticks[:, 8:11], sticks[:, 11:14] = STICK * size, colors[a], colors[b]


def _grown(rows: Rows, needed: int) -> Rows:
    if needed <= len(rows):
        return rows
    larger = np.zeros((2 * needed, rows.shape[1]), dtype=np.float32)
    larger[: len(rows)] = rows
    return larger

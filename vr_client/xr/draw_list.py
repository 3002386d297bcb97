"""What is drawn, as rows of numbers: spheres, capsules and billboards in the room. This module uses no OpenGL."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from ase.data import covalent_radii
from ase.data.colors import jmol_colors
from numpy.typing import NDArray

from atomtug.core.arrays import Floats, Ints
from atomtug.vr_client.xr.bond_styles import STICKS, BondStyle, sideways
from atomtug.vr_client.xr.poses import Pose

Rows = NDArray[np.float32]
Color = tuple[float, float, float]

SPHERE, CAPSULE = 8, 14
"""Numbers in a row: centre, radius, colour, glow; end, radius, end, glow, colour, colour."""
BALL = 0.045
"""Radius of a drawn atom for a covalent radius of 1 angstrom, nm."""


def linear(colors: Floats) -> Floats:
    """Convert sRGB (0..1) to linear colours."""
    colors = np.asarray(colors, dtype=np.float64)
    return np.where(colors <= 0.04045, colors / 12.92, ((colors + 0.055) / 1.055) ** 2.4)


_COLORS = linear(jmol_colors)
# As on the browser page (web/src/elements.js).
for _number, _colour in {1: 0xEEF1F5, 6: 0xB3BFD0, 7: 0x4F7DFF, 8: 0xFF5A52}.items():
    _COLORS[_number] = linear(np.array([_colour >> 16, _colour >> 8 & 255, _colour & 255]) / 255)


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


@dataclass(frozen=True, eq=False)
class MoleculeLook:
    """How a molecule is drawn.

    Args:
        styles: (B,) see :class:`~atomtug.vr_client.xr.bond_styles.BondStyle`
        eye: (3,) where the viewer is, metres: sticks of a bond stand side by side as seen from there
        colors: (N, 3) linear colours of the atoms; None: those of the elements
        glowing: atom, how much
    """

    styles: Ints
    eye: Floats
    colors: Floats | None = None
    glowing: Sequence[tuple[int, float]] = ()


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
        look: MoleculeLook,
    ) -> None:
        """Add a molecule as balls and sticks.

        Args:
            room: (N, 3) metres
            elements: (N,) atomic numbers
            bonds: (B, 2)
            size: metres a nm
            look: what more is known of it
        """
        colors = element_colors(elements) if look.colors is None else look.colors
        balls = self.more_spheres(len(room))
        balls[:, :3], balls[:, 4:7], balls[:, 7] = room, colors, 0.0
        balls[:, 3] = ball_radii(elements) * size
        for atom, glow in look.glowing:
            balls[atom, 7] = glow
        for style in np.unique(look.styles) if len(look.styles) == len(bonds) else ():
            self._sticks(room, bonds[look.styles == style], size, colors, BondStyle(style), look.eye)

    def _sticks(
        self, room: Floats, bonds: Ints, size: float, colors: Floats, style: BondStyle, eye: Floats
    ) -> None:
        a, b = bonds[:, 0], bonds[:, 1]
        begin, along = room[a], room[b] - room[a]
        several = len(STICKS[style]) > 1
        side = sideways(room, bonds, eye, style == BondStyle.AROMATIC) if several else np.zeros_like(begin)
        for stick in STICKS[style]:
            start = begin + side * (stick.aside * size)
            for low, high in stick.parts():
                rows = self.more_capsules(len(bonds))
                rows[:, :3], rows[:, 4:7] = start + low * along, start + high * along
                rows[:, 3], rows[:, 7] = stick.radius * size, 0.0
                rows[:, 8:11] = colors[a if low < 0.5 else b]
                rows[:, 11:14] = colors[b if high > 0.5 else a]


def element_colors(elements: Ints) -> Floats:
    """(N, 3) linear colours of elements."""
    return _COLORS[_known(elements)]


def ball_radii(elements: Ints) -> Floats:
    """(N,) radii of drawn atoms, nm. Hydrogen is larger than in proportion: it is what is taken hold of."""
    return 0.012 + BALL * covalent_radii[_known(elements)] * 0.62


def _known(elements: Ints) -> Ints:
    """The atomic numbers, 0 for those without a colour."""
    return np.where((elements > 0) & (elements < len(_COLORS)), elements, 0)


def _grown(rows: Rows, needed: int) -> Rows:
    if needed <= len(rows):
        return rows
    larger = np.zeros((2 * needed, rows.shape[1]), dtype=np.float32)
    larger[: len(rows)] = rows
    return larger

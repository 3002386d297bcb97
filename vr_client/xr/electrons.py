"""Unpaired electrons, charges and doubts, as they are drawn: rings around atoms, and colours."""

from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from atomtug.core.arrays import Floats
from atomtug.core.units import KCALMOL_PER_EV, KJMOL_PER_EV
from atomtug.vr_client.xr.draw_list import Billboard, linear
from atomtug.vr_client.xr.poses import Pose, multiply, turn_about
from atomtug.vr_client.xr.snapshot import Snapshot

Colouring = Literal["element", "charge", "spin", "uncertainty"]

_CHARGE = linear(np.array([[1.0, 0.35, 0.32], [0.87, 0.89, 0.92], [0.31, 0.50, 1.0]]))
_SPIN = linear(np.array([[0.69, 0.48, 1.0], [0.35, 0.40, 0.48], [0.50, 0.88, 0.54]]))
_DOUBT = linear(np.array([[0.23, 0.29, 0.37], [0.61, 0.30, 0.50], [1.0, 0.31, 0.63]]))
FULL_CHARGE, FULL_SPIN, FULL_DOUBT = 0.5, 1.0, 400.0
"""Charge (e), spin (alpha minus beta electrons) and uncertainty (kJ/mol/nm) at which an atom has the colour of an end
of the scale."""
LEGENDS: dict[Colouring, str] = {
    "element": "Colour: elements",
    "charge": f"Charge: red −{FULL_CHARGE} e, blue +{FULL_CHARGE} e",
    "spin": f"Spin: violet −{FULL_SPIN:.0f}, green +{FULL_SPIN:.0f}",
    "uncertainty": f"Uncertainty: pink {FULL_DOUBT:.0f} kJ/mol/nm",
}

FAINT, CLEAR = 0.1, 0.3
"""Unpaired electrons on an atom that are not marked yet, and from which on the mark is as clear as it gets."""
NEAREST, GROWTH = 0.007, 0.024
"""How far a ring is from its ball for a spin of nothing, and how much farther for one electron, nm."""
KJ_PER_KCAL = KJMOL_PER_EV / KCALMOL_PER_EV
LEAST_TOLD = 0.5 * KJ_PER_KCAL
"""kJ/mol; less would read "+0 kcal/mol"."""
_LEVELS = 4
_RIM = 0.62
"""Radius of the ring as a part of half its picture."""
_PIXELS = 192


def colourings(snapshot: Snapshot) -> tuple[Colouring, ...]:
    """What atoms can be coloured by."""
    found: list[Colouring] = ["element"]
    if len(snapshot.charges):
        found.append("charge")
    if len(snapshot.spins):
        found.append("spin")
    if len(snapshot.atom_uncertainty):
        found.append("uncertainty")
    return tuple(found)


def atom_colors(snapshot: Snapshot, by: Colouring) -> Floats | None:
    """(N, 3) linear colours by charge, spin or uncertainty; None where they are those of the elements."""
    if by not in colourings(snapshot) or by == "element":
        return None
    if by == "charge":
        return _scaled(snapshot.charges / FULL_CHARGE, _CHARGE)
    if by == "spin":
        return _scaled(snapshot.spins / FULL_SPIN, _SPIN)
    return _scaled(2.0 * snapshot.atom_uncertainty / FULL_DOUBT - 1.0, _DOUBT)


def spin_rings(spins: Floats, room: Floats, radii: Floats, size: float, eye: Floats) -> list[Billboard]:
    """A ring around each atom with an unpaired electron, with an arrow up (alpha) or down (beta).

    Args:
        spins: (N,) alpha minus beta electrons
        room: (N, 3) metres
        radii: (N,) of the balls, metres
        size: metres a nm
        eye: (3,) where the viewer is, metres
    """
    rings = []
    for atom in np.flatnonzero(np.abs(spins) > FAINT):
        spin = float(spins[atom])
        strength = min((abs(spin) - FAINT) / (CLEAR - FAINT), 1.0)
        level = max(1, round(_LEVELS * strength))
        radius = float(radii[atom]) + (NEAREST + GROWTH * min(abs(spin), 2.0)) * size
        width = 2.0 * radius / _RIM
        pose = Pose(room[atom], _facing(eye - room[atom]))
        name = f"spin {'up' if spin > 0 else 'down'} {level}"
        rings.append(Billboard(name, 1, _ring(spin > 0, level), pose, width, width))
    return rings


def _scaled(shares: Floats, colors: Floats) -> Floats:
    """(N, 3) colours for (N,) shares of a scale from -1 to 1."""
    place = np.clip(np.nan_to_num(shares), -1.0, 1.0) + 1.0
    return np.stack([np.interp(place, [0.0, 1.0, 2.0], channel) for channel in colors.T], axis=1)


def _facing(direction: Floats) -> Floats:
    """The orientation whose +z points there, upright."""
    x, y, z = direction
    yaw, pitch = np.arctan2(x, z), np.arctan2(y, np.hypot(x, z))
    return multiply(turn_about(np.array([0.0, 1.0, 0.0]), yaw), turn_about(np.array([1.0, 0.0, 0.0]), -pitch))


@lru_cache
def _ring(up: bool, level: int) -> NDArray[np.uint8]:
    """(height, width, 4) a soft ring with an arrow; ``level`` is how clear it is, from 1 to 4."""
    color = (127, 224, 138) if up else (176, 123, 255)
    half, rim = _PIXELS / 2, _RIM * _PIXELS / 2
    y, x = np.mgrid[0:_PIXELS, 0:_PIXELS] + 0.5 - half
    away = np.hypot(x, y)
    glow = 0.17 * np.clip((half - away) / (half - rim), 0.0, 1.0)
    line = np.clip(1.0 - (np.abs(away - rim) - 2.2) / 1.5, 0.0, 1.0)
    picture = np.zeros((_PIXELS, _PIXELS, 4), dtype=np.uint8)
    picture[..., :3] = color
    picture[..., 3] = np.round(255 * np.maximum(glow, line))
    image = Image.fromarray(picture)
    draw = ImageDraw.Draw(image)
    x0, y0 = half + rim * np.sqrt(0.5), half - rim * np.sqrt(0.5)
    reach, way = 0.088 * _PIXELS, -1.0 if up else 1.0
    disc = 1.15 * reach
    draw.ellipse((x0 - disc, y0 - disc, x0 + disc, y0 + disc), fill=(13, 17, 23, 255))
    tip = (x0, y0 + 0.7 * way * reach)
    for dx, dy in ((0.0, -1.4), (-0.5, -0.55), (0.5, -0.55)):
        draw.line((*tip, tip[0] + dx * reach, tip[1] + dy * way * reach), fill=(*color, 255), width=5)
    image = image.filter(ImageFilter.GaussianBlur(0.5))
    pixels = np.array(image)
    pixels[..., 3] = pixels[..., 3] * (level / _LEVELS)
    return pixels


def state_change_text(before: Snapshot, now: Snapshot) -> str:
    """A sentence about a change of electronic state between two frames of one run; empty if there was none.

    Args:
        before: the frame before
        now: the newest
    """
    new = now.state_changes > before.state_changes and not now.begins
    if not new or not abs(now.state_changed) >= LEAST_TOLD:
        return ""
    where = "settled into a lower state" if now.state_changed < 0 else "went over to another state"
    return f"The electrons {where}: {now.state_changed / KJ_PER_KCAL:+.0f} kcal/mol"

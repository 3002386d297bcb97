"""How a bond is drawn, from its order: with one, two or three sticks, or dashed where it is not whole.

The browser page has the same rules (``web/src/bond_styles.js``).
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from atomtug.core.arrays import Floats, Ints

LIMITS = (0.6, 1.25, 1.7, 2.45)
"""Orders between two styles. Calculated orders are no whole numbers: benzene has 1.4, an amide's C=O 1.7, CN 2.9."""
MARGIN = 0.07
"""How far beyond a limit an order has to be before the style changes: orders vibrate with the atoms."""
DASH = 0.4
"""Length of a dash without its round ends, as a part of a dash and the gap after it."""


class BondStyle(IntEnum):
    """Styles of bonds, weakest first."""

    PARTIAL, SINGLE, AROMATIC, DOUBLE, TRIPLE = range(5)


@dataclass(frozen=True)
class Stick:
    """One of the sticks of a bond.

    Args:
        aside: how far beside the line between the atoms, nm
        radius: nm
        dashes: how many it is made of; 0: it is whole
    """

    aside: float
    radius: float
    dashes: int = 0

    def parts(self) -> list[tuple[float, float]]:
        """Where its pieces begin and end, from 0 to 1."""
        if not self.dashes:
            return [(0.0, 1.0)]
        edges = ((1 - DASH) / 2, (1 + DASH) / 2)
        return [((k + edges[0]) / self.dashes, (k + edges[1]) / self.dashes) for k in range(self.dashes)]


STICKS = {
    BondStyle.PARTIAL: (Stick(0.0, 0.0070, 3),),
    BondStyle.SINGLE: (Stick(0.0, 0.0105),),
    BondStyle.AROMATIC: (Stick(-0.0075, 0.0080), Stick(0.0125, 0.0045, 5)),
    BondStyle.DOUBLE: (Stick(-0.0110, 0.0070), Stick(0.0110, 0.0070)),
    BondStyle.TRIPLE: (Stick(-0.0170, 0.0055), Stick(0.0, 0.0055), Stick(0.0170, 0.0055)),
}
"""The sticks of each style."""


def style_of(order: float, before: BondStyle | None = None) -> BondStyle:
    """The style of a bond of this order; ``before`` is the style that it had, None for a bond that is new."""
    if not order > 0.0:  # nobody calculated it
        return BondStyle.SINGLE
    plain = sum(order > limit for limit in LIMITS)
    if before is None or plain == before:
        return BondStyle(plain)
    rises = plain > before
    beyond = order - LIMITS[plain - 1] if rises else LIMITS[plain] - order
    if beyond > MARGIN:
        return BondStyle(plain)
    return BondStyle(plain - 1 if rises else plain + 1)


class BondStyles:
    """Remembers each bond's style, so that none changes to and fro."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], BondStyle] = {}

    def update(self, bonds: Ints, orders: Floats) -> Ints:
        """(B,) the style of each bond.

        Args:
            bonds: (B, 2)
            orders: (B,); empty where the engine gives none: then all are single
        """
        pairs = [(min(a, b), max(a, b)) for a, b in bonds.tolist()]
        given = orders.tolist() if len(orders) == len(pairs) else [0.0] * len(pairs)
        self._known = {
            pair: style_of(order, self._known.get(pair)) for pair, order in zip(pairs, given, strict=True)
        }
        return np.array([self._known[pair] for pair in pairs], dtype=np.int64)


def sideways(room: Floats, bonds: Ints, eye: Floats, aromatic: bool = False) -> Floats:
    """(B, 3) unit vectors across each bond and across the line of sight, so that sticks stand side by side.

    Args:
        room: (N, 3) atoms
        bonds: (B, 2)
        eye: (3,) the viewer
        aromatic: the bonds are those of rings: the vectors point into the ring
    """
    a, b = bonds[:, 0], bonds[:, 1]
    along, middle = room[b] - room[a], 0.5 * (room[a] + room[b])
    across = np.cross(along, eye - middle)
    length = np.linalg.norm(across, axis=1, keepdims=True)
    across = np.where(length > 1e-9, across / np.maximum(length, 1e-9), [1.0, 0.0, 0.0])
    if aromatic:
        # The sum over the bonds of both ends of the way from this bond's middle to their other ends.
        reach, count = np.zeros_like(room), np.zeros(len(room))
        for near, far in ((a, b), (b, a)):
            np.add.at(reach, near, room[far])
            np.add.at(count, near, 1.0)
        inward = reach[a] + reach[b] - (count[a] + count[b])[:, None] * middle
        across[np.einsum("bk,bk->b", inward, across) < 0.0] *= -1.0
    return across

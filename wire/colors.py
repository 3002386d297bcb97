"""Colours of atoms by the uncertainty of the forces on them, for clients that show ``particle.colors``."""

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.units import KJMOL_NM_PER_FORCE
from atomtug.wire import frame_keys
from atomtug.wire.values import FrameValues

SURE, UNSURE = (58, 74, 94), (255, 79, 160)
"""Red, green and blue at both ends of the scale, which are those of the browser page."""
TOP = 400.0
"""kJ/mol/nm at the end of the scale, some 10 kcal/mol/angstrom."""


def uncertainty_colors(spreads: Floats | None) -> FrameValues:
    """``particle.colors``; nothing for engines that do not know their uncertainty.

    Args:
        spreads: (N,) eV/angstrom, of the force on each atom
    """
    if spreads is None:
        return {}  # old clients are never sent what they may not know
    share = np.clip(np.nan_to_num(spreads) * KJMOL_NM_PER_FORCE / TOP, 0.0, 1.0)[:, None]
    colors = np.full((len(spreads), 4), 255, dtype=np.uint32)
    colors[:, :3] = np.rint((1 - share) * SURE + share * UNSURE)
    return {frame_keys.PARTICLE_COLORS: colors.reshape(-1)}

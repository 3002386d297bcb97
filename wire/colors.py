"""Colours of atoms by the uncertainty of their energies, for clients that show ``particle.colors``."""

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.units import KJMOL_PER_EV
from atomtug.wire import frame_keys
from atomtug.wire.values import FrameValues

SURE, UNSURE = (58, 74, 94), (255, 79, 160)
"""Red, green and blue at both ends of the scale, which are those of the browser page."""
USUAL_TOP = 10.0
"""kJ/mol at the end of the scale where the server has no limit."""


def uncertainty_colors(spreads: Floats | None, limit: float) -> FrameValues:
    """``particle.colors``; nothing for engines that do not know their uncertainty.

    Args:
        spreads: (N,) eV, of each atom's energy
        limit: kJ/mol from which on the server marks a frame; the scale ends there. 0 for none
    """
    if spreads is None:
        return {}  # old clients are never sent what they may not know
    share = np.clip(np.nan_to_num(spreads) * KJMOL_PER_EV / (limit or USUAL_TOP), 0.0, 1.0)[:, None]
    colors = np.full((len(spreads), 4), 255, dtype=np.uint32)
    colors[:, :3] = np.rint((1 - share) * SURE + share * UNSURE)
    return {frame_keys.PARTICLE_COLORS: colors.reshape(-1)}

"""Colours of atoms by uncertainty."""

import numpy as np

from atomtug.core.units import KJMOL_NM_PER_FORCE
from atomtug.wire.colors import SURE, TOP, UNSURE, uncertainty_colors
from atomtug.wire.packing import pack


def test_the_colours_say_how_unsure_each_atom_is():
    spreads = np.array([0.0, TOP / 2, TOP, 50 * TOP, np.nan]) / KJMOL_NM_PER_FORCE
    colors = uncertainty_colors(spreads)["particle.colors"].reshape(-1, 4)
    assert colors.tolist()[0] == [*SURE, 255] == colors.tolist()[4]
    assert colors.tolist()[2] == [*UNSURE, 255] == colors.tolist()[3]
    np.testing.assert_allclose(colors[1, :3], np.add(SURE, UNSURE) / 2, atol=0.5)


def test_they_are_packed_as_one_byte_each():
    colors = uncertainty_colors(np.zeros(2))["particle.colors"]
    assert pack("particle.colors", colors) == bytes([*SURE, 255] * 2)


def test_an_engine_that_does_not_know_its_uncertainty_has_none():
    assert uncertainty_colors(None) == {}

"""Units against CODATA and against each other."""

import numpy as np
import pytest

from atomtug.core import units


@pytest.mark.parametrize(
    ("ours", "codata"),
    [
        (units.KJMOL_PER_EV, 96.48533212331),
        (units.KCALMOL_PER_EV, 23.060547830619),
        (units.BOHR, 0.529177210903),
        (units.HARTREE, 27.211386245988),
        (units.BOLTZMANN, 8.617333262e-5),
        (units.NM_PER_ANGSTROM, 0.1),
        (units.PS_PER_TIME, 0.010180505717),  # angstrom * sqrt(amu / eV)
        (units.KJMOL_NM_PER_FORCE, 964.8533212331),
    ],
)
def test_each_is_codatas(ours, codata):
    assert ours == pytest.approx(codata, rel=1e-6)


def test_times_and_velocities_follow():
    assert units.PS == 1000 * units.FS
    picoseconds, velocity = units.FS * units.PS_PER_TIME, units.NM_PS_PER_VELOCITY
    assert picoseconds == pytest.approx(1e-3)
    assert velocity == pytest.approx(0.1 / 0.010180505717, rel=1e-6)


def test_kinetic_energy_is_the_same_on_either_side_of_the_wire():
    mass, velocity = 12.011, np.array([0.1, -0.2, 0.05])
    inside = 0.5 * mass * np.sum(velocity**2) * units.KJMOL_PER_EV
    outside = 0.5 * mass * np.sum((velocity * units.NM_PS_PER_VELOCITY) ** 2)
    assert outside == pytest.approx(inside, rel=1e-6)

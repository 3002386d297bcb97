"""A geometry that was only drawn is relaxed by the engine before it moves."""

import numpy as np
import pytest
from toy_engines import FreeEngine

from atomtug.core.errors import EngineError
from atomtug.core.systems import load_system
from atomtug.server.dynamics.relaxation import internal_forces, relaxed
from atomtug.server.engines import EngineResult, create_engine


def test_the_molecules_are_relaxed_where_they_are():
    system = load_system("F- + CCl")
    engine = create_engine("pm6", system)
    done = relaxed(system, engine)
    assert not done.drawn
    before, after = engine.evaluate(system.positions), engine.evaluate(done.positions)
    assert after.energy < before.energy - 0.01
    left = internal_forces(done.positions, after.forces, system.residues)
    assert np.linalg.norm(left, axis=1).max() < 0.05
    for part in system.residues:  # neither nearer nor turned
        assert done.positions[part].mean(axis=0) == pytest.approx(
            system.positions[part].mean(axis=0), abs=0.02
        )
    assert np.abs(done.positions - system.positions).max() < 0.2


def test_what_moves_or_turns_a_molecule_is_taken_out():
    rng = np.random.default_rng(0)
    positions, forces = rng.normal(size=(7, 3)), rng.normal(size=(7, 3))
    bodies = [[0, 2, 4], [1, 3], [5], [6]]
    left = internal_forces(positions, forces, bodies)
    for body in bodies:
        assert left[body].sum(axis=0) == pytest.approx(np.zeros(3), abs=1e-12)
        assert np.cross(positions[body], left[body]).sum(axis=0) == pytest.approx(np.zeros(3), abs=1e-12)
    pull = np.zeros((7, 3))
    pull[1], pull[3] = positions[1] - positions[3], positions[3] - positions[1]
    assert internal_forces(positions, pull, bodies) == pytest.approx(pull)


class Failing(FreeEngine):
    def evaluate(self, positions):
        raise EngineError("no")


class Tearing(FreeEngine):
    """Pulls everything apart, whatever the geometry."""

    def evaluate(self, positions):
        return EngineResult(-float(np.sum(positions**2)), 2.0 * positions)


@pytest.mark.parametrize("kind", [Failing, Tearing])
def test_where_it_fails_or_tears_a_molecule_the_geometry_stays(kind):
    system = load_system("CC + O")
    done = relaxed(system, kind(system.positions))
    np.testing.assert_array_equal(done.positions, system.positions)
    assert not done.drawn

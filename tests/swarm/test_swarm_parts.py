"""The parts of a swarm against what is known in closed form."""

from pathlib import Path

import numpy as np
import pytest
from swarm_helpers import MIDDLE, two_methyls
from toy_engines import FailingEngine, HarmonicEngine

from atomtug.core.errors import InputError
from atomtug.core.systems import System, load_system
from atomtug.core.systems.bonds import perceive_bonds
from atomtug.core.units import BOLTZMANN, FS, HBAR, WAVENUMBER
from atomtug.paths.energies import zero_point_energy
from atomtug.swarm.assessment import Assessor
from atomtug.swarm.courses import run_one_by_one
from atomtug.swarm.journal import SwarmJournal, SwarmRecord
from atomtug.swarm.launcher import SwarmBlock, plan_blocks
from atomtug.swarm.modes import hessian, normal_modes, rigid_motions
from atomtug.swarm.options import SwarmOptions
from atomtug.swarm.outcomes import final_bonds, judge
from atomtug.swarm.shares import FragmentShare, Shares, kinetic_parts, superposed
from atomtug.swarm.starts import Start, quanta, quasi_classical_start, thermal_start
from atomtug.swarm.statistics import Fraction, Mean, point_of_no_return, surely_committed

METHANE = load_system("methane")
BOND = 70.0
"""eV/angstrom^2"""


def spring_forces(positions):
    """Two atoms on a spring of 1.1 angstrom."""
    along = positions[1] - positions[0]
    length = np.linalg.norm(along)
    pull = BOND * (length - 1.1) * along / length
    return np.array([pull, -pull])


CARBON_MONOXIDE = System("CO", np.array([6, 8]), np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 1.1]]))


def oscillator():
    system = CARBON_MONOXIDE
    modes = normal_modes(hessian(spring_forces, system.positions), system.positions, system.masses)
    return system, modes


def test_two_atoms_on_a_spring_have_one_mode_and_two_rotations():
    system, modes = oscillator()
    reduced = np.prod(system.masses) / system.masses.sum()
    assert modes.rotations.shape == (2, 2, 3)
    assert modes.frequencies == pytest.approx([np.sqrt(BOND / reduced)], rel=1e-4)
    assert zero_point_energy(modes) == pytest.approx(0.5 * HBAR * modes.frequencies[0])
    assert modes.wavenumbers[0] * WAVENUMBER == pytest.approx(HBAR * modes.frequencies[0])


@pytest.mark.parametrize(("off", "rotations"), [(0.0, 2), (3e-5, 2), (0.008, 2), (0.2, 3)])
def test_a_molecule_that_was_relaxed_to_nearly_linear_has_two_rotations(off, rotations):
    hydrogen_cyanide = np.array([[0.0, 0.0, -1.07], [off, 0.0, 0.0], [0.0, 0.0, 1.16]])
    _, turns = rigid_motions(hydrogen_cyanide, np.array([1.008, 12.011, 14.007]))
    assert len(turns) == rotations


def test_a_stiff_mode_gets_its_zero_point_energy_and_the_rest_is_thermal():
    system, modes = oscillator()
    energies, turning = [], []
    for seed in range(400):
        start = quasi_classical_start(
            system.positions, system.masses, modes, 300.0, np.random.default_rng(seed)
        )
        kinetic = kinetic_parts(start.positions, start.velocities, system.masses)
        stretch = np.linalg.norm(start.positions[1] - start.positions[0]) - 1.1
        energies.append(kinetic.vibration + 0.5 * BOND * stretch**2)
        turning.append(kinetic.rotation)
        assert kinetic.translation == pytest.approx(0.0, abs=1e-12)
    assert energies == pytest.approx([zero_point_energy(modes)] * 400, rel=0.02)  # 2,000 1/cm: none excited
    assert np.mean(turning) == pytest.approx(BOLTZMANN * 300.0, rel=0.15)


def test_quanta_are_boltzmanns():
    omega, chances = np.full(20000, BOLTZMANN * 1000.0 / HBAR), np.random.default_rng(1).uniform(size=20000)
    assert np.mean(quanta(omega, 1000.0, chances)) == pytest.approx(1 / (np.e - 1), rel=0.02)
    assert not quanta(omega, 0.0, chances).any()


def test_thermal_velocities_leave_the_whole_at_rest():
    start = thermal_start(METHANE.positions, METHANE.masses, 300.0, np.random.default_rng(0))
    assert start.positions is METHANE.positions
    np.testing.assert_allclose(METHANE.masses @ start.velocities, 0.0, atol=1e-12)


def test_kinetic_energy_is_split_exactly():
    random = np.random.default_rng(3)
    positions, masses = METHANE.positions[:5], METHANE.masses[:5]
    arms = positions - masses @ positions / masses.sum()
    omega, drift = np.array([0.01, -0.02, 0.03]), np.array([0.1, 0.2, -0.1])
    rigid = kinetic_parts(positions, drift + np.cross(omega, arms), masses)
    assert rigid.vibration == pytest.approx(0.0, abs=1e-12)
    assert rigid.translation == pytest.approx(0.5 * masses.sum() * drift @ drift)
    velocities = random.normal(size=(5, 3))
    parts = kinetic_parts(positions, velocities, masses)
    assert sum(parts) == pytest.approx(0.5 * np.sum(masses[:, None] * velocities**2))
    assert kinetic_parts(positions[:1], velocities[:1], masses[:1])[1:] == pytest.approx((0.0, 0.0))


def test_a_turned_molecule_is_laid_onto_itself():
    positions = METHANE.positions[:5]
    angle = 1.0
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    np.testing.assert_allclose(superposed(positions @ turn.T + 3.0, positions), positions, atol=1e-12)


def test_a_hydrogen_between_two_carbons_belongs_to_neither():
    numbers = two_methyls(0.0).numbers
    reactants = perceive_bonds(numbers, two_methyls(-0.6).positions)

    def outcome(*shifts):
        path = np.array([two_methyls(shift).positions for shift in shifts])
        return judge(numbers, reactants, final_bonds(numbers, path))

    assert outcome(0.0, 0.05, -0.05) == "undecided"
    assert outcome(0.0, -0.3, -0.6) == "returned"
    assert outcome(0.0, 0.3, 0.6) == "reacted"
    assert outcome(0.0, 0.6, 0.1) == "reacted"  # a bond that was lost is not there again so soon
    assert outcome(0.0, -0.6, -0.1) == "returned"


def test_an_engine_moves_one_trajectory_after_the_other():
    engine = HarmonicEngine(METHANE.positions)
    starts = [
        thermal_start(METHANE.positions, METHANE.masses, 300.0, np.random.default_rng(seed))
        for seed in range(2)
    ]
    courses = run_one_by_one(engine, starts, METHANE.masses, 0.1 * FS, 50, np.inf)
    assert engine.forgotten == 2
    for course in courses:
        kinetic = 0.5 * np.sum(METHANE.masses[:, None] * course.velocities**2)
        assert kinetic + course.potential_energy == pytest.approx(course.total_energy, rel=1e-4)
        assert len(course.positions) == 4  # the start, every 20 steps, the end
        assert not course.stopped


def test_a_trajectory_that_explodes_is_stopped_at_its_last_valid_step():
    start = Start(METHANE.positions, np.full((7, 3), 30.0))
    (course,) = run_one_by_one(
        HarmonicEngine(METHANE.positions), [start], METHANE.masses, 0.25 * FS, 50, np.inf
    )
    assert "moved by" in course.stopped
    np.testing.assert_array_equal(course.positions, METHANE.positions[None])


def test_a_trajectory_whose_energy_cannot_be_shared_out_is_kept_without_its_shares(tmp_path: Path):
    system = CARBON_MONOXIDE
    bonds = perceive_bonds(system.numbers, system.positions)
    start = Start(system.positions, np.zeros((2, 3)))
    (course,) = run_one_by_one(HarmonicEngine(system.positions), [start], system.masses, FS, 1, np.inf)
    fails_alone = FailingEngine(system.positions, fails_at=2)
    with SwarmJournal(tmp_path / "swarm.jsonl", {}) as journal:
        journal.add_apart(((0, 1),), system.positions)
        assessor = Assessor(system, fails_alone, bonds, 0.0, journal)
        first, second = (assessor.record(0, number, course, True) for number in range(2))
    assert (first.kind, first.shares, first.vibrations) == ("returned", None, ())
    assert second.shares is not None
    assert second.vibrations == (1,)


def test_fractions_have_wilsons_intervals():
    assert Fraction(10, 10).interval == pytest.approx((0.7225, 1.0), abs=1e-4)
    assert Fraction(50, 100).interval == pytest.approx((0.4038, 0.5962), abs=1e-4)
    assert Fraction(0, 0).as_dict() == {"count": 0, "of": 0, "value": None, "low": 0.0, "high": 1.0}
    assert Fraction(0, 20).error > 0
    assert (Mean.of([1.0, 3.0]).value, Mean.of([1.0, 3.0]).error) == (2.0, 1.0)
    assert Mean.of([1.0]) == Mean(1.0, None)


def test_the_point_of_no_return_is_where_the_committor_passes_one_half_for_good():
    times = [0.0, 1.0, 2.0, 3.0]
    rising = [Fraction(0, 10), Fraction(7, 10), Fraction(2, 10), Fraction(8, 10)]
    assert point_of_no_return(times, rising) == pytest.approx(2.5)
    assert point_of_no_return(times, [*rising[:3], Fraction(0, 0)]) is None
    assert point_of_no_return(times[:2], [Fraction(9, 10)] * 2) is None
    assert surely_committed(times, [*rising[:2], Fraction(20, 20), Fraction(19, 20)]) == 2.0
    assert surely_committed(times, rising) is None


def test_only_what_is_missing_is_made():
    done = {(7, 0), (7, 2)}
    assert plan_blocks([(7, 5), (9, 2), (7, 3)], done, 2) == [
        SwarmBlock(7, (1, 3)),
        SwarmBlock(7, (4,)),
        SwarmBlock(9, (0, 1)),
    ]


def test_a_journal_cut_short_goes_on_and_that_of_another_swarm_is_refused(tmp_path: Path):
    path = tmp_path / "new" / "swarm.jsonl"
    shares = Shares((FragmentShare((0, 1), 0.1, 0.2, 0.3),), -0.1, 0.5)
    record = SwarmRecord(MIDDLE, 0, "reacted", ((0, 1),), 3.0, [[0.0, 1.0, 2.0]], shares, (1,))
    assert shares.imbalance == pytest.approx(0.0)
    with SwarmJournal(path, {"seed": 1}) as journal:
        journal.add([record])
        journal.add_apart(((0, 1),), np.ones((2, 3)))
    with path.open("ab") as file:
        file.write(b'{"frame": 2, "num')
    with SwarmJournal(path, {"seed": 1}) as journal:
        assert journal.records == [record]
        np.testing.assert_array_equal(journal.apart[(0, 1),], np.ones((2, 3)))
        journal.add([record])
    with SwarmJournal(path, {"seed": 1}) as journal:
        assert journal.records == [record, record]
    with pytest.raises(InputError, match=r"other settings \(seed\)"):
        SwarmJournal(path, {"seed": 2})
    for other in ("nothing of ours\n", "nothing of ours"):
        path.write_text(other)
        with pytest.raises(InputError, match="no journal"):
            SwarmJournal(path, {"seed": 1})
        assert path.read_text() == other
    path.write_text('{"swarm": {"se')  # a kill in the midst of the first line
    with SwarmJournal(path, {"seed": 1}) as journal:
        assert journal.records == []


@pytest.mark.parametrize(
    "wrong", [{"count": 0}, {"duration": 0.0}, {"timestep": 9.0}, {"velocities": "cold"}]
)
def test_options_out_of_range_are_refused(wrong):
    with pytest.raises(InputError):
        SwarmOptions(**wrong)

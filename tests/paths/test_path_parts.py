"""The parts of a path against what is known in closed form."""

import numpy as np
import pytest
from leps import FORWARDS, three_atoms, write_distances

from atomtug.core.errors import InputError
from atomtug.core.units import KCALMOL_PER_EV
from atomtug.paths.descent import quadratic_descent
from atomtug.paths.hessians import updated
from atomtug.paths.journal import EvaluationJournal
from atomtug.paths.options import PathOptions
from atomtug.paths.plot import seen_from
from atomtug.paths.profile import curve_through, find_maximum, path_lengths, resample, thinned
from atomtug.paths.recorded import find_reactions
from atomtug.paths.result import ReactionPath
from atomtug.paths.saddle import saddle_step
from atomtug.paths.scan import ReactionCoordinate
from atomtug.paths.surface import KeptEngine, PathPoint
from atomtug.recordings import Recording
from atomtug.server.engines import EngineResult
from atomtug.trainer.dft.theory import Theory
from atomtug.workflows.labelling import Labelling
from atomtug.workflows.path_refining import RefinedPath


def points_on(energy, slope, places):
    """One atom that moves along x."""
    return [
        PathPoint(np.array([[x, 0.0, 0.0]]), energy(x), np.array([[-slope(x), 0.0, 0.0]])) for x in places
    ]


def test_a_maximum_between_points_is_found_from_energies_and_forces():
    points = points_on(np.sin, np.cos, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0])
    maximum = find_maximum(points)
    assert maximum is not None
    assert (maximum.place, maximum.energy) == pytest.approx((np.pi / 2, 1.0), abs=0.03)
    assert (maximum.point, maximum.nearest) == (1, 2)
    assert maximum.rise == pytest.approx(KCALMOL_PER_EV, rel=0.03)
    assert path_lengths(points)[-1] == pytest.approx(5.0)
    assert curve_through(points).energies == pytest.approx(np.sin(curve_through(points).places), abs=0.01)


def test_an_energy_that_falls_or_rises_all_the_way_has_no_maximum():
    falling = points_on(lambda x: -x, lambda _: -1.0, [0.0, 0.5, 2.0])
    assert find_maximum(falling) is None
    assert find_maximum(falling[::-1]) is None
    ripple = points_on(
        lambda x: 1e-3 * np.sin(x) - 1e-4 * x, lambda x: 1e-3 * np.cos(x) - 1e-4, np.arange(0.0, 10.0)
    )
    assert find_maximum(ripple) is None  # 0.02 kcal/mol is noise


def test_a_path_is_resampled_and_thinned_evenly():
    points = points_on(np.sin, np.cos, [0.0, 0.1, 0.2, 2.0, 4.0])
    assert [float(each[0, 0]) for each in resample(points, 5)] == pytest.approx([0.0, 1.0, 2.0, 3.0, 4.0])
    assert thinned(points, 3, keep=1) == [0, 1, 3, 4]


def test_the_reaction_coordinate_has_the_gradient_of_its_value():
    coordinate = ReactionCoordinate(np.array([6, 1, 8]), [(1, 2)], [(0, 1)])
    positions = np.array([[0.0, 0.0, 0.0], [1.2, 0.1, 0.0], [2.5, 0.0, 0.3]])
    gradient = coordinate.gradient(positions)
    for place in np.ndindex(3, 3):
        shift = np.zeros((3, 3))
        shift[place] = 1e-6
        slope = (coordinate.value(positions + shift) - coordinate.value(positions - shift)) / 2e-6
        assert gradient[place] == pytest.approx(slope, abs=1e-6)
    energy, forces = coordinate.held_at(coordinate.value(positions))(positions)
    assert energy == 0.0
    assert not forces.any()


def test_an_updated_hessian_gives_the_change_of_forces_that_was_seen():
    random = np.random.default_rng(0)
    true, guess = (m + m.T for m in random.normal(size=(2, 5, 5)))
    step = random.normal(size=5)
    better = updated(guess, step, true @ step)
    assert better @ step == pytest.approx(true @ step)
    assert better == pytest.approx(better.T)
    assert updated(true, step, true @ step) == pytest.approx(true)


def test_the_way_down_a_quadratic_valley_is_the_exponential_one():
    second = np.diag([4.0, -1.0])
    begin = np.array([1.0, 0.5])
    way = quadratic_descent(second, second @ begin, 0.5)
    end = begin + way
    # x = exp(-4 t), y = exp(t) / 2: x y^4 stays what it was.
    assert end[0] * end[1] ** 4 == pytest.approx(begin[0] * begin[1] ** 4, rel=0.02)
    bowl = quadratic_descent(np.eye(2), begin, 100.0)
    assert begin + bowl == pytest.approx([0.0, 0.0], abs=1e-3)


def test_a_step_goes_uphill_along_one_mode_and_downhill_along_the_others():
    positions = three_atoms(0.93, 0.93).positions
    breathing = np.array([1.0, 0, 0, 0, 0, 0, -1.0, 0, 0])
    bending = np.array([0.0, 1, 0, 0, -2, 0, 0, 1, 0])
    point = PathPoint(positions, 0.0, (0.2 * breathing + 0.1 * bending).reshape(3, 3))
    curved = np.eye(9) + 9.0 * np.outer(bending, bending) / 6
    step, followed = saddle_step(curved, point, bending)
    assert step.ravel() @ breathing > 0  # the way the force pulls
    assert step.ravel() @ bending < 0  # against it
    assert abs(followed @ bending) > 0.9 * np.linalg.norm(bending)
    assert np.linalg.norm(saddle_step(curved, point, bending, 0.01)[0]) == pytest.approx(0.01)


def test_reactions_that_last_are_found_once_and_collisions_are_not(tmp_path):
    there_and_back = [*FORWARDS, *FORWARDS[::-1]]
    with Recording(write_distances(tmp_path / "twice.h5", there_and_back)) as recording:
        (reaction,) = find_reactions(recording)
    assert (reaction.reactants, reaction.products) == ("H + H2", "H2 + H")
    assert (reaction.formed, reaction.broken) == (((0, 1),), ((1, 2),))
    assert reaction.before.stop <= reaction.after.start
    torn = [(0.74 + 0.06 * x, 1.9 + 0.02 * x) for x in range(30)]
    with Recording(write_distances(tmp_path / "two.h5", [*FORWARDS, *torn])) as recording:
        reactions = find_reactions(recording)
    assert [each.products for each in reactions] == ["H2 + H", "H + H + H"]
    assert reactions[1].pairs == ((0, 1),)
    near = [(1.9 - 0.1 * x, 0.74) for x in (*range(10), *range(10, 0, -1))]
    with Recording(write_distances(tmp_path / "near.h5", near)) as recording:
        assert find_reactions(recording) == []


def test_an_undo_leads_from_one_molecule_to_another_without_a_reaction(tmp_path):
    sides = [FORWARDS[0]] * 8 + [FORWARDS[-1]] * 8
    with Recording(write_distances(tmp_path / "undone.h5", sides, undone_at=8)) as recording:
        assert find_reactions(recording) == []


def test_what_the_journal_knows_is_not_computed_again(tmp_path):
    path, positions = tmp_path / "new" / "evaluations.bin", np.arange(6.0).reshape(2, 3)
    made = []

    class Counting:
        name, settings = "counting", {}

        def evaluate(self, positions):
            made.append(positions)
            return EngineResult(float(len(made)), 2.0 * positions, 0.5 if len(made) > 1 else None)

        def forget(self):
            pass

    with EvaluationJournal(path, {"engine": "counting"}, 2) as journal:
        engine = KeptEngine(Counting, journal, lambda: None)
        assert [engine.evaluate(positions).energy for _ in range(2)] == [1.0, 1.0]
        assert engine.evaluate(positions + 1).uncertainty == 0.5
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])  # a kill in the midst of a row
    with EvaluationJournal(path, {"engine": "counting"}, 2) as journal:
        assert len(journal) == 1
        again = journal.find(positions)
        assert (again.energy, again.uncertainty) == (1.0, None)
        np.testing.assert_array_equal(again.forces, 2.0 * positions)
        KeptEngine(Counting, journal, lambda: None).evaluate(positions + 1)
    assert len(path.read_bytes()) == len(whole)
    with pytest.raises(InputError, match=r"other settings \(engine\)"):
        EvaluationJournal(path, {"engine": "pm6"}, 2)
    for other in (b"something else\n", b"something else"):
        path.write_bytes(other)
        with pytest.raises(InputError, match="no journal of a path"):
            EvaluationJournal(path, {"engine": "pm6"}, 2)
        assert path.read_bytes() == other
    path.write_bytes(b'{"engine": "p')  # a kill in the midst of the first line
    with EvaluationJournal(path, {"engine": "pm6"}, 2) as journal:
        assert len(journal) == 0


def test_a_view_of_the_saddle_is_a_turn():
    view = seen_from(np.random.default_rng(1).normal(size=(6, 3)), [(0, 1), (1, 2)])
    assert view @ view.T == pytest.approx(np.eye(3), abs=1e-12)
    assert np.linalg.det(view) == pytest.approx(1.0)
    line = seen_from(np.array([[0.0, 0, 0], [0, 0, 1], [0, 0, 2]]), [(0, 1)])
    assert line @ line.T == pytest.approx(np.eye(3), abs=1e-12)


def test_options_out_of_range_are_refused():
    with pytest.raises(InputError, match="from 5 to 1000"):
        PathOptions(images=2)


def test_images_with_labels_are_counted_where_the_first_has_none(tmp_path):
    points = tuple(points_on(np.sin, np.cos, [0.0, 1.0, 2.0]))
    with Recording(write_distances(tmp_path / "pull.h5", FORWARDS)) as recording:
        reaction = find_reactions(recording)[0]
    path = ReactionPath(
        three_atoms(*FORWARDS[0]),
        "toy",
        1,
        reaction,
        "falls",
        points,
        None,
        None,
        (),
        0.0,
        "",
        None,
        None,
        (False, False),
    )
    labelling = Labelling(tmp_path / "data.h5", None)
    told = RefinedPath(path, Theory(), np.array([np.nan, 1.0, 2.0]), labelling).as_dict()
    assert (told["labelled"], told["energies"], told["largest_difference"]) == (2, [None, None, None], None)

"""The cheap teacher: geometries from a seed, GFN2-xTB's energies, brought to the labels'."""

import numpy as np
import pytest

from atomtug.core.errors import InputError
from atomtug.core.systems import load_system
from atomtug.trainer.fit.samples import Sample
from atomtug.trainer.teacher import TeachingSettings, teach
from atomtug.trainer.teacher.correction import CENTRES, Correction
from atomtug.trainer.teacher.distortions import TOO_CLOSE, Distorter

METHANE = load_system("methane")


def test_geometries_follow_from_the_seed_and_none_has_atoms_on_top_of_each_other():
    def some(seed):
        distorter = Distorter(METHANE.numbers, [METHANE.positions], np.random.default_rng(seed))
        return np.array([distorter.make() for _ in range(20)])

    ours = some(1)
    np.testing.assert_array_equal(ours, some(1))
    assert not np.allclose(ours, some(2))
    from ase.data import covalent_radii

    radii = covalent_radii[METHANE.numbers]
    for positions in ours:
        distance = np.linalg.norm(positions[:, None] - positions, axis=-1)
        i, j = np.triu_indices(len(positions), k=1)
        assert np.all(distance[i, j] >= TOO_CLOSE * (radii[i] + radii[j]))


def test_a_correction_is_found_again_and_its_forces_are_its_slope():
    random = np.random.default_rng(0)
    truth = Correction((1, 6, 7), np.array([1.0, -2.0, 0.5]), random.normal(size=(6, len(CENTRES))))
    # Atoms anywhere in a box: so every distance of every pair occurs.
    geometries = [(METHANE.numbers, random.uniform(0.0, 3.5, METHANE.positions.shape)) for _ in range(400)]
    differences = np.array([truth.of(*geometry)[0] for geometry in geometries])
    found = Correction.fit(geometries[:350], differences[:350], 1e-8)
    for geometry, difference in zip(geometries[350:], differences[350:], strict=True):
        assert found.of(*geometry)[0] == pytest.approx(difference, abs=2e-3)
    numbers, positions = geometries[0]
    shift = np.zeros_like(positions)
    shift[2, 1] = 1e-5
    rise = truth.of(numbers, positions + shift)[0] - truth.of(numbers, positions - shift)[0]
    assert truth.of(numbers, positions)[1][2, 1] == pytest.approx(-rise / 2e-5, abs=1e-6)


def test_nothing_is_corrected_below_the_distances_that_labels_have():
    random = np.random.default_rng(0)
    geometries = [
        (METHANE.numbers, METHANE.positions + random.normal(0.0, 0.05, METHANE.positions.shape))
        for _ in range(60)
    ]
    found = Correction.fit(geometries, random.normal(size=60))
    carbon_hydrogen, hydrogen_nitrogen = found.per_pair[1], found.per_pair[2]
    assert np.any(carbon_hydrogen != 0.0)
    assert not np.any(hydrogen_nitrogen[CENTRES < 1.5])


def test_settings_out_of_range_are_refused():
    with pytest.raises(InputError, match="epochs"):
        TeachingSettings(epochs=0)


def test_a_system_with_an_element_that_no_label_has_is_refused():
    labelled = [Sample("methane", "t", 0, METHANE.numbers, METHANE.positions, -1000.0, None, multiplicity=2)]
    with pytest.raises(InputError, match="no label has O, which CH4O has"):
        teach(labelled, [load_system("CO")], TeachingSettings(geometries=2))


@pytest.mark.slow
def test_taught_geometries_have_corrected_energies_and_come_from_the_cache(tmp_path):
    random = np.random.default_rng(3)
    labelled = [
        Sample(
            "methane", "t", frame, METHANE.numbers,
            METHANE.positions + random.normal(0.0, 0.05, METHANE.positions.shape), -1000.0, None, multiplicity=2,
        )
        for frame in range(4)
    ]  # fmt: skip
    computed = []
    settings = TeachingSettings(geometries=20, forces=5)
    first = teach(labelled, [], settings, 1, tmp_path, computed.append)
    assert sum(computed) == 24
    again = teach(labelled, [], settings, 1, tmp_path, computed.append)
    assert sum(computed) == 24
    assert [sample.energy for sample in again] == [sample.energy for sample in first]
    assert all(sample.taught and -1002.0 < sample.energy < -985.0 for sample in first)
    assert sum(sample.forces is not None for sample in first) == 5

"""A recording whose numbers were changed on the disk is read or called damaged, and never by way of a huge array."""

import contextlib
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from atomtug.core.errors import RecordingError
from atomtug.recordings import Recording, layout
from atomtug.recordings.describe import describe
from atomtug.recordings.summary import summarise

SAMPLE = Path(__file__).parents[2] / "recordings" / "sample.h5"
WRONG = {
    "i": [-1, 0, 1, 5, 2**31 - 1, -(2**31), 2**62, -(2**62)],
    "u": [0, 10, 34, 57, 255],
    "f": [np.nan, np.inf, -1e30, 0.0],
}
"""By kind of number; 57 is a digit of the journal's JSON."""


def datasets() -> list[str]:
    found: list[str] = []
    with h5py.File(SAMPLE) as file:
        file.visititems(
            lambda name, item: (
                found.append(name)
                if isinstance(item, h5py.Dataset) and item.size and item.dtype.kind in WRONG
                else None
            )
        )
    return found


NAMES = datasets()


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("numbers") / "run.h5"


def read_all(path: Path) -> None:
    with Recording(path) as recording:
        assert len(list(recording.frames())) == len(recording)
        assert recording.system is not None
        assert len(recording.interactions) >= 0
        for index in range(0, len(recording), 50):
            recording.bonds(index)
        assert describe(summarise(recording))


@pytest.mark.slow
@settings(max_examples=25)
@given(
    changes=st.lists(
        st.tuples(st.sampled_from(NAMES), st.floats(0.0, 1.0, exclude_max=True), st.integers(0, 7)),
        min_size=1,
        max_size=3,
    )
)
# Found by this test: negative and too large counts, atoms that are not there, and ends that go back.
@example(changes=[(layout.COMMITTED, 0.0, 0)])
@example(changes=[(layout.COMMITTED, 0.0, 2)])
@example(changes=[(layout.COMMITTED, 0.0, 6)])
@example(changes=[(layout.ROW_PARTICLE.path, 0.5, 4)])
@example(changes=[(layout.ROW_PARTICLE.path, 0.5, 5)])
@example(changes=[(layout.BOND_PAIRS.path, 0.5, 5)])
@example(changes=[(layout.BOND_FRAME.path, 0.5, 6)])
@example(changes=[(layout.FRAME_END.path, 0.5, 6)])
@example(changes=[(layout.ROW_END.path, 0.2, 0)])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_any_number_may_be_wrong(copy: Path, changes: list[tuple[str, float, int]]) -> None:
    shutil.copy(SAMPLE, copy)
    with h5py.File(copy, "r+") as file:
        for name, part, choice in changes:
            dataset = file[name]
            values = WRONG[dataset.dtype.kind]
            value = values[choice % len(values)]
            if dataset.dtype.kind == "i":
                value = int(np.clip(value, np.iinfo(dataset.dtype).min, np.iinfo(dataset.dtype).max))
            place = np.unravel_index(int(part * dataset.size), dataset.shape) if dataset.shape else ()
            dataset[place] = value
    with contextlib.suppress(RecordingError):  # anything else that is raised fails the test
        read_all(copy)

"""The picture shows the right distances, and never fails for want of a reaction."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from recording_helpers import BONDS, METHANE, make_frame

from atomtug.core.errors import InputError, RecordingError
from atomtug.core.systems import System
from atomtug.recordings import Recording, RecordingWriter
from atomtug.recordings.plot import choose_traces, distance, draw, save_plot, smoothed

SAMPLE = Path(__file__).parents[2] / "recordings" / "sample.h5"


def test_a_reaction_shows_the_old_and_the_new_partner() -> None:
    with Recording(SAMPLE) as recording:
        assert [(trace.pair, trace.label) for trace in choose_traces(recording)] == [
            ((0, 4), "C-H4"),
            ((4, 5), "CN:C-H4"),
        ]
        old, new = (distance(recording, trace.pair) for trace in choose_traces(recording))
        assert old[0] == pytest.approx(1.09, abs=0.02)
        assert new[-1] < 1.2 < old[-1]
        figure = draw(recording)
    top, bottom = figure.axes
    raw, mean = (line.get_ydata() for line in top.lines[1:3])
    assert raw[0] == 0.0
    assert np.ptp(mean) < np.ptp(raw)
    np.testing.assert_allclose(bottom.lines[0].get_ydata(), old)
    np.testing.assert_allclose(bottom.lines[1].get_ydata(), new)
    assert bottom.get_xlabel() == "time (fs)"
    assert figure.get_suptitle() == "CH₄ + CN  →  CH₃ + HCN"
    assert len(top.patches) == 1, "the pull is shaded"


def test_the_mean_is_over_neighbouring_times() -> None:
    times = np.array([0.0, 0.01, 0.02, 1.0])
    np.testing.assert_allclose(smoothed(times, np.array([3.0, 6.0, 0.0, 8.0])), [4.5, 3.0, 3.0, 8.0])


def test_hands_that_pull_together_are_one_shade(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    with RecordingWriter(path, METHANE, {}) as writer:
        for step in range(12):
            writer.append(make_frame(step, hands=2 if 2 <= step < 6 else step // 10), BONDS)
    with Recording(path) as recording:
        top = draw(recording).axes[0]
    assert len(top.patches) == 2
    assert "2 hands on C, H1, H2" in [text.get_text() for text in top.texts]


def test_without_a_reaction_the_nearest_approach_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    with RecordingWriter(path, METHANE, {}) as writer:
        for step in range(10):
            positions = METHANE.positions.copy()
            positions[5:] -= [0.1 * step, 0.0, 0.0]
            writer.append(replace(make_frame(5000 * step), positions=positions), BONDS)
    with Recording(path) as recording:
        assert [trace.label for trace in choose_traces(recording)] == ["C-H4", "CN:C-H4"]
        figure = draw(recording)
    assert figure.get_suptitle() == "CH₄ + CN"
    assert figure.axes[1].get_xlabel() == "time (ps)"


@pytest.mark.parametrize(
    ("numbers", "bonds", "labels"),
    [([6, 7], [(0, 1)], ["C-N"]), ([2], [], []), ([10, 10], [], ["Ne-Ne:Ne"])],
)
def test_any_system_can_be_drawn(
    tmp_path: Path, numbers: list[int], bonds: list[tuple[int, int]], labels: list[str]
) -> None:
    apart = 1.17 if bonds else 3.0
    system = System(
        "any",
        np.array(numbers),
        np.arange(len(numbers))[:, None] * np.array([apart, 0, 0]),
        0,
        1 + sum(numbers) % 2,
    )
    with RecordingWriter(tmp_path / "run.h5", system, {}) as writer:
        writer.append(make_frame(0, system), np.array(bonds, dtype=int).reshape(-1, 2))
    with Recording(tmp_path / "run.h5") as recording:
        assert [trace.label for trace in choose_traces(recording)] == labels
        save_plot(recording, tmp_path / "run.svg")
    assert (tmp_path / "run.svg").read_text().startswith("<?xml")


def test_nothing_to_draw_is_told(tmp_path: Path) -> None:
    RecordingWriter(tmp_path / "run.h5", METHANE, {}).close()
    with Recording(tmp_path / "run.h5") as recording, pytest.raises(RecordingError, match="nothing to draw"):
        draw(recording)


def test_a_picture_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "none").write_text("no folder")
    with Recording(SAMPLE) as recording, pytest.raises(InputError, match="picture can't be written"):
        save_plot(recording, tmp_path / "none" / "a.png")


def test_a_folder_that_is_not_there_is_made(tmp_path: Path) -> None:
    with Recording(SAMPLE) as recording:
        save_plot(recording, tmp_path / "new" / "a.svg")
    assert (tmp_path / "new" / "a.svg").read_text().startswith("<?xml")

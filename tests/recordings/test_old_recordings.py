"""Recordings written by earlier versions still open.

``data/recording-0.1.h5`` was written by atomtug 0.1.0: ``atomtug steer methane --script short.toml --seed 1``, where
the script pulls CN:C toward CH4:H4 until t > 0.05 ps, lets go, and waits for 0.03 ps. It is never rewritten.
"""

import shutil
from pathlib import Path

import ase.io
import numpy as np
import pytest

from atomtug.core.systems import load_system
from atomtug.recordings import CANDIDATE, ENERGY_OFFSET, Recording
from atomtug.recordings.describe import describe
from atomtug.recordings.export import FORMATS, export
from atomtug.recordings.plot import save_plot
from atomtug.recordings.repair import is_whole, repair
from atomtug.recordings.summary import summarise

OLD = Path(__file__).parent / "data" / "recording-0.1.h5"


@pytest.fixture
def old() -> Recording:
    with Recording(OLD) as recording:
        yield recording


def test_it_was_written_by_0_1(old: Recording) -> None:
    assert old.provenance["versions"]["atomtug"] == "0.1.0"
    assert old.closed


def test_its_frames_are_read_with_all_that_was_recorded(old: Recording) -> None:
    methane = load_system("methane")
    frames = list(old.frames())
    assert len(frames) == len(old)
    assert (old.system.numbers == methane.numbers).all()
    assert old.system.multiplicity == 2
    assert old.system.atom_labels == ["C", "H1", "H2", "H3", "H4", "CN:C", "CN:N"]
    assert np.isfinite(old.positions).all()
    assert (np.diff(old.times_ps) > 0).all()
    assert old.column(ENERGY_OFFSET.name).shape == old.column(CANDIDATE.name).shape == (len(old),)
    forces = np.linalg.norm(old.user_forces, axis=-1)
    assert forces[:, 5].max() > 0.1
    assert forces[:, [0, 1, 2, 3, 4, 6]].max() == 0.0
    assert old.engines == ("pm6",)


def test_its_summary_tells_the_pull_and_the_settings(old: Recording) -> None:
    summary = summarise(old)
    (pull,) = summary.pulls
    assert pull.names == ["CN:C"]
    assert pull.start_ps < 0.01
    assert 0.04 < pull.end_ps < 0.07
    assert summary.duration_ps > 0.08
    assert "by atomtug 0.1.0" in describe(summary)


def test_it_is_drawn(old: Recording, tmp_path: Path) -> None:
    save_plot(old, tmp_path / "old.png")
    assert (tmp_path / "old.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", FORMATS)
def test_it_is_exported(old: Recording, name: str, tmp_path: Path) -> None:
    target = tmp_path / f"old{FORMATS[name].suffix}"
    export([old], name, target)
    assert target.stat().st_size > 1000
    if name == "extxyz":
        images = ase.io.read(target, ":")
        assert len(images) == len(old)
        assert images[-1].get_potential_energy() == pytest.approx(old.energies[-1], abs=1e-6)


def test_it_is_repaired_when_its_first_bytes_are_lost(old: Recording, tmp_path: Path) -> None:
    assert is_whole(OLD)
    damaged = Path(shutil.copy(OLD, tmp_path / "damaged.h5"))
    with damaged.open("r+b") as stream:
        stream.write(bytes(48))
    assert not is_whole(damaged)
    report = repair(damaged, tmp_path / "repaired.h5")
    assert report.frames == report.promised == len(old)
    assert report.lost == ()
    with Recording(tmp_path / "repaired.h5") as repaired:
        np.testing.assert_array_equal(repaired.positions, old.positions)
        assert repaired.events == old.events

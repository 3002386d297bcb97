"""What the electrons did: recorded, read again, exported, summarised; recordings without it stay as they were."""

from dataclasses import replace
from pathlib import Path

import ase.io
import h5py
import numpy as np
import pytest
from recording_helpers import BONDS, METHANE, make_frame

from atomtug.core.electrons import ElectronicStructure
from atomtug.recordings import LIVE_COLUMNS, Recording, RecordingWriter
from atomtug.recordings.describe import describe
from atomtug.recordings.export import export
from atomtug.recordings.plot import draw
from atomtug.recordings.summary import summarise
from atomtug.server.session.playback import PlaybackSession

CHARGES = np.array([-0.65, 0.16, 0.16, 0.16, 0.16, 0.23, -0.22])
SPINS = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 0.7, 0.3])


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Three frames: of an engine that gives all, of one that gives charges, of one that gives nothing."""
    path = tmp_path / "run.h5"
    with RecordingWriter(path, METHANE, {"engine": "pm6"}, LIVE_COLUMNS) as writer:
        for step, electrons in enumerate(
            [ElectronicStructure(CHARGES, SPINS, np.eye(7), 0.85), ElectronicStructure(CHARGES), None]
        ):
            if step == 1:
                writer.event("state_change", step=1, before=104.6, after=0.0, way="steering")
            writer.append(replace(make_frame(step), electrons=electrons), BONDS)
    return path


def test_what_was_recorded_is_read(run: Path) -> None:
    with Recording(run) as recording:
        whole, charges_only, nothing = (frame.electrons for frame in recording.frames())
    assert whole is not None
    assert whole.spins is not None
    np.testing.assert_allclose(whole.charges, CHARGES, atol=1e-6)
    np.testing.assert_allclose(whole.spins, SPINS, atol=1e-6)
    assert whole.spin_square == pytest.approx(0.85)
    assert charges_only is not None
    np.testing.assert_allclose(charges_only.charges, CHARGES, atol=1e-6)
    assert (charges_only.spins, charges_only.spin_square) == (None, None)
    assert nothing is None


def test_a_recording_without_these_columns_is_read(tmp_path: Path) -> None:
    path = tmp_path / "old.h5"
    with RecordingWriter(path, METHANE, {}, LIVE_COLUMNS[:4]) as writer:
        writer.append(make_frame(0), BONDS)
    with Recording(path) as recording:
        assert recording.frame(0).electrons is None
        assert summarise(recording).spin_square_highest is None


def test_exports_contain_charges_and_spins(run: Path, tmp_path: Path) -> None:
    with Recording(run) as recording:
        export([recording], "extxyz", tmp_path / "run.extxyz")
        export([recording], "h5md", tmp_path / "run.h5md")
        export([recording], "nanover", tmp_path / "run.nanover.zip")
    first, second, third = ase.io.read(tmp_path / "run.extxyz", ":")
    np.testing.assert_allclose(first.get_charges(), CHARGES, atol=1e-6)
    np.testing.assert_allclose(first.arrays["spins"], SPINS, atol=1e-6)
    assert first.info["spin_square"] == pytest.approx(0.85)
    np.testing.assert_allclose(second.get_charges(), CHARGES, atol=1e-6)
    assert "spins" not in second.arrays
    assert "charges" not in third.calc.results
    with h5py.File(tmp_path / "run.h5md") as file:
        np.testing.assert_allclose(file["particles/atoms/charge/value"][0], CHARGES, atol=1e-6)
        assert np.isnan(file["particles/atoms/spin/value"][1]).all()


def test_the_summary_says_when_the_state_changed_and_how_pure_the_spin_was(run: Path) -> None:
    with Recording(run) as recording:
        summary = summarise(recording)
        (change,) = summary.state_changes
        assert (change.frame, change.way) == (1, "steering")
        assert change.fall_kcal_mol == pytest.approx(25.0, abs=0.01)
        text = describe(summary)
        assert "25.0 kcal/mol lower (steering)" in text
        assert "<S^2> at most 0.85, 0.75 if pure" in text
        drawn = len(draw(recording).axes[0].lines)
    assert drawn == 4  # zero, the energy, its mean, and the change


def test_the_orders_of_bonds_are_recorded_and_played_back(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    orders = np.zeros((7, 7))
    for k, (a, b) in enumerate(BONDS):
        orders[a, b] = orders[b, a] = 1.0 + 0.3 * k
    with RecordingWriter(path, METHANE, {"engine": "pm6"}, LIVE_COLUMNS) as writer:
        writer.append(
            replace(make_frame(0), electrons=ElectronicStructure(CHARGES, bond_orders=orders)), BONDS
        )
        writer.event("state_change", step=1, before=104.6, after=0.0, way="steering")
        writer.append(replace(make_frame(1), electrons=ElectronicStructure(CHARGES)), BONDS)
    with Recording(path) as recording:
        first, second = (frame.electrons for frame in recording.frames())
    assert first is not None
    assert second is not None
    assert first.bond_orders is not None
    np.testing.assert_allclose(first.bond_orders, orders, atol=2e-3)
    assert second.bond_orders is None
    session = PlaybackSession([path])
    try:
        before, after = session._values(0), session._values(1)
    finally:
        for each in session._recordings:
            each.close()
    np.testing.assert_allclose(before["bond.orders.engine"], 1.0 + 0.3 * np.arange(len(BONDS)), atol=2e-3)
    assert before["engine.state_changes"] == 0
    assert after["engine.state_changes"] == 1
    np.testing.assert_allclose(after["engine.state_changed"], [104.6, 0.0], atol=1e-3)

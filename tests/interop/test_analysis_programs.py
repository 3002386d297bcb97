"""Exports as MDAnalysis opens them, by file names alone; and what MDAnalysis writes, as we play it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from atomtug.recordings import Recording
from atomtug.recordings.export import FORMATS, export
from atomtug.recordings.playable import open_playable

SAMPLE = Path(__file__).parents[2] / "recordings" / "sample.h5"
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # what a PDB file may have besides


@pytest.fixture(scope="module")
def mda() -> Any:
    """MDAnalysis, which takes seconds to load."""
    import MDAnalysis

    return MDAnalysis


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exports")
    with Recording(SAMPLE) as recording:
        for name in ("h5md", "dcd", "extxyz"):
            export([recording], name, folder / f"x{FORMATS[name].suffix}")
    return folder


def test_mdanalysis_opens_topology_and_h5md_with_all_that_is_in_them(mda, exports) -> None:
    universe = mda.Universe(str(exports / "x.pdb"), str(exports / "x.h5md"))
    assert list(universe.atoms.elements) == ["C", "H", "H", "H", "H", "C", "N"]
    assert list(universe.residues.resnames) == ["CH4", "CN"]
    assert sorted(sorted(bond.indices.tolist()) for bond in universe.bonds) == [
        [0, 1], [0, 2], [0, 3], [0, 4], [5, 6],
    ]  # fmt: skip
    with Recording(SAMPLE) as recording:
        assert len(universe.trajectory) == len(recording)
        for index in (0, 120, 240):
            moment, frame = universe.trajectory[index], recording.frame(index)
            np.testing.assert_allclose(universe.atoms.positions, frame.positions, atol=1e-5)
            assert moment.time == pytest.approx(recording.times_ps[index], abs=1e-6)
            assert universe.atoms.velocities.shape == universe.atoms.forces.shape == (7, 3)
            assert moment.data["potential_energy"] == pytest.approx(
                recording.energies[index] * 96.4853, rel=1e-5
            )
    distance = np.linalg.norm(
        universe.select_atoms("resname CN and name C").positions - universe.atoms[4].position
    )
    assert distance == pytest.approx(1.1, abs=0.2), "the hydrogen has gone over to CN"


@pytest.mark.parametrize("trajectory", ["x.dcd", "x.xyz"])
def test_mdanalysis_opens_the_other_trajectories_with_the_same_topology(mda, exports, trajectory) -> None:
    if trajectory == "x.xyz":
        (exports / trajectory).write_bytes((exports / "x.extxyz").read_bytes())
    universe = mda.Universe(str(exports / "x.pdb"), str(exports / trajectory))
    with Recording(SAMPLE) as recording:
        assert len(universe.trajectory) == len(recording)
        for index in (0, 240):
            moment = universe.trajectory[index]
            np.testing.assert_allclose(universe.atoms.positions, recording.positions[index], atol=1e-5)
            if trajectory == "x.dcd":
                assert moment.time == pytest.approx(recording.times_ps[index], abs=1e-4)


def test_h5md_of_mdanalysis_is_played_with_its_topology_beside_it(mda, exports, tmp_path) -> None:
    universe = mda.Universe(str(exports / "x.pdb"), str(exports / "x.h5md"))
    universe.atoms.write(str(tmp_path / "theirs.pdb"))
    with mda.Writer(str(tmp_path / "theirs.h5md"), universe.atoms.n_atoms) as writer:
        for _ in universe.trajectory[:20]:
            writer.write(universe.atoms)
    played = open_playable(tmp_path / "theirs.h5md")
    with Recording(SAMPLE) as recording:
        assert len(played) == 20
        assert list(played.system.numbers) == list(recording.system.numbers)
        np.testing.assert_allclose(played.frame(19).positions, recording.positions[19], atol=1e-5)

"""What a recording tells a chemist: who pulled what, what it took, and which bonds changed."""

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from recording_helpers import METHANE, make_frame

from atomtug.core.frame import AppliedInteraction
from atomtug.core.systems import System, load_system
from atomtug.core.systems.bonds import perceive_bonds
from atomtug.core.units import KCALMOL_PER_EV, PS
from atomtug.recordings import Recording, RecordingWriter
from atomtug.recordings.being_written import is_being_written
from atomtug.recordings.describe import describe, short
from atomtug.recordings.pulls import find_pulls
from atomtug.recordings.reactions import (
    Transfer,
    bond_changes,
    elapsed_ps,
    find_transfer,
    products,
)
from atomtug.recordings.summary import summarise

SAMPLE = Path(__file__).parents[2] / "recordings" / "sample.h5"
START = [(0, 1), (0, 2), (0, 3), (0, 4), (5, 6)]


def pairs(*bonds: tuple[int, int]) -> np.ndarray:
    return np.array(sorted(bonds), dtype=np.int64).reshape(-1, 2)


def write(
    path: Path, bonds: Sequence[np.ndarray], steps: Sequence[int] | None = None, **changes: object
) -> None:
    """A frame for each set of bonds, 2 steps of 0.5 fs apart."""
    with RecordingWriter(
        path, METHANE, {"engine": {"name": "pm6", "settings": {"program": "sparrow"}}}
    ) as writer:
        for number, some in enumerate(bonds):
            step = 2 * number if steps is None else steps[number]
            writer.append(replace(make_frame(step), **changes), some)  # type: ignore[arg-type]


def grip(key: str, atom: int, force: Sequence[float]) -> AppliedInteraction:
    return AppliedInteraction(key, np.zeros(3), np.array([atom]), np.array([force], dtype=float), 0.0)


def test_bonds_are_named_and_timed(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    both = pairs(*START, (4, 5))
    after = pairs((0, 1), (0, 2), (0, 3), (4, 5), (5, 6))
    write(path, [pairs(*START)] * 3 + [both] * 2 + [after])
    with Recording(path) as recording:
        told = [(c.name, c.made, c.frame, round(c.time_ps, 6)) for c in bond_changes(recording)]
        assert told == [("CN:C-H4", True, 3, 0.003), ("C-H4", False, 5, 0.005)]
        assert find_transfer(recording) == Transfer(atom=4, donor=0, acceptor=5)
        assert products(METHANE, recording.bonds(0)) == "CH4 + CN"
        assert products(METHANE, recording.bonds(-1)) == "CH3 + HCN"
    assert products(METHANE, pairs((0, 1), (0, 2), (0, 3), (4, 6), (5, 6))) == "CH3 + HNC"
    assert products(METHANE, pairs((0, 1), (0, 2), (0, 3), (5, 6))) == "CH3 + H + CN"
    assert products(METHANE, pairs((0, 1), (0, 2), (0, 3), (4, 5), (4, 6), (5, 6))) == "CH3 + CHN"


def test_ions_are_named_with_their_charge() -> None:
    chloride = load_system("CCl + F-")
    bonds = perceive_bonds(chloride.numbers, chloride.positions)
    assert products(chloride, bonds) == "CH3Cl + F-"


def test_a_hydrogen_that_came_back_is_still_the_one_to_look_at(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    away = pairs((0, 1), (0, 2), (0, 3), (4, 5), (5, 6))
    flicker = pairs((0, 2), (0, 3), (0, 4), (5, 6))
    write(path, [pairs(*START), flicker, pairs(*START), away, pairs(*START)])
    with Recording(path) as recording:
        assert find_transfer(recording) == Transfer(atom=4, donor=0, acceptor=5)
    other = tmp_path / "other.h5"
    write(other, [pairs(*START), flicker, pairs(*START)])
    with Recording(other) as recording:
        assert find_transfer(recording) is None


def test_a_hydrogen_is_preferred_to_the_atom_it_was_torn_from(tmp_path: Path) -> None:
    """Where carbons find each other as hydrogens move, it is the hydrogen that tells."""
    path = tmp_path / "run.h5"
    write(path, [pairs(*START), pairs((0, 1), (0, 2), (0, 3), (0, 5), (4, 5), (5, 6))])
    with Recording(path) as recording:
        assert find_transfer(recording) == Transfer(atom=4, donor=0, acceptor=5)


def test_atoms_outside_the_molecule_carry_their_fragments_name() -> None:
    assert METHANE.atom_labels == ["C", "H1", "H2", "H3", "H4", "CN:C", "CN:N"]
    assert load_system("ethane").atom_labels[:3] == ["C1", "C2", "H1"]


def test_20_cooling_after_pulls_is_told(tmp_path: Path) -> None:
    for friction, told in ((0.0, False), (20.0, True)):
        path = tmp_path / f"{friction}.h5"
        facts = {"engine": "pm6", "dynamics": {"temperature": 300.0, "cool_after_pull": friction}}
        with RecordingWriter(path, METHANE, facts) as writer:
            writer.append(make_frame(0), pairs(*START))
        with Recording(path) as recording:
            assert ("cooled after pulls at 20/ps" in describe(summarise(recording))) == told


def test_time_goes_on_over_a_reset(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    write(path, [pairs(*START)] * 5, steps=[10, 12, 14, 0, 2])
    with Recording(path) as recording:
        np.testing.assert_allclose(elapsed_ps(recording), [0, 0.001, 0.002, 0.002, 0.003], atol=1e-12)
        summary = summarise(recording)
    assert summary.resets == 1
    assert summary.duration_ps == pytest.approx(0.003)
    assert summary.user_work_kcal_mol == pytest.approx(0.5 * (4 + 2) * KCALMOL_PER_EV)


def test_the_work_of_a_lone_hand_is_what_dynamics_summed(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    work = [0.0, 0.0, 0.4, 1.0, 1.2, 1.2, 1.2, 1.5]
    with RecordingWriter(path, METHANE, {}) as writer:
        writer.event(
            "interaction", key="interaction.a", owner="ada", interaction_type="spring", label="hand.left"
        )
        for number, done in enumerate(work):
            hands = (grip("interaction.a", 5, [0.0, 0.0, 2.0]),) if number in (2, 3, 6) else ()
            frame = replace(make_frame(2 * number), user_work=done, interactions=hands)
            writer.append(frame, pairs(*START))
    with Recording(path) as recording:
        first, second = find_pulls(recording)
    assert (first.owner, first.key, first.label, first.kind) == (
        "ada",
        "interaction.a",
        "hand.left",
        "spring",
    )
    assert (first.atoms, first.names) == ([5], ["CN:C"])
    assert (first.first, first.last) == (2, 3)
    assert (first.start_ps, first.end_ps) == pytest.approx((0.002, 0.003))
    assert first.work_kcal_mol == pytest.approx(1.2 * KCALMOL_PER_EV), (
        "from the frame before to the one after"
    )
    assert first.peak_force_nn == pytest.approx(2.0 * 1.602176634)
    assert (second.first, second.last) == (6, 6)
    assert second.work_kcal_mol == pytest.approx(0.3 * KCALMOL_PER_EV)


def test_the_work_of_hands_at_once_is_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    with RecordingWriter(path, METHANE, {}) as writer:
        for number in range(4):
            positions = METHANE.positions.copy()
            positions[5] += [0.1 * number, 0.0, 0.0]
            positions[1] += [0.0, -0.2 * number, 0.0]
            hands = (grip("interaction.a", 5, [2.0, 0, 0]), grip("interaction.b", 1, [0, 1.0, 5.0]))
            # From the recorded frames one sees +0.2 and -0.2 between each two; dynamics has summed +0.04.
            work = 0.04 * number
            frame = replace(make_frame(2 * number), positions=positions, interactions=hands, user_work=work)
            writer.append(frame, pairs(*START))
    with Recording(path) as recording:
        one, two = find_pulls(recording)
    assert (one.key, two.key) == ("interaction.a", "interaction.b")
    assert one.owner == "somebody"
    assert one.work_kcal_mol == pytest.approx(0.66 * KCALMOL_PER_EV, rel=1e-6)
    assert two.work_kcal_mol == pytest.approx(-0.54 * KCALMOL_PER_EV, rel=1e-6)


def test_a_hand_may_change_its_grip(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    with RecordingWriter(path, METHANE, {}) as writer:
        for number, atom in enumerate([5, 5, 6]):
            positions = METHANE.positions + np.array([0.1 * number, 0.0, 0.0])
            hands = (grip("interaction.a", atom, [1.0, 0, 0]), grip("interaction.b", 1, [0, 0, 0]))
            frame = replace(
                make_frame(number), positions=positions, interactions=hands, user_work=0.1 * number
            )
            writer.append(frame, pairs(*START))
    with Recording(path) as recording:
        pull = find_pulls(recording)[0]
    assert pull.names == ["CN:C", "CN:N"]
    assert pull.work_kcal_mol == pytest.approx(0.2 * KCALMOL_PER_EV, rel=1e-6)


def test_one_of_something_is_said_as_one(tmp_path: Path) -> None:
    helium = System("He", np.array([2]), np.zeros((1, 3)))
    with RecordingWriter(tmp_path / "one.h5", helium, {}) as writer:
        writer.append(make_frame(0, helium), np.zeros((0, 2), dtype=np.int64))
    with RecordingWriter(tmp_path / "reset.h5", helium, {}) as writer:
        for step in (0, 10, 0, 10):
            writer.append(make_frame(step, helium), np.zeros((0, 2), dtype=np.int64))
    with Recording(tmp_path / "one.h5") as one, Recording(tmp_path / "reset.h5") as reset:
        told = describe(summarise(one)).splitlines()
        assert told[1:5:3] == ["  system      He: He (1 atom, charge 0, singlet)", "  length      one frame"]
        assert "0.010 ps in 4 frames, one each 3.3 fs, 1 reset\n" in describe(summarise(reset))


def test_the_sample_tells_its_story() -> None:
    with Recording(SAMPLE) as recording:
        summary = summarise(recording)
    (pull,) = summary.pulls
    assert (summary.state, summary.formula, summary.products) == ("closed", "CH4 + CN", "CH3 + HCN")
    assert summary.engines == ["pm6"]
    assert [change.name for change in summary.bond_changes] == ["CN:C-H4", "C-H4"]
    assert (pull.owner, pull.names) == ("sample", ["CN:C"])
    assert pull.work_kcal_mol == pytest.approx(summary.user_work_kcal_mol)
    assert summary.energy_lowest_kcal_mol is not None
    assert summary.energy_lowest_kcal_mol < -20
    text = describe(summary)
    for part in (
        "methane: CH4 + CN (7 atoms, charge 0, doublet)",
        "pm6 (sparrow",
        "sample (hand.right) pulled CN:C by spring: 0.000-0.1",
        "CN:C-H4 formed",
        "C-H4 broke",
        "ends as CH3 + HCN",
        "closed properly",
    ):
        assert part in text
    assert SAMPLE.stat().st_size < 300_000


def test_the_samples_total_energy_changes_by_the_work_of_the_hand() -> None:
    """Constant-energy dynamics: a check of energies, velocities, masses, work and their units together."""
    with Recording(SAMPLE) as recording:
        kinetic = 0.5 * (recording.system.masses[:, None] * recording.velocities**2).sum(axis=(1, 2))
        np.testing.assert_allclose(kinetic, recording.kinetic_energies, rtol=1e-5, atol=1e-9)
        total = recording.energies + kinetic - recording.user_work
        assert np.abs(total - total[0]).max() * KCALMOL_PER_EV < 0.5
        steps = np.diff(recording.positions, axis=0) / (0.001 * PS)
        middle = 0.5 * (recording.velocities[1:] + recording.velocities[:-1])
        assert np.abs(steps - middle).max() < 0.05 * np.abs(middle).max()


def test_a_summary_is_strict_json(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    with RecordingWriter(path, METHANE, {"dynamics": {"max": float("inf")}, "seed": 4}) as writer:
        writer.event("exception", text="SCF did not converge")
        writer.append(replace(make_frame(0), energy=float("nan")), pairs(*START))
    with Recording(path) as recording:
        summary = summarise(recording)
    data = json.loads(json.dumps(summary.as_dict(), allow_nan=False))
    assert data["energy_last_kcal_mol"] is None
    assert data["dynamics"] == {"max": None}
    assert data["seed"] == 4
    assert data["exceptions"] == ["SCF did not converge"]
    assert "Trouble\n  SCF did not converge" in describe(summary)


def test_an_empty_recording_is_described(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    RecordingWriter(path, METHANE, {}).close()
    with Recording(path) as recording:
        text = describe(summarise(recording))
    assert "no frames yet" in text
    assert "nobody pulled" in text
    assert "unknown" in text


def test_a_file_that_was_not_closed_is_told_live_or_killed(tmp_path: Path) -> None:
    path, left = tmp_path / "run.h5", tmp_path / "left.h5"
    with RecordingWriter(path, METHANE, {}) as writer:
        writer.append(make_frame(0), pairs(*START))
        writer.flush()
        shutil.copy(path, left)
        for each in (path, left):  # a paused simulation writes nothing for long
            os.utime(each, (0, 0))
        with Recording(path) as recording:
            live = summarise(recording)
        with Recording(left) as recording:
            killed = summarise(recording)
    with Recording(path) as recording:
        closed = summarise(recording).state
    assert (live.state, killed.state, closed) == ("live", "not closed", "closed")
    assert "being written now" in describe(live)
    assert "its writer was killed; all up to its last flush is here" in describe(killed)


def test_a_file_without_a_lock_is_being_written_while_it_changes(tmp_path: Path) -> None:
    path, left = tmp_path / "run.h5", tmp_path / "left.h5"
    with RecordingWriter(path, METHANE, {}) as writer:
        writer.append(make_frame(0), pairs(*START))
        writer.flush()
        shutil.copy(path, left)
    assert is_being_written(left)
    assert not is_being_written(path)
    assert not is_being_written(tmp_path / "none.h5")


def test_random_names_are_shortened() -> None:
    owner = "84416d29-67b5-4c3e-8773-dcbd9246773c"
    assert short(owner) == "84416d29"
    assert short(f"interaction.{owner}.left") == "interaction.84416d29.left"
    assert short("ada") == "ada"


def test_only_the_first_of_many_lines_are_told(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    write(path, [pairs(*START), pairs(*START[:-1])] * 20)
    with Recording(path) as recording:
        text = describe(summarise(recording))
    assert "... 39 in all" in text
    assert text.count(" formed\n") + text.count(" broke\n") == 12

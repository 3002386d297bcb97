"""``atomtug label`` from recordings to a data set, with workers and itself killed on the way."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from trainer_helpers import CN, H2, HCN, TINY, record, stretched

from atomtug.trainer.data import DataSet, read
from atomtug.trainer.data.journal import journal_path
from atomtug.trainer.dft.environment import BLAS, worker_environment
from atomtug.trainer.labels.cluster import connected
from atomtug.trainer.labels.frames import open_runs
from atomtug.trainer.labels.labelling import make_plan
from atomtug.trainer.labels.run import LabelTask, chunks, run
from atomtug.trainer.labels.selection import Selection
from atomtug.trainer.labels.sharing import Sharing, largest_need, share
from atomtug.trainer.labels.worker import Atoms

ATOMS = Atoms(HCN.numbers, HCN.charge, HCN.multiplicity, TINY)


def tasks(count, trajectory="t"):
    return [LabelTask(trajectory, frame, ATOMS, p) for frame, p in enumerate(stretched(HCN, count, 0.01))]


def start(recordings, out, *options):
    command = [sys.executable, "-m", "atomtug", "label", *map(str, recordings), "--out", str(out)]
    command += ["--basis", "sto-3g", "--grid", "0", "--workers", "2", *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finish(process):
    output = process.communicate(timeout=300)[0]
    return process.returncode, output


def wait_for_labels(out: Path, count: int) -> None:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        if journal_path(out).exists() and len(read(out)) >= count:
            return
        time.sleep(0.05)
    raise AssertionError("no labels came")


def test_work_is_cut_into_runs_of_neighbours_of_one_trajectory():
    work = chunks(tasks(60, "a") + tasks(3, "b"), workers=2)
    assert [len(chunk.tasks) for chunk in work] == [16, 16, 16, 12, 3]
    assert [task.frame for task in work[1].tasks] == list(range(16, 32))
    assert len({chunk.name for chunk in work}) == 5


def test_a_plan_leaves_out_what_is_there_and_a_recording_given_twice(tmp_path):
    [source] = open_runs(record(tmp_path / "a.h5", HCN, stretched(HCN, 6)))
    data = DataSet()
    plan = make_plan(data, [source, source], Selection.parse("stride:2"), TINY)
    assert [task.frame for task in plan.tasks] == [0, 2, 4]
    assert [entry.molecule for entry in data.trajectories] == ["hcn"]


def test_the_workers_environment_names_kernels_the_processor_has(monkeypatch):
    monkeypatch.delenv(BLAS, raising=False)
    wide = frozenset({"avx2", "fma", "avx512f", "avx512dq", "avx512bw", "avx512vl"})
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    assert worker_environment(wide)[BLAS] == "SkylakeX"
    assert worker_environment(frozenset({"avx2", "fma"}))[BLAS] == "Haswell"
    assert BLAS not in worker_environment(frozenset({"sse2"}))
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    assert BLAS not in worker_environment(wide)
    monkeypatch.setenv(BLAS, "Zen")
    assert worker_environment(wide)[BLAS] == "Zen"


@pytest.mark.parametrize(
    ("needed", "workers", "shared"),
    [
        (1, None, Sharing(4, 1, 425)),
        (400, None, Sharing(4, 1, 425)),
        (800, None, Sharing(2, 2, 850)),
        (1200, None, Sharing(1, 4, 1700)),
        (10_000, None, Sharing(1, 4, 1700)),  # what does not fit is kept on disk
        (1, 2, Sharing(2, 1, 850)),
    ],
)
def test_labels_at_once_are_as_many_as_fit_in_memory(needed, workers, shared):
    assert share(needed, workers, cores=4, free=2000) == shared


def test_the_largest_molecule_says_how_much_memory_a_label_needs():
    small = [LabelTask("a", 0, Atoms(H2.numbers, 0, 1, TINY), H2.positions)]
    large = [LabelTask("b", 0, Atoms(HCN.numbers, 0, 1, TINY), HCN.positions)]
    assert 0 < largest_need(small) < largest_need(large) == largest_need([*small, *large, *small])


@pytest.mark.slow
def test_frames_of_a_worker_that_is_killed_are_done_by_another():
    with connected(None, 2) as client:
        victim = next(iter(client.run(os.getpid).values()))
        done = []
        for number, (task, label) in enumerate(run(client, tasks(24))):
            done.append((task.frame, label.converged))
            if number == 3:
                os.kill(victim, signal.SIGKILL)
    assert sorted(done) == [(frame, True) for frame in range(24)]


def blocked_signals() -> set[int]:
    """Of this thread."""
    return set(signal.pthread_sigmask(signal.SIG_BLOCK, []))


def sigint_is_blocked(pid: int) -> bool:
    """Whether a process's first thread blocks SIGINT, as the kernel tells it."""
    status = Path(f"/proc/{pid}/status").read_text()
    [mask] = [line.split()[1] for line in status.splitlines() if line.startswith("SigBlk:")]
    return bool(int(mask, 16) >> (signal.SIGINT - 1) & 1)


@pytest.mark.slow
def test_ctrl_c_reaches_no_worker_from_its_start_on_nor_one_that_replaces_it():
    before = blocked_signals()
    with connected(None, 1) as client:
        assert blocked_signals() == before
        (first,) = client.run(os.getpid).values()
        assert sigint_is_blocked(first)
        os.kill(first, signal.SIGKILL)
        client.submit(abs, -1).result(timeout=300)
        (second,) = client.run(os.getpid).values()
        assert second != first
        assert sigint_is_blocked(second)


@pytest.mark.slow
def test_workers_have_their_environment_before_anything_is_loaded_and_this_process_keeps_its_own():
    before = dict(os.environ)
    with connected(None, 1) as client:
        (environment,) = client.run(lambda: dict(os.environ)).values()
    assert worker_environment().items() <= environment.items()
    assert dict(os.environ) == before


@pytest.mark.slow
def test_recordings_become_a_data_set_and_the_broken_and_failed_are_counted(tmp_path):
    geometries = stretched(HCN, 4)
    wreck = HCN.positions.copy()
    wreck[0] = wreck[1]  # nuclei on top of each other: not computable, if it is not set aside
    geometries += [wreck, np.where(np.arange(3)[:, None] == 0, 30.0, HCN.positions)]
    paths = [
        record(tmp_path / "hcn.h5", HCN, geometries),
        record(tmp_path / "cn.h5", CN, stretched(CN, 3), engine="am1"),
    ]
    out = tmp_path / "data.h5"
    code, output = finish(start(paths, out, "--too-close", "0"))
    assert code == 0, output
    data = read(out)
    hcn, cn = data.molecules["hcn"], data.molecules["cn"]
    assert data.theory == TINY
    assert sorted(hcn.frame) == [0, 1, 2, 3, 4]
    assert set(hcn.frame[~hcn.labelled]) == {4}
    assert hcn.reason[hcn.frame == 4][0]
    assert data.trajectories[0].set_aside["flown apart"] == 1
    assert cn.labelled.all()
    assert set(cn.engine) == {"am1"}
    assert cn.engine_energies[cn.frame == 2] == pytest.approx(2.0)
    assert not journal_path(out).exists()


@pytest.mark.slow
def test_a_killed_command_goes_on_where_it_was(tmp_path):
    path = record(tmp_path / "hcn.h5", HCN, stretched(HCN, 60, 0.005))
    out = tmp_path / "data.h5"
    process = start([path], out)
    wait_for_labels(out, 10)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = read(out).molecules["hcn"]
    assert 10 <= len(before) < 60
    code, output = finish(start([path], out))
    assert code == 0, output
    assert f"{len(before)} done before" in output
    after = read(out).molecules["hcn"]
    assert sorted(after.frame) == list(range(60))
    assert np.array_equal(after.energies[: len(before)], before.energies)
    assert np.array_equal(after.seconds[: len(before)], before.seconds)


@pytest.mark.slow
def test_ctrl_c_stops_cleanly_and_keeps_what_is_done(tmp_path):
    path = record(tmp_path / "hcn.h5", HCN, stretched(HCN, 60, 0.005))
    out = tmp_path / "data.h5"
    process = start([path], out)
    wait_for_labels(out, 5)
    process.send_signal(signal.SIGINT)
    code, output = finish(process)
    assert code == 130, output
    assert "Traceback" not in output
    assert "are left: run the same command again" in output
    assert not journal_path(out).exists()
    assert 5 <= len(read(out)) < 60


@pytest.mark.slow
def test_other_settings_do_not_go_into_the_same_data_set(tmp_path):
    path = record(tmp_path / "h2.h5", H2, stretched(H2, 2))
    out = tmp_path / "data.h5"
    assert finish(start([path], out))[0] == 0
    code, output = finish(start([path], out, "--functional", "lda,vwn"))
    assert code == 1
    assert "use another --out" in output


@pytest.mark.slow
def test_a_cluster_that_is_not_there_is_said_to_be_none(tmp_path, monkeypatch):
    path = record(tmp_path / "h2.h5", H2, stretched(H2, 2))
    code, output = finish(start([path], tmp_path / "data.h5", "--scheduler", "tcp://127.0.0.1:9"))
    assert code == 1
    assert "no Dask scheduler at tcp://127.0.0.1:9" in output

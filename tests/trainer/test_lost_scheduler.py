"""Labels on a Dask cluster whose scheduler goes away in the middle."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from trainer_helpers import HCN, record, stretched

from atomtug.trainer.data import read
from atomtug.trainer.data.journal import journal_path

CLUSTER = """
import time
from distributed import LocalCluster
if __name__ == "__main__":
    cluster = LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None, silence_logs=50)
    print(cluster.scheduler_address, flush=True)
    time.sleep(600)
"""


@pytest.mark.slow
def test_a_scheduler_that_goes_away_is_said_in_a_sentence_and_labels_are_kept(tmp_path: Path) -> None:
    script = tmp_path / "cluster.py"
    script.write_text(CLUSTER)
    recording = record(tmp_path / "hcn.h5", HCN, stretched(HCN, 60, 0.01))
    cluster = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    assert cluster.stdout is not None
    address, out = cluster.stdout.readline().strip(), tmp_path / "data.h5"
    command = [sys.executable, "-m", "atomtug", "label", str(recording), "--out", str(out)]
    command += ["--basis", "sto-3g", "--grid", "0", "--scheduler", address]
    label = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        while label.poll() is None and not (out.exists() or _length(journal_path(out)) > 4000):
            time.sleep(0.05)
        cluster.send_signal(signal.SIGKILL)
        said = label.communicate(timeout=120)[0]
    finally:
        cluster.kill()
        label.kill()
        cluster.wait()
    assert label.returncode == 1
    assert "The connection to the Dask cluster is gone: run the same command again" in said
    assert "Traceback" not in said
    assert 0 < len(read(out)) < 60


def _length(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0

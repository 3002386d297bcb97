"""A short soak: what benchmarks/soak.py does for hours."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "soak.py"


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_violent_visitors_do_no_harm_and_leave_nothing_behind():
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--minutes", "0.75", "--clients", "3", "--json"],
        capture_output=True,
        text=True,
        timeout=380,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["steps"] > 0
    assert result["faults"] == 0, done.stdout
    assert result["recordings"] > 0
    assert result["recordings_unreadable"] == 0, done.stdout
    # Within a minute a leak can't be told from a buffer that grows once; what would be lost a visit, can.
    assert result["rss_growth"] < 0.3
    assert result["fd_growth"] <= 2
    assert result["thread_growth"] <= 2

"""A process that gives way, and its children."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
import os, subprocess, sys, threading
from atomtug.core.priority import run_when_idle
waiting = threading.Event()
thread = threading.Thread(target=waiting.wait)
thread.start()
assert run_when_idle()
print(os.sched_getscheduler(thread.native_id))
waiting.set()
child = "import os; print(os.sched_getscheduler(0), os.getpriority(os.PRIO_PROCESS, 0))"
print(subprocess.run([sys.executable, "-c", child], capture_output=True, text=True, check=True).stdout)
"""


@pytest.mark.skipif(not hasattr(os, "SCHED_IDLE"), reason="Linux has this class alone")
def test_it_and_its_children_run_only_while_a_core_is_idle():
    done = subprocess.run([sys.executable, "-P", "-c", PROGRAM], capture_output=True, text=True, check=True)
    idle = str(os.SCHED_IDLE)
    assert done.stdout.split() == [idle, idle, "19"]

"""The alarm is set inside the block and only there."""

import subprocess
import sys

# In a process of its own: the test runner has its own alarm.
SCRIPT = """
import signal
from atomtug.server.process.time_limit import TimeLimit

def left():
    return signal.getitimer(signal.ITIMER_REAL)[0]

with TimeLimit(1000.0):
    inside = left()
print(900.0 < inside <= 1000.0, left())
"""


def test_the_alarm_is_set_inside_the_block_and_not_after_it():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "0.0"]

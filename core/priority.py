"""Work that gives way to everything else on this machine."""

import os
from contextlib import suppress
from pathlib import Path

_TASKS = Path("/proc/self/task")
_AUTOGROUP = Path("/proc/self/autogroup")


def run_when_idle() -> bool:
    """Let this process, and those that it starts from now on, have only the time of a core that others leave.

    A nice value counts only among the processes of one session where Linux groups these (autogroup). The idle
    scheduling class does more there: any other process of the session takes the core at once when it wakes up. A
    session of its own (``setsid``) is made nice as a whole, too.

    Returns:
        Whether the system has that class; otherwise the process is made as nice as possible.
    """
    with suppress(OSError):
        os.nice(19)
    if os.getsid(0) == os.getpid():
        with suppress(OSError):
            _AUTOGROUP.write_text("19")
    try:
        # The class belongs to a thread; those that are started later have it from the one that starts them.
        for task in _TASKS.iterdir():
            os.sched_setscheduler(int(task.name), os.SCHED_IDLE, os.sched_param(0))
    except (AttributeError, OSError):  # not Linux, or not allowed
        return False
    return True

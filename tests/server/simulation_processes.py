"""The simulation processes that the servers of this test process run."""

import psutil


def simulations() -> set[psutil.Process]:
    """Those that run now, of all servers: other tests of the same run may keep a server of their own."""
    return {
        child
        for child in psutil.Process().children()
        if "atomtug.server.process.worker" in command_line(child)
    }


def command_line(process: psutil.Process) -> str:
    """What the process was started with; empty where it has just ended."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""

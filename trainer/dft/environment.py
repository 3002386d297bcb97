"""The environment of a worker process. It imports nothing heavy, on purpose: some of it must be set before.

PySCF's wheels carry OpenBLAS 0.3.3 of 2018, which takes a processor it does not know for the oldest it does
(20 GFLOP/s in place of 50 on a Zen 5 core) unless told which kernels to use. Two labels at once with a thread
each are faster than two threads on one label.
"""

import os
import platform
import sys
from pathlib import Path

import psutil

from atomtug.core.memory import keep_freed_memory

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
BLAS = "OPENBLAS_CORETYPE"
LABEL_THREADS = "ATOMTUG_LABEL_THREADS"
"""How many threads a label may use."""
LABEL_MEMORY = "ATOMTUG_LABEL_MEMORY"
"""How many bytes a label may use."""
MEMORY_SHARE = 0.3
"""Of the machine's memory, what a label may use where nothing is said."""


def worker_environment(
    cpu_flags: frozenset[str] | None = None, threads: int = 1, memory: int | None = None
) -> dict[str, str]:
    """Variables for a worker; what the user has already set for the BLAS is left alone.

    Args:
        cpu_flags: the processor's abilities, as Linux lists them; by default this machine's
        threads: that a label may use
        memory: bytes that a label may use; None for a share of the machine's
    """
    # A worker imports the installed package, whatever the folder that it is started in holds.
    # A label's threads share its blocks of integrals and grid points; within one, libraries use a single thread.
    variables = {**dict.fromkeys(THREADS, "1"), LABEL_THREADS: str(threads), "PYTHONSAFEPATH": "1"}
    if memory is not None:
        variables[LABEL_MEMORY] = str(memory)
    kernels = os.environ.get(BLAS) or _kernels(_cpu_flags() if cpu_flags is None else cpu_flags)
    if kernels:
        variables[BLAS] = kernels
    return variables


def prepare() -> None:
    """Set up this process for labels, as far as that is still possible in one that others started."""
    if "pyscf" not in sys.modules:
        for name, value in worker_environment().items():
            os.environ.setdefault(name, value)
    keep_freed_memory(everything=True)  # Dask tells its workers to give memory back at once
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)


def label_threads() -> int:
    """How many threads a label may use in this process."""
    return int(os.environ.get(LABEL_THREADS, "1"))


def label_memory() -> int:
    """How many bytes a label may use in this process, never more than there are now."""
    memory = psutil.virtual_memory()
    given = os.environ.get(LABEL_MEMORY)
    allowed = MEMORY_SHARE * memory.total if given is None else float(given)
    return int(min(allowed, 0.9 * memory.available))


def _kernels(flags: frozenset[str]) -> str:
    """Which of OpenBLAS's kernels the processor can run; empty to let it choose."""
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return ""
    if {"avx512f", "avx512dq", "avx512bw", "avx512vl"} <= flags:
        return "SkylakeX"
    if {"avx2", "fma"} <= flags:
        return "Haswell"
    return ""


def _cpu_flags() -> frozenset[str]:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return frozenset()
    for line in lines:
        name, _, value = line.partition(":")
        if name.strip() == "flags":
            return frozenset(value.split())
    return frozenset()

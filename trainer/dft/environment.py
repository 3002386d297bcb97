"""The environment of a worker process. It imports nothing heavy, on purpose: some of it must be set before.

PySCF's wheels carry OpenBLAS 0.3.3 of 2018, which takes a processor it does not know for the oldest it does
(20 GFLOP/s in place of 50 on a Zen 5 core) unless told which kernels to use. Two labels at once with a thread
each are faster than two threads on one label.
"""

import os
import platform
import sys
from pathlib import Path

from atomtug.core.memory import keep_freed_memory

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
BLAS = "OPENBLAS_CORETYPE"


def worker_environment(cpu_flags: frozenset[str] | None = None) -> dict[str, str]:
    """Variables for a worker of one thread; what the user has already set for the BLAS is left alone.

    Args:
        cpu_flags: the processor's abilities, as Linux lists them; by default this machine's
    """
    # A worker imports the installed package, whatever the folder that it is started in holds.
    variables = {**dict.fromkeys(THREADS, "1"), "PYTHONSAFEPATH": "1"}
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

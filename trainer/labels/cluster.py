"""Where labels are computed: this machine's cores, or a Dask cluster that is already there."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING

from atomtug.core.errors import ConnectionFailed
from atomtug.core.interrupts import interrupts_blocked
from atomtug.trainer.dft.environment import worker_environment
from atomtug.trainer.labels.sharing import share

if TYPE_CHECKING:
    from distributed import Client

CONNECT_TIMEOUT = 10.0
"""seconds"""


@contextmanager
def connected(
    scheduler: str | None, workers: int | None, needed: int = 0, memory: int | None = None
) -> Iterator["Client"]:
    """A Dask client.

    Args:
        scheduler: address of an existing cluster's scheduler; None to start a cluster on this machine
        workers: processes of a cluster on this machine; None for one a core, or as many as fit in memory
        needed: bytes that the largest label takes
        memory: bytes that a label on this machine may take at most; None for its share of what is free

    Raises:
        ConnectionFailed: there is no scheduler at the address
    """
    import dask
    from distributed import Client, LocalCluster  # before the settings: it brings its defaults

    # Set before Dask starts the workers: OpenBLAS reads it when it is loaded.
    sharing = share(needed, workers)
    own = worker_environment(threads=sharing.threads, memory=min(memory or sharing.memory, sharing.memory))
    environment = {**own, "PYTHONWARNINGS": "ignore"}
    settings = {
        "distributed.nanny.pre-spawn-environ": environment,
        "distributed.scheduler.allowed-failures": 2,
        "distributed.admin.tick.limit": "60s",
        # Labels are small, PySCF's arrays are freed at once, and nothing may be spilled or paused for them.
        "distributed.worker.memory.target": False,
        "distributed.worker.memory.spill": False,
        "distributed.worker.memory.pause": False,
        "distributed.worker.memory.terminate": False,
    }
    with dask.config.set(settings), _environment_restored():
        for name in ("", ".client", ".nanny", ".scheduler", ".utils", ".worker"):
            logging.getLogger(f"distributed{name}").setLevel(logging.CRITICAL)
        if scheduler:
            try:
                client = Client(scheduler, timeout=CONNECT_TIMEOUT)
            except (OSError, TimeoutError, ValueError) as error:
                raise ConnectionFailed(
                    f"There is no Dask scheduler at {scheduler} ({error}): start one with `dask scheduler` "
                    f"and workers with `dask worker {scheduler}`, or leave out --scheduler."
                ) from error
            try:
                yield client
            finally:
                client.close()
            return
        # The command ends its workers itself. They, and those that replace them, start in threads of the cluster,
        # which begin in this block. Starting the tracker lets SIGINT through again, so it runs before.
        resource_tracker.ensure_running()
        with interrupts_blocked():
            cluster = LocalCluster(
                n_workers=sharing.workers,
                threads_per_worker=1,
                processes=True,
                # Any free port of this machine alone; without an address Dask wants 8787 and warns where it is taken.
                dashboard_address="127.0.0.1:0",
                silence_logs=logging.CRITICAL,
            )
        with cluster, Client(cluster) as client:
            yield client


@contextmanager
def _environment_restored() -> Iterator[None]:
    """Undo what Dask does to this process: it leaves the workers' variables in ``os.environ``."""
    before = dict(os.environ)
    try:
        yield
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)

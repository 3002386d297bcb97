"""Shared by all tests: one thread an engine, Hypothesis without stopwatch and dice, matplotlib without a screen,
and a disk that is full."""

import os
import resource
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("MPLBACKEND", "Agg")
# As in the simulation process (see atomtug.server.process.worker_process): before numpy and Sparrow are loaded.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

# The machine may be busy: how long an example takes says nothing about the code. The same examples every time, so
# that a change fails by what it did; HYPOTHESIS_PROFILE=dice draws others each time.
calm = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("atomtug", derandomize=True, **calm)
settings.register_profile("dice", **calm)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "atomtug"))


@pytest.fixture
def refusing_disk() -> Callable[[], AbstractContextManager[None]]:
    """A context in which no file of this process may grow beyond 4,096 bytes, as on a full disk."""

    @contextmanager
    def refusing() -> Iterator[None]:
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    return refusing

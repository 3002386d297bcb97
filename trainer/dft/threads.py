"""Pieces of work shared by threads: NumPy and libcint let other threads run while they compute."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_Result = TypeVar("_Result")


class Threads:
    """Some threads. One alone is that of the caller, which does one piece after the other.

    Args:
        count: of threads
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._pool = ThreadPoolExecutor(count) if count > 1 else None

    def map(self, work: Callable[..., _Result], *items: Iterable[object]) -> list[_Result]:
        """What ``work`` gives for each item, or for each item of several rows at once, in their order."""
        return list(map(work, *items) if self._pool is None else self._pool.map(work, *items))

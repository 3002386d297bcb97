"""What clients are told while an engine is loaded: which one, what it does now, and for how long already."""

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from atomtug.wire import state_keys
from atomtug.wire.values import Value


@dataclass(eq=False)
class _Load:
    """An ``engine`` that is loaded ``since`` so many seconds of the clock."""

    engine: str
    since: float


class EngineLoading:
    """The keys ``engine.loading*`` of the state. Of several engines that are loaded at a time, the newest is told.

    Args:
        announce: sets keys of the shared state
        clock: monotonic time in seconds
    """

    def __init__(
        self, announce: Callable[[Mapping[str, Value]], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._announce = announce
        self._clock = clock
        self._loads: list[_Load] = []
        self._tell()

    @contextlib.contextmanager
    def of(self, engine: str) -> Iterator[None]:
        """An engine, by its display name, is loaded for as long as the block lasts."""
        load = _Load(engine, self._clock())
        self._loads.append(load)
        self._tell()
        try:
            yield
        finally:
            self._loads.remove(load)
            self._tell()

    def on_step(self, step: str) -> None:
        """What an engine that is being loaded does now. One that is made ready in the background is not told."""
        if self._loads:
            self._announce({state_keys.ENGINE_LOADING_STEP: step})

    def housekeeping(self) -> None:
        """Say how long an engine has been loading. Called a few times a second."""
        if self._loads:
            self._announce({state_keys.ENGINE_LOADING_SECONDS: self._seconds})

    @property
    def _seconds(self) -> int:
        return int(self._clock() - self._loads[-1].since) if self._loads else 0

    def _tell(self) -> None:
        self._announce(
            {
                state_keys.ENGINE_LOADING: self._loads[-1].engine if self._loads else "",
                state_keys.ENGINE_LOADING_STEP: "",
                state_keys.ENGINE_LOADING_SECONDS: self._seconds,
            }
        )

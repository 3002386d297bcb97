"""Timing of a headless session: the runtime's time, and a constant rate."""

import time
from ctypes import byref, cast

from atomtug.vr_client.xr.runtime import Runtime


class RuntimeClock:
    """The runtime's time, where no frames are displayed."""

    def __init__(self, runtime: Runtime) -> None:
        xr = runtime.xr
        self._xr, self._instance = xr, runtime.instance
        name = "xrConvertTimespecTimeToTimeKHR"
        self._convert = cast(
            xr.get_instance_proc_addr(runtime.instance, name), xr.PFN_xrConvertTimespecTimeToTimeKHR
        )
        self._spec, self._time = xr.timespec(), xr.Time()
        self._next = time.monotonic()

    def now(self) -> int:
        """The current XrTime, ns."""
        spec = self._spec
        spec.tv_sec, spec.tv_nsec = divmod(time.clock_gettime_ns(time.CLOCK_MONOTONIC), 1_000_000_000)
        result = self._xr.check_result(
            self._xr.Result(self._convert(self._instance, byref(spec), byref(self._time)))
        )
        if result.is_exception():
            raise result
        return int(self._time.value)

    def wait_until_due(self, interval: float) -> None:
        """Sleep until the next moment is due; missed moments are skipped."""
        now = time.monotonic()
        self._next = max(self._next + interval, now - interval)
        if self._next > now:
            time.sleep(self._next - now)

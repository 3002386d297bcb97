"""A session that plays a recording back, with the commands of a live one."""

import asyncio
import contextlib
from pathlib import Path
from typing import Any

from atomtug.core.errors import CommandFailed, InputError, RecordingError
from atomtug.recordings import Recording
from atomtug.server.session.commands import Result, number, whole
from atomtug.server.session.session import Session, log
from atomtug.wire.frames import bond_values, frame_values, topology_values

DEFAULT_FPS = 30.0


class PlaybackSession(Session):
    """Frames of recordings, as if they happened now.

    Args:
        paths: of recordings; clients choose among them with playback/load
        fps: recorded frames shown a second
        loop: begin again at the end, else stand still there

    Raises:
        RecordingError: a file can't be read, or holds no frame
    """

    def __init__(self, paths: list[Path], fps: float = DEFAULT_FPS, loop: bool = True) -> None:
        super().__init__()
        if not paths:
            raise InputError("There is nothing to play: name a recording.")
        self._recordings = [Recording(path) for path in paths]
        for recording in self._recordings:
            if len(recording) == 0:
                raise RecordingError(f"{recording.path} holds no frame: there is nothing to play.")
        self._current = 0
        self._place = 0
        self._counter = -1
        self._loop_over = loop
        self._fps = fps
        self._playing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        register = self.commands.register
        register("playback/play", self._play)
        register("playback/pause", self._pause)
        register("playback/step", lambda: self._step(1))
        register("playback/step_back", lambda: self._step(-1))
        register("playback/reset", self._reset)
        register("playback/seek", self._seek, frame=0)
        register("playback/list", lambda: {"simulations": [r.path.name for r in self._recordings]})
        register("playback/load", self._load, index=0, clear_state=True)
        register("playback/next", lambda: self._load(self._current + 1, True))
        register("trajectory/get-dynamics-interval", lambda: {"interval": 1.0 / self._fps})
        register("trajectory/set-dynamics-interval", self._set_interval, interval=1.0 / DEFAULT_FPS)

    @property
    def recording(self) -> Recording:
        """The one that plays."""
        return self._recordings[self._current]

    async def start(self) -> None:
        """Show the first frame and go on."""
        await super().start()
        self._begin()
        self._play()
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Stop, and close the files."""
        await super().close()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        for recording in self._recordings:
            recording.close()

    async def _run(self) -> None:
        clock = asyncio.get_running_loop().time
        due = clock()
        while True:
            await self._playing.wait()
            due = max(due + 1.0 / self._fps, clock())
            await asyncio.sleep(due - clock())
            if not self._playing.is_set():
                continue
            try:
                self._advance()
            except RecordingError as error:  # damaged, or taken away
                self._pause()
                log.warning("%s", error)
                self.frames.publish({"system.simulation.exception": str(error)})

    def _advance(self) -> None:
        if self._place + 1 < len(self.recording):
            self._show(self._place + 1)
        elif self._loop_over:
            self._begin()
        else:
            self._pause()

    def _begin(self) -> None:
        """From the first frame, telling clients to forget what they saw."""
        self._place = 0
        self._counter += 1
        values = {
            **frame_values(self.recording.frame(0)),
            **bond_values(self.recording.bonds(0)),
            **topology_values(self.recording.system),
            "system.simulation.counter": self._counter,
            "system.simulation.exception": "",
            "playback.playing": self._playing.is_set(),
            "playback.frame": 0,
            "playback.frames": len(self.recording),
        }
        self.frames.publish(values, begins=True)

    def _show(self, place: int) -> None:
        self._place = place
        self.frames.publish(
            {
                **frame_values(self.recording.frame(place)),
                **bond_values(self.recording.bonds(place)),
                "playback.frame": place,
            }
        )

    def _play(self) -> Result:
        self._playing.set()
        self.frames.publish({"playback.playing": True, "system.simulation.exception": ""})
        return None

    def _pause(self) -> Result:
        self._playing.clear()
        self.frames.publish({"playback.playing": False})
        return None

    def _step(self, by: int) -> Result:
        self._pause()
        self._show(min(max(self._place + by, 0), len(self.recording) - 1))
        return None

    def _seek(self, frame: Any) -> Result:
        place = whole("frame", frame)
        if not 0 <= place < len(self.recording):
            raise InputError(f"There is no frame {place}: they run from 0 to {len(self.recording) - 1}.")
        self._show(place)
        return None

    def _reset(self) -> Result:
        self._begin()
        return None

    def _load(self, index: Any, clear_state: Any) -> Result:
        self._current = whole("index", index) % len(self._recordings)
        self._begin()
        return None

    def _set_interval(self, interval: Any) -> Result:
        seconds = number("interval", interval)
        if not 0.001 <= seconds <= 60:
            raise CommandFailed(f"interval must be from 0.001 to 60 s, not {seconds:g}.")
        self._fps = 1.0 / seconds
        return None

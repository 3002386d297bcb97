"""Recording by command: what the first frame is recorded with, and what clients are told of failures."""

import asyncio
from concurrent.futures import Future
from pathlib import Path

import numpy as np
import pytest
from toy_engines import HarmonicEngine

from atomtug.core.errors import InputError
from atomtug.core.systems import load_system
from atomtug.core.systems.bonds import perceive_bonds
from atomtug.recordings import Recording
from atomtug.server.dynamics.simulation import DynamicsSettings, Simulation
from atomtug.server.session.commands import Commands
from atomtug.server.session.frame_stream import FrameStream
from atomtug.server.session.recording_control import RecordedFrame, RecordingControl

METHANE = load_system("methane")
FRAME = Simulation(METHANE, HarmonicEngine(METHANE.positions), DynamicsSettings()).frame()
BONDS = perceive_bonds(METHANE.numbers, METHANE.positions)


class Recorded:
    """A control for recordings of one frame, and what clients were told."""

    def __init__(self, folder: Path, candidate: bool) -> None:
        self.frames = FrameStream()
        self.commands = Commands()
        current = RecordedFrame(FRAME, BONDS, candidate)
        self.control = RecordingControl(folder, False, self.frames, self._begin, lambda: current)
        self.control.register(self.commands)

    def _begin(self, name: str | None) -> Future[Path]:
        return self.control.recorder.start(METHANE, {}, name)

    def told(self, key: str) -> object:
        assert self.frames.current is not None
        return self.frames.current.values[key]


@pytest.mark.parametrize("candidate", [True, False])
def test_the_first_frame_of_a_recording_started_by_command_keeps_its_candidate_mark(tmp_path, candidate):
    async def main() -> str:
        made = Recorded(tmp_path, candidate)
        made.control.start()
        await made.commands.run("recording/start", {"name": "marked"})
        assert made.told("recording.name") == "marked.h5"
        answer = await made.commands.run("recording/stop", {})
        await made.control.close()
        return str(answer["path"])

    with Recording(asyncio.run(main())) as recording:
        assert np.array(recording.column("candidate")).tolist() == [candidate]


def test_a_client_whose_own_call_has_an_argument_called_name_gives_the_name_as_file(tmp_path):
    def run_command(name: str, **arguments: str) -> tuple[str, dict[str, str]]:
        """As the Python clients of Narupa and NanoVer have it."""
        return name, arguments

    async def main() -> Recorded:
        made = Recorded(tmp_path, False)
        made.control.start()
        await made.commands.run(*run_command("recording/start", file="theirs"))
        assert made.told("recording.name") == "theirs.h5"
        with pytest.raises(InputError, match="give one of them"):
            await made.commands.run("recording/start", {"name": "a", "file": "b"})
        await made.control.close()
        return made

    asyncio.run(main())
    assert (tmp_path / "theirs.h5").exists()


def test_a_failure_of_an_earlier_recording_is_told_and_the_one_that_runs_stays_named(tmp_path):
    async def main() -> None:
        made = Recorded(tmp_path, False)
        made.control.start()
        await made.commands.run("recording/start", {"name": "second"})
        await asyncio.to_thread(made.control._on_failure, "first.h5 can't be written.")
        await asyncio.sleep(0)
        assert made.told("recording.error") == "first.h5 can't be written."
        assert made.told("recording.name") == "second.h5"
        assert made.control.always
        made.control.recorder.stop()
        made.control._on_failure("second.h5 can't be written.")
        assert made.control.always  # told on the event loop, whichever thread it comes from
        await asyncio.sleep(0)
        assert not made.control.always
        assert made.told("recording.name") == ""
        await made.control.close()

    asyncio.run(main())

"""A swarm of trajectories from frames of a recorded pull: what the pull says about the reaction."""

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.errors import InputError
from atomtug.core.systems import System
from atomtug.core.systems.bonds import Pairs
from atomtug.recordings import Recording
from atomtug.recordings.reactions import elapsed_ps, reaction_frames
from atomtug.server.engines import create_engine
from atomtug.swarm.assessment import Assessor
from atomtug.swarm.journal import SwarmJournal, SwarmRecord
from atomtug.swarm.launcher import Launcher, plan_blocks
from atomtug.swarm.options import SwarmOptions
from atomtug.swarm.statistics import Fraction, point_of_no_return, surely_committed
from atomtug.swarm.summary import OutcomeSummary, committor, summarise_outcomes
from atomtug.trainer.labels.frames import sort_out
from atomtug.workflows.geometries import write_geometries

BEFORE, AFTER = 0.1, 0.05
"""ps before the first and after the last change of bonds, between which committors are worked out."""


@dataclass(frozen=True)
class Swarm:
    """What became of a swarm.

    Args:
        system: the atoms
        engine: its name
        options: how it was made
        reactants: (B, 2) bonds before the reaction: those of the recording's first frame
        frames: where trajectories began: the frame asked for, then those along the reaction
        times: ps since the recording began, of each
        records: what became of each trajectory
        left: trajectories that were not made, as it was stopped
        geometries: file of the geometries that the network was unsure of; None where there are none
    """

    system: System
    engine: str
    options: SwarmOptions
    reactants: Pairs
    frames: tuple[int, ...]
    times: tuple[float, ...]
    records: tuple[SwarmRecord, ...]
    left: int
    geometries: Path | None

    def of_frame(self, frame: int) -> list[SwarmRecord]:
        """What became of the trajectories from one frame, in order."""
        return sorted((each for each in self.records if each.frame == frame), key=lambda each: each.number)

    @property
    def outcomes(self) -> list[OutcomeSummary]:
        """What the trajectories from the frame asked for came to, the most frequent first."""
        return summarise_outcomes(self.system, self.reactants, self.of_frame(self.frames[0]))

    @property
    def committors(self) -> list[tuple[int, float, Fraction]]:
        """Frame, its time (ps) and the committor there, of the frames along the reaction."""
        return [
            (frame, time, committor(self.of_frame(frame)))
            for frame, time in zip(self.frames[1:], self.times[1:], strict=True)
        ]

    @property
    def point_of_no_return(self) -> float | None:
        """ps since the recording began; None if it is not known."""
        return point_of_no_return(
            [time for _, time, _ in self.committors], [each for *_, each in self.committors]
        )

    @property
    def surely_committed(self) -> float | None:
        """ps since the recording began, from which on the committor is above 1/2 with 95 % certainty; or None."""
        return surely_committed(
            [time for _, time, _ in self.committors], [each for *_, each in self.committors]
        )

    @property
    def unsure(self) -> int:
        """Trajectories on which the network was unsure somewhere."""
        return sum(each.doubtful is not None for each in self.records)

    def as_dict(self) -> dict[str, Any]:
        """All of it as strict JSON has it; energies in kcal/mol."""
        records = self.of_frame(self.frames[0])
        return {
            "system": self.system.name,
            "engine": self.engine,
            "settings": asdict(self.options),
            "frame": self.frames[0],
            "time_ps": self.times[0],
            "trajectories": len(records),
            "left": self.left,
            "committor": committor(records).as_dict(),
            "outcomes": [each.as_dict() for each in self.outcomes],
            "along": [
                {"frame": frame, "time_ps": time, **each.as_dict()} for frame, time, each in self.committors
            ],
            "point_of_no_return_ps": self.point_of_no_return,
            "surely_committed_ps": self.surely_committed,
            "unsure": self.unsure,
            "stopped": dict(Counter(each.stopped for each in self.records if each.stopped)),
            "geometries": None if self.geometries is None else str(self.geometries),
        }


def run_swarm(
    recording: Path,
    out: Path,
    frame: int | None = None,
    options: SwarmOptions | None = None,
    *,
    overwrite: bool = False,
    on_plan: Callable[[int, int], object] = lambda total, done: None,
    on_done: Callable[[int], object] = lambda count: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Swarm:
    """Begin many trajectories from a frame of a recording, and see what becomes of them.

    What is done is in ``out`` after every few trajectories, and the same call goes on where an earlier one ended.

    Args:
        recording: the file
        out: folder for the journal and for geometries that the network is unsure of
        frame: index, from 0, or from the end if negative; None for the one where the first bond changes
        options: how; None for the defaults
        overwrite: whether another swarm's journal in ``out`` is replaced
        on_plan: called once with the number of trajectories and how many were made before
        on_done: called with how many were made since the last call
        stopped: asked every few trajectories; when true, it ends

    Raises:
        InputError: there is no such frame or engine, or ``out`` holds another swarm
        EngineError: no result for the frame
        RecordingError: the recording can't be read
    """
    options = options or SwarmOptions()
    with Recording(recording) as source:
        frames = _choose_frames(source, frame, options.along)
        system, reactants = source.system, source.bonds(0)
        times = tuple(map(float, elapsed_ps(source)[list(frames)]))
        positions = {index: np.array(source.frame(index).positions) for index in frames}
        if not (name := options.engine or next(reversed(source.engines), "")):
            raise InputError(f"{recording} does not say which engine it was made with: give --engine.")
        engine = create_engine(name, system, options.anyway)
    path = out / "swarm.jsonl"
    if overwrite:
        path.unlink(missing_ok=True)
    settings = {"recording": recording.name, "frame": frames[0], **options.settings(), "engine": engine.name}
    with SwarmJournal(path, settings) as journal:
        launcher = Launcher(engine, system, options)
        assessor = Assessor(system, engine, reactants, options.uncertainty_limit, journal)
        wanted = [(frames[0], options.count), *((each, options.along_count) for each in frames[1:])]
        done = {(each.frame, each.number) for each in journal.records}
        blocks = plan_blocks(wanted, done, launcher.size)
        left = sum(len(block.numbers) for block in blocks)
        on_plan(left + len(done), len(done))
        for block in blocks:
            if stopped():
                break
            courses = launcher.run(block, positions[block.frame])
            journal.add(
                [
                    assessor.record(block.frame, number, course, block.frame == frames[0])
                    for number, course in zip(block.numbers, courses, strict=True)
                ]
            )
            left -= len(courses)
            on_done(len(courses))
        records = tuple(each for each in journal.records if each.frame in frames)
    unsure = [each.doubtful for each in records if each.doubtful is not None]
    geometries = _write_unsure(system, np.array(unsure), out / "unsure.h5") if unsure else None
    return Swarm(system, engine.name, options, reactants, frames, times, records, left, geometries)


def _choose_frames(recording: Recording, frame: int | None, along: int) -> tuple[int, ...]:
    """The frame asked for, then those along the reaction, ascending.

    Raises:
        InputError: there is none
    """
    count, changes = len(recording), reaction_frames(recording)
    if not count:
        raise InputError(f"{recording.path} has no frames: there is nothing to begin from.")
    if not changes and (frame is None or along):
        raise InputError(
            f"In {recording.path} no bond is made or broken for good: say with --frame where to begin, without "
            f"--along."
        )
    first = changes[0] if frame is None else frame
    if not -count <= first < count:
        raise InputError(
            f"{recording.path} has {count} frames: --frame is from 0 to {count - 1}, or from -1 (the last) backwards."
        )
    if not along:
        return (first % count,)
    times = elapsed_ps(recording)
    low, high = np.searchsorted(times, [times[changes[0]] - BEFORE, times[changes[-1]] + AFTER])
    chosen = np.unique(np.linspace(low, min(int(high), count - 1), along).round().astype(int))
    return (first % count, *map(int, chosen))


def _write_unsure(system: System, positions: Floats, path: Path) -> Path | None:
    """Write the sound ones of (F, N, 3) geometries, to be labelled; None if there are none."""
    sound, _ = sort_out(positions)
    if not len(sound):
        return None
    write_geometries(system, positions[sound], path, {"source": "a swarm's trajectories, where most unsure"})
    return path

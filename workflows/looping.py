"""Rounds of learning: steer on a network, label what it was not sure of, train on, and let the new network take over.

The server stays up over all rounds; only the network in it changes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from atomtug.core.errors import InputError
from atomtug.core.systems import System
from atomtug.workflows.heldout import check_heldout
from atomtug.workflows.learning_log import LearningLog
from atomtug.workflows.looping_steps import LoopOptions, LoopRound, LoopStep, LoopWork, OnStep

__all__ = ["FinishedLoop", "LoopOptions", "LoopRound", "LoopStep", "loop"]


@dataclass(frozen=True)
class FinishedLoop:
    """What became of it.

    Args:
        rounds: the state before the first, and each round that was done
        nothing_marked_in: the round in which the network was sure of every frame, which ended it; None if all were
            done
    """

    rounds: tuple[LoopRound, ...]
    nothing_marked_in: int | None


def loop(
    system: System,
    out: Path,
    rounds: int = 3,
    options: LoopOptions | None = None,
    *,
    model: Path | None = None,
    data: tuple[Path, ...] = (),
    heldout: Path | None = None,
    on_step: OnStep = lambda _: None,
    on_round: Callable[[LoopRound, LoopRound], object] = lambda *_: None,
    stopped: Callable[[], bool] = lambda: False,
) -> FinishedLoop:
    """Let a network learn from what it is not sure of. Called again, it goes on where it was stopped.

    Args:
        system: the molecule with its radical
        out: folder for recordings, labels and networks
        rounds: how many, at most: it ends when no frame of a round is marked
        options: what is the same in all rounds; None for the defaults
        model: the network to begin with; None to train one on what hands do on PM6
        data: files of labels to train on besides the new ones
        heldout: labels to judge by; None for those of a trajectory of its own, on PM6
        on_step: called after each step, of those done before too
        on_round: called after each round with the round before it and itself
        stopped: asked often; when true, it stops

    Raises:
        LearningStopped: it was told to stop
        InputError: the folder holds the work on something else, or a file can't be used
        AtomtugError: a step can't be done
    """
    options, path = options or LoopOptions(), out / "loop.json"
    if (out / "labels.h5").exists() and not path.exists():
        raise InputError(f"{out} holds labels that are of no loop: choose another --out.")
    asked = {
        "model": str(model or ""), "data": sorted(map(str, data)), "heldout": str(heldout or ""),
        **options.to_plain(system),
    }  # fmt: skip
    log = LearningLog.open(path, asked)
    with LoopWork(system, out, options, data, log, on_step, stopped) as work:
        judged = heldout or work.make_heldout()
        check_heldout(judged)
        last = model or work.first_model()
        done = [work.judge(LoopRound(0, last.name, 0, 0, 0.0, None), last, judged)]
        for number in range(1, rounds + 1):
            recordings, marked = work.steer(number, last)
            labels = work.label(number, recordings, work.labelled, from_candidates=True)
            if labels is None:
                return FinishedLoop(tuple(done), number)
            work.train(number, last)
            last = work.model(number)
            work.take_over(number)
            done.append(work.judge(LoopRound(number, last.name, marked, labels, 0.0, None), last, judged))
            on_round(done[-2], done[-1])
    return FinishedLoop(tuple(done), None)

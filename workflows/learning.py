"""From a molecule to a network of its own: hands, labels, a teacher, training, and rounds on the network itself."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from atomtug.core.systems import System
from atomtug.trainer.evaluation import ModelEvaluation
from atomtug.workflows.heldout import check_heldout
from atomtug.workflows.learning_log import LearningLog
from atomtug.workflows.learning_options import LAST_SEARCHES, LearningBudget, LearningOptions
from atomtug.workflows.learning_steps import LearnedRound, LearningWork, OnStep, SteeredTrial
from atomtug.workflows.training import evaluate


@dataclass(frozen=True)
class LearnedSystem:
    """What became of it.

    Args:
        system: the molecule
        rounds: the first network, and that after each round
        trials: all trajectories, by the name of the step that recorded them
        evaluation: of the last network on the held-out hands
        seconds: that each kind of step took
        ended: why, in a sentence
    """

    system: System
    rounds: tuple[LearnedRound, ...]
    trials: dict[str, tuple[SteeredTrial, ...]]
    evaluation: ModelEvaluation
    seconds: dict[str, float]
    ended: str


def learn(
    system: System,
    out: Path,
    budget: LearningBudget,
    options: LearningOptions,
    *,
    on_step: OnStep = lambda *_: None,
    stopped: Callable[[], bool] = lambda: False,
) -> LearnedSystem:
    """Learn a potential for a reaction from nothing.

    Hands steer on an engine; frames are labelled by DFT; GFN2-xTB teaches a network, which then learns the labels.
    Then come rounds: hands steer on the network, and what it was unsure of, and holes that a search finds in it, are
    labelled and learned. What a search finds in the last network is labelled, and learned where the labels confirm a
    hole. Some trajectories are only judged by. Called again, it goes on where it was stopped, with more rounds or
    hours if these are asked for.

    Args:
        system: the molecules
        out: folder for recordings, labels and networks
        budget: when it ends
        options: how
        on_step: called after each step with its kind and what came of it
        stopped: asked often; when true, it stops

    Raises:
        LearningStopped: it was told to stop
        InputError: the folder holds the work on something else, or the options don't fit the system
        AtomtugError: a step can't be done
    """
    out.mkdir(parents=True, exist_ok=True)
    log = LearningLog.open(out / "learning.json", options.to_plain(system))
    work = LearningWork(system, out, budget, options, log, on_step, stopped)
    heldout = work.steer_heldout(options.heldout_trajectories, options.engine)
    work.label_evenly("label-heldout", heldout, out / "heldout.h5", budget.heldout)
    check_heldout(out / "heldout.h5")
    first = work.steer("first", options.trajectories, options.engine)
    work.label_first(first)
    rounds = [work.train_and_judge(0, None)]
    while not (ended := work.why_no_round(number := len(rounds), rounds[-1])):
        work.forget_last_searches(number)
        before = rounds[-1]
        trials = work.steer(f"round-{number}", options.round_trajectories, f"ann:{before.model}")
        found = work.search(number, before.model, budget.each_round // 2)
        rounds[-1] = replace(before, holes=found["holes"], tries=found["tries"])
        work.label_round(number, trials)
        rounds.append(work.train_and_judge(number, before.model))
    for left in reversed(range(LAST_SEARCHES)):
        number = len(rounds)
        if not work.may_search_last(number):
            break
        rounds[-1] = work.search_last(number, rounds[-1])
        if not rounds[-1].confirmed or not left:
            break
        rounds.append(work.train_and_judge(number, rounds[-1].model))
    return LearnedSystem(
        system, tuple(rounds), work.trials, evaluate(rounds[-1].model, [out / "heldout.h5"]),
        work.seconds_by_kind(), ended,
    )  # fmt: skip

"""The work from hands to a network, as functions for scripts and notebooks; the command line only calls them.

- :func:`steer` and :func:`steer_on` steer reactions by script and record them
- :func:`label` computes energies and forces of recorded frames
- :func:`train` trains a network on them, and :func:`evaluate` scores it
- :func:`search` looks for settings that train well
- :func:`train_sets` trains the paper's sets
- :func:`loop` does all of it in rounds on a network, :func:`learn` from nothing: a molecule, hands, a teacher, rounds
- :func:`find_holes` looks for geometries where a network is far below a cheap method, :func:`mend_holes` learns from
  them
- :func:`run_swarm` begins many trajectories from a frame of a recording
- :func:`find_path` finds the path and saddle point of a recorded reaction, :func:`refine_path` labels it
- :func:`run_in_lockstep` lets hands work on an engine without a server

Each takes typed arguments, prints nothing, reports through callbacks, and returns what was done. A function is
imported when it is used, because what it needs is large.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from atomtug.vr_client.scripted.series import SteeringSeries
    from atomtug.workflows.holes import HoleHunt, HoleRound, Mending, find_holes, mend_holes
    from atomtug.workflows.labelling import FinishedLabel, Labelling, PlannedLabels, label
    from atomtug.workflows.learning import LearnedSystem, learn
    from atomtug.workflows.learning_options import LearningBudget, LearningOptions
    from atomtug.workflows.lockstep import LockstepRun, run_in_lockstep
    from atomtug.workflows.looping import FinishedLoop, LoopOptions, LoopRound, LoopStep, loop
    from atomtug.workflows.paper_sets import train_sets
    from atomtug.workflows.path_finding import find_path
    from atomtug.workflows.path_refining import RefinedPath, refine_path
    from atomtug.workflows.searching import ScoredTrial, SettingsSearch, search
    from atomtug.workflows.steering import steer, steer_on
    from atomtug.workflows.swarming import Swarm, run_swarm
    from atomtug.workflows.training import FinishedEpoch, PlannedTraining, Training, evaluate, train

__all__ = [
    "FinishedEpoch",
    "FinishedLabel",
    "FinishedLoop",
    "HoleHunt",
    "HoleRound",
    "Labelling",
    "LearnedSystem",
    "LearningBudget",
    "LearningOptions",
    "LockstepRun",
    "LoopOptions",
    "LoopRound",
    "LoopStep",
    "Mending",
    "PlannedLabels",
    "PlannedTraining",
    "RefinedPath",
    "ScoredTrial",
    "SettingsSearch",
    "SteeringSeries",
    "Swarm",
    "Training",
    "evaluate",
    "find_holes",
    "find_path",
    "label",
    "learn",
    "loop",
    "mend_holes",
    "refine_path",
    "run_in_lockstep",
    "run_swarm",
    "search",
    "steer",
    "steer_on",
    "train",
    "train_sets",
]

_HOMES = {
    "holes": ("HoleHunt", "HoleRound", "Mending", "find_holes", "mend_holes"),
    "labelling": ("FinishedLabel", "Labelling", "PlannedLabels", "label"),
    "learning": ("LearnedSystem", "learn"),
    "learning_options": ("LearningBudget", "LearningOptions"),
    "lockstep": ("LockstepRun", "run_in_lockstep"),
    "looping": ("FinishedLoop", "LoopOptions", "LoopRound", "LoopStep", "loop"),
    "paper_sets": ("train_sets",),
    "path_finding": ("find_path",),
    "path_refining": ("RefinedPath", "refine_path"),
    "searching": ("ScoredTrial", "SettingsSearch", "search"),
    "steering": ("SteeringSeries", "steer", "steer_on"),
    "swarming": ("Swarm", "run_swarm"),
    "training": ("FinishedEpoch", "PlannedTraining", "Training", "evaluate", "train"),
}
"""module -> what is to be had from it"""


def __getattr__(name: str) -> Any:
    """Import a function or class of :data:`__all__` when it is used."""
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

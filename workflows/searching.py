"""Search for settings that train well, as the paper did."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import optuna

from atomtug.trainer.data import read
from atomtug.trainer.fit import Settings, draw, gather
from atomtug.trainer.search import Space, open_study
from atomtug.trainer.search import search as run_trials


@dataclass(frozen=True)
class ScoredTrial:
    """A choice of settings that was tried to the end.

    Args:
        number: in the study, from 0
        score: mean over the folds, lower is better (:class:`atomtug.trainer.fit.Validated`)
        varied: the settings that were chosen, by name
        settings: all settings, as :meth:`atomtug.trainer.fit.Settings.to_plain` gives them
        fold_errors: errors of each fold: ``mae_kcal`` in kcal/mol and, where there are forces, ``force_mae_kcal_A``
            in kcal/mol/angstrom
    """

    number: int
    score: float
    varied: Mapping[str, float]
    settings: Mapping[str, object]
    fold_errors: Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class SettingsSearch:
    """The state of a study after a search.

    Args:
        study: its file
        finished: trials with a score, those of other processes and earlier searches included
        best: the one with the lowest score; None if none has finished
    """

    study: Path
    finished: int
    best: ScoredTrial | None


def search(
    data: Sequence[Path],
    study: Path,
    trials: int = 20,
    *,
    name: str = "atomtug",
    sampler: str = "random",
    folds: int = 3,
    training_set: int | None = None,
    size: int = 600,
    space: Space | None = None,
    members: int = 1,
    seed: int | None = None,
    on_trial: Callable[[float | None], object] = lambda _: None,
) -> SettingsSearch:
    """Try settings on labelled geometries, judged on folds that keep trajectories together.

    Args:
        data: data sets
        study: file of the study; several processes may share it, and it is gone on with if it is there
        trials: how many to try in this process
        name: of the study in the file
        sampler: one of :data:`atomtug.trainer.search.study.SAMPLERS`
        folds: how many parts of the data are held out in turn
        training_set: mix molecules as the paper's set 1 to 6; None for all geometries
        size: geometries of such a set
        space: what is varied; None for the paper's
        members: networks of each committee
        seed: of the sampler; processes that share a study need different ones
        on_trial: called after each trial with the lowest score so far, None if no trial has one

    Raises:
        InputError: a file can't be used
    """
    opened = open_study(study, name, sampler, seed)
    samples = gather([read(path) for path in data])
    if training_set is not None:
        samples = [samples[index] for index in draw(samples, training_set, size, 0)]

    def tell(current: optuna.Study, _trial: optuna.trial.FrozenTrial) -> None:
        on_trial(min((each.value for each in current.trials if each.value is not None), default=None))

    run_trials(opened, samples, Settings(members=members), space or Space(), folds, trials, tell)
    finished = [trial for trial in opened.trials if trial.value is not None]
    return SettingsSearch(study, len(finished), _scored(opened.best_trial) if finished else None)


def _scored(trial: optuna.trial.FrozenTrial) -> ScoredTrial:
    assert trial.value is not None
    keys = ("mae_kcal", "force_mae_kcal_A")
    errors: dict[str, Sequence[float]] = {
        key: trial.user_attrs[key] for key in keys if key in trial.user_attrs
    }
    return ScoredTrial(trial.number, trial.value, trial.params, trial.user_attrs["settings"], errors)

"""The study: what is varied, how a choice is judged, and the file that several processes share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

from atomtug.core.errors import InputError
from atomtug.trainer.fit import Prepared, Sample, Settings, fit, folds

SAMPLERS = ("random", "tpe")


@dataclass(frozen=True)
class Space:
    """What is varied, all evenly in the logarithm, as in the authors' earlier study.

    Args:
        n_basis, r_cut, tau, batch, epochs, learning_rate, l1, l2: lowest and highest
        hidden: of either hidden layer
    """

    n_basis: tuple[int, int] = (6, 30)
    r_cut: tuple[float, float] = (3.0, 5.0)
    tau: tuple[float, float] = (1.05, 3.0)
    hidden: tuple[int, int] = (30, 500)
    batch: tuple[int, int] = (10, 200)
    epochs: tuple[int, int] = (300, 5000)
    learning_rate: tuple[float, float] = (4e-4, 3e-3)
    l1: tuple[float, float] = (1e-7, 1e-2)
    l2: tuple[float, float] = (1e-8, 4e-4)

    def suggest(self, trial: optuna.Trial, base: Settings) -> Settings:
        """One choice; everything else is as in ``base``."""

        def whole(name: str, bounds: tuple[int, int]) -> int:
            return trial.suggest_int(name, *bounds, log=True)

        def real(name: str, bounds: tuple[float, float]) -> float:
            return trial.suggest_float(name, *bounds, log=True)

        return replace(
            base,
            n_basis=whole("n_basis", self.n_basis),
            r_cut=real("r_cut", self.r_cut),
            tau=real("tau", self.tau),
            hidden=(whole("hidden_1", self.hidden), whole("hidden_2", self.hidden)),
            batch=whole("batch", self.batch),
            epochs=whole("epochs", self.epochs),
            learning_rate=real("learning_rate", self.learning_rate),
            l1=real("l1", self.l1),
            l2=real("l2", self.l2),
        )


def open_study(path: Path, name: str, sampler: str, seed: int | None) -> optuna.Study:
    """A study in a journal file; made if it is not there. Any number of processes may have it open.

    Args:
        path: the file
        name: of the study in it
        sampler: one of :data:`SAMPLERS`
        seed: of the sampler; processes that share a study must have different ones, or none

    Raises:
        InputError: the file can't be used
    """
    samplers: dict[str, Callable[[], optuna.samplers.BaseSampler]] = {
        "random": lambda: optuna.samplers.RandomSampler(seed=seed),
        "tpe": lambda: optuna.samplers.TPESampler(seed=seed),
    }
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # A lock of its own file: works on network file systems, too.
        backend = JournalFileBackend(str(path), lock_obj=JournalFileOpenLock(str(path)))
        return optuna.create_study(
            storage=JournalStorage(backend),
            study_name=name,
            sampler=samplers[sampler](),
            direction="minimize",
            load_if_exists=True,
        )
    except (OSError, ValueError, KeyError, AssertionError) as error:
        raise InputError(f"{path} can't be used for a search: {error}") from error


def judge(samples: Sequence[Sample], settings: Settings, count: int, trial: optuna.Trial) -> float:
    """The score of a choice: the mean over the folds, see :class:`atomtug.trainer.fit.Validated`.

    Energy and force errors of each fold are kept with the trial.
    """
    prepared = Prepared(samples, settings)
    energies, forces, scores = [], [], []
    for which, judged in folds(samples, count, settings.seed):
        fitted = fit(prepared, settings, which, judged)
        assert fitted.validated is not None, "every fold holds trajectories out"
        scores.append(fitted.validated.score)
        energies.append(fitted.validated.energy)
        forces.append(fitted.validated.forces)
    trial.set_user_attr("mae_kcal", energies)
    if np.all(np.isfinite(forces)):
        trial.set_user_attr("force_mae_kcal_A", forces)
    trial.set_user_attr("settings", settings.to_plain())
    return float(np.mean(scores))


def search(
    study: optuna.Study,
    samples: Sequence[Sample],
    base: Settings,
    space: Space,
    count: int,
    trials: int,
    on_trial: Callable[[optuna.Study, optuna.trial.FrozenTrial], None],
) -> None:
    """Try so many more choices; one whose training diverges counts as failed.

    Args:
        study: the study
        samples: the data
        base: settings that are not varied
        space: those that are
        count: folds
        trials: in this process
        on_trial: called after each
    """

    def objective(trial: optuna.Trial) -> float:
        return judge(samples, space.suggest(trial, base), count, trial)

    study.optimize(objective, n_trials=trials, catch=(InputError,), callbacks=[on_trial])

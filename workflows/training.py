"""From labelled geometries to a network potential, and how good that is."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from atomtug.core.errors import InputError
from atomtug.core.shipped import find_model
from atomtug.core.systems import System
from atomtug.potential import load_model, save_model
from atomtug.trainer.data import DataSet, read
from atomtug.trainer.evaluation import ModelEvaluation, evaluate_model
from atomtug.trainer.exchange import ReadOptions, load
from atomtug.trainer.fit import (
    Fitted,
    Log,
    Prepared,
    Sample,
    Settings,
    Validated,
    composition,
    draw,
    find_conflict,
    fit,
    gather,
    hold_out,
    rebased,
    state_warnings,
)
from atomtug.trainer.fit.checkpoint import progress
from atomtug.trainer.teacher import TeachingSettings, teach

DELTA_TEACHING = TeachingSettings(geometries=400, kept=250, forces=0, kept_weight=0.2)
"""How a model that is corrected teaches its own shape of the potential."""

TAUGHT_ENOUGH = 0.5
"""The weight below which a taught geometry is in a share of the first part's epochs only: those more than 2.5 eV
above the lowest, the larger part."""


def reminders(teaching: TeachingSettings) -> int:
    """How many geometries are made for a model that goes on: those that are kept, and as many again, since some are
    too high in energy."""
    return min(teaching.geometries, max(2 * teaching.kept, 1))


@dataclass(frozen=True)
class PlannedTraining:
    """What is learned and what is held out.

    Args:
        learned: geometries to learn from, by molecule
        held_out: geometries to judge by, by the name of their trajectory
        warning: why the model will mean little, where it is trained anyway; a sentence
        odd_states: labels that are left out because their electronic state is not that of their trajectory
    """

    learned: Mapping[str, int]
    held_out: Mapping[str, int]
    warning: str = ""
    odd_states: int = 0


@dataclass(frozen=True)
class FinishedEpoch:
    """One epoch of a training.

    Args:
        number: from 1
        loss: mean over the members, eV^2
        validated: errors on the held-out geometries; None if there are none
    """

    number: int
    loss: float
    validated: Validated | None


@dataclass(frozen=True)
class Training:
    """What became of it.

    Args:
        path: the model
        log: a line of JSON for each epoch
        planned: what was learned and held out
        fitted: the model itself, its errors, and the epochs done
        stopped: it was stopped before the last epoch, with 0 epochs done while the teacher taught; called again, it
            goes on
    """

    path: Path
    log: Path
    planned: PlannedTraining
    fitted: Fitted
    stopped: bool


def train(
    data: Sequence[Path | DataSet],
    out: Path,
    settings: Settings | None = None,
    *,
    start: Path | None = None,
    delta: Path | None = None,
    training_set: int | None = None,
    size: int = 600,
    options: ReadOptions | None = None,
    teaching: TeachingSettings | None = None,
    systems: Sequence[System] = (),
    on_taught: Callable[[int], object] = lambda _: None,
    anyway: bool = False,
    on_plan: Callable[[PlannedTraining], object] = lambda _: None,
    on_described: Callable[[int], object] = lambda _: None,
    on_epoch: Callable[[FinishedEpoch], object] = lambda _: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Training:
    """Train a potential on labelled geometries. Called again after it was stopped, it goes on where it was.

    Args:
        data: labelled geometries, all of one level of theory: files, or data sets that were read before
        out: the model; beside it are a log (``.log.jsonl``) and, while it is not done, a checkpoint
        settings: how; by default as docs/network.md describes
        start: a model to go on from; its descriptor and networks are kept
        delta: likewise a model of another level of theory, which a few labels correct: it teaches its own shape of
            the potential where there are none, see :data:`DELTA_TEACHING`
        training_set: mix molecules as the paper's set 1 to 6; None for all geometries
        size: geometries of such a set
        options: how files in other programs' formats are read
        teaching: have GFN2-xTB teach the network first, on geometries that no label has: see
            :mod:`atomtug.trainer.teacher`; None for no teacher. A model to go on from is not taught anew, but
            kept from forgetting
        systems: that the teacher makes geometries of, besides those of the data
        on_taught: called with the number of geometries that the teacher has just computed
        anyway: train even where one network can't learn the data's charges and multiplicities; the model keeps a
            warning
        on_plan: called before the first geometry is described
        on_described: called with the number of all geometries after each one's descriptors are worked out
        on_epoch: called after each epoch
        stopped: asked after each epoch whether to stop

    Raises:
        InputError: the data can't be used, or is of another level of theory, charge or multiplicity than the model
            to go on from
    """
    settings = settings or Settings()
    if delta and (start or teaching):
        raise InputError(
            "A model that is corrected (--delta) is the start and the teacher: leave away the others."
        )
    origin = start or delta
    model = load_model(find_model(origin)) if origin else None
    sets = [each if isinstance(each, DataSet) else read_labels(each, options) for each in data]
    samples = gather(sets)
    theory = next((entry.theory.to_json() for entry in sets if entry.theory), "")
    if start and model is not None:
        _check_theory(start, model.provenance.theory, theory)
    if training_set is not None:
        samples = [samples[index] for index in draw(samples, training_set, size, settings.seed)]
    conflict = find_conflict(samples, model)
    if conflict and not anyway:
        raise InputError(f"{conflict} Leave some of it away; --anyway trains on it nevertheless.")
    which, judged = hold_out(samples, settings.validation, settings.seed)
    planned = PlannedTraining(
        composition(samples, which),
        _by_trajectory(sets, [samples[index] for index in judged]),
        conflict,
        sum(int((molecule.labelled & ~molecule.learnable).sum()) for each in sets for molecule in each),
    )
    checkpoint, teachers = out.with_suffix(".checkpoint"), out.with_suffix(".teacher.checkpoint")
    done = progress(checkpoint)
    on_plan(planned)
    learned = [samples[index] for index in which]
    base = None
    if delta and model is not None:
        base = model = rebased(model, learned)
        teaching = replace(DELTA_TEACHING, seed=settings.seed)
    if teaching is not None and model is not None:
        teaching = replace(teaching, geometries=reminders(teaching))
    taught = [] if teaching is None else teach(learned, systems, teaching, advance=on_taught, network=base)
    labelled, samples = len(samples), [*samples, *taught]
    prepared = Prepared(samples, settings, model, lambda: on_described(len(samples)))
    if teaching is not None:
        numbers = np.arange(labelled, len(samples))
        if model is None:
            first = _taught_settings(settings, teaching)
            begun = fit(
                prepared, first, np.concatenate([which, numbers]), judged,
                theory=theory, checkpoint=teachers, stop=stopped, enough=TAUGHT_ENOUGH,
            )  # fmt: skip
            model = begun.model
            if begun.epochs < first.epochs:  # the second part begins where the whole of the first ends
                save_model(model, out)
                return Training(out, out.with_suffix(".log.jsonl"), planned, replace(begun, epochs=0), True)
        kept = teaching.kept_weight / teaching.weight
        prepared.weigh(lambda sample: kept if sample.taught else 1.0)
        which = np.concatenate([which, numbers[: teaching.kept]])
    log = Log(out.with_suffix(".log.jsonl"), done)
    fitted = fit(
        prepared, settings, which, judged, start=model, theory=theory, checkpoint=checkpoint, log=log,
        on_epoch=lambda *epoch: on_epoch(FinishedEpoch(*epoch)), stop=stopped,
    )  # fmt: skip
    if conflict:
        warned = replace(fitted.model.provenance, warning=conflict)
        fitted = replace(fitted, model=replace(fitted.model, provenance=warned))
    save_model(fitted.model, out)
    interrupted = stopped()
    if not interrupted:
        checkpoint.unlink(missing_ok=True)
        teachers.unlink(missing_ok=True)
    return Training(out, log.path, planned, fitted, interrupted)


def _check_theory(start: Path, before: str, now: str) -> None:
    """Raise an :class:`InputError` where a model to go on from and the labels are of two known levels of theory."""
    if before and now and before != now:
        raise InputError(
            f"{start} was trained on labels of another level of theory: its training can't go on with this data. "
            f"--delta corrects it to theirs."
        )


def _by_trajectory(sets: Sequence[DataSet], samples: Sequence[Sample]) -> dict[str, int]:
    """How many geometries there are of each trajectory, by its name."""
    names = {entry.key: entry.name for each in sets for entry in each.trajectories}
    return dict(Counter(names.get(sample.trajectory, sample.trajectory) for sample in samples))


def _taught_settings(settings: Settings, teaching: TeachingSettings) -> Settings:
    """Of the first part of a training with a teacher: many geometries that are only nearly right."""
    return replace(
        settings, epochs=teaching.epochs, batch=3 * settings.batch, learning_rate=2 * settings.learning_rate,
        validation=0.0,
    )  # fmt: skip


def evaluate(
    model: Path,
    data: Sequence[Path],
    on_geometry: Callable[[int], object] = lambda _: None,
    options: ReadOptions | None = None,
) -> ModelEvaluation:
    """Score a model on labelled geometries, trajectory by trajectory.

    Args:
        model: the model file
        data: files of labelled geometries
        on_geometry: called with the number of all geometries after each
        options: how files in other programs' formats are read

    Raises:
        InputError: a file can't be used, or has an element that the model has not seen
    """
    potential = load_model(find_model(model))
    sets = [read_labels(path, options) for path in data]
    samples = gather(sets)
    names = {entry.key: entry.name for each in sets for entry in each.trajectories}
    evaluation = evaluate_model(potential, samples, names, lambda: on_geometry(len(samples)))
    return replace(evaluation, warnings=(*evaluation.warnings, *state_warnings(samples, potential)))


def read_labels(path: Path, options: ReadOptions | None) -> DataSet:
    """A file of any format that can be read; labels that are still in a journal alone are read too."""
    return load(path, options=options) if path.exists() else read(path)

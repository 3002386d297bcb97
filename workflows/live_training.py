"""The next network of a running session: trained on old and new labels, and judged before it may take over."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np

from atomtug.core.errors import InputError
from atomtug.core.units import KCALMOL_PER_EV
from atomtug.potential import Model, load_model, save_model
from atomtug.trainer.data import DataSet, read, write
from atomtug.trainer.evaluation import evaluate_model
from atomtug.trainer.fit import Sample, Settings, gather
from atomtug.workflows.training import train

LIVE_SETTINGS = Settings(epochs=40, learning_rate=2e-3, average=200, validation=0.0)
"""Of a training that goes on while somebody waits for it; nothing is held out of what is learned."""
MOST_OLD = 600
"""Old geometries that are mixed in; of larger sets so many are drawn at random."""
JUDGED_OLD = 60
"""Of these, those on which it is seen whether something was forgotten."""
HIGHEST = 200.0
"""kcal/mol above the lowest label of its molecule; what is higher is kept but not learned: its forces would outweigh
all others."""
FORGOTTEN = 1.5
"""How many times as large the errors in the forces of old geometries may become."""


@dataclass(frozen=True)
class LiveErrors:
    """Mean absolute errors of a network.

    Args:
        energy: kcal/mol, of geometries of this session that were not learned; NaN if there are too few
        forces: kcal/mol/angstrom, of the same
        old_forces: kcal/mol/angstrom, of geometries that were learned before
    """

    energy: float
    forces: float
    old_forces: float

    @classmethod
    def of(cls, model: Model, judged: Sequence[Sample], old: Sequence[Sample]) -> Self:
        """Those of a model on two sets of geometries."""
        now = evaluate_model(model, judged, {}).overall["network"]
        before = evaluate_model(model, old, {}).overall["network"].force_mae_kcal_A if old else None
        energy = now.mae_kcal if len(judged) > 1 else np.nan
        return cls(energy, *(np.nan if each is None else each for each in (now.force_mae_kcal_A, before)))


@dataclass(frozen=True)
class Verdict:
    """Whether a network may take over.

    Args:
        path: its file
        before: errors of the network that computes now
        after: its own
        objection: why it may not; empty if it may
    """

    path: Path
    before: LiveErrors
    after: LiveErrors
    objection: str

    @property
    def accepted(self) -> bool:
        """Whether it may."""
        return not self.objection


def objection(before: LiveErrors, after: LiveErrors) -> str:
    """Why a network is worse than the one before; empty if it is not.

    It may be somewhat worse in energies where it is as much better in forces, or the other way round.
    """
    pairs = ((before.energy, after.energy), (before.forces, after.forces))
    ratios = [new / old for old, new in pairs if np.isfinite(old) and np.isfinite(new) and old > 0.0]
    if not ratios:
        return "there is no geometry to judge it by"
    if np.mean(ratios) > 1.0:
        return (
            f"its errors on what you just did are {before.energy:.2f} -> {after.energy:.2f} kcal/mol and "
            f"{before.forces:.2f} -> {after.forces:.2f} kcal/mol/Å"
        )
    if after.old_forces > FORGOTTEN * before.old_forces:
        change = f"{before.old_forces:.2f} -> {after.old_forces:.2f} kcal/mol/Å"
        return f"it forgot what it knew: {change} on old geometries"
    return ""


def mix_in(data: Sequence[Path], folder: Path, seed: int) -> list[Path]:
    """The old labels that each training sees, as files in ``folder``: all, or as many as :data:`MOST_OLD`.

    Args:
        data: data sets
        folder: where they are written
        seed: of the draw

    Raises:
        InputError: a file is no data set
    """
    sets = [read(path) for path in data]
    share = min(1.0, MOST_OLD / max(sum(map(len, sets)), 1))
    random = np.random.default_rng([seed, 5])
    written = []
    for number, old in enumerate(sets, 1):
        molecules = [each.subset(random.random(len(each)) < share) for each in old]
        path = folder / f"old-{number}.h5"
        write(
            DataSet(old.theory, old.trajectories, [each for each in molecules if len(each)], old.attributes),
            path,
        )
        written.append(path)
    return written


def judged_of_old(data: Sequence[Path], seed: int) -> list[Sample]:
    """Some of the old geometries, by which it is seen whether something was forgotten."""
    if not data:
        return []
    samples = gather([read(path) for path in data])
    chosen = np.random.default_rng([seed, 6]).permutation(len(samples))[:JUDGED_OLD]
    return [samples[index] for index in chosen]


def _within_reach(data: DataSet) -> DataSet:
    """The labels that are not higher than :data:`HIGHEST`."""
    kept = [
        each.subset(each.energies < np.nanmin(each.energies) + HIGHEST / KCALMOL_PER_EV)
        for each in data
        if np.any(each.labelled)
    ]
    return DataSet(data.theory, data.trajectories, kept, data.attributes)


def train_next(
    out: Path,
    start: Path,
    learned: Path,
    judged: Path,
    old: Sequence[Path],
    settings: Settings = LIVE_SETTINGS,
    stopped: Callable[[], bool] = lambda: False,
) -> Verdict:
    """Go on with a network's training, and judge what comes of it.

    Args:
        out: the new network's file
        start: the network's file
        learned: new labels to learn from
        judged: new labels to judge by
        old: files of labels that were learned before
        settings: of the training
        stopped: asked after each epoch whether to stop

    Raises:
        InputError: the labels can't be used
    """
    model = load_model(start)
    new, kept = gather([_within_reach(read(judged))]), judged_of_old(old, settings.seed)
    before = LiveErrors.of(model, new, kept)
    out.with_suffix(".checkpoint").unlink(missing_ok=True)
    learnt = out.with_suffix(".labels.h5")
    write(_within_reach(read(learned)), learnt)
    done = train([*old, learnt], out, settings, start=start, stopped=stopped)
    if done.stopped:
        raise InputError("The training was stopped.")
    trained = done.fitted.model
    if model.calibration is not None:
        # What its spread means was found on many geometries; these are too few to find it again.
        trained = replace(trained, calibration=model.calibration)
    after = LiveErrors.of(trained, new, kept)
    scores = {"live": {"mae_kcal": after.energy, "force_mae_kcal_A": after.forces}}
    scores = {name: {k: v for k, v in each.items() if np.isfinite(v)} for name, each in scores.items()}
    save_model(replace(trained, provenance=replace(trained.provenance, scores=scores)), out)
    return Verdict(out, before, after, objection(before, after))

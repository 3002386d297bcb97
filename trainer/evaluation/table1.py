"""The paper's Table 1 with our labels: training sets 1 to 6, judged on trajectories that none of them saw.

The paper judges by a trajectory of squalane + CN. Here it is the labelled frames of two, and besides a trajectory of
isopentane and one of each isohexane. The paper's training sets have 15,000 geometries and no forces.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from atomtug.core.errors import InputError
from atomtug.potential import Model
from atomtug.trainer.evaluation.evaluation import evaluate_model
from atomtug.trainer.fit.fit import Prepared, data_hash, fit
from atomtug.trainer.fit.mixtures import composition, draw
from atomtug.trainer.fit.samples import Sample
from atomtug.trainer.fit.settings import Settings

SQUALANE = "squalane"
"""The paper's test molecule. All its trajectories are judged together, with one constant offset."""
TESTED = ("isopentane", "2-isohexane", "3-isohexane")
"""The other molecules whose held-out trajectories are judged by."""
_BEFORE = {"repulsion": False}
"""What trainings had that do not say so: they are older than the setting."""

_TEACHING, _LABELS = "teaching", "labels_hash"
"""What the settings in a taught model's file say besides."""

TrajectoryScores = Mapping[str, Mapping[str, Any]]
"""Of each test trajectory its ``molecule``, how many ``frames``, and by method the scores, see
:class:`atomtug.trainer.evaluation.scores.Scores`."""


@dataclass(frozen=True)
class TrainedSet:
    """What one training of one set came to.

    Args:
        number: of the set
        size: geometries asked for
        seed: of the draw and of the training
        sizes: geometries of each molecule, as far as there are labels
        settings: of the training
        data_hash: of the geometries drawn and of the tests
        trajectories: what the model is worth
        teaching: how a cheap method taught the networks first; empty for no teacher
    """

    number: int
    size: int
    seed: int
    sizes: Mapping[str, int]
    settings: Mapping[str, Any]
    data_hash: str
    trajectories: TrajectoryScores
    teaching: Mapping[str, Any] = field(default_factory=dict)

    def to_plain(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return asdict(self)

    @classmethod
    def from_plain(cls, values: Mapping[str, Any]) -> Self:
        """What :meth:`to_plain` gave."""
        return cls(**values)

    def values(self, name: str, method: str = "network", molecule: str = "") -> list[float]:
        """A score on each test trajectory of a molecule, or of any of :data:`TESTED`."""
        return values_of(self.trajectories, name, method, molecule)


def values_of(
    trajectories: TrajectoryScores, name: str, method: str = "network", molecule: str = ""
) -> list[float]:
    """A score on each test trajectory of a molecule, or of any of :data:`TESTED`."""
    return [
        float(entry[method][name])
        for entry in trajectories.values()
        if (entry["molecule"] == molecule if molecule else entry["molecule"] in TESTED)
        and name in entry.get(method, {})
    ]


@dataclass(frozen=True)
class PlannedSet:
    """One set to train; see :class:`Table1`."""

    number: int
    size: int
    seed: int
    variant: str = ""
    """Of the training; empty for that without a teacher."""


class Judge:
    """The test trajectories.

    Args:
        tests: labelled frames of held-out trajectories
        names: of the trajectories, by key

    Raises:
        InputError: there is no test
    """

    def __init__(self, tests: Sequence[Sample], names: Mapping[str, str]) -> None:
        self.samples = [
            replace(sample, trajectory=SQUALANE) if sample.molecule == SQUALANE else sample
            for sample in tests
            if sample.molecule in (*TESTED, SQUALANE)
        ]
        if not self.samples:
            raise InputError(f"The test data has no labels of {', '.join(TESTED)} or {SQUALANE}.")
        self.keys = {sample.trajectory for sample in tests}
        self.names = dict(names)

    def judge(self, model: Model) -> dict[str, dict[str, Any]]:
        """What a model is worth, by trajectory.

        Raises:
            InputError: an element that the model has not seen
        """
        scores: dict[str, dict[str, Any]] = evaluate_model(model, self.samples, self.names).to_plain()[
            "trajectories"
        ]
        return scores


class Table1:
    """Trainings of the paper's sets.

    Args:
        samples: all to draw from
        judge: of the models
        settings: of all trainings but the seed, which is counted from this one's on
        theory: for the model files
        teaching: how a cheap method teaches the networks first, as JSON can hold it; empty for no teacher

    Raises:
        InputError: a trajectory is among both, what is drawn from and what is judged by
    """

    def __init__(
        self,
        samples: Sequence[Sample],
        judge: Judge,
        settings: Settings,
        theory: str = "",
        teaching: Mapping[str, Any] | None = None,
    ) -> None:
        self.samples = samples
        self.judge = judge
        shared = {each.trajectory for each in samples} & judge.keys
        if shared:
            name = judge.names.get(min(shared), min(shared))
            raise InputError(f"{name} is among both the training and the test data.")
        self.settings = settings
        self.theory = theory
        self.teaching = dict(teaching or {})

    def seeded(self, seed: int) -> Settings:
        """Of the training with a seed, which is counted from that of :attr:`settings` on."""
        return replace(self.settings, seed=self.settings.seed + seed)

    def known(self, path: Path) -> Iterator[TrainedSet]:
        """Runs in a file of results that are of these data and settings.

        Raises:
            InputError: it is no such file
        """
        for run in read_runs(path):
            settings = self.seeded(run.seed)
            if run.teaching == self.teaching and _trained_with(run.settings) == settings:
                try:
                    which = draw(self.samples, run.number, run.size, settings.seed)
                except InputError:
                    continue  # a molecule of the set is not in these data
                if run.data_hash == self._hash(which):
                    yield run

    def judged(self, task: PlannedSet, model: Model) -> TrainedSet | None:
        """What a model is worth that was trained before, or None if that was on other data or with other settings."""
        settings, which = self._drawn(task)
        stated = model.provenance.settings
        learned = stated.get(_LABELS, model.provenance.data_hash)
        if (learned, stated.get(_TEACHING, {})) != (self._labels(which), self.teaching):
            return None
        if _trained_with(stated) != settings:
            return None
        return self._result(task, which, settings, model)

    def train(self, task: PlannedSet, stop: Callable[[], bool] = lambda: False) -> tuple[TrainedSet, Model]:
        """Train a set on all its geometries, for all epochs as the paper does, and judge it.

        Args:
            task: the set
            stop: asked after each epoch whether to stop; what comes back then means nothing

        Raises:
            InputError: a molecule of the set has no labels
        """
        settings, which = self._drawn(task)
        chosen = [self.samples[index] for index in which]
        everything, nothing = np.arange(len(chosen)), np.empty(0, np.int64)
        prepared = Prepared(chosen, settings)
        model = fit(prepared, settings, everything, nothing, theory=self.theory, stop=stop).model
        return self.finish(task, model)

    def finish(self, task: PlannedSet, model: Model) -> tuple[TrainedSet, Model]:
        """Judge a set's model that was just trained, and write into it what it is."""
        settings, which = self._drawn(task)
        run = self._result(task, which, settings, model)
        scores = {name: entry["network"] for name, entry in run.trajectories.items()}
        provenance = replace(
            model.provenance,
            scores={"heldout": scores},
            settings={
                **model.provenance.settings,
                "training_set": task.number,
                "sizes": run.sizes,
                **({_TEACHING: self.teaching, _LABELS: self._labels(which)} if self.teaching else {}),
            },
        )
        return run, replace(model, provenance=provenance)

    def _drawn(self, task: PlannedSet) -> tuple[Settings, NDArray[np.int64]]:
        settings = self.seeded(task.seed)
        return settings, draw(self.samples, task.number, task.size, settings.seed)

    def _result(
        self, task: PlannedSet, which: NDArray[np.int64], settings: Settings, model: Model
    ) -> TrainedSet:
        sizes = composition(self.samples, which)
        return TrainedSet(
            task.number, task.size, task.seed, sizes, settings.to_plain(), self._hash(which),
            self.judge.judge(model), self.teaching,
        )  # fmt: skip

    def _labels(self, which: NDArray[np.int64]) -> str:
        return data_hash([self.samples[index] for index in which])

    def _hash(self, which: NDArray[np.int64]) -> str:
        return data_hash([*(self.samples[index] for index in which), *self.judge.samples])


def _trained_with(values: Mapping[str, Any]) -> Settings:
    """The settings that a result or a model's file states, among other things."""
    names = {field.name for field in fields(Settings)}
    return Settings.from_plain({**_BEFORE, **{key: value for key, value in values.items() if key in names}})


def read_runs(path: Path) -> list[TrainedSet]:
    """Of a file with a line of JSON for each; none if it is not there.

    Raises:
        InputError: it is no such file
    """
    if not path.exists():
        return []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return [TrainedSet.from_plain(json.loads(line)) for line in lines if line.strip()]
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{path} can't be read as results of table1: {error}") from error

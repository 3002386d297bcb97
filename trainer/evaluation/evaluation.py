"""A model on labelled geometries, trajectory by trajectory, with the recordings' engine beside it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atomtug.core.arrays import Floats
from atomtug.core.systems.fragments import hill_formula
from atomtug.core.units import KCALMOL_PER_EV
from atomtug.potential import Model
from atomtug.trainer.evaluation.committee import Calibration, Limit, calibrate, try_limits
from atomtug.trainer.evaluation.predict import Predictor
from atomtug.trainer.evaluation.scores import Scores, plain, score, without_offset
from atomtug.trainer.fit.samples import Sample

SINGLE = (
    "{} of {} trajectories have a single geometry. Energies are compared after each trajectory's offset is removed, "
    "which leaves no error there."
)


@dataclass(frozen=True)
class Curve:
    """One trajectory's labelled frames, F, with what each method makes of them; energies without offsets.

    Args:
        name: of the trajectory
        molecule: its name
        frames: (F,) places in the recording
        reference: (F,) energies of the labels, eV
        network: (F,) of the committee's mean
        spread: (F,) standard deviation of its members, each without its own offset, eV
        uncertainty: (F,) as a live engine would tell it: the same of the members as they are, eV
        network_forces: errors of the force components, eV/angstrom; empty if there are no labels
        engine: the engine's name, empty if unknown
        engine_energies: (F,) or None
        engine_forces: errors likewise
        forces: the labels that ``network_forces`` are the errors of
    """

    name: str
    molecule: str
    frames: NDArray[np.int64]
    reference: Floats
    network: Floats
    spread: Floats
    uncertainty: Floats
    network_forces: Floats
    engine: str
    engine_energies: Floats | None
    engine_forces: Floats
    forces: Floats

    @property
    def scores(self) -> dict[str, Scores]:
        """By method: ``network``, and the engine's name if its energies are known."""
        result = {"network": score(self.network, self.reference, self.network_forces)}
        if self.engine_energies is not None:
            result[self.engine] = score(self.engine_energies, self.reference, self.engine_forces)
        return result

    @property
    def spread_of_labels(self) -> float:
        """Standard deviation of the labels' energies, eV: what the errors are small or large beside."""
        return float(self.reference.std())


@dataclass(frozen=True)
class ModelEvaluation:
    """All trajectories of some data.

    Args:
        curves: of each trajectory
        warnings: sentences on why errors mean little, such as charges that the model does not know
    """

    curves: tuple[Curve, ...]
    warnings: tuple[str, ...] = ()

    @property
    def overall(self) -> dict[str, Scores]:
        """Over all geometries, each trajectory's offset removed by itself; the engine if all have it.

        Energies are from each trajectory's mean on, so that R2 tells nothing of the molecules' sizes.
        """
        means = [curve.reference.mean() for curve in self.curves]

        def pooled(energies: list[Floats]) -> Floats:
            return np.concatenate([each - mean for each, mean in zip(energies, means, strict=True)])

        reference = pooled([curve.reference for curve in self.curves])
        forces = np.concatenate([curve.network_forces for curve in self.curves])
        result = {"network": score(pooled([curve.network for curve in self.curves]), reference, forces)}
        engines = {curve.engine for curve in self.curves}
        energies = [curve.engine_energies for curve in self.curves if curve.engine_energies is not None]
        if len(energies) == len(self.curves) and len(engines) == 1:
            errors = np.concatenate([curve.engine_forces for curve in self.curves])
            result[engines.pop()] = score(pooled(energies), reference, errors)
        return result

    @property
    def calibration(self) -> Calibration | None:
        """Of the committee's spread against its error."""
        return calibrate(np.concatenate([curve.spread for curve in self.curves]), self._errors)

    @property
    def limits(self) -> tuple[Limit, ...]:
        """What some uncertainty limits of a live engine would do; none if the model is no committee."""
        return try_limits(np.concatenate([curve.uncertainty for curve in self.curves]), self._errors)

    @property
    def _errors(self) -> Floats:
        return np.concatenate([curve.network - curve.reference for curve in self.curves])

    def to_plain(self) -> dict[str, Any]:
        """As JSON can hold it."""
        calibration = self.calibration
        return {
            "trajectories": {
                curve.name: {
                    "molecule": curve.molecule,
                    "frames": len(curve.frames),
                    "spread_of_labels_kcal": curve.spread_of_labels * KCALMOL_PER_EV,
                    **plain(curve.scores),
                }
                for curve in self.curves
            },
            "all": plain(self.overall),
            "calibration": calibration.to_plain() if calibration else None,
            "limits": [limit.to_plain() for limit in self.limits],
            "warnings": list(self.warnings),
        }


def evaluate_model(
    model: Model,
    samples: Sequence[Sample],
    names: dict[str, str],
    advance: Callable[[], object] = lambda: None,
) -> ModelEvaluation:
    """Predict all samples.

    Args:
        model: the potential
        samples: labelled geometries, at least one
        names: of the trajectories, by key
        advance: called after each geometry

    Raises:
        InputError: an element that the model has not seen
        EngineError: a geometry that is none
    """
    predictor = Predictor(model, samples)
    trajectories: dict[tuple[str, str], list[Sample]] = {}
    for sample in samples:
        trajectories.setdefault((sample.molecule, sample.trajectory), []).append(sample)
    curves = []
    for (molecule, key), frames in trajectories.items():
        frames = sorted(frames, key=lambda sample: sample.frame)
        curves.append(_curve(predictor, molecule, names.get(key, key), frames, advance))
    single = sum(len(curve.frames) == 1 for curve in curves)
    warnings = (SINGLE.format(single, len(curves)),) if single else ()
    return ModelEvaluation(tuple(curves), warnings)


def _curve(
    predictor: Predictor, molecule: str, name: str, frames: list[Sample], advance: Callable[[], object]
) -> Curve:
    members, errors, engine_errors, labels = [], [np.empty(0)], [np.empty(0)], [np.empty(0)]
    for sample in frames:
        energies, forces = predictor.predict(sample)
        members.append(energies)
        if sample.forces is not None:
            labels.append(sample.forces.ravel())
            errors.append((forces - sample.forces).ravel())
            if sample.engine_forces is not None:
                engine_errors.append((sample.engine_forces - sample.forces).ravel())
        advance()
    reference = np.array([sample.energy for sample in frames])
    engine = np.array([sample.engine_energy for sample in frames])
    raw, model = np.array(members).T, predictor.model
    # As a live engine that starts at the first of these frames.
    start = 0.0 if model.trained_on(hill_formula(frames[0].symbols)) else raw[:, :1]
    by_member = np.array([without_offset(each, reference) for each in raw])
    return Curve(
        name,
        molecule,
        np.array([sample.frame for sample in frames]),
        reference,
        by_member.mean(axis=0),
        _spread(by_member),
        model.spread_factor * _spread(raw - start),
        np.concatenate(errors),
        frames[0].engine or "engine",
        without_offset(engine, reference) if np.all(np.isfinite(engine)) else None,
        np.concatenate(engine_errors),
        np.concatenate(labels),
    )


def _spread(by_member: Floats) -> Floats:
    """Standard deviation (F,) of the members, (M, F)."""
    return by_member.std(axis=0, ddof=1) if len(by_member) > 1 else np.zeros(by_member.shape[1])

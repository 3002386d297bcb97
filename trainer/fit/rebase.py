"""A model of one level of theory as the start for another: the same networks with other energies of the elements."""

from collections.abc import Sequence
from dataclasses import replace

from atomtug.potential import Evaluator, Model, ReferenceEnergies
from atomtug.trainer.fit.samples import Sample, fit_reference


def rebased(model: Model, samples: Sequence[Sample]) -> Model:
    """The model with the mean difference to some labels put into its reference energies.

    Args:
        model: of another level of theory
        samples: labelled geometries

    Raises:
        InputError: an element that the model has not seen
        EngineError: a geometry that it refuses
    """
    evaluators: dict[bytes, Evaluator] = {}
    apart = []
    for sample in samples:
        key = sample.numbers.tobytes()
        if key not in evaluators:
            evaluators[key] = Evaluator(model, sample.numbers)
        predicted = evaluators[key].evaluate(sample.positions).energy
        apart.append(replace(sample, energy=sample.energy - predicted))
    shift = fit_reference(apart)
    elements = sorted({int(number) for sample in samples for number in sample.numbers})
    by_element = dict(zip(elements, shift.per_element, strict=True))
    reference = ReferenceEnergies(
        tuple(
            energy + by_element.get(number, 0.0)
            for number, energy in zip(model.architecture.elements, model.reference.per_element, strict=True)
        ),
        model.reference.intercept + shift.intercept,
    )
    return replace(model, reference=reference, calibration=None)

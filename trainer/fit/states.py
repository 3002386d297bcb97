"""Which charges and multiplicities a training is of, and whether one network can learn them."""

from collections.abc import Iterable, Sequence

from atomtug.core.systems.fragments import hill_formula
from atomtug.potential.model import Model
from atomtug.potential.trained_states import State, in_words, objection
from atomtug.trainer.fit.samples import Sample


def states_of(samples: Iterable[Sample], start: Model | None = None) -> tuple[State, ...]:
    """The charges and multiplicities of samples, and of the model that is trained on, sorted."""
    known = set() if start is None else set(start.provenance.states)
    return tuple(sorted(known | {(sample.charge, sample.multiplicity) for sample in samples}))


def formulas_of(samples: Iterable[Sample], start: Model | None = None) -> tuple[str, ...]:
    """The formulas of samples, and those of the model that is trained on, sorted; empty if that does not say."""
    known = set() if start is None else set(start.provenance.formulas)
    if start is not None and not known:
        return ()
    return tuple(sorted(known | {hill_formula(sample.symbols) for sample in samples}))


def find_conflict(samples: Sequence[Sample], start: Model | None = None) -> str:
    """Why these samples can't be learned by one network; empty if they can.

    A network is not told charge and spin, so it can't tell two states of the same atoms apart.

    Args:
        samples: all that is to be learned
        start: a model to go on from

    Returns:
        A sentence.
    """
    molecules: dict[str, dict[State, Sample]] = {}
    for sample in samples:
        formula = hill_formula(sample.symbols)
        molecules.setdefault(formula, {})[sample.charge, sample.multiplicity] = sample
    for formula, states in molecules.items():
        if len(states) > 1:
            found = " and ".join(map(in_words, sorted(states)))
            return f"The data holds {formula} of {found}: a network is not told which, and can't learn both."
    if start is not None:
        for states in molecules.values():
            for (charge, multiplicity), sample in states.items():
                if why := objection(start.provenance.states, sample.numbers, charge, multiplicity):
                    return f"The model to go on from {why}, which this data is of."
    return ""


def state_warnings(samples: Iterable[Sample], model: Model) -> tuple[str, ...]:
    """A sentence for each charge and multiplicity of samples that a model does not know.

    Args:
        samples: what it is judged by
        model: the potential
    """
    found = dict.fromkeys(
        f"{hill_formula(sample.symbols)}: the model {why}. Its errors there mean nothing."
        for sample in {(s.numbers.tobytes(), s.charge, s.multiplicity): s for s in samples}.values()
        if (why := objection(model.provenance.states, sample.numbers, sample.charge, sample.multiplicity))
    )
    return tuple(found)

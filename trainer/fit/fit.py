"""A training from samples to a model."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from atomtug.core.arrays import Ints
from atomtug.core.errors import InputError
from atomtug.potential import Model, Parameters, Provenance, ReferenceEnergies, initialise
from atomtug.trainer.fit.batches import ENOUGH, Batches
from atomtug.trainer.fit.blocks import Block, build_blocks
from atomtug.trainer.fit.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from atomtug.trainer.fit.describing import raw_features
from atomtug.trainer.fit.log import Log
from atomtug.trainer.fit.projection import Projection
from atomtug.trainer.fit.samples import Sample, elements_of, fit_reference
from atomtug.trainer.fit.settings import Settings
from atomtug.trainer.fit.split import groups, hold_out
from atomtug.trainer.fit.states import formulas_of, states_of
from atomtug.trainer.fit.step import begin, copied, make_step
from atomtug.trainer.fit.validation import Validated, Validator

_ENOUGH_FOR_COMPONENTS = 1500
"""Geometries; so many tell the directions that features move along as well as all do."""
_CHECKPOINT_EVERY = 20
"""Epochs."""


class Prepared:
    """Data described once, for one or more trainings of the same descriptor.

    Args:
        samples: all, to train on and to judge by
        settings: descriptor and components count
        start: a model to go on from: its elements, descriptor and reference energies are kept
        advance: called after each geometry
    """

    def __init__(
        self,
        samples: Sequence[Sample],
        settings: Settings,
        start: Model | None = None,
        advance: Callable[[], object] = lambda: None,
    ) -> None:
        self.samples = list(samples)
        self.architecture = (
            settings.architecture(elements_of(samples)) if start is None else start.architecture
        )
        self.elements = self.architecture.elements
        self.reference: ReferenceEnergies = fit_reference(samples) if start is None else start.reference
        stride = -(-len(self.samples) // _ENOUGH_FOR_COMPONENTS)
        # Small matrices: more threads than one only get into each other's way.
        with threadpool_limits(1, user_api="blas"):
            features = raw_features(self.architecture.symmetry, self.samples[::stride], self.elements)
            self.projection = Projection.fit(features, settings.components, settings.floor)
            self.blocks = build_blocks(
                self.architecture, self.samples, self.projection, self.reference, settings.batch, advance
            )

    def weigh(self, factor: Callable[[Sample], float]) -> None:
        """Let each sample count as many times its own weight from now on."""
        for block in self.blocks:
            weights = [sample.weight * factor(sample) for sample in (self.samples[i] for i in block.samples)]
            block.weight[:] = np.asarray(weights, np.float32)[:, None]

    def blocks_of(self, which: Ints) -> tuple[list[Block], Ints]:
        """The blocks of some samples, and their trajectories' numbers, counted within these samples."""
        number = np.full(len(self.samples), -1)
        number[which] = np.arange(len(which))
        chosen = []
        for block in self.blocks:
            kept = np.flatnonzero(number[block.samples] >= 0)
            if len(kept):
                chosen.append(replace(block.taken(kept), samples=number[block.samples[kept]]))
        return chosen, groups([self.samples[index] for index in which])


@dataclass(frozen=True)
class Fitted:
    """What a training gave: the model, the last judgement of it (None without held-out data), epochs done."""

    model: Model
    validated: Validated | None
    epochs: int


def data_hash(samples: Sequence[Sample]) -> str:
    """Of geometries and labels, whatever file they are in and in whatever order."""
    digests = []
    for sample in samples:
        digest = hashlib.blake2b(digest_size=12)
        digest.update(sample.numbers.tobytes() + sample.positions.tobytes())
        digest.update(np.float64(sample.energy).tobytes())
        if sample.forces is not None:
            digest.update(sample.forces.tobytes())
        digests.append(digest.digest())
    return hashlib.blake2b(b"".join(sorted(digests)), digest_size=12).hexdigest()


def fit(
    prepared: Prepared,
    settings: Settings,
    which: Ints | None = None,
    judged: Ints | None = None,
    *,
    start: Model | None = None,
    theory: str = "",
    checkpoint: Path | None = None,
    log: Log | None = None,
    on_epoch: Callable[[int, float, Validated | None], object] = lambda *_: None,
    stop: Callable[[], bool] = lambda: False,
    enough: float = ENOUGH,
) -> Fitted:
    """Train.

    Args:
        prepared: the data
        settings: how
        which: samples to train on; by default all but held-out trajectories
        judged: samples to judge by
        start: a model to go on from
        theory: of the labels, for the model file
        checkpoint: a file to go on from if it is there, and to save to
        log: where every epoch is written
        on_epoch: called after each with its number, the mean loss and the judgement
        stop: asked after each epoch whether to stop
        enough: the weight below which geometries are in a share of the epochs only, see
            :mod:`atomtug.trainer.fit.batches`

    Raises:
        InputError: the checkpoint is of another training; or the numbers overflow
    """
    if which is None or judged is None:
        which, judged = hold_out(prepared.samples, settings.validation, settings.seed)
    blocks, of_sample = prepared.blocks_of(which)
    if settings.bagging:
        blocks = _bagged(blocks, of_sample, settings, start)
    batches = Batches(blocks, len(prepared.elements), settings.batch, enough)
    validator = _validator(
        prepared, judged, settings.activation if start is None else start.architecture.activation
    )
    total = settings.epochs * batches.steps
    parameters = _first_weights(prepared, settings, start)
    if start is not None:
        architecture = start.architecture
        settings = replace(
            settings, hidden=architecture.hidden, activation=architecture.activation,
            members=architecture.members, n_basis=architecture.symmetry.n_basis,
            r_min=architecture.symmetry.r_min, r_cut=architecture.symmetry.r_cut, tau=architecture.symmetry.tau,
            r_angular=architecture.symmetry.r_angular or 0.0, n_radial=architecture.symmetry.n_radial or 0,
            repulsion=architecture.repulsion is not None,
        )  # fmt: skip
    step = make_step(settings, total)
    identity = {
        "settings": settings.to_plain(),
        "data": data_hash([prepared.samples[i] for i in which]),
        "start": [start.provenance.data_hash, start.provenance.settings.get("seed")] if start else None,
    }
    now = Checkpoint(begin(parameters, settings, total), parameters, float("inf"), 0, 0)
    if checkpoint is not None and checkpoint.exists():
        now = load_checkpoint(checkpoint, now, identity)
    validated = None
    while now.epoch < settings.epochs and not (
        settings.patience and validator and now.epoch - now.best_epoch >= settings.patience
    ):
        state, losses = now.state, []
        for batch, _ in batches.epoch(np.random.default_rng([settings.seed, 3, now.epoch])):
            state, of_members = step(state, batch)
            losses.append(of_members)
        epoch, mean = now.epoch + 1, np.mean(np.asarray(losses), axis=0)
        if not np.all(np.isfinite(mean)):
            raise InputError(f"The training went astray in epoch {epoch}: use a lower --learning-rate.")
        validated = validator(state.average) if validator else None
        score = validated.score if validated else -float(epoch)
        better = score < now.score
        best = copied(state.average) if better else now.best
        now = Checkpoint(state, best, min(score, now.score), epoch if better else now.best_epoch, epoch)
        if log is not None:
            log.write(epoch, mean, validated)
        on_epoch(epoch, float(mean.mean()), validated)
        stopping = stop()
        if checkpoint is not None and (
            stopping or epoch % _CHECKPOINT_EVERY == 0 or epoch == settings.epochs
        ):
            save_checkpoint(checkpoint, now, identity)
        if stopping:
            break
    return _finish(prepared, settings, now, validator, which, theory, start)


def _bagged(blocks: list[Block], of_sample: Ints, settings: Settings, start: Model | None) -> list[Block]:
    """The same with weights for each member: 0 where a trajectory is one that it does not see."""
    members = settings.members if start is None else start.architecture.members
    random = np.random.default_rng([settings.seed, 4])
    # Trajectories in random order are dealt out, so that each is left out by as many members as any other.
    count = int(of_sample.max()) + 1
    dealt = (random.permutation(count) + random.random()) / count
    shifts = np.arange(members) / members
    seen = ((dealt[:, None] + shifts) % 1.0 >= settings.bagging).astype(np.float32)
    return [replace(block, weight=block.weight * seen[of_sample[block.samples]]) for block in blocks]


def _validator(prepared: Prepared, judged: Ints, activation: str) -> Validator | None:
    if not len(judged):
        return None
    blocks, of_sample = prepared.blocks_of(judged)
    return Validator(blocks, of_sample, len(prepared.elements), activation)


def _first_weights(prepared: Prepared, settings: Settings, start: Model | None) -> Parameters:
    if start is not None:
        return prepared.projection.unfold(start.parameters)
    return initialise(
        settings.seed,
        prepared.projection.components,
        settings.hidden,
        len(prepared.elements),
        settings.members,
    )


def _finish(
    prepared: Prepared,
    settings: Settings,
    now: Checkpoint,
    validator: Validator | None,
    which: Ints,
    theory: str,
    start: Model | None,
) -> Fitted:
    validated = validator(now.best) if validator else None
    scores: dict[str, Any] = {}
    if validated is not None:
        scores["validation"] = {"mae_kcal": validated.energy, "force_mae_kcal_A": validated.forces}
        if not np.isfinite(validated.forces):
            del scores["validation"]["force_mae_kcal_A"]
    learned = [prepared.samples[index] for index in which]
    provenance = Provenance(
        theory,
        data_hash(learned),
        scores,
        {
            **settings.to_plain(),
            "geometries": len(which),
            "best_epoch": now.best_epoch,
            **({"continued_from": start.provenance.data_hash} if start else {}),
        },
        states_of(learned, start),
        formulas=formulas_of(learned, start),
    )
    model = Model(
        prepared.architecture if start else settings.architecture(prepared.elements),
        prepared.projection.fold(
            now.best, prepared.projection.remainder(start.parameters) if start else None
        ),
        prepared.reference,
        provenance,
    )
    return Fitted(model, validated, now.epoch)

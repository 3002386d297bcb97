"""Holes of a network: looked for with a cheap method as a referee, labelled and learned from, round after round."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from atomtug.core.arrays import Floats
from atomtug.core.errors import EngineError, InputError
from atomtug.core.systems import System
from atomtug.core.systems.apart import FLOWN_APART
from atomtug.core.units import FS, KCALMOL_PER_EV, PS
from atomtug.potential import Evaluator, load_model
from atomtug.server.dynamics.integrators import Motion, draw_velocities, langevin_baoab
from atomtug.server.engines import Engine, create_engine
from atomtug.trainer import data as datasets
from atomtug.trainer.dft.theory import Theory
from atomtug.trainer.fit import NothingToHoldOut, Settings
from atomtug.trainer.labels.frames import TOO_CLOSE, sort_out
from atomtug.trainer.labels.selection import describe, farthest_points
from atomtug.trainer.search.holes import DEPTH, Disagreement, Energy, Follow, Hunt, hunt
from atomtug.workflows.geometries import write_geometries
from atomtug.workflows.label_sources import open_sources
from atomtug.workflows.labelling import label
from atomtug.workflows.training import train

GFN2 = 'ase:tblite.ase.TBLite?{"method": "GFN2-xTB", "verbosity": 0}'
REFEREES = {"gfn2": GFN2, "pm6": "pm6"}
"""Short names of engines; any other engine may be one too."""
TIMESTEP = 0.5
"""fs"""
STEPS = 60
"""Of a run on the network, at most."""
TEMPERATURES = (300.0, 1500.0)
"""K, of these runs, at least and at most."""
FRICTION = 10.0
"""1/ps"""


@dataclass(frozen=True)
class HoleHunt:
    """How holes are looked for.

    Args:
        referee: ``gfn2``, ``pm6``, or another engine by its name
        tries: geometries that are compared in a round
        depth: kcal/mol by which network and referee must differ
        starts: recordings or data sets whose geometries of the system are begun with, besides its own
        seed: of everything random
    """

    referee: str = "gfn2"
    tries: int = 1000
    depth: float = DEPTH
    starts: tuple[Path, ...] = ()
    seed: int = 0


@dataclass(frozen=True)
class Mending:
    """How what is found is learned from.

    Args:
        rounds: at most; it ends when a round finds no hole
        labels: of each round, at most
        data: files of labels to train on besides the new ones
        theory: of the labels
        workers: processes that label; None for one a core
        settings: of each training
    """

    rounds: int = 3
    labels: int = 40
    data: tuple[Path, ...] = ()
    theory: Theory = field(default_factory=Theory)
    workers: int | None = None
    settings: Settings = field(default_factory=Settings)


@dataclass(frozen=True)
class HoleRound:
    """What a round came to.

    Args:
        number: from 1
        engine: the network that was searched
        hunt: what was found
        labelled: geometries labelled after it
    """

    number: int
    engine: str
    hunt: Hunt
    labelled: int = 0


def find_holes(
    system: System,
    engine: str,
    options: HoleHunt = HoleHunt(),
    *,
    on_try: Callable[[], object] = lambda: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Hunt:
    """Look for geometries where an engine and a referee differ.

    Args:
        system: its own geometry is one to begin with
        engine: name of the engine that is searched, such as ``ann:alkanes``
        options: how
        on_try: called after each geometry
        stopped: asked before each; when true, it ends

    Raises:
        InputError: there is no such engine, or a file can't be used
        EngineError: one of the engines has no result for the system's own geometry
    """
    starts = _starts(system, options.starts)
    searched = create_engine(engine, system)
    referee = create_engine(REFEREES.get(options.referee, options.referee), system)
    with threadpool_limits(1):  # of so few atoms, threads that wait for each other take longer than the work
        return hunt(
            system.numbers,
            starts,
            _energy(searched),
            _energy(referee, fresh=True),
            options.tries,
            options.seed,
            follow=_run_on(searched, system),
            depth=options.depth,
            on_try=on_try,
            stopped=stopped,
        )


def mend_holes(
    system: System,
    model: Path,
    out: Path,
    options: HoleHunt = HoleHunt(),
    mending: Mending = Mending(),
    *,
    on_round: Callable[[HoleRound], object] = lambda _: None,
    on_try: Callable[[], object] = lambda: None,
    stopped: Callable[[], bool] = lambda: False,
) -> tuple[HoleRound, ...]:
    """Look for holes, label the most different ones, train on with them, and look again.

    Args:
        system: its own geometry is one to begin with
        model: the network to begin with
        out: folder for geometries, labels and networks
        options: how holes are looked for
        mending: how what is found is learned from
        on_round: called after each round
        on_try: called after each geometry of a hunt
        stopped: asked often; when true, it ends after what is being done

    Raises:
        InputError: a file can't be used
        AtomtugError: a step can't be done
    """
    trained_on = load_model(model).provenance.theory
    if trained_on and trained_on != mending.theory.to_json():
        raise InputError(
            f"{model.name} was trained on labels of another level of theory than {mending.theory}: name its own, or "
            f"train a network on labels of this one first."
        )
    out.mkdir(parents=True, exist_ok=True)
    labels, rounds, current = out / "labels.h5", list[HoleRound](), model
    for number in range(1, mending.rounds + 1):
        seeded = replace(options, seed=options.seed + number - 1)
        found = find_holes(system, f"ann:{current}", seeded, on_try=on_try, stopped=stopped)
        done = HoleRound(number, current.name, found)
        geometries = out / f"geometries-{number}.h5"
        chosen = write_disagreements(system, found.found, geometries, mending.labels)
        if found.holes == 0 or not chosen or stopped():
            rounds.append(done)
            on_round(done)
            break
        labelling = label(
            [geometries], labels, theory=mending.theory, workers=mending.workers, stopped=stopped
        )
        done = replace(done, labelled=labelling.labelled)
        rounds.append(done)
        on_round(done)
        if stopped() or number == mending.rounds:
            break
        after = out / f"round-{number}.safetensors"
        _train_on([*mending.data, labels], after, mending.settings, current)
        current = after
    return tuple(rounds)


def _train_on(data: Sequence[Path], out: Path, settings: Settings, start: Path) -> None:
    try:
        train(data, out, settings, start=start)
    except NothingToHoldOut:  # the first round's labels alone are all of one trajectory: all are learned from
        train(data, out, replace(settings, validation=0.0), start=start)


def write_disagreements(system: System, found: Sequence[Disagreement], path: Path, most: int) -> int:
    """Write the most different of the geometries found as a data set without energies, to be labelled.

    Returns:
        How many were written; no file is, if there are none.
    """
    positions = np.array([each.positions for each in found]).reshape(-1, len(system.numbers), 3)
    sound, _ = sort_out(positions)
    if not len(sound):
        return 0
    picked = sound[farthest_points(describe(system.numbers, positions[sound]), most)]
    write_geometries(
        system,
        positions[picked],
        path,
        {"source": "disagreement of a network and its referee", "ways": [found[i].way for i in picked]},
    )
    return len(picked)


def errors_at(model: Path, labels: Path, geometries: Path) -> Floats:
    """A network's errors at those of some geometries that have been labelled.

    Args:
        model: the network's file
        labels: a data set
        geometries: a data set as :func:`write_disagreements` writes it

    Returns:
        (n,) kcal/mol, below zero where the network is below the label; a geometry that it refuses is left out.
    """
    network, known = load_model(model), datasets.read(labels)
    errors = []
    for asked in datasets.read(geometries):
        rows = {positions.tobytes() for positions in asked.positions}
        for molecule in known:
            if not np.array_equal(molecule.numbers, asked.numbers):
                continue
            evaluator = Evaluator(network, molecule.numbers)
            for row in np.flatnonzero(molecule.learnable):
                if molecule.positions[row].tobytes() not in rows:
                    continue
                with contextlib.suppress(EngineError):
                    energy = evaluator.evaluate(molecule.positions[row]).energy
                    errors.append((energy - molecule.energies[row]) * KCALMOL_PER_EV)
    return np.array(errors)


def _starts(system: System, paths: tuple[Path, ...]) -> Floats:
    """The system's geometry, and those of files that have the same atoms."""
    geometries = [system.positions[None]]
    for source in open_sources(paths, TOO_CLOSE, FLOWN_APART, False).frames if paths else ():
        if np.array_equal(source.system.numbers, system.numbers):
            geometries.append(source.positions[source.sound])
    if paths and len(geometries) == 1:
        raise InputError(
            f"None of the files to start from has the atoms of {system.name} in the same order: leave them out."
        )
    return np.concatenate(geometries)


def _energy(engine: Engine, fresh: bool = False) -> Energy:
    """An engine's energy; ``fresh`` where what it keeps from the last geometry would mislead it."""

    def energy(positions: Floats) -> float:
        if fresh:
            engine.forget()
        return engine.evaluate(positions).energy

    return energy


def _run_on(engine: Engine, system: System) -> Follow:
    """Short hot runs on an engine, which fall into what holes it has."""
    masses = system.masses[:, None]

    def force(positions: Floats) -> Floats:
        return engine.evaluate(positions).forces

    def follow(positions: Floats, random: np.random.Generator) -> list[Floats]:
        temperature = float(random.uniform(*TEMPERATURES))
        path: list[Floats] = []
        try:
            motion = Motion(positions, draw_velocities(masses, temperature, random), force(positions))
            for _ in range(int(random.integers(STEPS // 3, STEPS))):
                motion = langevin_baoab(
                    motion, force, TIMESTEP * FS, masses, temperature, FRICTION / PS, random
                )
                if len(sort_out(motion.positions[None])[0]) == 0:
                    break
                path.append(motion.positions)
        except EngineError:
            pass
        return path

    return follow

"""A reaction path from a recording: the recorded reaction is the first guess."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal

from atomtug.core.errors import EngineError, InputError
from atomtug.core.systems import System
from atomtug.paths.band import climb
from atomtug.paths.descent import descend
from atomtug.paths.energies import SeparateMolecules, separate
from atomtug.paths.journal import EvaluationJournal
from atomtug.paths.options import PathOptions
from atomtug.paths.profile import find_maximum, thinned
from atomtug.paths.recorded import RecordedReaction, as_pairs, find_reactions
from atomtug.paths.result import ReactionPath
from atomtug.paths.saddle import SaddlePoint, find_saddle
from atomtug.paths.scan import RelaxedScan, Scanner, bonds_of
from atomtug.paths.surface import PathPoint, PathStopped, Surface, point_at, relax
from atomtug.recordings import Recording
from atomtug.recordings.reactions import Pair, products
from atomtug.server.engines import create_engine
from atomtug.swarm.shares import superposed

Say = Callable[[str], object]

RIPPLE = 0.5
"""kcal/mol; a lower maximum at which there is no saddle is of molecules that turn, and no barrier."""


def find_path(
    recording: Path,
    out: Path,
    options: PathOptions | None = None,
    *,
    overwrite: bool = False,
    say: Say = lambda _: None,
    on_evaluation: Callable[[], object] = lambda: None,
    stopped: Callable[[], bool] = lambda: False,
) -> ReactionPath:
    """Find the path of a reaction that was recorded, its saddle point, and the proof that both belong together.

    Every energy is kept in ``out``, and the same call goes on where an earlier one ended.

    Args:
        recording: the file
        out: folder for the energies
        options: how; None for the defaults
        overwrite: whether energies of other settings in ``out`` are replaced
        say: called with what is being done
        on_evaluation: called for each energy
        stopped: asked before each; when true, it ends

    Raises:
        InputError: no reaction was recorded, there is no such engine, ``out`` holds another path, or molecules do not
            last on this engine
        EngineError: the engine has no result where one is needed
        RecordingError: the recording can't be read
        PathStopped: it was stopped
    """
    options = options or PathOptions()

    def look() -> None:
        if stopped():
            raise PathStopped
        on_evaluation()

    with Recording(recording) as source:
        reaction = choose_reaction(source, options.reaction)
        system = source.system
        if not (name := options.engine or next(reversed(source.engines), "")):
            raise InputError(f"{recording} does not say which engine it was made with: give --engine.")
        make = partial(create_engine, name, system, options.anyway)
        engine = make()
        settings = {
            "engine": engine.name,
            "settings": dict(engine.settings),
            "numbers": system.numbers.tolist(),
            "charge": system.charge,
            "multiplicity": system.multiplicity,
        }
        journal = out / "evaluations.bin"
        if overwrite:
            journal.unlink(missing_ok=True)
        with EvaluationJournal(journal, settings, len(system.numbers)) as known:
            surface = Surface(system, make, known, look)
            scan = Scanner(source, reaction, surface, say).scan()
            _check_ends(system, engine.name, reaction, scan)
            path = _without_saddle(engine.name, options, reaction, surface, scan)
            path = _over_the_top(path, surface, scan, options.images, say)
            say("relaxing the molecules far apart")
            return replace(
                path,
                reactants=_separate(surface, path.points[0], reaction.before.bonds, options.zero_point),
                products=_separate(surface, path.points[-1], reaction.after.bonds, options.zero_point),
            )


def choose_reaction(recording: Recording, number: int) -> RecordedReaction:
    """A recording's reaction by its number, from 1.

    Raises:
        InputError: there is none, or not so many
    """
    found = find_reactions(recording)
    if not found:
        raise InputError(
            f"There is no reaction in {recording.path}: no bond is made or broken for longer than in a "
            f"collision. Pull a reaction through, or let `atomtug steer` do so."
        )
    if not 1 <= number <= len(found):
        raise InputError(
            f"{recording.path} has {len(found)} reaction{'s' * (len(found) > 1)}: --reaction is from 1 to "
            f"{len(found)}."
        )
    return found[number - 1]


def _check_ends(system: System, engine: str, reaction: RecordedReaction, scan: RelaxedScan) -> None:
    """Refuse a reaction whose molecules are none at this level.

    Raises:
        InputError: they become something else when they are relaxed
    """
    for end, bonds, recorded, which in (
        (scan.start, reaction.before.bonds, reaction.reactants, "before"),
        (scan.end, reaction.after.bonds, reaction.products, "after"),
    ):
        if end.bonds != bonds:
            raise InputError(
                f"Relaxed on {engine}, {recorded}, recorded {which} the reaction, becomes "
                f"{products(system, as_pairs(end.bonds))}: there is no such end of a path. Take another --engine or "
                f"another --reaction."
            )


def _without_saddle(
    engine: str, options: PathOptions, reaction: RecordedReaction, surface: Surface, scan: RelaxedScan
) -> ReactionPath:
    """The path along which the energy has no maximum: the relaxed scan."""
    falls = scan.points[-1].energy < scan.points[0].energy
    return ReactionPath(
        surface.system,
        engine,
        options.reaction,
        reaction,
        "falls" if falls else "rises",
        scan.points,
        None,
        None,
        (),
        0.0,
        "",
        None,
        None,
        (scan.start.held, scan.end.held),
    )


def _over_the_top(
    path: ReactionPath, surface: Surface, scan: RelaxedScan, images: int, say: Say
) -> ReactionPath:
    """The path over the saddle at its maximum; as it is where there is none."""
    maximum = find_maximum(scan.points)
    if maximum is None:
        return path
    say("climbing a band about the maximum")
    band = climb(surface, scan.points)
    found = [_with_saddle(path, surface, band, images, say)] if band is not None else []
    if not found or found[0].verdict != "saddle":
        found.append(_with_saddle(path, surface, scan.points, images, say))
    if found[-1].verdict != "saddle" and (band is None or maximum.rise < RIPPLE):
        return replace(path, ripple=maximum.rise)
    return found[-1]


def _with_saddle(
    path: ReactionPath, surface: Surface, points: Sequence[PathPoint], images: int, say: Say
) -> ReactionPath:
    """The path over the saddle at the maximum of some points, or why it can't be proven."""
    unproven = replace(path, verdict="unproven")
    maximum = find_maximum(points)
    if maximum is None:
        return replace(unproven, lacks="There is no maximum.")
    top = maximum.nearest
    along = points[min(top + 1, len(points) - 1)].positions - points[max(top - 1, 0)].positions
    saddle = find_saddle(surface, points[top].positions, along, say)
    unproven = replace(unproven, saddle=saddle)
    if saddle is None:
        return replace(unproven, lacks="No stationary point was found at the maximum.")
    if saddle.imaginary != 1:
        return replace(
            unproven,
            lacks=f"The stationary point at the maximum has {saddle.imaginary} imaginary frequencies, not one.",
        )
    say("downhill to the reactants")
    back = _downhill(surface, saddle, -1)
    say("downhill to the products")
    on = _downhill(surface, saddle, 1)
    before, after = path.reaction.before.bonds, path.reaction.after.bonds
    numbers = surface.system.numbers
    ends = [bonds_of(side[-1].positions, numbers, bonds) for side, bonds in ((back, before), (on, after))]
    sides = tuple(products(surface.system, as_pairs(end)) for end in ends)
    whole = [*reversed(back), saddle.point, *on]
    kept = thinned(whole, images, len(back))
    found = replace(
        unproven, points=tuple(whole[each] for each in kept), place=kept.index(len(back)), sides=sides
    )
    if ends != [before, after]:
        return replace(found, lacks=f"Downhill, the saddle leads to {sides[0]} and to {sides[1]}.")
    return replace(found, verdict="saddle", lacks="", held=(False, False))


def _downhill(surface: Surface, saddle: SaddlePoint, direction: Literal[-1, 1]) -> list[PathPoint]:
    """The way from the saddle (not included) to the minimum on one side."""
    engine = surface.engine()
    points = descend(surface.system, engine, saddle, direction)
    end = relax(surface.system, engine, points[-1].positions)
    return [*points, point_at(engine, superposed(end, points[-1].positions))]


def _separate(
    surface: Surface, point: PathPoint, bonds: frozenset[Pair], zero_point: bool
) -> SeparateMolecules | None:
    try:
        return separate(surface.system, surface.engine(), point.positions, bonds, zero_point)
    except EngineError:
        return None

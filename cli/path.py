"""``atomtug path``: the path of a recorded reaction, its saddle point and barrier."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from atomtug.cli.options import FILE, NEW_FILE, NEW_FOLDER, anyway_option, force_option, json_option
from atomtug.cli.progress import showing
from atomtug.cli.stopping import INTERRUPTED, stoppable
from atomtug.core.files import check_writable
from atomtug.core.text import table

if TYPE_CHECKING:
    from atomtug.paths.result import ReactionPath
    from atomtug.workflows.path_refining import RefinedPath


@click.command("path")
@click.argument("recording", type=FILE)
@click.option("--list", "list_only", is_flag=True, help="List the reactions in RECORDING, and do no more.")
@click.option(
    "--reaction",
    default=1,
    show_default=True,
    type=click.IntRange(1),
    help="Which one, where there are several.",
)
@click.option("--engine", default="", help="Default: the one that the recording ends with.")
@click.option("--zero-point", is_flag=True, help="Work out zero-point energies, too.")
@click.option("--images", default=21, show_default=True, help="Of the path, about so many.")
@click.option(
    "--refine", type=click.Choice(["dft"]), help="Label the images, as `atomtug label` does, and compare."
)
@click.option("--functional", default="pbe", show_default=True, help="Of these labels.")
@click.option("--basis", default="def2-tzvp", show_default=True, help="Of these labels.")
@click.option("--workers", type=click.IntRange(1), help="Processes that label. Default: one a core.")
@click.option(
    "--add-to", type=NEW_FILE, help="Data set that gets the labels. Default: labels.h5 in the output folder."
)
@click.option("--out", type=NEW_FOLDER, help="Default: a folder beside RECORDING with -path behind its name.")
@anyway_option
@force_option
@json_option
def command(
    recording: Path,
    list_only: bool,
    reaction: int,
    engine: str,
    zero_point: bool,
    images: int,
    refine: str | None,
    functional: str,
    basis: str,
    workers: int | None,
    add_to: Path | None,
    out: Path | None,
    anyway: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Find the path of a reaction in RECORDING: relaxed ends, saddle point, barrier, and the proof of them.

    The recorded reaction is the first guess. A saddle is proven by one imaginary frequency and by going downhill
    from it to both ends. Everything is in FOLDER: path.extxyz, saddle.extxyz, path.json, path.png, and
    evaluations.bin, from which the same command goes on when it was stopped or killed.

    \b
    atomtug path runs/FILE.h5
    atomtug path runs/FILE.h5 --engine ann:alkanes --zero-point --refine dft --add-to data/mine.h5
    """
    from atomtug.server.process.worker_process import THREADS

    # Sparrow is fastest on one thread; it reads this when it is loaded.
    os.environ.update(THREADS)
    from atomtug.core.errors import InputError
    from atomtug.paths.files import write_path
    from atomtug.paths.options import PathOptions
    from atomtug.paths.plot import save_path_plot
    from atomtug.paths.surface import PathStopped
    from atomtug.workflows.path_finding import find_path

    if list_only:
        found = _reactions(recording)
        click.echo(json.dumps(found) if as_json else _listed(recording, found))
        return
    options = PathOptions(engine, reaction, images, zero_point, anyway)
    number = f"-{reaction}" if reaction > 1 else ""
    folder = out or recording.with_name(f"{recording.stem}-path{number}")
    check_writable(folder)
    with stoppable("Stopping; what is done is kept.") as stop:
        try:
            with showing(0, "energy") as progress:
                path = find_path(
                    recording, folder, options, overwrite=force,
                    say=progress.write, on_evaluation=progress.advance, stopped=stop,
                )  # fmt: skip
        except PathStopped:
            click.echo("The path is not done: run the same command again.", err=True)
            raise SystemExit(INTERRUPTED) from None
        files = write_path(path, folder)
        plain, refined = path.as_dict(), None
        if refine:
            refined = _refine(path, folder, add_to or folder / "labels.h5", functional, basis, workers, stop)
            plain["refined"] = refined.as_dict()
    try:
        (folder / "path.json").write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"{folder / 'path.json'} can't be written: {error.strerror or error}.") from error
    save_path_plot(
        path, folder / "path.png", None if refined is None else (str(refined.theory), refined.energies)
    )
    click.echo(json.dumps(plain) if as_json else _report(path, refined))
    if not as_json:
        click.echo(f"\n{folder}: {', '.join([*files, 'path.json', 'path.png'])}")
    if refined is not None and refined.labelling.left:
        click.echo(f"{refined.labelling.left} labels are left: run the same command again.", err=True)
        raise SystemExit(INTERRUPTED)


def _refine(
    path: "ReactionPath",
    folder: Path,
    data: Path,
    functional: str,
    basis: str,
    workers: int | None,
    stop: Callable[[], bool],
) -> "RefinedPath":
    from atomtug.trainer.dft.theory import Theory
    from atomtug.workflows.path_refining import refine_path

    theory = Theory(functional.lower(), basis.lower())
    with showing(len(path.points), "label") as progress:
        return refine_path(
            path, folder, data, theory, workers=workers,
            on_plan=lambda planned: progress.advance(total=planned.to_label, steps=0),
            on_label=lambda _: progress.advance(),
            stopped=stop,
        )  # fmt: skip


def _reactions(recording: Path) -> list[dict[str, Any]]:
    from atomtug.paths.recorded import find_reactions
    from atomtug.recordings import Recording

    with Recording(recording) as source:
        return [
            {
                "reaction": number, "reactants": each.reactants, "products": each.products,
                "changes": each.changes, "time_ps": each.time_ps,
            }
            for number, each in enumerate(find_reactions(source), 1)
        ]  # fmt: skip


def _listed(recording: Path, found: list[dict[str, Any]]) -> str:
    if not found:
        return f"There is no reaction in {recording}."
    rows = [
        (
            f"{each['reaction']}",
            f"{1000 * each['time_ps']:.0f} fs",
            f"{each['reactants']} -> {each['products']}",
            each["changes"],
        )
        for each in found
    ]
    return table(("reaction", "time", "molecules", "bonds"), rows, rule=True)


def _report(path: "ReactionPath", refined: "RefinedPath | None") -> str:
    reaction = path.reaction
    lines = [
        f"{reaction.reactants} -> {reaction.products} on {path.engine}: {reaction.changes}",
        "",
        _energies(path),
        "",
        _verdict(path),
    ]
    if path.reactants is None or path.products is None:
        lines += [
            "The molecules can't be relaxed far apart: energies are counted from the path's first image."
        ]
    if path.uncertainty is not None:
        lines += [f"The network's uncertainty is {path.uncertainty:.1f} kJ/mol at most."]
    if refined is not None:
        plain = refined.as_dict()
        lines += [
            "",
            f"{refined.theory} at the same geometries ({plain['labelled']} of {len(path.points)} labelled, in "
            f"{refined.labelling.path}):",
        ]
        if plain["labelled"] and not any(each is not None for each in plain["energies"]):
            lines += ["the first image, from which energies are counted, has no label"]
        if plain["saddle"] is not None:
            lines += [f"the saddle is {plain['saddle']:.1f} kcal/mol above the first image"]
        if plain["largest_difference"] is not None:
            lines += [f"{path.engine} differs by {plain['largest_difference']:.2f} kcal/mol at most"]
    return "\n".join(lines)


def _energies(path: "ReactionPath") -> str:
    energies, (up, over) = path.energies, path.zero_point_changes
    rows: list[tuple[str, float, float | None]] = []
    if path.reactants is not None:
        rows += [("reactants far apart", 0.0, 0.0)]
    rows += [("start of the path", energies[0], None)]
    if path.place is not None:
        top = energies[path.place]
        rows += [("saddle", top, None if up is None else top + up)]
    elif path.maximum is not None:
        rows += [("maximum, no proven saddle", path.maximum, None)]
    rows += [("end of the path", energies[-1], None)]
    if path.products is not None:
        total = path.reaction_energy
        rows += [("products far apart", total, None if over is None else total + over)]
    cells = [(name, *("" if each is None else f"{each:.1f}" for each in values)) for name, *values in rows]
    with_zero_point = up is not None or over is not None
    header = ("kcal/mol", "energy", *(["with zero-point"] if with_zero_point else []))
    return table(header, [row[: len(header)] for row in cells], rule=True)


def _verdict(path: "ReactionPath") -> str:
    if path.verdict in ("falls", "rises"):
        held = " and ".join(
            name for name, is_held in zip(("reactants", "products"), path.held, strict=True) if is_held
        )
        ripple = f", but for a ripple of {path.ripple:.1f} kcal/mol without a saddle" if path.ripple else ""
        return (
            f"The energy {path.verdict} all the way at this level{ripple}: there is no barrier"
            f"{' on the way back' if path.verdict == 'rises' else ''}."
            + (f" The {held} had to be held apart: let go, they react." if held else "")
        )
    assert path.verdict == "unproven" or path.saddle is not None
    if path.saddle is None or path.verdict == "unproven":
        return f"There is a maximum, but no saddle is proven. {path.lacks}"
    up, over = path.zero_point_changes
    barrier, energy = path.barrier or 0.0, path.reaction_energy
    lines = [
        f"Barrier {barrier:.1f} kcal/mol, from the start of the path {path.barrier_from_start or 0.0:.1f}; "
        f"reaction energy {energy:.1f}."
    ]
    if up is not None and over is not None:
        lines += [
            f"With zero-point energy the barrier is {barrier + up:.1f}, the reaction energy {energy + over:.1f}."
        ]
    wavenumber = abs(path.saddle.modes.wavenumbers[0])
    lines += [
        f"The saddle is proven: one imaginary frequency ({wavenumber:.0f}i 1/cm), and downhill it leads to "
        f"{path.sides[0]} and to {path.sides[1]}."
    ]
    return "\n".join(lines)

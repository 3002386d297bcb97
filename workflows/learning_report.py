"""The report of a network that was learned from nothing: Markdown with figures."""

import itertools
import shlex
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from atomtug.core.arrays import Floats
from atomtug.core.figures import save_figure
from atomtug.core.files import replacing
from atomtug.core.text import counted
from atomtug.core.units import KCALMOL_PER_EV
from atomtug.trainer.dft.theory import Theory
from atomtug.trainer.evaluation import ModelEvaluation
from atomtug.trainer.evaluation.evaluation import Curve
from atomtug.trainer.evaluation.plots import plot_parity, plot_trajectories
from atomtug.trainer.search.holes import DEPTH
from atomtug.workflows.learning import LearnedSystem
from atomtug.workflows.learning_steps import LearnedRound

ERRORS = ("network", "labels", "energy, kcal/mol", "forces, kcal/mol/Å", "holes of tries")
"""The head of :func:`error_rows`."""
RANGES = ("kcal/mol", "geometries", "energy, kcal/mol", "forces, kcal/mol/Å")
"""The head of :func:`range_rows`."""
LIMITS_KCAL = (0.0, 15.0, 30.0, 60.0, float("inf"))
WORDS = {
    "steer": "hands",
    "label": "labels",
    "train": "training, the teacher included",
    "holes": "search for holes",
}
"""What a kind of step is called in the table of costs."""


def write_report(learned: LearnedSystem, out: Path, theory: Theory, system: Sequence[str]) -> Path:
    """Write ``report.md`` and its figures.

    Args:
        learned: what became of it
        out: the folder
        theory: of the labels
        system: as the command line takes it, with its options

    Returns:
        The report's path.
    """
    plot_trajectories(learned.evaluation, out / "trajectories.png", str(theory))
    plot_parity(learned.evaluation, out / "parity.png")
    _plot_rounds(learned.rounds, out / "rounds.png")
    model = learned.rounds[-1].model
    heldout = learned.evaluation.curves
    geometries = sum(len(curve.frames) for curve in heldout)
    failed = len(learned.trials["heldout"]) - len(heldout)
    text = [
        f"# {learned.system.name}: a network of its own",
        "",
        f"{learned.system.name}, charge {learned.system.charge}, multiplicity {learned.system.multiplicity}; labels "
        f"by {theory}. {learned.ended}",
        "",
        "## What happened",
        "",
        *_table(("reaction", "SMILES", "trajectories"), _reactions(learned)),
        "",
        "## How far off it is",
        "",
        f"Judged by {geometries} geometries of {len(heldout)} trajectories that no network has learned from; the "
        f"constant offset of each trajectory's energies is removed. {_left_out(failed)}A hole is a geometry where "
        f"the network is more than {DEPTH:g} kcal/mol below GFN2-xTB. That may be wrong, too, so some of the last "
        f"network's holes are labelled.",
        "",
        *_table(ERRORS, error_rows(learned)),
        "",
        "Of the last network, by the geometries' energies above the lowest of their trajectory:",
        "",
        *_table(RANGES, range_rows(learned.evaluation)),
        "",
        "![Error over labels](rounds.png)",
        "",
        "![Energy along the held-out trajectories](trajectories.png)",
        "",
        "![Network over labels](parity.png)",
        "",
        "## What it cost",
        "",
        *_table(("step", "minutes"), _costs(learned)),
        "",
        "## Use it",
        "",
        "```sh",
        *commands(system, model),
        "```",
        "",
    ]
    path = out / "report.md"
    with replacing(path) as draft:
        draft.write_text("\n".join(text))
    return path


def commands(system: Sequence[str], model: Path) -> list[str]:
    """What a shell takes to use a network: to serve it, and to search it for holes.

    Args:
        system: as the command line takes it, with its options
        model: the network's file
    """
    return [
        shlex.join(["atomtug", "serve", *system, "--engine", f"ann:{model}"]),
        shlex.join(["atomtug", "holes", *system, "--model", str(model), "--tries", "2000"]),
    ]


def error_rows(learned: LearnedSystem) -> list[tuple[str, ...]]:
    """A row for each network, and one for the engine that the hands worked on, where it is known."""

    def forces(value: float | None) -> str:
        return "" if value is None else f"{value:.2f}"

    rows: list[tuple[str, ...]] = [
        (
            each.model.name,
            str(each.labels),
            f"{each.network.mae_kcal:.2f}",
            forces(each.network.force_mae_kcal_A),
            _holes(each),
        )
        for each in learned.rounds
    ]
    engine = learned.rounds[-1].engine
    if engine is not None:
        name = learned.evaluation.curves[0].engine
        rows.append((name, "", f"{engine.mae_kcal:.2f}", forces(engine.force_mae_kcal_A), ""))
    return rows


def _holes(network: LearnedRound) -> str:
    """What a search found, and what labels say of it."""
    if network.holes is None:
        return ""
    found = f"{network.holes} of {network.tries}"
    return f"{found}; labels confirm {network.confirmed} of {network.checked}" if network.checked else found


def range_rows(evaluation: ModelEvaluation) -> list[tuple[str, ...]]:
    """A row for each range of energies that geometries are in: how many, and their mean errors."""
    curves = evaluation.curves
    above = KCALMOL_PER_EV * np.concatenate([each.reference - each.reference.min() for each in curves])
    errors = KCALMOL_PER_EV * np.abs(np.concatenate([each.network - each.reference for each in curves]))
    forces = np.concatenate([_mean_by_frame(each) for each in curves])
    rows = []
    for low, high in itertools.pairwise(LIMITS_KCAL):
        inside = (above >= low) & (above < high)
        if inside.any():
            name = f"{low:g} to {high:g}" if np.isfinite(high) else f"above {low:g}"
            means = (f"{each[inside].mean():.2f}" for each in (errors, forces))
            rows.append((name, str(inside.sum()), *means))
    return rows


def _mean_by_frame(curve: Curve) -> Floats:
    """(F,) mean size of the errors of a frame's force components, kcal/mol/angstrom."""
    sizes = np.abs(curve.network_forces).reshape(len(curve.frames), -1)
    return np.asarray(KCALMOL_PER_EV * sizes.mean(axis=1))


def _reactions(learned: LearnedSystem) -> list[tuple[str, ...]]:
    seen = Counter(
        (trial.reaction or "none", trial.smiles) for trials in learned.trials.values() for trial in trials
    )
    return [
        (reaction, f"`{smiles}`" if smiles else "", str(n)) for (reaction, smiles), n in seen.most_common()
    ]


def _costs(learned: LearnedSystem) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [
        (words, f"{learned.seconds[kind] / 60:.1f}")
        for kind, words in WORDS.items()
        if kind in learned.seconds
    ]
    return [*rows, ("all", f"{sum(learned.seconds.values()) / 60:.1f}")]


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows)]


def _left_out(failed: int) -> str:
    """A sentence on trajectories that are not judged by; empty where there are none."""
    if failed <= 0:
        return ""
    return f"{counted(failed, 'more hand')} did not do what was asked, and nothing is judged by that. "


def _plot_rounds(rounds: tuple[LearnedRound, ...], target: Path) -> None:
    figure = Figure(figsize=(5, 3.2), dpi=120, layout="constrained")
    panel = figure.subplots()
    labels = [each.labels for each in rounds]
    panel.plot(labels, [each.network.mae_kcal for each in rounds], "o-", label="energy (kcal/mol)")
    forces = [each.network.force_mae_kcal_A for each in rounds]
    panel.plot(
        labels,
        [float("nan") if each is None else each for each in forces],
        "s--",
        label="forces (kcal/mol/Å)",
    )
    panel.set_xlabel("labels learned from")
    panel.set_ylabel("mean absolute error, held-out hands")
    panel.set_ylim(bottom=0)
    panel.legend(fontsize=8)
    save_figure(figure, target)

"""The paper's Table 1 with ours beside it, as text."""

from collections.abc import Mapping, Sequence

import numpy as np

from atomtug.core.text import table
from atomtug.trainer.evaluation.scores import mean_and_spread
from atomtug.trainer.evaluation.table1 import SQUALANE, TESTED, TrainedSet, TrajectoryScores, values_of

PAPER: Mapping[int, tuple[float, float, float]] = {
    1: (9.9, 7.3, 0.01),
    2: (10.3, 8.6, -0.18),
    3: (4.9, 4.1, 0.73),
    4: (2.4, 2.2, 0.93),
    5: (2.6, 2.0, 0.92),
    6: (2.0, 1.6, 0.96),
}
"""MAE, standard deviation of the absolute errors (kcal/mol), R2 on squalane + CN, of each set."""
PAPER_PM6 = 8.3
PAPER_SPREAD = 12.4
"""Standard deviation of the 1,725 energies of the paper's trajectory, kcal/mol, from its published predictions."""
FEW = 30
"""Labels of squalane below which its figures are called rough."""

SQUALANE_COLUMNS = (
    "set", "geometries", "MAE ± SD (R²)", "over seeds", "of the spread", "worst", "forces", "paper", "of its spread",
)  # fmt: skip
OTHERS = ("set", *TESTED, "forces")

Row = tuple[str, str, Sequence[TrajectoryScores], str]
"""What is judged, what it was trained on, its scores for each seed, and the method in them."""


def render(runs: Sequence[TrainedSet], models: Mapping[str, TrajectoryScores] | None = None) -> str:
    """Our tables beside the paper's; means over seeds, and how far those are apart.

    Args:
        runs: trainings of the paper's sets, with one seed or several
        models: other models, judged by the same tests
    """
    rows = judged_rows(runs, models or {})
    parts = [f"There are no labels of {SQUALANE} among the tests."]
    if _known(rows, (SQUALANE,)):
        parts = [_squalane(rows)]
    if _known(rows, TESTED):
        parts.append(
            "Held-out trajectories of smaller molecules: energy MAE (R²), each one's offset removed; forces of all.\n"
            + table(OTHERS, others_lines(rows))
        )
    seeds = len({run.seed for run in runs})
    parts.append(
        f"Means over {seeds} seed(s), ± their standard deviation where the heading does not say otherwise.\n"
        "What differs from the paper: sets of the size shown in place of 15,000; forces are trained; the mean\n"
        f"of a committee of {runs[0].settings['members']}; other trajectories. Sets 1 to 3 hold none of the "
        "molecules they\nare judged by, 4 and 5 isopentane, 6 isohexanes, too: the rest is extrapolation."
    )
    return "\n\n".join(parts)


def judged_rows(runs: Sequence[TrainedSet], models: Mapping[str, TrajectoryScores]) -> list[Row]:
    """Sets, other models and the recordings' engine, in the order of the tables."""
    rows: list[Row] = []
    groups: dict[tuple[int, str], list[TrainedSet]] = {}
    for run in runs:
        groups.setdefault((run.number, run.teaching.get("teacher", "")), []).append(run)
    for (number, teacher), mine in sorted(groups.items(), key=lambda each: each[0]):
        by_count = sorted(mine[0].sizes.items(), key=lambda each: -each[1])
        sizes = ", ".join(f"{name} {count}" for name, count in by_count)
        name = f"{number} {teacher}".strip()
        rows.append((name, sizes, [run.trajectories for run in mine], "network"))
    rows += [(name, "", [scores], "network") for name, scores in models.items()]
    engines = {
        method
        for run in runs
        for entry in run.trajectories.values()
        for method, scores in entry.items()
        if isinstance(scores, Mapping) and method != "network"
    }
    rows += [(engine, "", [runs[0].trajectories], engine) for engine in sorted(engines)]
    return rows


def _known(rows: Sequence[Row], molecules: Sequence[str]) -> bool:
    return any(entry["molecule"] in molecules for row in rows for each in row[2] for entry in each.values())


def squalane_frames(rows: Sequence[Row]) -> tuple[int, float]:
    """How many labelled frames of squalane there are, and the standard deviation of their energies, kcal/mol."""
    entry = next(each for each in rows[0][2][0].values() if each["molecule"] == SQUALANE)
    return entry["frames"], entry["spread_of_labels_kcal"]


def squalane_lines(rows: Sequence[Row]) -> list[list[str]]:
    """The table of squalane, whose columns are :data:`SQUALANE_COLUMNS`."""
    spread = squalane_frames(rows)[1]
    lines = []
    for name, sizes, scores, method in rows:
        mae, sd, r2, worst = (
            [value for each in scores for value in values_of(each, what, method, SQUALANE)]
            for what in ("mae_kcal", "sd_kcal", "r2", "worst_kcal")
        )
        lines.append(
            [
                name,
                sizes,
                f"{np.mean(mae):.2f} ± {np.mean(sd):.2f} ({np.mean(r2):.3f})",
                _over_seeds(scores, "mae_kcal", method, SQUALANE),
                f"{np.mean(mae) / spread:.1%}",
                f"{max(worst):.1f}",
                _over_seeds(scores, "force_mae_kcal_A", method, SQUALANE),
                *_paper(name),
            ]
        )
    return lines


def _squalane(rows: Sequence[Row]) -> str:
    frames, spread = squalane_frames(rows)
    word = ": so few that these figures are rough" if frames < FEW else ""
    return "\n".join(
        [
            f"Squalane + CN, {frames} labelled frames of trajectories that nothing was trained on{word}.",
            f"Energies spread over {spread:.1f} kcal/mol (standard deviation; the paper's over {PAPER_SPREAD:g}).",
            "One constant offset is removed; MAE, standard deviation of the absolute errors and worst error in",
            "kcal/mol, forces' MAE in kcal/mol/Å.",
            table(SQUALANE_COLUMNS, squalane_lines(rows)),
        ]
    )


def _paper(name: str) -> tuple[str, str]:
    """What the paper has for a set or an engine, and in parts of its trajectory's spread."""
    number = name.split()[0]
    if number.isdecimal() and int(number) in PAPER:
        mae, sd, r2 = PAPER[int(number)]
        return f"{mae} ± {sd} ({r2})", f"{mae / PAPER_SPREAD:.0%}"
    return (str(PAPER_PM6), f"{PAPER_PM6 / PAPER_SPREAD:.0%}") if name == "pm6" else ("", "")


def others_lines(rows: Sequence[Row]) -> list[list[str]]:
    """The table of the smaller molecules, whose columns are :data:`OTHERS`."""
    lines = []
    for name, _, scores, method in rows:
        cells = []
        for molecule in TESTED:
            cell = _over_seeds(scores, "mae_kcal", method, molecule)
            r2 = [value for each in scores for value in values_of(each, "r2", method, molecule)]
            cells.append(f"{cell} ({np.mean(r2):.3f})" if r2 else cell)
        lines.append([name, *cells, _over_seeds(scores, "force_mae_kcal_A", method)])
    return lines


def _over_seeds(scores: Sequence[TrajectoryScores], name: str, method: str, molecule: str = "") -> str:
    values = [float(np.mean(each)) for one in scores if (each := values_of(one, name, method, molecule))]
    if not values:
        return "-"
    mean, spread = mean_and_spread(values)
    return f"{mean:.2f}" + (f" ± {spread:.2f}" if len(values) > 1 else "")

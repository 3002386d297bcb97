"""Scores as tables in plain text."""

from atomtug.core.text import table
from atomtug.trainer.evaluation.committee import CHEMICAL_ACCURACY
from atomtug.trainer.evaluation.evaluation import ModelEvaluation
from atomtug.trainer.evaluation.scores import Scores


def number(value: float | None, digits: int = 2) -> str:
    """As text; a dash for none."""
    return "-" if value is None else f"{value:.{digits}f}"


def percent(part: float | None) -> str:
    """As text; a dash for none."""
    return "-" if part is None else f"{part:.0%}"


def report(evaluation: ModelEvaluation) -> str:
    """All trajectories, every method in a line of its own, and whether the spread tells the error."""
    rows = []
    for curve in evaluation.curves:
        for method, scores in curve.scores.items():
            rows.append([curve.name, str(len(curve.frames)), method, *_cells(scores)])
    if len(evaluation.curves) > 1:
        frames = sum(len(curve.frames) for curve in evaluation.curves)
        for method, scores in evaluation.overall.items():
            rows.append(["all", str(frames), method, *_cells(scores)])
    header = (
        "trajectory", "frames", "method", "MAE ± SD", "RMSE", "worst", "R²", "forces MAE", "RMSE"
    )  # fmt: skip
    lines = [
        "Energies in kcal/mol, each trajectory's constant offset removed; forces in kcal/mol/Å.",
        table(header, rows),
    ]
    calibration = evaluation.calibration
    if calibration is not None:
        lines += [
            "",
            f"Committee: error / spread {calibration.ratio:.1f} (root mean squares), rank correlation "
            f"{calibration.rank_correlation:.2f}. By spread, in kcal/mol:",
            table(
                ("mean spread", "RMSE"),
                [(number(spread), number(error)) for spread, error in calibration.bins],
            ),
        ]
    limits = evaluation.limits
    if limits:
        lines += [
            "",
            "As a live engine, by its uncertainty limit: how many frames are beyond it, how wrong these and the rest "
            f"are,\nand how many of the errors of more than {CHEMICAL_ACCURACY:g} kcal/mol it catches.",
            table(
                ("kJ/mol", "beyond", "RMSE", "RMSE of the rest", "caught"),
                [
                    (
                        f"{limit.limit_kj:g}",
                        percent(limit.beyond),
                        number(limit.rmse_beyond_kcal),
                        number(limit.rmse_within_kcal),
                        percent(limit.caught),
                    )
                    for limit in limits
                ],
            ),
        ]
    return "\n".join(lines)


def _cells(scores: Scores) -> list[str]:
    return [
        f"{scores.mae_kcal:.2f} ± {scores.sd_kcal:.2f}",
        number(scores.rmse_kcal),
        number(scores.worst_kcal),
        number(scores.r2, 3),
        number(scores.force_mae_kcal_A),
        number(scores.force_rmse_kcal_A),
    ]

"""Pictures of an evaluation: energies along each trajectory as the paper's Fig. 2 has them, and parity."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from atomtug.core.figures import save_figure
from atomtug.core.units import KCALMOL_PER_EV
from atomtug.trainer.evaluation.evaluation import ModelEvaluation

FEW_POINTS = 50
"""Labels of a trajectory up to which each is marked: between them nothing is known."""


def plot_trajectories(evaluation: ModelEvaluation, target: Path, reference: str = "DFT") -> None:
    """Energy over the frames of each trajectory: labels, engine, network with twice its spread.

    Raises:
        InputError: the picture can't be written
    """
    curves = evaluation.curves
    columns = min(2, len(curves))
    rows = -(-len(curves) // columns)
    figure = Figure(figsize=(5.5 * columns, 3.2 * rows), dpi=120, layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel, curve in zip(panels, curves, strict=False):
        lowest = curve.reference.min()

        def relative(energies: np.ndarray, lowest: float = lowest) -> np.ndarray:
            return np.asarray((energies - lowest) * KCALMOL_PER_EV)

        if curve.engine_energies is not None:
            panel.plot(
                curve.frames, relative(curve.engine_energies), color="C1", linewidth=1, label=curve.engine
            )
        network, spread = relative(curve.network), 2.0 * curve.spread * KCALMOL_PER_EV
        panel.fill_between(curve.frames, network - spread, network + spread, color="C0", alpha=0.25, lw=0)
        panel.plot(curve.frames, network, color="C0", linewidth=1.2, label="network ± 2 spread")
        marker = "." if len(curve.frames) <= FEW_POINTS else ""
        panel.plot(
            curve.frames, relative(curve.reference), "k--", linewidth=1, marker=marker, label=reference
        )
        scores = curve.scores["network"]
        panel.set_title(f"{curve.name}: MAE {scores.mae_kcal:.2f} kcal/mol", fontsize=9)
        panel.set_xlabel("frame")
        panel.set_ylabel("energy (kcal/mol)")
    for panel in panels[len(curves) :]:
        panel.set_visible(False)
    panels[0].legend(fontsize=8)
    save_figure(figure, target)


def plot_parity(evaluation: ModelEvaluation, target: Path) -> None:
    """Predicted over labelled: energies and force components of all trajectories.

    Raises:
        InputError: the picture can't be written
    """
    figure = Figure(figsize=(9, 4.3), dpi=120, layout="constrained")
    left, right = figure.subplots(1, 2)
    for curve in evaluation.curves:
        shift = curve.reference.min()
        left.plot(
            (curve.reference - shift) * KCALMOL_PER_EV,
            (curve.network - shift) * KCALMOL_PER_EV,
            ".", markersize=3, label=curve.molecule,
        )  # fmt: skip
        labels = curve.forces * KCALMOL_PER_EV
        right.plot(labels, labels + curve.network_forces * KCALMOL_PER_EV, ".", markersize=1)
    for panel, text in ((left, "energy (kcal/mol)"), (right, "force component (kcal/mol/Å)")):
        low, high = panel.get_xlim()
        panel.plot([low, high], [low, high], color="0.5", linewidth=0.8, zorder=0)
        panel.set_xlabel(f"{text}, labels")
        panel.set_ylabel("network")
    left.legend(fontsize=8, markerscale=3)
    save_figure(figure, target)

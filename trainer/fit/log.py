"""The log of a training: a line of JSON an epoch."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atomtug.core.errors import InputError
from atomtug.trainer.fit.validation import Validated


class Log:
    """Written to ``path``; lines there of epochs after ``done`` (of a run cut short) are dropped.

    Raises:
        InputError: it can't be written
    """

    def __init__(self, path: Path, done: int = 0) -> None:
        self.path = path
        kept = [entry for entry in read_log(path) if entry["epoch"] <= done] if done and path.exists() else []
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(json.dumps(entry) + "\n" for entry in kept), encoding="utf-8")
        except OSError as error:
            raise InputError(f"{path} can't be written: {error}") from error

    def write(self, epoch: int, losses: NDArray[Any], validated: Validated | None) -> None:
        """One epoch: losses (M,) of the members, and the judgement if there was one."""
        entry: dict[str, Any] = {"epoch": epoch, "loss": float(np.mean(losses))}
        entry["losses"] = [float(loss) for loss in losses]
        if validated is not None:
            entry["mae_kcal"] = validated.energy
            if np.isfinite(validated.forces):
                entry["force_mae_kcal_A"] = validated.forces
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")


def read_log(path: Path) -> list[dict[str, Any]]:
    """The epochs in a log. A last line that was cut short by a full disk is left away.

    Raises:
        InputError: there is none, or it is no log
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        if lines and lines[-1].startswith("{") and not lines[-1].endswith("\n"):
            del lines[-1]
        return [json.loads(line) for line in lines if line.strip()]
    except (OSError, ValueError) as error:
        raise InputError(f"{path} can't be read as the log of a training: {error}") from error


def plot_log(path: Path, target: Path) -> None:
    """Draw loss and errors over the epochs.

    Raises:
        InputError: the log can't be read, or the picture not be written
    """
    from matplotlib.figure import Figure

    from atomtug.core.figures import save_figure

    entries = read_log(path)
    figure = Figure(figsize=(7, 5), dpi=150, layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    epochs = [entry["epoch"] for entry in entries]
    above.semilogy(epochs, [entry["losses"] for entry in entries], color="0.7", linewidth=0.8)
    above.semilogy(epochs, [entry["loss"] for entry in entries], color="C0", label="mean of the members")
    above.set_ylabel("loss (eV²)")
    above.legend()
    for key, text in (("mae_kcal", "energy (kcal/mol)"), ("force_mae_kcal_A", "forces (kcal/mol/Å)")):
        points = [(entry["epoch"], entry[key]) for entry in entries if key in entry]
        if points:
            below.semilogy(*zip(*points, strict=True), label=text)
    below.set_xlabel("epoch")
    below.set_ylabel("MAE, held-out trajectories")
    if below.lines:
        below.legend()
    save_figure(figure, target)

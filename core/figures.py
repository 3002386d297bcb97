"""What pictures have in common: their colours, and how they are written."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from atomtug.core.errors import InputError

INK, QUIET = "#22303c", "#8a949e"
"""Of text and of what is beside the point."""
LEAVING, ARRIVING = "#d55e00", "#0072b2"
"""Vermilion and blue of Okabe and Ito, told apart by (nearly) all eyes."""
HELD = "#f2c14e"
"""Of what a hand does."""


def save_figure(figure: Figure, path: Path) -> None:
    """Write a picture in the format of its suffix, one of :mod:`atomtug.core.pictures`. Missing folders are made.

    Raises:
        InputError: it can't be written
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path)
    except (OSError, ValueError) as error:
        raise InputError(f"The picture can't be written to {path}: {error}") from error


def open_frame(axes: Axes) -> None:
    """Leave away the upper and the right edge of a panel, and make its ticks quiet."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8, colors=INK)

"""Draw a surface of the test sets: DFT, a network and their difference, for docs/model-card.md.

    python tools/draw_surface.py alkanes methane docs/model-card-surface.png

Rows and columns are the distances that `tools/reach/surfaces.py` held; a point without a label stays white.
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

sys.path.insert(0, str(Path(__file__).parent / "reach"))
from surfaces import DISTANCES

from atomtug.core.arrays import Floats
from atomtug.core.systems import System
from atomtug.core.units import KCALMOL_PER_EV
from atomtug.server.engines import create_engine
from atomtug.trainer import data as datasets

ROOT = Path(__file__).parents[1]
HIGHEST, FARTHEST_OFF = 120.0, 15.0
"""kcal/mol, ends of the colours."""


def surface(model: str, molecule_name: str) -> tuple[Floats, Floats]:
    """Energies (n, n) of DFT and network by C-H and H-C, kcal/mol, NaN where there is no label."""
    data = datasets.read(ROOT / "data/reach/surfaces.h5")
    molecule = next(each for each in data if each.name == molecule_name)
    rows = molecule.subset(molecule.trajectory == molecule.trajectory[0])
    system = System(molecule.name, rows.numbers, rows.positions[0], molecule.charge, molecule.multiplicity)
    engine = create_engine(f"ann:{model}", system)
    labels, energies = np.full((2, len(DISTANCES) ** 2), np.nan)
    for row, frame in enumerate(rows.frame):
        labels[frame] = rows.energies[row]
        energies[frame] = engine.evaluate(rows.positions[row]).energy
    lowest = np.nanmin(labels)
    low = labels - lowest <= 60.0 / KCALMOL_PER_EV
    energies -= np.nanmedian((energies - labels)[low]) + lowest
    shape = (len(DISTANCES), len(DISTANCES))
    return KCALMOL_PER_EV * (labels - lowest).reshape(shape), KCALMOL_PER_EV * energies.reshape(shape)


def draw(model: str, molecule: str, path: Path) -> None:
    labels, energies = surface(model, molecule)
    figure, axes = plt.subplots(1, 3, figsize=(11, 3.6), layout="constrained", sharey=True)
    panels = (
        ("PBE/def2-TZVP", labels, "viridis", 0.0, HIGHEST),
        (f"ann:{model}", energies, "viridis", 0.0, HIGHEST),
        ("network - PBE", energies - labels, "RdBu_r", -FARTHEST_OFF, FARTHEST_OFF),
    )
    for axis, (title, values, colours, lowest, highest) in zip(axes, panels, strict=True):
        image = axis.imshow(values, origin="lower", cmap=colours, vmin=lowest, vmax=highest)
        axis.set(title=title, xlabel="H-C of CN, Å")
        axis.set_xticks(range(len(DISTANCES)), [f"{each:g}" for each in DISTANCES], rotation=60)
        axis.set_yticks(range(len(DISTANCES)), [f"{each:g}" for each in DISTANCES])
        figure.colorbar(image, ax=axis, label="kcal/mol", extend="both")
    axes[0].set_ylabel("C-H, Å")
    figure.suptitle(f"{molecule} + CN: {np.isfinite(labels).sum()} of {labels.size} points labelled")
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    draw(sys.argv[1], sys.argv[2], Path(sys.argv[3]))

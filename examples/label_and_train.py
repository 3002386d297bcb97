"""Label three frames of methane and the CN radical by density functional theory, and train a small network on them.

Three geometries and a minimal basis show how it is called; a potential that is of use needs hundreds.

    python examples/label_and_train.py FOLDER
"""

import sys
from pathlib import Path

import numpy as np

from atomtug import Frame, load_system
from atomtug.recordings import RecordingWriter
from atomtug.trainer.dft import Theory
from atomtug.trainer.fit import Settings
from atomtug.workflows import Labelling, Training, label, train


def record(path: Path, frames: int = 4) -> None:
    """A short recording in which the radical comes nearer; `atomtug steer` makes real ones."""
    system = load_system("methane")
    zero = np.zeros_like(system.positions)
    with RecordingWriter(path, system, {"engine": "none"}) as writer:
        for number in range(frames):
            positions = system.positions.copy()
            positions[-2:, 2] -= 0.05 * number
            frame = Frame(
                number, 0.01 * number, positions, zero, 0.0, zero, 0.0, 0.0, 0.0, zero, zero, 0.0, (), "none"
            )
            writer.append(frame, np.empty((0, 2), dtype=np.int64))


def main(folder: Path) -> tuple[Labelling, Training]:
    """Record, label, train; everything goes to ``folder``."""
    record(folder / "methane.h5")
    labelling = label(
        [folder / "methane.h5"],
        folder / "labels.h5",
        select="fps:3",
        theory=Theory("pbe", "sto-3g", grid="0"),
        workers=1,
        on_label=lambda done: print(f"frame {done.frame}: {done.label.energy:.3f} eV"),
    )
    training = train(
        [folder / "labels.h5"],
        folder / "methane.safetensors",
        Settings(n_basis=4, r_cut=3.0, hidden=(8,), members=2, components=8, epochs=5, validation=0.0),
    )
    return labelling, training


if __name__ == "__main__":
    main(Path(sys.argv[1]))

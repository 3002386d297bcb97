"""The data sets that the shipped models learn from, for `tools/train_models.sh` and `tools/squalane_figures.py`.

`python tools/training_files.py` prints those that are there, as options of `atomtug train`.
"""

from pathlib import Path

from atomtug.trainer.data.journal import journal_path

ROOT = Path(__file__).parents[1]
KINDS = ("", "-reach", "-random", "-scans", "-paths", "-chains", "-hunt", "-rough")
"""In the order of training, on which its random choices depend."""
TRAINING_FILES = tuple(ROOT / f"data/train{kind}.h5" for kind in KINDS)


def is_there(path: Path) -> bool:
    """Whether a data set is there, or the journal of one whose labels are not written out yet."""
    return path.exists() or journal_path(path).exists()


if __name__ == "__main__":
    print(*(f"--data {path.relative_to(ROOT)}" for path in TRAINING_FILES if is_there(path)))

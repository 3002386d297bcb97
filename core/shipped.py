"""Files that come with atomtug: the folder ``data`` of a checkout, the package ``atomtug.data`` once installed."""

from importlib.resources import files
from pathlib import Path

from atomtug.core.errors import InputError

MODEL_SUFFIX = ".safetensors"
"""Of model files."""
TRAINING_SET, HELD_OUT_SET, SQUALANE_SET = "train.h5", "heldout.h5", "squalane.h5"


def shipped_models() -> Path:
    """The folder of the trained networks that come with atomtug."""
    return _data() / "models"


def shipped_data(name: str = TRAINING_SET) -> Path:
    """A data set that comes with atomtug, by its file's name.

    Raises:
        InputError: this installation has no such file
    """
    path = _data() / name
    if not path.is_file():
        raise InputError(
            f"This installation has no data set {name}: name one with --data, or get the folder data/ of "
            f"atomtug's source tree."
        )
    return path


def shipped_tests() -> tuple[Path, ...]:
    """The data sets that come with atomtug for judging a network: that of squalane is in its source tree alone.

    Raises:
        InputError: this installation has none
    """
    squalane = _data() / SQUALANE_SET
    return (shipped_data(HELD_OUT_SET), *([squalane] if squalane.is_file() else []))


def find_model(named: str | Path) -> Path:
    """The file of a model: a path as it is, or the name of a model that comes with atomtug.

    Args:
        named: a path; or a bare name, with or without ``.safetensors``. A file of that name in the current folder
            goes before a model that comes with atomtug.

    Returns:
        a file that exists, or else the path as it was given
    """
    path = Path(named)
    if path.is_file() or path.name != str(named):
        return path
    shipped = shipped_models() / (path.name.removesuffix(MODEL_SUFFIX) + MODEL_SUFFIX)
    return shipped if shipped.is_file() else path


def _data() -> Path:
    return Path(str(files("atomtug.data")))

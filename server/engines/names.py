"""The names of engines: on the command line, in files, for clients."""

from pathlib import Path

from atomtug.core.ase_names import ASE_PREFIX
from atomtug.core.shipped import MODEL_SUFFIX, find_model

METHODS = ("pm6", "am1", "rm1", "pm3", "mndo", "dftb0", "dftb2", "dftb3")
"""SCINE Sparrow's methods."""
GUARD = "uncertainty_guard"
"""Among an engine's settings: kJ/mol beyond which a calibrated network gives way to another engine."""
ANN_PREFIX = "ann:"
PICKLED_PREFIX = "pickled:"
PICKLE_SUFFIX = ".pickle"


def display_name(engine: str) -> str:
    """The name of an engine in frames and lists: for a network, ``ann:`` and the name of its file without ending; for
    a pickled calculator, ``ase:`` and its class."""
    if engine.startswith(PICKLED_PREFIX):
        return ASE_PREFIX + Path(engine.removeprefix(PICKLED_PREFIX)).name.removesuffix(PICKLE_SUFFIX)
    if not engine.startswith(ANN_PREFIX):
        return engine
    return ANN_PREFIX + Path(engine.removeprefix(ANN_PREFIX)).name.removesuffix(MODEL_SUFFIX)


def model_file(engine: str) -> Path:
    """The model file of an engine that is a network, given as ``ann:PATH`` or ``ann:NAME``."""
    return find_model(engine.removeprefix(ANN_PREFIX))


Fingerprint = tuple[str, int, int]
"""An engine, and of a model file the time of its last change and its size."""


def fingerprint(engine: str) -> Fingerprint:
    """Differs between two engines, also between two models that were written to the same file one after the other.

    Args:
        engine: as :func:`atomtug.server.engines.create_engine` takes it
    """
    if engine.startswith(ANN_PREFIX):
        try:
            status = model_file(engine).stat()
        except OSError:
            return engine, 0, 0
        return engine, status.st_mtime_ns, status.st_size
    return engine, 0, 0

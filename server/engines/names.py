"""The names of engines: on the command line, in files, for clients."""

import re
from pathlib import Path
from typing import NamedTuple, Self

from atomtug.core.ase_names import ASE_PREFIX
from atomtug.core.errors import InputError
from atomtug.core.shipped import MODEL_SUFFIX, find_model
from atomtug.core.text import shortened

METHODS = ("pm6", "am1", "rm1", "pm3", "mndo", "dftb0", "dftb2", "dftb3")
"""SCINE Sparrow's methods."""
GUARD = "uncertainty_guard"
"""Among an engine's settings: kJ/mol beyond which a calibrated network gives way to another engine."""
ANN_PREFIX = "ann:"
PICKLED_PREFIX = "pickled:"
PICKLE_SUFFIX = ".pickle"
MTS_PREFIX = "mts:"
DEFAULT_INTERVAL = 4
"""Steps between two evaluations of the slow engine, where none are given: docs/multiple-time-steps.md says why."""
_MTS = re.compile(
    rf"{MTS_PREFIX}(?P<reference>.+?)/"
    rf"(?P<cheap>{'|'.join(METHODS)}|(?:{ANN_PREFIX}|{ASE_PREFIX}|{PICKLED_PREFIX}).+?)(?:\?n=(?P<interval>\d+))?"
)


class MtsName(NamedTuple):
    """The name of two engines that share the steps.

    Args:
        reference: the slow engine, as :func:`atomtug.server.engines.create_engine` takes it
        cheap: the one that is asked at every step, likewise
        interval: steps between two evaluations of the slow one
    """

    reference: str
    cheap: str
    interval: int = DEFAULT_INTERVAL

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """Of ``mts:REFERENCE/CHEAP?n=INTERVAL``; None for the name of another engine.

        Raises:
            InputError: it begins so and goes on otherwise
        """
        if not name.startswith(MTS_PREFIX):
            return None
        found = _MTS.fullmatch(name)
        interval = int(found["interval"] or DEFAULT_INTERVAL) if found else 0
        if not found or not 1 <= interval <= 100 or found["reference"].startswith(MTS_PREFIX):
            raise InputError(
                f"{shortened(repr(name))} names no two engines: write mts:SLOW/CHEAP?n=STEPS, with 1 to 100 steps, "
                f"e.g. mts:pm6/ann:pm6-alkanes?n={DEFAULT_INTERVAL}."
            )
        return cls(found["reference"], found["cheap"], interval)

    def __str__(self) -> str:
        return f"{MTS_PREFIX}{self.reference}/{self.cheap}?n={self.interval}"


def display_name(engine: str) -> str:
    """The name of an engine in frames and lists: for a network, ``ann:`` and the name of its file without ending; for
    a pickled calculator, ``ase:`` and its class; of two engines that share the steps, those of both and n.

    Raises:
        InputError: it names two engines in a way that can't be understood
    """
    if (mts := MtsName.parse(engine)) is not None:
        return str(MtsName(display_name(mts.reference), display_name(mts.cheap), mts.interval))
    if engine.startswith(PICKLED_PREFIX):
        return ASE_PREFIX + Path(engine.removeprefix(PICKLED_PREFIX)).name.removesuffix(PICKLE_SUFFIX)
    if not engine.startswith(ANN_PREFIX):
        return engine
    return ANN_PREFIX + Path(engine.removeprefix(ANN_PREFIX)).name.removesuffix(MODEL_SUFFIX)


def model_file(engine: str) -> Path:
    """The model file of an engine that is a network, given as ``ann:PATH`` or ``ann:NAME``."""
    return find_model(engine.removeprefix(ANN_PREFIX))


Fingerprint = tuple[str, int, int]
"""An engine, and of its model files the time of the last change and the size of all."""


def fingerprint(engine: str) -> Fingerprint:
    """Differs between two engines, also between two models that were written to the same file one after the other.

    Args:
        engine: as :func:`atomtug.server.engines.create_engine` takes it
    """
    if (mts := MtsName.parse(engine)) is not None:
        parts = fingerprint(mts.reference), fingerprint(mts.cheap)
        return engine, max(part[1] for part in parts), sum(part[2] for part in parts)
    if engine.startswith(ANN_PREFIX):
        try:
            status = model_file(engine).stat()
        except OSError:
            return engine, 0, 0
        return engine, status.st_mtime_ns, status.st_size
    return engine, 0, 0

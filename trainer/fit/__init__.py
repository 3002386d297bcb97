"""Training: labelled geometries to a model.

From the bottom: ``settings``, ``samples`` (geometries in eV and angstrom), ``states`` (their charges and
multiplicities), ``mixtures`` and ``split`` (which of them), ``rebase`` (a model of another level of theory),
``neighbours``, ``projection`` and ``describing`` (descriptors, worked out once), ``blocks`` and ``batches`` (their
shapes), ``step`` (loss and optimiser), ``fit`` (the loop), with ``validation``, ``checkpoint`` and ``log``.
"""

from atomtug.trainer.fit.fit import Fitted, Prepared, data_hash, fit
from atomtug.trainer.fit.log import Log, plot_log, read_log
from atomtug.trainer.fit.mixtures import MIXTURES, PAPER_SIZE, composition, draw, quotas
from atomtug.trainer.fit.rebase import rebased
from atomtug.trainer.fit.samples import Sample, from_data, gather
from atomtug.trainer.fit.settings import Settings
from atomtug.trainer.fit.split import NothingToHoldOut, folds, groups, hold_out
from atomtug.trainer.fit.states import find_conflict, state_warnings
from atomtug.trainer.fit.validation import Validated

__all__ = [
    "MIXTURES",
    "PAPER_SIZE",
    "Fitted",
    "Log",
    "NothingToHoldOut",
    "Prepared",
    "Sample",
    "Settings",
    "Validated",
    "composition",
    "data_hash",
    "draw",
    "find_conflict",
    "fit",
    "folds",
    "from_data",
    "gather",
    "groups",
    "hold_out",
    "plot_log",
    "quotas",
    "read_log",
    "rebased",
    "state_warnings",
]

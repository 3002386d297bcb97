"""Atomtug: pull a reaction through by hand on live quantum mechanics, and keep it as a potential.

Data flows one way: hand -> interaction -> dynamics(engine) -> frame -> {clients, recording} -> labels ->
data set -> network -> engine. Each top-level folder of the checkout is a package:

- ``atomtug.core``        what all share: systems, frames, units, errors
- ``atomtug.protos``      Narupa's gRPC messages
- ``atomtug.wire``        frame keys, state keys, commands, and how values are encoded
- ``atomtug.server``      engines, dynamics, the simulation's process, the session, the transports
- ``atomtug.recordings``  the HDF5 files, and the only code that knows their layout
- ``atomtug.vr_client``   clients that pull: scripted, and in a headset
- ``atomtug.trainer``     labels, data sets, training, evaluation
- ``atomtug.potential``   the neural network potential; trainer and server share it
- ``atomtug.swarm``       many trajectories from one geometry, and their statistics
- ``atomtug.paths``       reaction paths from recordings, their saddle points and barriers
- ``atomtug.workflows``   from hands to a network, as functions for scripts and notebooks
- ``atomtug.cli``         the command line
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from atomtug.core.errors import AtomtugError
from atomtug.core.versions import VERSION as __version__

if TYPE_CHECKING:
    from atomtug.core.frame import AppliedInteraction, Frame
    from atomtug.core.systems import System, load_system

__all__ = ["AppliedInteraction", "AtomtugError", "Frame", "System", "__version__", "load_system"]

_MODULES = {"AppliedInteraction": "frame", "Frame": "frame", "System": "systems", "load_system": "systems"}


def __getattr__(name: str) -> Any:
    # Imported when it is used: NumPy and the elements' tables take longer to load than `atomtug --help` needs.
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.core.{_MODULES[name]}"), name)

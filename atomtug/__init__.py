"""Atomtug: pull a reaction through by hand on live quantum mechanics, and keep it as a potential.

Data flows one way: hand -> interaction -> dynamics(engine) -> frame -> {clients, recording} -> labels ->
dataset -> network -> engine. The packages follow it:

- ``atomtug.protos``      the wire contracts (Narupa's gRPC)
- ``atomtug.server``      engines, dynamics, the session that owns them, one module per transport
- ``atomtug.recordings``  the HDF5 files, and the only code that knows their layout
- ``atomtug.trainer``     labels, data sets, networks
- ``atomtug.vr_client``   hands: scripted, browser, headset

This package holds what all of them share: systems, frames (and how they look on the wire), units and errors.
"""

from importlib.metadata import version

from atomtug.errors import AtomtugError
from atomtug.frame import AppliedInteraction, Frame
from atomtug.systems import System, load_system

__version__ = version("atomtug")
__all__ = ["AppliedInteraction", "AtomtugError", "Frame", "System", "__version__", "load_system"]

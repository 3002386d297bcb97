"""What is simulated: the built-in systems (an alkane and a CN radical) and any structure file."""

from atomtug.core.systems.library import BUILT_IN, UNITS, Unit, describe, load_system
from atomtug.core.systems.system import System

__all__ = ["BUILT_IN", "UNITS", "System", "Unit", "describe", "load_system"]

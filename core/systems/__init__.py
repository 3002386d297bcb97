"""What is simulated: the built-in systems (an alkane and a CN radical) and any XYZ file."""

from atomtug.core.systems.library import BUILT_IN, describe, load_system
from atomtug.core.systems.system import System

__all__ = ["BUILT_IN", "System", "describe", "load_system"]

"""What is simulated: the built-in systems, partners to put beside a molecule, structure files and SMILES."""

from atomtug.core.systems.library import BUILT_IN, UNITS, Unit, describe, load_system
from atomtug.core.systems.partners import PARTNERS
from atomtug.core.systems.system import System

__all__ = ["BUILT_IN", "PARTNERS", "UNITS", "System", "Unit", "describe", "load_system"]

"""Engines: anything that gives energy and forces for a geometry."""

from atomtug.server.engines.base import (
    CompilableEngine,
    ElectronicEngine,
    Engine,
    EngineResult,
    MultipleTimeStepping,
)
from atomtug.server.engines.catalogue import Catalogue
from atomtug.server.engines.names import GUARD, Fingerprint, MtsName, display_name, fingerprint
from atomtug.server.engines.registry import available_engines, create_engine, import_engine

__all__ = [
    "GUARD",
    "Catalogue",
    "CompilableEngine",
    "ElectronicEngine",
    "Engine",
    "EngineResult",
    "Fingerprint",
    "MtsName",
    "MultipleTimeStepping",
    "available_engines",
    "create_engine",
    "display_name",
    "fingerprint",
    "import_engine",
]

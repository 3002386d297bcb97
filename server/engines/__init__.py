"""Engines: anything that gives energy and forces for a geometry."""

from atomtug.server.engines.base import Engine, Evaluation, Integrator, Leap, LeapingEngine
from atomtug.server.engines.catalogue import Catalogue
from atomtug.server.engines.names import display_name, fingerprint
from atomtug.server.engines.registry import available_engines, create_engine

__all__ = [
    "Catalogue",
    "Engine",
    "Evaluation",
    "Integrator",
    "Leap",
    "LeapingEngine",
    "available_engines",
    "create_engine",
    "display_name",
    "fingerprint",
]

"""Engines: anything that gives energy and forces for a geometry."""

from atomtug.server.engines.base import Engine, Evaluation
from atomtug.server.engines.catalogue import Catalogue
from atomtug.server.engines.names import fingerprint, shown
from atomtug.server.engines.registry import available_engines, create_engine

__all__ = [
    "Catalogue",
    "Engine",
    "Evaluation",
    "available_engines",
    "create_engine",
    "fingerprint",
    "shown",
]

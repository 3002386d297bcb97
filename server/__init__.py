"""The server: engines, dynamics, the session that owns them, one module per transport.

:func:`serve` serves atoms and a calculator from a script or a notebook.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from atomtug.server.serving import ServedAtoms, serve

__all__ = ["ServedAtoms", "serve"]


def __getattr__(name: str) -> Any:
    # Imported when it is used: the simulation's process is in this package, too, and needs nothing of it.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.serving"), name)

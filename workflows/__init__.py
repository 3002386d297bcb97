"""The work from hands to a network, as functions for scripts and notebooks; the command line only calls them.

- :func:`steer` and :func:`steer_on` pull reactions through by script and record them

Each takes plain arguments, prints nothing, and gives back what was done. A function is imported when it is asked for,
because what it needs is heavy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from atomtug.workflows.steering import SteeringSeries, steer, steer_on

_HOMES = {"SteeringSeries": "steering", "steer": "steering", "steer_on": "steering"}
"""name -> the module it is defined in"""

__all__ = ["SteeringSeries", "steer", "steer_on"]


def __getattr__(name: str) -> Any:
    """Import a function or class of :data:`__all__` when it is used."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)

"""Makes an engine from its name as a user writes it."""

import contextlib
from importlib import import_module
from pathlib import Path

from atomtug.core.ase_names import ASE_PREFIX, parse_ase_name
from atomtug.core.errors import InputError
from atomtug.core.shipped import MODEL_SUFFIX
from atomtug.core.systems import System
from atomtug.server.engines.base import Engine
from atomtug.server.engines.names import (
    ANN_PREFIX,
    METHODS,
    PICKLED_PREFIX,
    MtsName,
    display_name,
)


def available_engines() -> list[str]:
    """The names that :func:`create_engine` accepts, with placeholders for models and ASE calculators."""
    return [
        *METHODS,
        ANN_PREFIX + f"<model{MODEL_SUFFIX}>",
        ASE_PREFIX + "<import.path>",
        "mts:<slow engine>/<cheap engine>?n=<steps>",
    ]


def create_engine(name: str, system: System, anyway: bool = False, follow_state: bool = True) -> Engine:
    """An engine by name.

    Args:
        name: ``pm6`` or another of Sparrow's methods; ``ann:`` and a model file, or the name of
            a model that comes with atomtug; ``mts:pm6/ann:MODEL?n=4`` for two engines of which the first is asked
            every n steps only (:mod:`atomtug.server.engines.multiple_time_steps`); or
            ``ase:package.module.Class``, with keyword arguments as JSON after a question mark:
            ``ase:tblite.ase.TBLite?{"method": "GFN2-xTB"}``; or ``pickled:`` and a file
            (:mod:`atomtug.server.engines.pickled`)
        system: the atoms it is for
        anyway: take a network even for a charge or multiplicity that it was not trained on
        follow_state: whether Sparrow's methods look for lower electronic states while bonds break

    Raises:
        InputError: no such engine, or it can't be used for these atoms
    """
    if (mts := MtsName.parse(name)) is not None:
        from atomtug.server.engines.multiple_time_steps import MtsEngine

        parts = [create_engine(part, system, anyway, follow_state) for part in (mts.reference, mts.cheap)]
        shown = MtsName(display_name(mts.reference), display_name(mts.cheap), mts.interval)
        return MtsEngine(shown, *parts)
    if name.lower() in METHODS:
        # Each kind is imported only when it is used: JAX takes a second to load, and every one of them takes memory.
        try:
            from atomtug.server.engines.sparrow import SparrowEngine
            from atomtug.server.engines.state_following import StateFollowingEngine
        except ImportError as error:
            raise InputError(
                f"{name} needs SCINE Sparrow, which can't be imported here ({error}). It is published for Python "
                f"3.11 and 3.12 on Linux with an x86-64 processor only. Elsewhere use a network (ann:alkanes) or "
                f"tblite: pip install 'atomtug[tblite]', then the engine 'ase:tblite.ase.TBLite'."
            ) from error
        return StateFollowingEngine(name, system) if follow_state else SparrowEngine(name, system)
    if name.startswith(ANN_PREFIX):
        from atomtug.server.engines.ann import AnnEngine, keep_compiled

        keep_compiled()
        return AnnEngine(name.removeprefix(ANN_PREFIX), system, anyway)
    if name.startswith(ASE_PREFIX):
        from atomtug.server.engines.ase_engine import AseEngine

        path, arguments = parse_ase_name(name)
        return AseEngine(path, system, arguments)
    if name.startswith(PICKLED_PREFIX):
        from atomtug.server.engines.pickled import PickledEngine

        return PickledEngine(Path(name.removeprefix(PICKLED_PREFIX)), system)
    raise InputError(f"There is no engine called {name!r}: use one of {', '.join(available_engines())}.")


def import_engine(name: str) -> None:
    """Import what :func:`create_engine` needs for an engine of this name, ahead of its call.

    A name or a library that there isn't is none of its concern: :func:`create_engine` says so.
    """
    with contextlib.suppress(ImportError):
        if name.lower() in METHODS:
            import_module("atomtug.server.engines.state_following")
        elif name.startswith(ANN_PREFIX):
            import_module("atomtug.server.engines.ann")

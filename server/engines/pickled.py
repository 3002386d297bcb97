"""A calculator that was made in another process, e.g. in a notebook, as an engine: ``pickled:FILE``.

The file holds the calculator, or a function that makes it, as cloudpickle writes it: classes and functions that were
defined in a notebook go along. It is as trustworthy as who wrote it: loading it runs its code.
"""

import pickle
import re
import sys
from collections.abc import Callable
from pathlib import Path

import cloudpickle
from ase.calculators.calculator import Calculator

from atomtug.core.errors import InputError
from atomtug.core.systems import System
from atomtug.server.engines.ase_engine import AseEngine
from atomtug.server.engines.names import PICKLE_SUFFIX, PICKLED_PREFIX

CalculatorSource = Calculator | Callable[[], Calculator]
"""A calculator, or a function that makes it."""


def pickle_calculator(source: CalculatorSource, folder: Path) -> str:
    """Write a calculator to a file.

    Args:
        source: the calculator; one that can't be pickled (an open file, a library's handle) needs a function
        folder: for the file

    Returns:
        the engine's name, as :func:`atomtug.server.engines.create_engine` takes it

    Raises:
        InputError: it can't be pickled
    """
    kind: object = source if _makes(source) else type(source)
    name = f"{getattr(kind, '__module__', '')}.{getattr(kind, '__qualname__', type(source).__name__)}".strip(
        "."
    )
    path = folder / (re.sub(r"[^\w.]", "", name) + PICKLE_SUFFIX)
    try:
        # The path of imports comes first: what was imported there from a folder beside the notebook has to be found.
        content = pickle.dumps(([str(Path(each).absolute()) for each in sys.path], cloudpickle.dumps(source)))
    except Exception as error:  # whatever its attributes raise
        raise InputError(
            f"{name} can't be passed to the simulation's process ({error}): give a function that makes it, e.g. "
            f"lambda: MyCalculator(...)."
        ) from error
    path.write_bytes(content)
    return f"{PICKLED_PREFIX}{path}"


class PickledEngine(AseEngine):
    """The calculator in a file that :func:`pickle_calculator` wrote.

    Args:
        path: of the file
        system: as for :class:`~atomtug.server.engines.ase_engine.AseEngine`

    Raises:
        InputError: the file can't be read, or holds no calculator
    """

    def __init__(self, path: Path, system: System) -> None:
        try:
            self._content = path.read_bytes()
        except OSError as error:
            raise InputError(
                f"The calculator in {path} can't be read ({error.strerror or error})."
            ) from error
        super().__init__(path.name.removesuffix(PICKLE_SUFFIX), system)

    def _create(self) -> Calculator:
        try:
            folders, content = pickle.loads(self._content)
            sys.path += [each for each in folders if each not in sys.path]
            source = pickle.loads(content)
            calculator: Calculator = source() if _makes(source) else source
        except Exception as error:  # whatever it needs and does not find here
            raise InputError(
                f"{self._path} can't be made in the simulation's process ({type(error).__name__}: {error})."
            ) from error
        if not hasattr(calculator, "calculate"):
            raise InputError(
                f"{self._path} gave a {type(calculator).__name__}, which is no ASE calculator: it has no calculate()."
            )
        return calculator


def _makes(source: object) -> bool:
    """Whether it is a class or function that makes a calculator, and not one itself."""
    return isinstance(source, type) or not hasattr(source, "calculate")

"""ASE calculators for simulation processes: harmonic, quick, and going wrong when a test wants it.

A test writes what should happen into the file that the calculator was told to watch:

    raise     an exception
    nan       an energy that is not a number
    hang      a calculation that never ends
    exit      the process ends with code 7
    leave     the process exits, politely
    segv      the process crashes
    kill      the process is killed
    ruin      the process ends, and from then on every calculation is an exception

alone for the next calculation only, with ``after 2`` before it for the third from now, or with ``always`` for
every one from then on.
"""

import os
import signal
import sys
import time
from pathlib import Path
from typing import ClassVar

import numpy as np
from ase.calculators.calculator import Calculator, all_changes

STIFFNESS = 5.0  # eV/angstrom^2


class Harmonic(Calculator):
    """Each atom on a spring to where it was first seen."""

    implemented_properties: ClassVar = ["energy", "forces"]

    def __init__(self, stiffness: float = STIFFNESS, **kwargs) -> None:
        super().__init__(**kwargs)
        self.stiffness = stiffness

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        if "numbers" in system_changes and not hasattr(type(self), "anchors"):
            type(self).anchors = atoms.positions.copy()
        away = (
            atoms.positions - type(self).anchors
            if len(atoms) == len(type(self).anchors)
            else 0 * atoms.positions
        )
        self.results = {
            "energy": 0.5 * self.stiffness * float(np.sum(away**2)),
            "forces": -self.stiffness * away,
        }


class Gated(Harmonic):
    """Harmonic; for other molecules than the first it waits in each calculation until the file ``go`` is there."""

    def __init__(self, folder: str, **kwargs) -> None:
        super().__init__(**kwargs)
        self.folder = Path(folder)

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
        if len(atoms) != 7:
            (self.folder / "waits").touch()
            while not (self.folder / "go").exists():
                time.sleep(0.01)
        super().calculate(atoms, properties, system_changes)


class Faulty(Harmonic):
    """Harmonic, until the watched file says otherwise."""

    def __init__(self, watch: str, **kwargs) -> None:
        super().__init__(**kwargs)
        self.watch = Path(watch)

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        try:
            order = self.watch.read_text()
        except FileNotFoundError:
            return
        if order.startswith("after "):
            _, count, how = order.split()
            self.watch.write_text(how if count == "1" else f"after {int(count) - 1} {how}")
            return
        if not order.startswith("always"):
            self.watch.unlink()
        self.go_wrong(order.split()[-1])

    def go_wrong(self, how: str) -> None:
        if how == "raise":
            raise RuntimeError("the test wanted it so")
        if how == "nan":
            self.results["energy"] = np.nan
        elif how == "hang":
            while True:
                time.sleep(3600)
        elif how == "exit":
            os._exit(7)
        elif how == "ruin":
            self.watch.write_text("always raise")
            os._exit(7)
        elif how == "leave":
            sys.exit("leaving politely")
        elif how == "segv":
            os.kill(os.getpid(), signal.SIGSEGV)
        elif how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        else:
            raise AssertionError(f"no such fault: {how}")


class Fenced(Harmonic):
    """Ends its process when the last atom is more than ``reach`` angstrom from where it began."""

    def __init__(self, reach: float, **kwargs) -> None:
        super().__init__(**kwargs)
        self.reach = reach

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        if np.linalg.norm(atoms.positions[-1] - type(self).anchors[-1]) > self.reach:
            time.sleep(1.0)  # what the process has to say, that it was loaded, is said before it ends
            os._exit(9)


class Unwilling(Harmonic):
    """Can't do more than so many atoms."""

    def __init__(self, most: int, how: str = "raise", **kwargs) -> None:
        super().__init__(**kwargs)
        self.most, self.how = most, how

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        if len(atoms) > self.most:
            if self.how == "exit":
                os._exit(5)
            raise RuntimeError(f"{len(atoms)} atoms are too many")


class Slow(Harmonic):
    """Takes its time, seconds a calculation, after the first."""

    def __init__(self, seconds: float, **kwargs) -> None:
        super().__init__(**kwargs)
        self.seconds, self.first = seconds, True

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        if not self.first:
            time.sleep(self.seconds)
        self.first = False


class Waiting(Harmonic):
    """Harmonic, but the first calculation waits until a file is there.

    Args:
        until: path of the file
    """

    def __init__(self, until: str, **kwargs) -> None:
        super().__init__(**kwargs)
        self.until = Path(until)

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
        while not self.until.exists():
            time.sleep(0.01)
        super().calculate(atoms, properties, system_changes)

"""How costs grow with the number of atoms: energy and forces, MD steps/s, memory, DFT labels, and peers beside them.

python benchmarks/costs.py [--json] [--quick] [--save FILE] [--page FILE] [--plot FILE]

- Energy and forces: PM6 (SCINE Sparrow) and GFN2-xTB (tblite) on one thread, the shipped network `alkanes` (a
  committee of four), `pm6-alkanes` (one network), and one network of random weights with the descriptor and layers of
  TorchANI beside it, on all cores; TorchANI in an environment of its own. Alkanes with CN of 7 to 94 atoms (34: a
  straight chain); straight chains of 202 and 400 atoms for networks only. All take turns on the same geometries,
  small steps as a trajectory has them; medians. The first run on a machine compiles the networks, which takes minutes
  more.
- MD steps/s: the dynamics without a server, at 300 K.
- Memory: the peak of a process that does nothing else (Linux's VmHWM).
- Labels: seconds of one core that the shipped labels took (PBE/def2-TZVP), as their files say; two threads for
  squalane. They are not measured again.
- Exponents: of a straight line through the logarithms, from 16 atoms on.

`--page docs/costs.md --plot docs/costs.png` puts tables and figure where readers find them.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from ani_forces import TorchANIForces
from network import SET_6, geometries
from report import print_json, print_table

from atomtug.core.arrays import Floats
from atomtug.core.systems import System, load_system
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.server.dynamics.simulation import Simulation
from atomtug.server.engines import create_engine

NAMED = ("methane", "isobutane", "2-isohexane", "squalane")
CHAINS = (10, 66, 132)
"""Carbons."""
PM6, GFN2 = "PM6", "GFN2-xTB"
COMMITTEE, ONE = "alkanes (4 networks)", "pm6-alkanes (1 network)"
SAME, ANI = "network as TorchANI's", "TorchANI"
ENGINES = {
    PM6: "pm6",
    GFN2: 'ase:tblite.ase.TBLite?{"method": "GFN2-xTB", "verbosity": 0}',
    COMMITTEE: "ann:alkanes",
    ONE: "ann:pm6-alkanes",
}
ALIVE = (PM6, GFN2, COMMITTEE)
"""Of which MD steps/s and memory are told."""
WEIGHED = (7, 22, 94, 202, 400)
"""Atoms with which memory is measured."""
NETWORKS = (COMMITTEE, ONE, SAME, ANI)
HIDDEN = (62, 142)
FIT_FROM = 16
"""Atoms."""
DATA = Path(__file__).parents[1] / "data"
Evaluate = Callable[[Floats], Any]


def chain(carbons: int) -> System:
    """A straight alkane, with CN 4 angstrom beside its middle: 3 atoms a carbon and 4 more."""
    numbers, positions = [], []
    for index in range(carbons):
        x, side = 1.27 * index, 1.0 if index % 2 else -1.0
        numbers += [6, 1, 1]
        positions += [(x, 0.42 * side, 0.0), (x, 1.05 * side, 0.88), (x, 1.05 * side, -0.88)]
        if index in (0, carbons - 1):
            numbers.append(1)
            positions.append((x + (0.9 if index else -0.9), -0.25 * side, 0.0))
    middle = 1.27 * carbons / 2
    numbers += [6, 7]
    positions += [(middle, 0.0, 4.5), (middle, 0.0, 5.67)]
    return System(f"chain of {carbons}", np.array(numbers), np.array(positions), 0, 2)


def systems(quick: bool) -> list[System]:
    """Those that are measured, by size."""
    found = [*map(load_system, NAMED[: 3 if quick else None]), *map(chain, CHAINS[: 2 if quick else None])]
    return sorted(found, key=lambda system: len(system.numbers))


def evaluators(system: System) -> dict[str, Evaluate]:
    """What gives energy and forces of a system, by name."""
    from atomtug.potential import Architecture, Evaluator, Model

    small = len(system.numbers) <= 100
    wanted = {name: engine for name, engine in ENGINES.items() if small or name in NETWORKS}
    found: dict[str, Evaluate] = {
        name: create_engine(engine, system).evaluate for name, engine in wanted.items()
    }
    model = Model.untrained(Architecture((1, 6, 7), SET_6, HIDDEN, members=1))
    found[SAME] = Evaluator(model, system.numbers).evaluate
    return found


def energy_and_forces(system: System, seconds: float, theirs: TorchANIForces | None) -> dict[str, float]:
    """Milliseconds of each, about so many seconds for each."""
    found = evaluators(system)
    places = geometries(system.positions, 400)
    if theirs is not None:
        theirs.take(system.numbers)
        found[ANI] = theirs.evaluate
    took: dict[str, list[float]] = {name: [] for name in found}
    for evaluate in found.values():
        evaluate(places[0])
    for number in range(1, len(places)):
        for name, evaluate in found.items():
            # Slow ones are not repeated for longer than is needed for a median of three.
            if len(took[name]) >= 3 and sum(took[name]) > 1e3 * seconds:
                continue
            began = time.perf_counter()
            evaluate(places[number])
            took[name].append(1e3 * (time.perf_counter() - began))
    return {name: median(values) for name, values in took.items()}


def steps_per_second(system: System, engine: str, seconds: float) -> float:
    """MD steps/s, compiled and warm."""
    settings = DynamicsSettings(wall_radius=0.0)
    simulation = Simulation(system, create_engine(engine, system), settings)
    simulation.warm_up()
    most, done = 1, 0
    simulation.advance(1)
    began = time.perf_counter()
    while (passed := time.perf_counter() - began) < seconds or done < 2:
        done += simulation.advance(most)
        most = max(1, min(int(0.2 * done / max(passed, 1e-3)), 64))
    return done / (time.perf_counter() - began)


def memory(name: str, atoms: int) -> float:
    """Peak of a process in MB."""
    done = subprocess.run(
        [sys.executable, __file__, "--memory", name, str(atoms)], capture_output=True, text=True, check=True
    )
    return float(done.stdout.split()[-1])


def print_memory(name: str, atoms: int) -> None:
    """In the process of :func:`memory`: three calls, and what they took at most."""
    system = next(each for each in systems(quick=False) if len(each.numbers) == atoms)
    engine = create_engine(ENGINES[name], system)
    for positions in geometries(system.positions, 3):
        engine.evaluate(positions)
    # getrusage's peak is at least that of the process it was started by.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    print(int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024)


def label_seconds() -> dict[int, float]:
    """Seconds of one core that a label took, the median, by the number of atoms."""
    from atomtug.trainer.data import read

    found: dict[int, list[float]] = {}
    for file in ("train.h5", "squalane.h5"):
        for molecule in read(DATA / file):
            seconds = molecule.seconds[molecule.converged]
            found.setdefault(len(molecule.numbers), []).extend(seconds[seconds > 0.0])
    return {atoms: float(np.median(seconds)) for atoms, seconds in sorted(found.items()) if seconds}


def exponent(values: Mapping[int, float]) -> float | None:
    """Of a power law through values by atoms; None for fewer than three."""
    kept = {atoms: value for atoms, value in values.items() if atoms >= FIT_FROM and value > 0.0}
    if len(kept) < 3:
        return None
    return float(np.polyfit(np.log(list(kept)), np.log(list(kept.values())), 1)[0])


def measure(quick: bool) -> dict[str, Any]:
    seconds = 0.3 if quick else 1.0
    theirs: TorchANIForces | None = None
    began = time.perf_counter()
    try:
        theirs = TorchANIForces(SET_6, HIDDEN)
    except RuntimeError as error:
        print(error, file=sys.stderr)
    times: dict[str, dict[int, float]] = {}
    speeds: dict[str, dict[int, float]] = {}
    peaks: dict[str, dict[int, float]] = {}
    try:
        for system in systems(quick):
            atoms = len(system.numbers)
            for name, value in energy_and_forces(system, seconds, theirs).items():
                times.setdefault(name, {})[atoms] = value
            for name in ALIVE:
                if atoms in times.get(name, ()):
                    speeds.setdefault(name, {})[atoms] = steps_per_second(system, ENGINES[name], seconds)
                    if not quick and atoms in WEIGHED:
                        peaks.setdefault(name, {})[atoms] = memory(name, atoms)
            print(f"{system.name}, {atoms} atoms: {time.perf_counter() - began:.0f} s", file=sys.stderr)
    finally:
        if theirs is not None:
            peaks[ANI] = {0: theirs.peak()}
            theirs.close()
    labels = label_seconds()
    return {
        "load": os.getloadavg()[0],
        "e_f_ms": times,
        "steps_per_s": speeds,
        "memory_mb": peaks,
        "label_s": labels,
        "exponents": {
            **{name: exponent(values) for name, values in times.items()},
            "label": exponent(labels),
        },
        "memory_exponents": {name: exponent(values) for name, values in peaks.items()},
    }


def tables(result: Mapping[str, Any]) -> list[tuple[str, list[str], list[list[str]]]]:
    """Title, header and rows of each."""
    atoms = sorted({count for values in result["e_f_ms"].values() for count in values})

    def cells(values: Mapping[int, float], form: str = ".3g") -> list[str]:
        return [_number(values[count], form) if count in values else "" for count in atoms]

    def power(value: float | None) -> str:
        return "" if value is None else f"{value:.1f}"

    header = ["", *map(str, atoms), "exponent"]
    times = [[n, *cells(v), power(result["exponents"][n])] for n, v in result["e_f_ms"].items()]
    times.append(["DFT label, s of one core", *cells(result["label_s"]), power(result["exponents"]["label"])])
    found = [("Energy and forces, ms, by atoms", header, times)]
    speeds = [[name, *cells(values)] for name, values in result["steps_per_s"].items()]
    found.append(("MD steps/s, by atoms", header[:-1], speeds))
    peaks = [
        [name, *cells(values, ".0f"), power(result["memory_exponents"][name])]
        for name, values in result["memory_mb"].items()
        if name != ANI
    ]
    if peaks:
        found.append(("Peak memory of a process, MB, by atoms", header, peaks))
    return found


def _number(value: float, form: str) -> str:
    return f"{value:.0f}" if value >= 100 else format(value, form)


def write_page(result: Mapping[str, Any], page: Path) -> None:
    """Replace what stands between the page's two marks by the tables."""
    begin, end = "<!-- costs.py begins -->", "<!-- costs.py ends -->"
    text = page.read_text(encoding="utf-8")
    before, after = text.split(begin)[0], text.split(end)[1]
    parts = [f"Load of the machine at the end of the run: {result['load']:.1f}."]
    for title, header, rows in tables(result):
        lines = [header, ["---"] * len(header), *rows]
        parts.append(f"**{title}**\n\n" + "\n".join(f"| {' | '.join(row)} |" for row in lines))
    if ANI in result["memory_mb"]:
        parts.append(f"TorchANI's process took {result['memory_mb'][ANI][0]:.0f} MB at most, over all sizes.")
    page.write_text(before + begin + "\n\n" + "\n\n".join(parts) + "\n\n" + end + after, encoding="utf-8")


def plot(result: Mapping[str, Any], path: Path) -> None:
    """Both axes logarithmic, time for energy and forces above atoms."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7.0, 4.6))
    curves = {**result["e_f_ms"], "DFT label (one core)": {a: 1e3 * s for a, s in result["label_s"].items()}}
    for (name, values), marker in zip(curves.items(), "os^vD*P", strict=False):
        power = result["exponents"].get(name if name in result["exponents"] else "label")
        label = name if power is None else f"{name}: N^{power:.1f}"
        axes.loglog(list(values), list(values.values()), marker=marker, label=label, linewidth=1.2)
    axes.set_xlabel("atoms")
    axes.set_ylabel("energy and forces, ms")
    axes.grid(alpha=0.3, which="both")
    axes.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    parser.add_argument("--quick", action="store_true", help="four sizes, shorter, no memory")
    parser.add_argument("--save", type=Path, help="write the JSON object to a file, too")
    parser.add_argument("--page", type=Path, help="a page whose tables are replaced")
    parser.add_argument("--plot", type=Path, help="the figure")
    parser.add_argument("--memory", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory:
        print_memory(options.memory[0], int(options.memory[1]))
        return
    result = measure(options.quick)
    for title, header, rows in tables(result):
        print_table(title, header, rows)
    if options.save:
        options.save.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    if options.page:
        write_page(result, options.page)
    if options.plot:
        plot(result, options.plot)
    if options.json:
        print_json(result)


if __name__ == "__main__":
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    main()

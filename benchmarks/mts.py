"""Multiple time steps: how fast is PM6 that is asked every n steps only, and what does it do to the dynamics?

python benchmarks/mts.py [--json] [--quick] [--cheap ENGINE]

- Energy: methane + CN and isobutane + CN at constant energy, 0.5 fs; the slope of a straight line through the total
  energy at the steps at which PM6 was asked, and what is left around the line. Also for n = 4 with a network that
  was trained on other energies (`alkanes`: PBE), where the impulses are ten times as strong.
- Temperature: the mean over Langevin dynamics at 300 K, and its standard error from ten blocks.
- Speed: squalane + CN, MD steps/s without a server, PM6 alone and n of 4 and 6 in turns, one thread for PM6; and the
  ratio to PM6 alone, the median over the turns.

The speed's table comes first; what is running after it is said on standard error.
"""

import argparse
import sys
import time
from statistics import median
from typing import Any

import numpy as np
from report import print_json, print_table

from atomtug.core.systems import load_system
from atomtug.core.units import KCALMOL_PER_EV
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.server.dynamics.simulation import Simulation
from atomtug.server.engines import create_engine

INTERVALS = (1, 2, 4, 6)
SYSTEMS = ("methane", "isobutane")
TIMESTEP = 0.5
CHEAP, OTHER = "ann:pm6-alkanes", "ann:alkanes"
OTHER_INTERVAL = 4


def simulate(system: str, engine: str, thermostat: str) -> Simulation:
    """One that has just been started."""
    atoms = load_system(system)
    settings = DynamicsSettings(timestep=TIMESTEP, thermostat=thermostat, wall_radius=1.0, seed=3)  # type: ignore[arg-type]
    return Simulation(atoms, create_engine(engine, atoms), settings)


def energy(system: str, cheap: str, interval: int, picoseconds: float) -> dict[str, float]:
    """Drift in kcal/mol/ps, and the deviation from the line in kcal/mol."""
    simulation = simulate(system, f"mts:pm6/{cheap}?n={interval}", "nve")
    times, totals = [], []
    for step in range(1, round(1e3 * picoseconds / TIMESTEP) + 1):
        simulation.step()
        if step % interval == 0:
            frame = simulation.frame()
            times.append(frame.step * TIMESTEP / 1e3)
            totals.append((frame.energy + frame.kinetic_energy + frame.wall_energy) * KCALMOL_PER_EV)
    line = np.polyfit(times, totals, 1)
    return {"drift": float(line[0]), "deviation": float(np.std(totals - np.polyval(line, times)))}


def temperature(system: str, cheap: str, interval: int, picoseconds: float) -> dict[str, float]:
    """Mean temperature in K, and its standard error."""
    simulation = simulate(system, f"mts:pm6/{cheap}?n={interval}", "langevin")
    seen = []
    for step in range(1, round(1e3 * picoseconds / TIMESTEP) + 1):
        simulation.step()
        if step % interval == 0:
            seen.append(simulation.frame().temperature)
    blocks = [float(np.mean(block)) for block in np.array_split(seen[len(seen) // 5 :], 10)]
    return {"mean": float(np.mean(blocks)), "error": float(np.std(blocks) / 3.0)}


def speed(cheap: str, rounds: int) -> dict[str, dict[str, float]]:
    """MD steps/s of squalane + CN and their ratio to PM6's own, medians over rounds."""
    engines = {"pm6": "pm6", **{str(n): f"mts:pm6/{cheap}?n={n}" for n in (4, 6)}}
    simulations = {name: simulate("squalane", engine, "langevin") for name, engine in engines.items()}
    steps = {"pm6": 2, "4": 4, "6": 6}
    found: dict[str, list[float]] = {name: [] for name in engines}
    for turn in range(rounds + 1):
        for name, simulation in simulations.items():
            began = time.perf_counter()
            for _ in range(steps[name]):
                simulation.step()
            if turn:  # the first compiles
                found[name].append(steps[name] / (time.perf_counter() - began))
    return {
        name: {
            "steps_per_s": median(values),
            "ratio": median(mine / alone for mine, alone in zip(values, found["pm6"], strict=True)),
        }
        for name, values in found.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    parser.add_argument("--quick", action="store_true", help="less of everything, less sure figures")
    parser.add_argument("--cheap", default=CHEAP, help="the engine between PM6's steps")
    options = parser.parse_args()
    picoseconds, rounds = (0.3, 2) if options.quick else (3.0, 8)
    result: dict[str, Any] = {"squalane": speed(options.cheap, rounds), "runs": []}
    print_table(
        "squalane + CN, MD steps/s",
        ("engine", "steps/s", "to pm6"),
        [
            (
                "pm6" if name == "pm6" else f"mts:pm6/{options.cheap}?n={name}",
                f"{values['steps_per_s']:.1f}",
                f"{values['ratio']:.2f}",
            )
            for name, values in result["squalane"].items()
        ],
    )
    kinds = [*((options.cheap, interval) for interval in INTERVALS), (OTHER, OTHER_INTERVAL)]
    for system in SYSTEMS:
        for cheap, interval in kinds:
            print(f"{system} + CN, mts:pm6/{cheap}?n={interval}", file=sys.stderr)
            row: dict[str, Any] = {"system": system, "cheap": cheap, "n": interval}
            row |= energy(system, cheap, interval, picoseconds)
            if cheap == options.cheap:
                row |= temperature(system, cheap, interval, 2 * picoseconds)
            result["runs"].append(row)
    print_table(
        f"PM6 every n steps of {TIMESTEP} fs",
        ("+ CN", "between", "n", "drift, kcal/mol/ps", "deviation, kcal/mol", "temperature, K", "+-"),
        [
            (
                row["system"],
                row["cheap"],
                row["n"],
                f"{row['drift']:.3f}",
                f"{row['deviation']:.3f}",
                f"{row['mean']:.0f}" if "mean" in row else "",
                f"{row['error']:.0f}" if "mean" in row else "",
            )
            for row in result["runs"]
        ],
    )
    if options.json:
        print_json(result)


if __name__ == "__main__":
    main()

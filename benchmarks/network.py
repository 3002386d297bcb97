"""The network beside PM6: energy and forces of squalane + CN (94 atoms).

python benchmarks/network.py [--json] [--rounds N] [--model FILE]

PM6 (Sparrow, energy and gradient, one thread) and the network take turns on the same geometries, small steps as
in a trajectory, so that a busy machine hits both; the speedup is the median over the rounds of PM6's time over
the network's. The network is the paper's for training set 6 (n_basis 16, r_cut 3.096 A, hidden 62 and 142), with
random weights unless a model is given, on all cores. Every call starts from positions and makes its own lists.
"""

import argparse
import os
import sys
import time
from statistics import median
from typing import Any

import numpy as np
from report import print_json, print_table

from atomtug.potential import Architecture, Evaluator, Model, SymmetryFunctions, load_model
from atomtug.potential.nearby import list_sizes
from atomtug.server.engines import create_engine
from atomtug.server.process import THREADS
from atomtug.systems import load_system

SYSTEM = "squalane"
SET_6 = SymmetryFunctions(n_basis=16, r_min=0.8, r_cut=3.0959, tau=1.7612)
CALLS = 20
"""Of the network for each of PM6."""


def geometries(positions: np.ndarray, count: int) -> list[np.ndarray]:
    """As a trajectory has them: each a small step from the one before, all near the start."""
    random = np.random.default_rng(0)
    shift = random.normal(0.0, 0.05, positions.shape)
    result = []
    for _ in range(count):
        shift = 0.99 * shift + random.normal(0.0, 0.05 * np.sqrt(1 - 0.99**2), positions.shape)
        result.append(positions + shift)
    return result


def measure(rounds: int, model_path: str | None) -> dict[str, Any]:
    system = load_system(SYSTEM)
    steps = geometries(system.positions, rounds * CALLS)
    pm6 = create_engine("pm6", system)
    evaluators = {}
    for members in (1, 4):
        architecture = Architecture((1, 6, 7), SET_6, (62, 142), members=members)
        evaluators[members] = Evaluator(Model.untrained(architecture), system.numbers)
    if model_path:
        model = load_model(model_path)
        evaluators[model.architecture.members] = Evaluator(model, system.numbers)
    pm6.evaluate(steps[0])
    for evaluator in evaluators.values():
        evaluator.evaluate(steps[0])
    took: dict[Any, list[float]] = {"pm6": [], **{members: [] for members in evaluators}}
    for number in range(rounds):
        batch = steps[number * CALLS : (number + 1) * CALLS]
        began = time.perf_counter()
        pm6.evaluate(batch[0])
        took["pm6"].append(1e3 * (time.perf_counter() - began))
        for members, evaluator in evaluators.items():
            began = time.perf_counter()
            for positions in batch:
                evaluator.evaluate(positions)
            took[members].append(1e3 * (time.perf_counter() - began) / CALLS)
    times = {key: median(values) for key, values in took.items()}
    speedups = {
        members: median(slow / fast for slow, fast in zip(took["pm6"], took[members], strict=True))
        for members in evaluators
    }
    first = evaluators[1]
    rows = first.arguments(steps[0]).rows
    order = np.argsort(np.asarray(system.numbers), kind="stable")
    pairs, chunks = list_sizes(steps[0][order], rows, first.layout, SET_6.r_cut)
    return {
        "atoms": len(system.numbers),
        "pairs": pairs,
        "chunks": chunks,
        "load": os.getloadavg()[0],
        "pm6_ms": times["pm6"],
        **{f"squalane_ms_{members}": times[members] for members in evaluators},
        **{f"squalane_speedup_{members}": speedup for members, speedup in speedups.items()},
        "squalane_ms": times[1],
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="the last line is a JSON object")
    parser.add_argument("--rounds", type=int, default=15, help="calls of PM6")
    parser.add_argument("--model", help="a model file to time in place of random weights")
    arguments = parser.parse_args()
    if any(os.environ.get(name) != value for name, value in THREADS.items()):
        # PM6 is fastest on one thread, as the server runs it. The libraries read this when they are loaded.
        os.environ.update(THREADS)
        os.execv(sys.executable, [sys.executable, *sys.argv])
    result = measure(arguments.rounds, arguments.model)
    members = [int(key.rsplit("_", 1)[1]) for key in result if key.startswith("squalane_speedup_")]
    print_table(
        f"{SYSTEM} + CN, {result['atoms']} atoms, {result['pairs']} pairs: energy and forces "
        f"(load {result['load']:.1f})",
        ("", "ms", "faster than PM6"),
        [("PM6", result["pm6_ms"], "")]
        + [
            (
                "network" if count == 1 else f"committee of {count}",
                result[f"squalane_ms_{count}"],
                f"{result[f'squalane_speedup_{count}']:.0f}",
            )
            for count in members
        ],
    )
    if arguments.json:
        print_json(result)


if __name__ == "__main__":
    main()

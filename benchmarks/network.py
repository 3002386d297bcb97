"""The network: its speed beside PM6, the time to train it beside TorchANI, and how good the shipped models are.

python benchmarks/network.py [--json] [--rounds N] [--model FILE] [--heldout MODEL] [--no-training]
                             [--against REVISION]

- Energy and forces of squalane + CN (94 atoms): PM6 (Sparrow, energy and gradient, one thread) and the network
  take turns on the same geometries, small steps as in a trajectory, so that a busy machine hits both; the speedup
  is the median over the rounds of PM6's time over the network's. The network is the paper's for training set 6
  (n_basis 16, r_cut 3.096 A, hidden 62 and 142), with random weights unless a model is given, on all cores. Every
  call starts from positions and makes its own lists.
- The same by the shipped model, its first member and the committee, beside an earlier revision's code and model: see
  earlier.py beside this file.
- Training with forces: see training.py beside this file.
- Scores on held-out trajectories of data/heldout.h5 that the model has not seen, the constant offset of each
  removed.
"""

import argparse
import os
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

import earlier
import numpy as np
import training
from report import print_json, print_table

from atomtug.core.systems import load_system
from atomtug.potential import Architecture, Evaluator, Model, SymmetryFunctions, load_model
from atomtug.potential.nearby import list_sizes
from atomtug.server.engines import create_engine
from atomtug.server.process.worker_process import THREADS
from atomtug.trainer.data import read
from atomtug.trainer.evaluation import evaluate_model
from atomtug.trainer.fit import gather

SYSTEM = "squalane"
SET_6 = SymmetryFunctions(n_basis=16, r_min=0.8, r_cut=3.0959, tau=1.7612)
CALLS = 20
"""Of the network for each of PM6."""
DATA = Path(__file__).parents[1] / "data"


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


def compare(rounds: int, revision: str) -> dict[str, Any]:
    """The shipped model beside that of an earlier revision."""
    system = load_system(SYSTEM)
    return earlier.compare(system.numbers, geometries(system.positions, CALLS), rounds, revision)


def heldout(model_path: Path) -> dict[str, dict[str, float]]:
    """Scores of a model on each held-out trajectory."""
    data = read(DATA / "heldout.h5")
    names = {entry.key: entry.name for entry in data.trajectories}
    evaluation = evaluate_model(load_model(model_path), gather([data]), names)
    kept = ("mae_kcal", "r2", "force_mae_kcal_A")
    return {
        curve.name: {key: value for key, value in curve.scores["network"].to_plain().items() if key in kept}
        for curve in evaluation.curves
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="the last line is a JSON object")
    parser.add_argument("--rounds", type=int, default=15, help="calls of PM6")
    parser.add_argument("--model", help="a model file to time in place of random weights")
    parser.add_argument(
        "--heldout", type=Path, default=DATA / "models" / "set-6.safetensors", help="the model that is scored"
    )
    parser.add_argument("--no-training", action="store_true", help="leave out the training beside TorchANI")
    parser.add_argument(
        "--against", default=earlier.REVISION, help="the revision whose step ours is compared with"
    )
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
    result.update(compare(arguments.rounds, arguments.against))
    if result["ratio_1"] is not None:
        print_table(
            f"The shipped model's energy and forces of the same, beside revision {arguments.against}",
            ("", "ms", "before", "ratio"),
            [
                (name, *(result[f"{key}_{members}"] for key in ("alkanes_ms", "earlier_ms", "ratio")))
                for members, name in ((1, "one network"), (4, "committee of 4"))
            ],
        )
    # The keys that the issue names are there whatever could be measured.
    result["epoch_ratio_torchani"] = None
    if not arguments.no_training:
        result.update(training.measure(arguments.rounds))
        rows = [("ours", result["epoch_s"])]
        if "epoch_s_torchani" in result:
            rows.append(("TorchANI", result["epoch_s_torchani"]))
        print_table(
            f"Training with forces, {training.GEOMETRIES} geometries of isopentane + CN, one network an element "
            f"(ours works descriptors out before the first epoch: {result['epoch_prepare_s']:.0f} s)",
            ("", "s an epoch"),
            rows,
        )
    result["heldout"] = heldout(arguments.heldout)
    print_table(
        f"Held-out trajectories, {arguments.heldout.name}",
        ("", "energy MAE (kcal/mol)", "R2", "forces MAE (kcal/mol/A)"),
        [
            (name, score["mae_kcal"], score.get("r2", ""), score.get("force_mae_kcal_A", ""))
            for name, score in result["heldout"].items()
        ],
    )
    if arguments.json:
        print_json(result)


if __name__ == "__main__":
    main()

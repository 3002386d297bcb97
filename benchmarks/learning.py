"""Does the network learn what a hand shows it, and does the hand not feel it?

python benchmarks/learning.py [--json] [--minutes 10] [--alone-minutes 3] [--keep FOLDER]

Isopentane + CN on set 3's network (methane, ethane and isobutane; no isopentane), 30 frames/s. A scripted hand takes
a hydrogen off, rests for two seconds, and begins again; another client measures the time from UpdateState to the
frame that shows it, a third takes every frame. First for some minutes without learning, then with `--learn`, whose
trainings see the 600 labels of set 3 as old ones.

- first swap: minutes from the hand's first pull to the first frame by a learned network
- error: mean absolute error of the energies of the held-out isopentane trajectory, before and with the last network
- flagged: share of the frames that the network was not sure of, before the first swap and in the last fifth
- ratios: frames/s and the 99th percentile of the latency, with learning to without

Two cores and nothing else: a learner of the idle class has only the time that others leave.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import quantiles
from typing import Any

import numpy as np
from report import print_json, print_table

from atomtug.core.shipped import shipped_data, shipped_models
from atomtug.trainer.data import DataSet, read, write
from atomtug.trainer.fit import draw, gather
from atomtug.workflows.live_networks import read_networks
from atomtug.workflows.training import evaluate

HERE = Path(__file__).parent
MODEL = shipped_models() / "set-3.safetensors"
CLIENTS = ("hand", "watch", "latency")


def old_labels(path: Path) -> None:
    """The labels of set 3, drawn as for its model: none of isopentane."""
    data = read(shipped_data())
    samples = gather([data])
    chosen: dict[str, set[bytes]] = {}
    for index in draw(samples, 3, 600, 0):
        chosen.setdefault(samples[index].molecule, set()).add(samples[index].positions.tobytes())
    kept = [
        molecule.subset(np.array([p.tobytes() in chosen[name] for p in molecule.positions]))
        for name, molecule in data.molecules.items()
        if name in chosen
    ]
    write(DataSet(data.theory, data.trajectories, kept, data.attributes), path)


def held_out(path: Path) -> None:
    """The held-out trajectory of isopentane."""
    data = read(shipped_data("heldout.h5"))
    write(DataSet(data.theory, data.trajectories, [data.molecules["isopentane"]], data.attributes), path)


@contextlib.contextmanager
def served(folder: Path, *options: str) -> Iterator[str]:
    """The address of a server in a process of its own; what it and a learner say goes to a log."""
    command = [
        sys.executable,
        "-m",
        "atomtug",
        "serve",
        "isopentane",
        "--engine",
        f"ann:{MODEL}",
        "--port",
        "0",
    ]
    command += ["--recordings", str(folder / "recordings"), *options]
    with (folder / "server.log").open("w", encoding="utf-8") as log:
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            assert server.stdout is not None
            yield next(line for line in server.stdout if "clients connect" in line).split()[-1].rstrip(".")
        finally:
            server.terminate()
            server.wait(timeout=120)


def pull(address: str, seconds: float) -> dict[str, Any]:
    """What the clients saw, by their name."""
    started = {
        name: subprocess.Popen(
            [sys.executable, str(HERE / "learning_clients.py"), name, address, str(seconds), "1"],
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in CLIENTS
    }
    answers = {name: process.communicate()[0] for name, process in started.items()}
    return {name: json.loads(answer) for name, answer in answers.items()}


def frame_rate(seen: dict[str, Any]) -> float:
    frames = seen["watch"]["frames"]
    return (len(frames) - 1) / (frames[-1][0] - frames[0][0])


def p99(seen: dict[str, Any]) -> float:
    return float(quantiles(seen["latency"]["ms"], n=100)[98])


def flagged(frames: list[Any]) -> float | None:
    """Share of a network's frames that it was not sure of."""
    of_network = [unsure for _, engine, unsure in frames if engine.startswith("ann:")]
    return sum(of_network) / len(of_network) if of_network else None


def measure(folder: Path, minutes: float, alone_minutes: float) -> dict[str, Any]:
    old, held, learned = folder / "old.h5", folder / "held-out.h5", folder / "learned"
    old_labels(old)
    held_out(held)
    with served(folder) as address:
        alone = pull(address, 60.0 * alone_minutes)
    with served(folder, "--learn", "--learn-to", str(learned), "--learn-data", str(old)) as address:
        together = pull(address, 60.0 * minutes)
    frames = together["watch"]["frames"]
    first = next((at for at, engine, _ in frames if engine.startswith("ann:learned")), None)
    networks = read_networks(learned)
    taken = [learned / each.file for each in networks if each.accepted]
    before = evaluate(MODEL, [held]).overall["network"]
    after = evaluate(taken[-1], [held]).overall["network"] if taken else before
    return {
        "minutes_to_first_swap": None if first is None else first / 60.0,
        "error_before_kcal": before.mae_kcal,
        "error_after_kcal": after.mae_kcal,
        "force_error_before_kcal_A": before.force_mae_kcal_A,
        "force_error_after_kcal_A": after.force_mae_kcal_A,
        "flagged_before": flagged([each for each in frames if first is None or each[0] < first]),
        "flagged_after": flagged([each for each in frames if each[0] > 0.8 * frames[-1][0]]),
        "frame_rate_ratio": frame_rate(together) / frame_rate(alone),
        "p99_latency_ratio": p99(together) / p99(alone),
        "frame_rate": frame_rate(together),
        "p99_latency_ms": p99(together),
        "labels": sum(
            len(read(learned / name)) for name in ("labels.h5", "judged.h5") if (learned / name).exists()
        ),
        "networks": len(taken),
        "kept_aside": len(networks) - len(taken),
        "pulls": together["hand"]["pulls"],
        "taken": together["hand"]["taken"],
        "stopped": together["hand"]["stopped"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    parser.add_argument("--minutes", type=float, default=10.0, help="with learning")
    parser.add_argument("--alone-minutes", type=float, default=3.0, help="without")
    parser.add_argument(
        "--keep", type=Path, help="folder for labels, networks and logs; else they are not kept"
    )
    options = parser.parse_args()
    began, load = time.perf_counter(), os.getloadavg()[0]
    if load > 0.5:
        print(f"The machine is busy (load {load:.1f}): the figures will be of no use.", file=sys.stderr)
    with contextlib.ExitStack() as stack:
        folder = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        found = measure(folder, options.minutes, options.alone_minutes)
    bars = {
        "minutes_to_first_swap": "<= 4",
        "error_after_kcal": "<= half",
        "flagged_after": "<= a third",
        "frame_rate_ratio": ">= 0.9",
        "p99_latency_ratio": "<= 1.15",
    }
    rows = [(name, "none" if value is None else value, bars.get(name, "")) for name, value in found.items()]
    print_table(f"{options.minutes:g} minutes of pulling and learning", ("figure", "measured", "bar"), rows)
    print(f"took {(time.perf_counter() - began) / 60.0:.1f} minutes", file=sys.stderr)
    if options.json:
        print_json(found)


if __name__ == "__main__":
    main()

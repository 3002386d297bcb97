"""How soon a first frame is there: from the command's start to a client that has received atoms.

python benchmarks/start.py [--json] [--runs N]

Each run is `atomtug serve` as people type it (recording on; any free port, a temporary folder for its files) and a
gRPC client in this process, which waits for the first frame with positions. Runs of all kinds take turns, and the
median of each kind is reported.

- ann_cold_s: squalane + CN on `ann:alkanes`, with an empty cache of compiled programs. The files of Python and of
  the libraries have been read before: a machine that was just switched on takes longer.
- ann_warm_s: the same again, with the cache that the cold run left.
- pm6_s: methane + CN on PM6.
- help_s: `atomtug --help`, to its end.

Beside each the processor seconds of the command with its processes, to the end of the session: on a machine that is
busy with other work those hold better than the others.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

import grpc
from probe import frames
from report import print_json, print_table

from atomtug.wire import frame_keys

COMMAND = [sys.executable, "-m", "atomtug"]
ANN = ["squalane", "--engine", "ann:alkanes"]
PM6 = ["methane"]


class Run(NamedTuple):
    """Seconds that passed, and those of processors."""

    seconds: float
    processor: float


def processor_seconds() -> float:
    """Of all processes that this one has started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def first_frame(arguments: list[str], cache: Path, folder: Path) -> Run:
    """From starting a server to its first frame with positions."""
    command = [*COMMAND, "serve", *arguments, "--port", "0", "--recordings", str(folder / "runs")]
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    used = processor_seconds()
    began = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    ) as server:
        assert server.stdout is not None
        try:
            address = server.stdout.readline().split()[-1].rstrip(".")
            with grpc.insecure_channel(address) as channel:
                for response in frames(channel, 0.0):
                    if frame_keys.PARTICLE_POSITIONS in response.frame.arrays:
                        break
                seconds = time.perf_counter() - began
        finally:
            server.terminate()
            server.communicate(timeout=60)
    return Run(seconds, processor_seconds() - used)


def show_help() -> Run:
    used, began = processor_seconds(), time.perf_counter()
    subprocess.run([*COMMAND, "--help"], stdout=subprocess.DEVNULL, check=True)
    return Run(time.perf_counter() - began, processor_seconds() - used)


def one_round(folder: Path) -> dict[str, Run]:
    """Each kind once, in this order: what is compiled in the second is there for the third."""
    cache = folder / "cache"
    return {
        "help_s": show_help(),
        "ann_cold_s": first_frame(ANN, cache, folder),
        "ann_warm_s": first_frame(ANN, cache, folder),
        "pm6_s": first_frame(PM6, cache, folder),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    parser.add_argument("--runs", type=int, default=5, help="of each kind")
    options = parser.parse_args()
    rounds = []
    for _ in range(options.runs):
        with tempfile.TemporaryDirectory() as folder:
            rounds.append(one_round(Path(folder)))
    marks = {"ann_cold_s": 4.0, "ann_warm_s": 1.5, "pm6_s": 1.0, "help_s": 0.3}
    result = {name: median(each[name].seconds for each in rounds) for name in marks}
    rows = [
        (
            name,
            result[name],
            min(each[name].seconds for each in rounds),
            max(each[name].seconds for each in rounds),
            median(each[name].processor for each in rounds),
            f"<= {mark:g}",
        )
        for name, mark in marks.items()
    ]
    print_table(
        f"Seconds to the first frame, {options.runs} runs",
        ("", "median", "least", "most", "processor s", "bar"),
        rows,
    )
    if options.json:
        print_json(result)


if __name__ == "__main__":
    main()

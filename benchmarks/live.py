"""The live loop: what the server costs, how soon a pull is seen, how fast each system runs.

python benchmarks/live.py [--json] [--quick]

- overhead: MD steps/s of isopentane + CN through the server (recording on, frames 30 times a second to 1 and
  to 8 clients, each a process) over those of a bare loop of Sparrow and the same integrator. Bare and served
  take turns, and the median of the rounds' ratios is reported, so that a busy machine hits both.
- latency: methane + CN at 60 frames/s, from sending UpdateState to the first frame whose user forces show it; with
  one client, and with seven more that watch.
- recording: microseconds of the recorder's thread a frame, flushes included, at 200 frames/s; bytes on disk.
- steps/s: each system through the server, as fast as it goes.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import numpy as np
from report import print_json, print_table

from atomtug.core.frame import AppliedInteraction, Frame
from atomtug.core.systems import BUILT_IN, load_system
from atomtug.core.systems.bonds import perceive_bonds
from atomtug.recordings import RecordingWriter
from atomtug.server.app import ServerOptions, running_server
from atomtug.server.process.worker_process import THREADS

HERE = Path(__file__).parent
OVERHEAD_SYSTEM = "isopentane"

BARE_LOOP = """
import sys, time
import numpy as np
import scine_sparrow, scine_utilities as su
from atomtug.server.dynamics.integrators import Motion, draw_velocities, langevin_baoab
from atomtug.core.systems import load_system
from atomtug.core.units import BOHR, FS, HARTREE, PS

system, seconds = load_system(sys.argv[1]), float(sys.argv[2])
calculator = su.core.ModuleManager.get_instance().get("calculator", "PM6")
calculator.log = su.core.Log.silent()
calculator.settings["spin_multiplicity"] = 2
calculator.settings["spin_mode"] = "unrestricted"
elements = [su.ElementInfo.element(int(z)) for z in system.numbers]
calculator.structure = su.AtomCollection(elements, system.positions / BOHR)
calculator.set_required_properties([su.Property.Energy, su.Property.Gradients])

def force(positions):
    calculator.positions = positions / BOHR
    return calculator.calculate().gradients * (-HARTREE / BOHR)

random, masses = np.random.default_rng(0), system.masses[:, None]
positions = system.positions
motion = Motion(positions, draw_velocities(masses, 300.0, random), force(positions))
for _ in range(20):
    motion = langevin_baoab(motion, force, 0.5 * FS, masses, 300.0, 1.0 / PS, random)
began, steps = time.perf_counter(), 0
while time.perf_counter() - began < seconds:
    motion = langevin_baoab(motion, force, 0.5 * FS, masses, 300.0, 1.0 / PS, random)
    steps += 1
print(steps / (time.perf_counter() - began))
"""


def bare(name: str, seconds: float) -> float:
    """MD steps/s of Sparrow in a plain loop, in a process of its own."""
    import os

    done = subprocess.run(
        [sys.executable, "-c", BARE_LOOP, name, str(seconds)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **THREADS},
    )
    return float(done.stdout)


def probe(*arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, str(HERE / "probe.py"), *arguments], stdout=subprocess.PIPE, text=True
    )


def answer(process: "subprocess.Popen[str]") -> Any:
    output, _ = process.communicate(timeout=300)
    return json.loads(output)


def served(name: str, clients: int, seconds: float, folder: Path) -> float:
    """MD steps/s through a server (a process of its own) that records, with clients at 30 frames/s."""
    command = [sys.executable, "-m", "atomtug", "serve", name, "--port", "0", "--recordings", str(folder)]
    # 20 steps are more than fit in a thirtieth of a second: the engine sets the speed.
    command += ["--fps", "30", "--steps-per-frame", "20"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert server.stdout is not None
        address = server.stdout.readline().split()[-1].rstrip(".")
        watchers = [probe("watch", address, str(seconds)) for _ in range(clients)]
        seen = [answer(watcher) for watcher in watchers]
    finally:
        server.terminate()
        server.wait(timeout=30)
    return median(one["steps"] / one["seconds"] for one in seen)


def measure_overhead(rounds: int, seconds: float, folder: Path) -> dict[str, Any]:
    turns = []
    for _ in range(rounds):
        turns.append(
            (
                bare(OVERHEAD_SYSTEM, seconds),
                served(OVERHEAD_SYSTEM, 1, seconds, folder),
                served(OVERHEAD_SYSTEM, 8, seconds, folder),
            )
        )
    rows = [(k + 1, b, one, eight, one / b, eight / b) for k, (b, one, eight) in enumerate(turns)]
    header = ("round", "bare steps/s", "1 client", "8 clients", "1 client/bare", "8 clients/bare")
    print_table(f"Overhead, {OVERHEAD_SYSTEM} + CN on PM6, recording on", header, rows)
    return {
        "overhead_1": median(one / b for b, one, _ in turns),
        "overhead_8": median(eight / b for b, _, eight in turns),
    }


def measure_latency(times: int, others: int) -> dict[str, float]:
    """Milliseconds, while so many others watch."""
    with running_server(ServerOptions([load_system("methane")], fps=60)) as server:
        watchers = [probe("watch", server.address, "3600") for _ in range(others)]
        try:
            took = answer(probe("latency", server.address, str(times)))["ms"]
        finally:
            for watcher in watchers:
                watcher.terminate()
                watcher.communicate()
    percentiles = quantiles(took, n=100)
    result = {"p50": median(took), "p99": percentiles[98]}
    print_table(
        f"UpdateState to the frame with its force, methane + CN, 60 frames/s, {times} times, {1 + others} clients",
        ("p50 ms", "p99 ms", "max ms"),
        [(result["p50"], result["p99"], max(took))],
    )
    return result


def measure_recording(frames: int, folder: Path) -> dict[str, float]:
    """Microseconds of the recorder's thread a frame, by system."""
    took, rows = {}, []
    for name in ("methane", "squalane"):
        system = load_system(name)
        rest = np.zeros_like(system.positions)
        bonds = perceive_bonds(system.numbers, system.positions)
        spent = 0.0
        path = folder / f"{name}.h5"
        with RecordingWriter(path, system, {}) as writer:
            for step in range(frames):
                hand = AppliedInteraction("interaction.a", rest[0], np.array([0]), rest[:1], 0.0)
                moved = system.positions + 0.001 * step
                frame = Frame(
                    step,
                    0.5 * step,
                    moved,
                    rest,
                    -1.0,
                    rest,
                    0.5,
                    300.0,
                    0.0,
                    rest,
                    rest,
                    0.0,
                    (hand,),
                    "pm6",
                )
                began = time.perf_counter()
                writer.append(frame, bonds)
                spent += time.perf_counter() - began
                time.sleep(0.005)
        took[name] = spent / frames * 1e6
        rows.append((f"{name} + CN", took[name], path.stat().st_size / frames))
    print_table(f"Recording {frames} frames", ("system", "us a frame", "bytes a frame"), rows)
    return took


def measure_speed(seconds: float) -> dict[str, float]:
    speeds = {}
    for entry in BUILT_IN:
        # One step a frame: a step of squalane takes a third of a second.
        options = ServerOptions([load_system(entry.name)], fps=0, steps_per_frame=1, record=False)
        with running_server(options) as server:
            time.sleep(1.0)
            seen = answer(probe("watch", server.address, str(seconds)))
        speeds[entry.name] = seen["steps"] / seen["seconds"]
    print_table("Through the server, one step a frame", ("system", "MD steps/s"), list(speeds.items()))
    return speeds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    parser.add_argument("--quick", action="store_true", help="a third of the time, less sure figures")
    options = parser.parse_args()
    quick = options.quick
    with tempfile.TemporaryDirectory() as folder:
        overhead = measure_overhead(2 if quick else 5, 4.0 if quick else 8.0, Path(folder))
        recording = measure_recording(500 if quick else 2000, Path(folder))
    latency, latency_8 = (measure_latency(100 if quick else 400, others) for others in (0, 7))
    speed = measure_speed(3.0 if quick else 6.0)
    print_table(
        "Summary",
        ("figure", "measured", "bar"),
        [
            ("steps/s with 1 client / bare", overhead["overhead_1"], ">= 0.85"),
            ("steps/s with 8 clients / bare", overhead["overhead_8"], ">= 0.75"),
            ("pull to frame, p50 ms", latency["p50"], "<= 12"),
            ("pull to frame, p99 ms", latency["p99"], "<= 22"),
            ("the same with 8 clients, p50 ms", latency_8["p50"], "<= 12"),
            ("the same with 8 clients, p99 ms", latency_8["p99"], "<= 22"),
        ],
    )
    if options.json:
        print_json(
            {
                **overhead,
                "latency_ms": latency,
                "latency_8_ms": latency_8,
                "recording_us": recording,
                "steps_per_s": speed,
            }
        )


if __name__ == "__main__":
    main()

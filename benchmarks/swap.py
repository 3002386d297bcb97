"""The network as the live engine: speed, latency, swaps under load, conservation of energy.

python benchmarks/swap.py [--json] [--quick] [--model FILE]

- steps/s: squalane + CN and methane + CN through a server of its own process, recording on, one client at 30
  frames/s; forces at every step, the committee's spread in every frame. PM6 on squalane beside it.
- latency: methane + CN at 60 frames/s, from sending UpdateState to the first frame whose user forces show it.
- swaps: 100 between PM6 and the network in a running, recorded session of methane + CN with three clients that take
  every frame; a frame is lost if the MD steps of two that follow each other are not one frame apart.
- drift: isopentane + CN at constant energy, 10 ps of 0.5 fs: the slope of a straight line through the total energy,
  times 10 ps, and the largest distance from where it began.
"""

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import grpc
import numpy as np
from probe import call
from report import print_json, print_table

from atomtug.core.systems import load_system
from atomtug.core.units import KCALMOL_PER_EV
from atomtug.protos import trajectory_pb2
from atomtug.server.app import ServerOptions, running_server
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.server.dynamics.simulation import Simulation
from atomtug.server.engines import create_engine
from atomtug.vr_client import Client
from atomtug.wire import command_names, frame_keys

HERE = Path(__file__).parent
MODEL = HERE.parent / "data/models/alkanes.safetensors"
STEPS_PER_FRAME = 5
SWAP_FRICTION = 50.0
"""1/ps. Surfaces with other bond lengths, swapped every 8 fs or so (half a period of CN), pump its vibration."""


def probe(*arguments: str) -> Any:
    """What benchmarks/probe.py, a process of its own, answers."""
    done = subprocess.run(
        [sys.executable, str(HERE / "probe.py"), *arguments], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


@contextlib.contextmanager
def served(system: str, engine: str, *options: str) -> Iterator[str]:
    """The address of a server in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "atomtug", "serve", system, "--engine", engine, "--port", "0"]
        command += ["--recordings", folder, *options]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            assert server.stdout is not None
            yield next(line for line in server.stdout if "clients connect" in line).split()[-1].rstrip(".")
        finally:
            server.terminate()
            server.wait(timeout=60)


def measure_speed(system: str, engine: str, steps_per_frame: int, seconds: float) -> float:
    """MD steps/s that a client sees; more are asked for than can be made."""
    options = ("--fps", "30", "--steps-per-frame", str(steps_per_frame), "--uncertainty-limit", "0")
    with served(system, engine, *options) as address:
        probe("watch", address, "2")  # what is slow the first time is over
        seen = probe("watch", address, str(seconds))
    return float(seen["steps"]) / float(seen["seconds"])


def measure_latency(engine: str, times: int) -> dict[str, float]:
    with served("methane", engine, "--fps", "60", "--uncertainty-limit", "0") as address:
        took = probe("latency", address, str(times))["ms"]
    return {"p50": median(took), "p99": quantiles(took, n=100)[98]}


class Watcher:
    """A client in a thread that takes every frame and notes the MD steps."""

    def __init__(self, address: str) -> None:
        self.steps: list[int] = []
        self._channel = grpc.insecure_channel(address)
        self._stream = call(self._channel, "SubscribeFrames", trajectory_pb2.GetFrameRequest())
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with contextlib.suppress(grpc.RpcError):
            for response in self._stream:
                values = response.frame.values
                if frame_keys.SIMULATION_STEP in values:
                    self.steps.append(int(values[frame_keys.SIMULATION_STEP].number_value))

    def close(self) -> None:
        self._stream.cancel()
        self._channel.close()
        self._thread.join(timeout=10)

    @property
    def lost(self) -> int:
        """Frames that are missing, twice there or out of order."""
        return int(np.sum(np.diff(self.steps) != STEPS_PER_FRAME))


def measure_swaps(model: Path, count: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        options = ServerOptions(
            [load_system("methane")],
            fps=60.0,
            steps_per_frame=STEPS_PER_FRAME,
            friction=SWAP_FRICTION,
            recordings=Path(folder),
            record=True,
            engines=[f"ann:{model}"],
        )
        names = (f"ann:{model.stem}", "pm6")
        with running_server(options) as server, Client.connect(server.address) as client:
            watchers = [Watcher(server.address) for _ in range(3)]
            began = time.perf_counter()
            client.run(command_names.LOAD_ENGINE, engine=names[0])
            first = time.perf_counter() - began
            took = []
            for number in range(1, count):
                time.sleep(0.05)
                began = time.perf_counter()
                client.run(command_names.LOAD_ENGINE, engine=names[number % 2])
                took.append(1e3 * (time.perf_counter() - began))
            time.sleep(1.0)
            for watcher in watchers:
                watcher.close()
    return {
        "swaps": count,
        "frames_lost": max(watcher.lost for watcher in watchers),
        "frames": min(len(watcher.steps) for watcher in watchers),
        "first_swap_s": first,
        "swap_ms": median(took),
    }


def measure_drift(model: Path, picoseconds: float) -> dict[str, float]:
    system = load_system("isopentane")
    settings = DynamicsSettings(timestep=0.5, thermostat="nve", wall_radius=0.0)
    simulation = Simulation(system, create_engine(f"ann:{model}", system), settings)
    steps, energies, times = round(picoseconds / 0.0005), [], []
    began = time.perf_counter()
    while simulation.frame().step < steps:
        simulation.advance(min(64, steps - simulation.frame().step))
        frame = simulation.frame()
        energies.append((frame.energy + frame.kinetic_energy) * KCALMOL_PER_EV)
        times.append(frame.step * 0.0005)
    speed = steps / (time.perf_counter() - began)
    slope = float(np.polyfit(times, energies, 1)[0])
    largest = float(np.abs(np.array(energies) - energies[0]).max())
    return {"drift": slope * picoseconds, "largest": largest, "steps_per_s": speed}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    parser.add_argument("--quick", action="store_true", help="less of everything, less sure figures")
    parser.add_argument("--model", type=Path, default=MODEL, help="the network")
    options = parser.parse_args()
    quick, engine = options.quick, f"ann:{options.model}"
    seconds = 3.0 if quick else 10.0
    squalane = measure_speed("squalane", engine, 50, seconds)
    pm6 = measure_speed("squalane", "pm6", 1, seconds)
    methane = measure_speed("methane", engine, 500, seconds)
    latency = measure_latency(engine, 100 if quick else 400)
    swaps = measure_swaps(options.model, 20 if quick else 100)
    drift = measure_drift(options.model, 1.0 if quick else 10.0)
    print_table(
        f"{options.model.name} as the live engine",
        ("figure", "measured", "bar"),
        [
            ("squalane + CN, MD steps/s", squalane, ">= 150"),
            ("  PM6 in its place", pm6, ""),
            ("methane + CN, MD steps/s", methane, ">= 3000"),
            ("pull to frame, p50 ms", latency["p50"], "< 25"),
            ("pull to frame, p99 ms", latency["p99"], "< 50"),
            (f"frames lost in {swaps['swaps']} swaps ({swaps['frames']} frames)", swaps["frames_lost"], "0"),
            ("the first swap (loaded, compiled), s", swaps["first_swap_s"], ""),
            ("a swap to an engine that stands ready, ms", swaps["swap_ms"], ""),
            ("NVE drift, isopentane + CN, kcal/mol", drift["drift"], ""),
            ("  largest deviation, kcal/mol", drift["largest"], ""),
            ("  MD steps/s of it, no server", drift["steps_per_s"], ""),
        ],
    )
    if options.json:
        print_json(
            {
                "squalane_steps_per_s": squalane,
                "methane_steps_per_s": methane,
                "latency_ms": latency,
                "swaps": swaps["swaps"],
                "frames_lost": swaps["frames_lost"],
                "nve_drift_kcal": drift["drift"],
            }
        )


if __name__ == "__main__":
    main()

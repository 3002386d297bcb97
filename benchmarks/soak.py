"""Hours of hard use in one run: does the server crash, leak, or leave a recording that can't be read?

python benchmarks/soak.py [--minutes N] [--clients N] [--steps N] [--seed N] [--json]

Methane + CN on PM6, as fast as it goes, recorded. Visitors come and go over gRPC all the time; each watches, takes
hold of random atoms, pulls them hard to random places, gives commands, and leaves in good order or by cutting its
connection. At the end everybody leaves. Counted are

- faults: the server ended, stood still, or answered with anything but a result or a refusal with a sentence;
- growth of the memory of the server and its simulation, and of descriptors and threads, after a warm-up;
- recordings that can't be read to their end.

An engine that gives up on a torn geometry and says so is no fault: it is counted by itself.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

import grpc
import psutil
from probe import call, frames
from report import print_json, print_table

from atomtug.core.errors import RecordingError
from atomtug.protos import command_pb2, state_pb2
from atomtug.recordings import Recording
from atomtug.wire import command_names, frame_keys

ATOMS = 7
PATIENCE = 60.0
"""Seconds without a frame, or without an answer, that are a fault; the machine may be busy."""
REFUSALS = (
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
)
SAMPLE_INTERVAL = 0.5
WARM_UP = 0.4
"""Part of the time after which growth is counted: libraries are loaded and buffers filled by then."""


class SoakFigures:
    """What all threads share: when it ends, what was seen, what went wrong."""

    def __init__(self, address: str, seconds: float, most_steps: int) -> None:
        self.address = address
        self.ends = time.monotonic() + seconds
        self.most_steps = most_steps
        self.steps = 0
        self.visits = 0
        self.counted: Counter[str] = Counter()
        self.faults: list[str] = []
        self.seen = time.monotonic()
        """When the last frame came."""

    def over(self) -> bool:
        return time.monotonic() > self.ends or self.steps >= self.most_steps or bool(self.faults)

    def fault(self, what: str) -> None:
        self.faults.append(what)


def order(channel: grpc.Channel, run: SoakFigures, name: str, **arguments: Any) -> None:
    request = command_pb2.CommandMessage(name=name)
    request.arguments.update(arguments)
    answered(run, name, lambda: call(channel, "RunCommand", request, timeout=PATIENCE))


def answered(run: SoakFigures, what: str, ask: Any) -> None:
    """A result, or a refusal with a sentence; anything else is a fault."""
    try:
        ask()
    except grpc.RpcError as error:
        if error.code() not in REFUSALS or not error.details():
            run.fault(f"{what}: {error.code().name} {error.details()}")
        run.counted["refused"] += 1


def monitor(run: SoakFigures) -> None:
    """Count steps on one stream from beginning to end, and have the simulation go on after trouble."""
    with grpc.insecure_channel(run.address) as channel:
        last = 0.0
        try:
            for response in frames(channel, 0.0):
                run.seen = time.monotonic()
                values = response.frame.values
                if frame_keys.SIMULATION_STEP in values:
                    step = values[frame_keys.SIMULATION_STEP].number_value
                    run.steps += int(max(step - last, 0.0))
                    last = step
                if values[frame_keys.SIMULATION_EXCEPTION].string_value:
                    run.counted["exceptions told"] += 1
                    order(channel, run, command_names.RESET)
                    order(channel, run, command_names.PLAY)
                elif (
                    frame_keys.PLAYBACK_PLAYING in values
                    and not values[frame_keys.PLAYBACK_PLAYING].bool_value
                ):
                    order(channel, run, command_names.PLAY)
                if run.over():
                    return
        except grpc.RpcError as error:
            run.fault(f"the stream of frames ended: {error.code().name} {error.details()}")


def visitors(run: SoakFigures, seed: int) -> None:
    """One visit after the other."""
    chance = random.Random(seed)
    while not run.over():
        run.visits += 1
        visit(run, chance, f"{seed}.{run.visits}")
        time.sleep(chance.uniform(0.0, 0.5))


def visit(run: SoakFigures, chance: random.Random, name: str) -> None:
    channel = grpc.insecure_channel(run.address, [("grpc.use_local_subchannel_pool", 1)])
    streams = [frames(channel, chance.choice((0.0, 1 / 30, 1.0)))] if chance.random() < 0.8 else []
    if chance.random() < 0.5:
        streams.append(call(channel, "SubscribeStateUpdates", state_pb2.SubscribeStateUpdatesRequest()))
    readers = [threading.Thread(target=drain, args=(stream, chance.random() < 0.8)) for stream in streams]
    for reader in readers:
        reader.start()
    held = [f"interaction.{name}.{hand}" for hand in range(chance.randint(1, 3))]
    for _ in range(chance.randint(1, 60)):
        if run.over():
            break
        act(channel, run, chance, chance.choice(held))
        time.sleep(chance.choice((0.0, 1 / 60, 1 / 30, 0.1)))
    if chance.random() < 0.5:  # the others leave what they hold to the server
        write(channel, run, dict.fromkeys(held))
    channel.close()
    for reader in readers:
        reader.join(timeout=PATIENCE)


def drain(stream: Any, reads: bool) -> None:
    try:
        for _ in stream:
            if not reads:
                time.sleep(0.5)  # slow: the server has to merge what waits
    except grpc.RpcError:
        pass  # the visitor closed its channel


def act(channel: grpc.Channel, run: SoakFigures, chance: random.Random, key: str) -> None:
    kind = chance.random()
    if kind < 0.85:
        pull = {
            "position": [chance.uniform(-1.5, 1.5) for _ in range(3)],
            "particles": chance.sample(range(ATOMS), chance.choice((1, 1, 1, 2, ATOMS))),
            "interaction_type": chance.choice(("spring", "spring", "gaussian", "constant")),
            "scale": 10 ** chance.uniform(0, 4),
            "max_force": float("inf"),
            "reset_velocities": chance.random() < 0.3,
        }
        write(channel, run, {key: pull})
    elif kind < 0.90:
        write(channel, run, {key: None})
    elif kind < 0.93:
        write(channel, run, {f"avatar.{key}": {"name": key}, f"update.index.{key}": chance.random()})
    elif kind < 0.95:
        write(channel, run, {key: {"position": "nowhere", "particles": [99]}})
    elif kind < 0.97:
        order(channel, run, command_names.RESET)
    elif kind < 0.975:
        order(channel, run, command_names.START_RECORDING)
    elif kind < 0.99:
        order(channel, run, command_names.STEP)
        order(channel, run, command_names.PLAY)
    else:
        order(channel, run, command_names.ENGINE_STATUS)


def write(channel: grpc.Channel, run: SoakFigures, changes: dict[str, Any]) -> None:
    request = state_pb2.UpdateStateRequest(access_token="soak")
    request.update.changed_keys.update(changes)
    answered(run, "UpdateState", lambda: call(channel, "UpdateState", request, timeout=PATIENCE))


def sample(server: psutil.Process) -> tuple[float, int, int]:
    """Memory in MB, descriptors and threads of the server and its simulation."""
    processes = [server, *server.children(recursive=True)]
    memory = descriptors = threads = 0
    for process in processes:
        try:
            with process.oneshot():
                memory += process.memory_info().rss
                descriptors += process.num_fds()
                threads += process.num_threads()
        except psutil.Error:  # a simulation process that is being replaced
            continue
    return memory / 2**20, descriptors, threads


def watch(run: SoakFigures, server: psutil.Process) -> list[tuple[float, int, int]]:
    """Samples until it is over."""
    samples = []
    while not run.over():
        samples.append(sample(server))
        if time.monotonic() - run.seen > PATIENCE:
            run.fault(f"no frame for {PATIENCE:g} s")
        if not server.is_running() or server.status() == psutil.STATUS_ZOMBIE:
            run.fault("the server ended")
        time.sleep(SAMPLE_INTERVAL)
    return samples


def unreadable(folder: Path) -> tuple[int, int]:
    """How many recordings there are, and how many can't be read to their end."""
    files = sorted(folder.glob("*.h5"))
    bad = 0
    for path in files:
        try:
            with Recording(path) as recording:
                whole = recording.closed and sum(1 for _ in recording.frames()) == len(recording)
                bad += not (whole and recording.events)
        except RecordingError as error:
            print(error)
            bad += 1
    return len(files), bad


def soak(minutes: float, clients: int, most_steps: int, seed: int, folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "atomtug", "serve", "methane", "--port", "0", "--fps", "0"]
    command += ["--recordings", str(folder), "--seed", str(seed)]
    errors = (folder / "server.log").open("w+")
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
    try:
        assert server.stdout is not None
        address = server.stdout.readline().split()[-1].rstrip(".")
        run = SoakFigures(address, 60 * minutes, most_steps)
        began = time.monotonic()
        threads = [threading.Thread(target=monitor, args=(run,), daemon=True)]
        threads += [
            threading.Thread(target=visitors, args=(run, seed * 1000 + k), daemon=True)
            for k in range(clients)
        ]
        for thread in threads:
            thread.start()
        process = psutil.Process(server.pid)
        samples = watch(run, process)
        took = time.monotonic() - began
        for thread in threads:
            thread.join(timeout=2 * PATIENCE)
        time.sleep(2.0)  # what they left is cleared away
        at_rest = sample(process)
    finally:
        server.terminate()
        if server.wait(timeout=60) != 0:
            run.fault(f"the server ended with exit code {server.returncode}")
    warm = samples[int(WARM_UP * len(samples)) :] or [at_rest]
    part = max(len(warm) // 4, 1)
    first, last = (median(s[0] for s in some) for some in (warm[:part], warm[-part:]))
    recordings, bad = unreadable(folder)
    errors.seek(0)
    log = [line for line in errors.read().splitlines() if "steps a second asked for" not in line]
    if "Traceback" in "".join(log):
        run.fault("a traceback in the server's log:")
        print("\n".join(log))
    for line in run.faults:
        print("fault:", line)
    rows = [
        ("MD steps", run.steps),
        ("minutes", took / 60),
        ("visits", run.visits),
        ("refusals with a sentence", run.counted["refused"]),
        ("engine failures told", run.counted["exceptions told"]),
        ("faults", len(run.faults)),
        ("memory after warm-up, MB", first),
        ("memory at the end, MB", last),
        ("descriptors, least after warm-up and with nobody there", f"{min(s[1] for s in warm)} {at_rest[1]}"),
        ("threads, least after warm-up and with nobody there", f"{min(s[2] for s in warm)} {at_rest[2]}"),
        ("recordings", recordings),
        ("that can't be read", bad),
    ]
    print_table(f"Soak, methane + CN on PM6, {clients} visitors at a time", ("figure", "measured"), rows)
    return {
        "steps": run.steps,
        "faults": len(run.faults),
        "rss_growth": last / first - 1.0,
        "fd_growth": at_rest[1] - min(s[1] for s in warm),
        "thread_growth": at_rest[2] - min(s[2] for s in warm),
        "recordings": recordings,
        "recordings_unreadable": bad,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", type=float, default=3.0, help="default: 3")
    parser.add_argument(
        "--steps", type=int, default=1_000_000, help="at most so many MD steps; default: 1 million"
    )
    parser.add_argument("--clients", type=int, default=4, help="visitors at a time; default: 4")
    parser.add_argument("--seed", type=int, default=1, help="of what visitors do; default: 1")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = soak(options.minutes, options.clients, options.steps, options.seed, Path(folder))
    if options.json:
        print_json(result)


if __name__ == "__main__":
    main()

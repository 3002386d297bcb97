"""Browsers: what four of them cost the simulation, and how soon the page shows the molecule.

python benchmarks/clients.py [--json] [--quick] [--engine ENGINE] [--system SYSTEM]

- cost: MD steps/s of a system of squalane's size, as fast as the engine can, without clients and with four WebSocket
  clients that take and decode 30 frames a second each, in one process of their own (browsers run elsewhere: drawing
  is not in the figure). Both take turns, and the median of the rounds' ratios is reported. PM6 takes seconds for a
  few steps of that system and would hide any cost, so the engine is a quick one: ASE's EMT unless told otherwise.
  Beside it, the share of a core that the server's own process takes with them and without: on a machine that is busy
  with other work that figure still holds.
- page: from opening the address in a new, empty Chromium to the first picture of the molecule, several times.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import msgpack
import psutil
from report import print_json, print_table
from websockets.sync.client import connect

from atomtug.core.systems import load_system
from atomtug.server.app import ServerOptions, running_server
from atomtug.wire import frame_keys

EMT = "ase:ase.calculators.emt.EMT"
CLIENTS = 4
WATCHERS = """
import asyncio, json, sys, time
import msgpack, numpy as np
from websockets.asyncio.client import connect
from atomtug.wire import frame_keys

async def watch(url, seconds):
    frames = 0
    async with connect(url, max_size=None, compression=None) as socket:
        over = time.monotonic() + seconds
        while time.monotonic() < over:
            message = msgpack.unpackb(await socket.recv())
            if frame_keys.PARTICLE_POSITIONS in message.get("frame", {}):
                np.frombuffer(message["frame"][frame_keys.PARTICLE_POSITIONS], "<f4")
                frames += 1
    return frames / seconds

async def main(url, count, seconds):
    print("ready", flush=True)
    return await asyncio.gather(*(watch(url, seconds) for _ in range(count)))

print(json.dumps(asyncio.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))))
"""


def steps_made(url: str) -> int:
    """MD steps since the start: a look at the whole frame that every newcomer gets."""
    with connect(url, max_size=None, compression=None) as socket:
        while True:
            message = msgpack.unpackb(socket.recv())
            if frame_keys.SIMULATION_STEP in message.get("frame", {}):
                return int(message["frame"][frame_keys.SIMULATION_STEP])


def pace(url: str, server: psutil.Process, clients: int, seconds: float) -> tuple[float, float, list[float]]:
    """Over some seconds: MD steps/s, cores that the server's process took, frames/s that each client saw."""
    watchers = None
    if clients:
        command = [sys.executable, "-c", WATCHERS, url, str(clients), str(seconds + 1.0)]
        watchers = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert watchers.stdout is not None
        watchers.stdout.readline()
        time.sleep(0.5)
    first, worked, began = steps_made(url), sum(server.cpu_times()[:2]), time.perf_counter()
    time.sleep(seconds)
    steps, took = steps_made(url) - first, time.perf_counter() - began
    cores = (sum(server.cpu_times()[:2]) - worked) / took
    seen = json.loads(watchers.communicate(timeout=60)[0]) if watchers else []
    return steps / took, cores, seen


def measure_cost(engine: str, system: str, rounds: int, seconds: float) -> dict[str, Any]:
    turns = []
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "atomtug", "serve", system, "--engine", engine, "--port", "0"]
        command += ["--fps", "0", "--steps-per-frame", "1", "--temperature", "50", "--no-record"]
        server = subprocess.Popen(
            [*command, "--recordings", folder], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        try:
            assert server.stdout is not None
            page = next(line.split()[-1] for line in server.stdout if "browser" in line)
            url = page.replace("http", "ws", 1)
            process = psutil.Process(server.pid)
            pace(url, process, 0, 2.0)
            for _ in range(rounds):
                turns.append((*pace(url, process, 0, seconds)[:2], *pace(url, process, CLIENTS, seconds)))
        finally:
            server.terminate()
            server.wait(timeout=30)
    rows = [
        (k + 1, alone, four, 1 - four / alone, median(seen), f"{idle:.3f} / {busy:.3f}")
        for k, (alone, idle, four, busy, seen) in enumerate(turns)
    ]
    print_table(
        f"{system} + CN on {engine}, one step a frame",
        (
            "round",
            "steps/s alone",
            f"with {CLIENTS} clients",
            "lost",
            "frames/s of a client",
            "cores of the server",
        ),
        rows,
    )
    return {
        "cost_4_browsers": median(1 - four / alone for alone, _, four, _, _ in turns),
        "server_cores_4_browsers": median(busy - idle for _, idle, _, busy, _ in turns),
        "frames_per_s": median(frames for *_, seen in turns for frames in seen),
    }


def measure_page(times: int) -> float | None:
    """Seconds; None where there is no Chromium."""
    found = next(
        (path for name in ("/usr/lib/chromium/chromium", "chromium") if (path := shutil.which(name))), None
    )
    if found is None:
        print("No Chromium here: the page is not timed.")
        return None
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
    took = []
    with tempfile.TemporaryDirectory() as folder:
        options = ServerOptions([load_system("methane")], web_port=0, recordings=Path(folder))
        with running_server(options) as server, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=found, args=flags)
            for _ in range(times):
                page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
                page.goto(server.page)
                drawn = "performance.getEntriesByName('molecule-drawn')[0]?.startTime"
                while (milliseconds := page.evaluate(drawn)) is None:
                    page.wait_for_timeout(20)
                took.append(milliseconds / 1000)
                page.context.close()
            browser.close()
    rows = [("median", median(took)), ("longest", max(took))]
    print_table(f"Opening the page, {times} times, drawn without a graphics card", ("", "s"), rows)
    return median(took)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    parser.add_argument("--quick", action="store_true", help="a third of the time, less sure figures")
    parser.add_argument("--engine", default=EMT, help="as atomtug serve takes it")
    parser.add_argument("--system", default="squalane")
    options = parser.parse_args()
    rounds, seconds = (2, 4.0) if options.quick else (5, 8.0)
    cost = measure_cost(options.engine, options.system, rounds, seconds)
    ready = measure_page(3 if options.quick else 7)
    print_table(
        "Summary",
        ("figure", "measured", "bar"),
        [
            ("share of steps/s lost with 4 clients", cost["cost_4_browsers"], "<= 0.08"),
            ("page ready, s", "not measured" if ready is None else ready, "<= 1.5"),
        ],
    )
    if options.json:
        print_json({**cost, "page_ready_s": ready, "engine": options.engine})


if __name__ == "__main__":
    main()

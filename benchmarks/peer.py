"""This server and NanoVer's, side by side: the same atoms, the same ASE calculator, the same clients.

python benchmarks/peer.py [--quick] [--json]

Thirteen copper atoms on ASE's EMT, Langevin dynamics at 0.5 fs, five steps a frame. Clients are our own few lines of
NanoVer's WebSocket protocol, which both servers speak. The two take turns, so that a busy machine hits both.

- steps/s: as clients see simulated time pass, with 1 to 32 of them. Once at each one's default of 30 frames a second,
  once with the frame rate unlimited.
- frame latency: the age of a frame when a client has it (``server.timestamp``), at the default pace.
- force latency: from a client's pull to the first frame that shows its force, at the default pace.
- memory: of all processes of a server, with one client (PSS: what processes share counts once).

NanoVer comes from the package index into an environment of its own (Python 3.13), kept in ~/.cache/atomtug-bench.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import ase.io
import psutil
from ase.cluster import Icosahedron
from report import print_json, print_table

from atomtug.server.process.worker_process import THREADS

HERE = Path(__file__).parent
VERSION = "0.1.3018"
CACHE = (
    Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "atomtug-bench" / f"nanover-{VERSION}"
)
CLIENTS = (1, 2, 4, 8, 16, 32)
STEP_PS = 0.0005
OURS, THEIRS = "atomtug", "nanover"


def peer_python() -> Path:
    """The interpreter of an environment with NanoVer's server.

    Raises:
        SystemExit: no Python 3.13, or it can't be installed
    """
    python = CACHE / "bin" / "python"
    if (CACHE / "complete").exists():
        return python
    shutil.rmtree(CACHE, ignore_errors=True)
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    bases = [shutil.which("python3.13"), *sorted(pyenv.glob("versions/3.13*/bin/python"))]
    base = next((str(base) for base in reversed(bases) if base), None)
    if base is None:
        raise SystemExit(
            "NanoVer's server needs Python 3.13, and there is none: install it, then run this again."
        )
    print(f"Installing nanover-server {VERSION} into {CACHE}, once ...", file=sys.stderr)
    try:
        subprocess.run([base, "-m", "venv", CACHE], check=True)
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, f"nanover-server=={VERSION}", "ase"], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise SystemExit(f"nanover-server {VERSION} can't be installed: {error}.") from error
    (CACHE / "complete").touch()
    return python


@contextmanager
def serving(who: str, atoms: Path, limited: bool, folder: Path) -> Iterator[tuple[str, psutil.Process]]:
    """A server and its WebSocket address; ``limited``: to 30 frames a second."""
    if who == OURS:
        command = [sys.executable, "-m", "atomtug", "serve", str(atoms), "--port", "0", "--no-record"]
        command += ["--engine", "ase:ase.calculators.emt.EMT", "--fps", "30" if limited else "0"]
        command += ["--wall-radius", "0", "--centring", "0"]
    else:
        interval = str(1 / 30) if limited else "0"
        command = [str(peer_python()), "-W", "ignore", str(HERE / "peer_server.py"), str(atoms), interval]
    server = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=folder,
        env={**os.environ, **THREADS, "PYTHONUNBUFFERED": "1"},
    )
    try:
        yield _url(who, server), psutil.Process(server.pid)
    finally:
        server.terminate()
        server.communicate(timeout=60)


def _url(who: str, server: "subprocess.Popen[str]") -> str:
    assert server.stdout is not None
    for line in server.stdout:
        if who == THEIRS:
            return f"ws://127.0.0.1:{int(line)}/"
        address = next((word for word in line.split() if word.startswith("http://")), None)
        if address is not None:
            return (
                "ws://" + address.removeprefix("http://").rstrip("./").replace("localhost", "127.0.0.1") + "/"
            )
    raise SystemExit(f"{who} did not start")


def clients(*arguments: object) -> Any:
    done = subprocess.run(
        [sys.executable, str(HERE / "peer_clients.py"), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=600,
        check=True,
    )
    return json.loads(done.stdout)


def memory(server: psutil.Process) -> float:
    """MB of a server and its children; pages that processes share are shared out between them."""
    return (
        sum(process.memory_full_info().pss for process in [server, *server.children(recursive=True)]) / 2**20
    )


def measure_speed(who: str, limited: bool, seconds: float, atoms: Path, folder: Path) -> dict[int, float]:
    """MD steps/s by number of clients."""
    with serving(who, atoms, limited, folder) as (url, _):
        return {n: clients("watch", url, n, seconds)["ps_per_s"] / STEP_PS for n in CLIENTS}


def measure_latency(who: str, seconds: float, times: int, atoms: Path, folder: Path) -> dict[str, Any]:
    with serving(who, atoms, True, folder) as (url, process):
        ages = clients("watch", url, 1, seconds)["ages"]
        crowd = clients("watch", url, 8, seconds)["ages"]
        took = clients("pull", url, times)["ms"]
        return {"ages": ages, "crowd": crowd, "took": took, "memory": memory(process)}


def compare(rounds: int, seconds: float, times: int, folder: Path) -> dict[str, Any]:
    atoms = folder / "copper.xyz"
    ase.io.write(atoms, Icosahedron("Cu", 2))
    both = (OURS, THEIRS)
    speeds: dict[tuple[str, bool], list[dict[int, float]]] = {(w, k): [] for w in both for k in (True, False)}
    delays: dict[str, list[dict[str, Any]]] = {who: [] for who in both}
    for _ in range(rounds):
        for who in both:
            for limited in (True, False):
                speeds[who, limited].append(measure_speed(who, limited, seconds, atoms, folder))
            delays[who].append(measure_latency(who, seconds, times, atoms, folder))
    ratios = {}
    for limited in (False, True):
        middle = {who: {n: median(r[n] for r in speeds[who, limited]) for n in CLIENTS} for who in both}
        ratios[limited] = {n: middle[OURS][n] / middle[THEIRS][n] for n in CLIENTS}
        rows = [(n, middle[OURS][n], middle[THEIRS][n], ratios[limited][n]) for n in CLIENTS]
        pace = "30 frames/s, the default of both" if limited else "unlimited"
        print_table(f"MD steps/s, {pace}", ("clients", OURS, THEIRS, "ratio"), rows)
    result: dict[str, Any] = {
        "steps_ratio": ratios[False],
        "steps_ratio_default": ratios[True],
    }
    rows = []
    for name, title, key in (
        ("frame_latency_ratio", "age of a frame, ms", "ages"),
        ("frame_latency_ratio_8", "the same with 8 clients", "crowd"),
        ("force_latency_ratio", "pull to its force, ms", "took"),
    ):
        middle = {who: _merged(delays[who], key) for who in both}
        result[name] = middle[OURS][0] / middle[THEIRS][0]
        texts = [f"{mid:.2f} ({high:.2f})" for mid, high in (middle[OURS], middle[THEIRS])]
        rows.append((title, *texts, result[name]))
    room = {who: median(one["memory"] for one in delays[who]) for who in both}
    result["rss_ratio"] = room[OURS] / room[THEIRS]
    rows.append(("memory, MB", f"{room[OURS]:.0f}", f"{room[THEIRS]:.0f}", result["rss_ratio"]))
    print_table("At 30 frames/s: median (99 %)", ("figure", OURS, THEIRS, "ratio"), rows)
    return result


def _merged(rounds: list[dict[str, Any]], key: str) -> tuple[float, float]:
    values = [value for one in rounds for value in one[key]]
    return median(values), quantiles(values, n=100)[98]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    parser.add_argument("--quick", action="store_true", help="one round, less sure figures")
    options = parser.parse_args()
    peer_python()
    quick = options.quick
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        result = compare(1 if quick else 3, 3.0 if quick else 6.0, 60 if quick else 200, Path(folder))
        print(f"\n{time.monotonic() - began:.0f} s; NanoVer {VERSION} on its own Python 3.13.")
    if options.json:
        print_json(result)


if __name__ == "__main__":
    main()

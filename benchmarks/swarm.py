"""A swarm of trajectories: its time on a network, whether its energies balance, and a committor that is known.

python benchmarks/swarm.py [--json] [--count N] [--recording FILE]

- Isobutane + CN on the network `alkanes`: N trajectories (200) of 0.5 ps from where the bond forms in a recorded
  pull, thermal and quasi-classical. Bars: the thermal ones take less than 180 s on two cores, and in both the shares
  of the energy add up to what a trajectory began with within 0.1 kcal/mol.
- CH3 + CH4 on PM6, the hydrogen in the middle: N trajectories of 0.06 ps. Bar: the committor is 1/2 within twice its
  standard error.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from report import print_json, print_table

from atomtug.core.systems import load_system
from atomtug.server.process.worker_process import THREADS
from atomtug.swarm.options import SwarmOptions
from atomtug.swarm.summary import committor
from atomtug.vr_client.scripted.series import SteeringSeries
from atomtug.workflows.steering import steer
from atomtug.workflows.swarming import Swarm, run_swarm

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "swarm"))
from swarm_helpers import MIDDLE, write_transfer

ENGINE = "ann:alkanes"


def recorded(folder: Path) -> Path:
    """A pull of isobutane's tertiary hydrogen by script."""
    series = SteeringSeries(site="tertiary", seed=1)
    for _ in steer(load_system("isobutane"), folder, 1, series, engine=ENGINE):
        pass
    return next(folder.glob("*.h5"))


def imbalance(swarm: Swarm) -> float:
    """kcal/mol, the largest."""
    return max(each.imbalance for each in swarm.outcomes if each.imbalance is not None)


def measure(count: int, recording: Path | None) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        recording = recording or recorded(folder / "pull")
        result: dict[str, Any] = {"count": count, "load": os.getloadavg()[0]}
        # What is compiled is compiled once: the first start of a swarm takes that much longer.
        began = time.perf_counter()
        run_swarm(recording, folder / "first", None, SwarmOptions(ENGINE, count=1, duration=0.001))
        result["compile_s"] = time.perf_counter() - began
        for kind in ("thermal", "modes"):
            began, used = time.perf_counter(), time.process_time()
            swarm = run_swarm(
                recording, folder / kind, None, SwarmOptions(ENGINE, count=count, velocities=kind)
            )
            result[f"{kind}_s"] = time.perf_counter() - began
            result[f"{kind}_cpu_s"] = time.process_time() - used
            result[f"{kind}_imbalance_kcal"] = imbalance(swarm)
            result[f"{kind}_reacted"] = committor(swarm.of_frame(swarm.frames[0])).value
            result[f"{kind}_stopped"] = sum(bool(each.stopped) for each in swarm.records)
        methyls = write_transfer(folder / "methyls.h5")
        options = SwarmOptions("pm6", count=count, duration=0.06, timestep=0.5)
        swarm = run_swarm(methyls, folder / "methyls", MIDDLE, options)
        half = committor(swarm.of_frame(MIDDLE))
        result |= {"committor": half.value, "committor_error": half.error, "decided": half.total}
        result["methyls_imbalance_kcal"] = imbalance(swarm)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="the last line is a JSON object")
    parser.add_argument("--count", type=int, default=200, help="trajectories")
    parser.add_argument("--recording", type=Path, help="a recording in place of a pull on isobutane")
    arguments = parser.parse_args()
    if any(os.environ.get(name) != value for name, value in THREADS.items()):
        # PM6 is fastest on one thread, as the server runs it. The libraries read this when they are loaded.
        os.environ.update(THREADS)
        os.execv(sys.executable, [sys.executable, *sys.argv])
    result = measure(arguments.count, arguments.recording)
    print_table(
        f"{result['count']} trajectories of 0.5 ps, isobutane + CN on {ENGINE} (load {result['load']:.1f}; compiling "
        f"before took {result['compile_s']:.0f} s)",
        ("velocities", "s", "s of CPU", "imbalance, kcal/mol", "reacted", "stopped"),
        [
            (
                kind,
                *(
                    result[f"{kind}_{what}"]
                    for what in ("s", "cpu_s", "imbalance_kcal", "reacted", "stopped")
                ),
            )
            for kind in ("thermal", "modes")
        ],
    )
    print_table(
        "CH3 + CH4 on PM6, the hydrogen in the middle",
        ("committor", "standard error", "of", "imbalance, kcal/mol"),
        [tuple(result[key] for key in ("committor", "committor_error", "decided", "methyls_imbalance_kcal"))],
    )
    if arguments.json:
        print_json(result)


if __name__ == "__main__":
    main()

"""Reaction paths from recorded pulls: how long they take, and whether the saddles are right.

python benchmarks/path.py [--json] [--refine]

- Isobutane + CN (its tertiary hydrogen) and methane + OH, pulled by script on PM6: `path` on PM6. Bars: each ends
  with a proven saddle, or says that the energy falls all the way, in less than 300 s on two cores.
- The saddle of OH + CH4 searched again by ASE's dimer from a geometry displaced at random. Bar: the same energy
  within 0.1 kcal/mol.
- --refine: isobutane + CN on the network `alkanes`, its images labelled by DFT (PBE/def2-TZVP). Bar: the energies
  along the images, from the first on, differ by less than 1 kcal/mol.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from ase.mep import DimerControl, MinModeAtoms, MinModeTranslate
from report import print_json, print_table

from atomtug.core.systems import load_system
from atomtug.core.units import KCALMOL_PER_EV
from atomtug.paths.options import PathOptions
from atomtug.paths.result import ReactionPath
from atomtug.paths.surface import as_atoms
from atomtug.server.engines import create_engine
from atomtug.server.process.worker_process import THREADS
from atomtug.vr_client.scripted.series import SteeringSeries
from atomtug.workflows.path_finding import find_path
from atomtug.workflows.path_refining import refine_path
from atomtug.workflows.steering import steer

PULLS = {
    "isobutane + CN": ("isobutane", SteeringSeries(site="tertiary", seed=1)),
    "methane + OH": ("methane + OH", SteeringSeries(attacker="OH", seed=1)),
}
DISPLACED = 0.05
"""angstrom along each coordinate, the standard deviation, before the dimer."""


def recorded(folder: Path, name: str) -> Path:
    """A pull by script."""
    system, series = PULLS[name]
    for _ in steer(load_system(system), folder, 1, series):
        pass
    return next(folder.glob("*.h5"))


def dimer_energy(path: ReactionPath) -> float:
    """eV, of the saddle that a dimer finds from near the path's."""
    assert path.saddle is not None
    random = np.random.default_rng(1)
    guess = path.saddle.point.positions + random.normal(0.0, DISPLACED, path.saddle.point.positions.shape)
    atoms = as_atoms(path.system, guess, create_engine(path.engine, path.system))
    control = DimerControl(
        initial_eigenmode_method="gauss", logfile=None, max_num_rot=5, mask=[True] * len(atoms)
    )
    dimer = MinModeAtoms(atoms, control, random_seed=1)
    MinModeTranslate(dimer, logfile=os.devnull).run(fmax=0.01, steps=1000)
    return float(atoms.get_potential_energy())


def measure(refine: bool) -> dict[str, Any]:
    result: dict[str, Any] = {"load": os.getloadavg()[0], "paths": {}}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for name in PULLS:
            recording = recorded(folder / name, name)
            began = time.perf_counter()
            path = find_path(recording, folder / f"{name}-path")
            result["paths"][name] = {
                "s": time.perf_counter() - began,
                "verdict": path.verdict,
                "barrier_kcal": path.barrier,
                "reaction_energy_kcal": path.reaction_energy,
                "imaginary_cm": None if path.saddle is None else float(path.saddle.modes.wavenumbers[0]),
            }
            if name == "methane + OH" and path.saddle is not None:
                missed = dimer_energy(path) - path.saddle.point.energy
                result["dimer_difference_kcal"] = missed * KCALMOL_PER_EV
            if refine and name == "isobutane + CN":
                network = find_path(recording, folder / "network", PathOptions("ann:alkanes"))
                refined = refine_path(network, folder, folder / "labels.h5")
                result["network"] = {
                    "verdict": network.verdict,
                    "images": len(network.points),
                    "largest_difference_kcal": float(np.nanmax(np.abs(refined.differences))),
                    "mean_difference_kcal": float(np.nanmean(np.abs(refined.differences))),
                    "label_s": refined.labelling.seconds,
                }
    return result


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="the last line is a JSON object")
    parser.add_argument(
        "--refine", action="store_true", help="compare the network with DFT along its path, too"
    )
    arguments = parser.parse_args()
    if any(os.environ.get(name) != value for name, value in THREADS.items()):
        # PM6 is fastest on one thread, as the server runs it. The libraries read this when they are loaded.
        os.environ.update(THREADS)
        os.execv(sys.executable, [sys.executable, *sys.argv])
    result = measure(arguments.refine)
    print_table(
        f"from a recorded pull to a path on PM6 (load {result['load']:.1f}); the bar is 300 s",
        ("pull", "s", "verdict", "barrier, kcal/mol", "reaction energy", "imaginary, 1/cm"),
        [(name, *each.values()) for name, each in result["paths"].items()],
    )
    if "dimer_difference_kcal" in result:
        print_table(
            "the saddle of OH + CH4 by a dimer from a displaced geometry",
            ("above the path's saddle, kcal/mol", "bar"),
            [(result["dimer_difference_kcal"], 0.1)],
        )
    if "network" in result:
        print_table(
            "isobutane + CN on ann:alkanes against PBE/def2-TZVP at the same geometries; the bar is 1 kcal/mol",
            ("verdict", "images", "largest difference, kcal/mol", "mean", "s for the labels"),
            [tuple(result["network"].values())],
        )
    if arguments.json:
        print_json(result)


if __name__ == "__main__":
    main()

"""Labels: how many an hour against PySCF's defaults, how exact, and where the time goes.

python benchmarks/labels.py [--json] [--molecule NAME] [--frames N] [--rounds N]
python benchmarks/labels.py [--json] --molecule squalane [--no-defaults | --remake-defaults]

- ours: neighbouring frames of a PM6 trajectory of the reaction, through the same workers as `atomtug label`, one a
  core. Starting the workers is not counted.
- defaults: `dft.UKS(mol, xc="pbe").density_fit()` with grid level 3 and conv_tol 1e-8, then the gradient, one
  frame after the other on all cores, in a process whose environment says nothing of BLAS or threads.
- The two take turns, and the median of the rounds' ratios is the speedup, so that a busy machine hits both.
- errors: against grid level 5 and conv_tol 1e-10, on some of the frames. Of energies after taking away the mean
  difference; of forces the largest component.
- squalane (of which memory holds one label at a time): two neighbouring frames, one after the other on all cores
  (`large_labels.py`). PySCF's defaults start from the first frame's orbitals, too, and take hours of one core: their
  label is kept in squalane_defaults.json, and made again with --remake-defaults. CPU seconds are compared; energy and
  forces as they are, without taking away an offset.
"""

import argparse
import cProfile
import pstats
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import large_labels
import numpy as np
from report import print_json, print_table

from atomtug.core.systems import load_system
from atomtug.core.units import BOHR, FS, HARTREE, KCALMOL_PER_EV
from atomtug.server.engines import create_engine
from atomtug.trainer.dft import Theory
from atomtug.trainer.dft.environment import worker_environment
from atomtug.trainer.labels.cluster import connected
from atomtug.trainer.labels.run import LabelTask, run
from atomtug.trainer.labels.sharing import largest_need
from atomtug.trainer.labels.worker import Atoms

"""kcal/mol in one hartree."""
SPACING = 10
"""MD steps of 0.5 fs between the frames: what a stride over a recording gives."""

# Reads geometries (bohr) and settings, writes seconds, energies and forces: PySCF alone, nothing of atomtug.
PYSCF = """
import json, sys, time
import numpy as np
from pyscf import dft, gto
job = json.load(sys.stdin)
out = []
for geometry in job["geometries"]:
    started = time.perf_counter()
    mol = gto.M(atom=list(zip(job["symbols"], geometry)), unit="bohr", basis="def2-tzvp", spin=1, verbose=0)
    method = dft.UKS(mol, xc="pbe").density_fit()
    method.grids.level, method.conv_tol = job["level"], job["conv_tol"]
    energy = method.kernel()
    forces = -method.nuc_grad_method().kernel()
    out.append((time.perf_counter() - started, energy, forces.tolist(), bool(method.converged)))
json.dump(out, sys.stdout)
"""

STAGES = (
    ("grids", "grids.py", "_built"),
    ("three-centre integrals", "coulomb.py", "__init__"),
    ("three-centre integrals", "coulomb_blocks.py", "__init__"),
    ("cycles: Coulomb", "coulomb.py", "potential"),
    ("cycles: Coulomb", "coulomb_blocks.py", "potential"),
    ("cycles: exchange-correlation", "exchange_correlation.py", "potential"),
    ("cycles: diagonalisation", "scf.py", "_lowest"),
    ("gradient: exchange-correlation", "exchange_correlation.py", "gradient"),
    ("gradient: Coulomb", "coulomb.py", "gradient"),
    ("gradient: Coulomb", "coulomb_blocks.py", "gradient"),
    ("gradient: one-electron", "one_electron.py", "gradient"),
)


def trajectory(name: str, frames: int) -> np.ndarray:
    """(frames, N, 3) angstrom: CN's carbon pulled to the nearest hydrogen, as a spring of 0.02 hartree/bohr^2."""
    system = load_system(name)
    engine, masses = create_engine("pm6", system), system.masses[:, None]
    positions, carbon = system.positions.copy(), len(system.numbers) - 2
    hydrogens = np.flatnonzero(system.numbers == 1)
    target = hydrogens[np.argmin(np.linalg.norm(positions[hydrogens] - positions[carbon], axis=1))]
    way = positions[target] - positions[carbon]
    positions[-2:] += way * (1.0 - 2.5 / np.linalg.norm(way))
    velocities = np.random.default_rng(0).normal(size=positions.shape) * np.sqrt(0.02585 / masses)
    spring = 0.02 * HARTREE / BOHR**2

    def accelerations() -> np.ndarray:
        forces = engine.evaluate(positions).forces.copy()
        pull = spring * (positions[target] - positions[carbon])
        forces[carbon] += pull
        forces[target] -= pull
        return forces / masses

    kept, now = [], accelerations()
    while len(kept) < frames:
        kept.append(positions.copy())
        for _ in range(SPACING):
            velocities += 0.25 * FS * now
            positions += 0.5 * FS * velocities
            now = accelerations()
            velocities += 0.25 * FS * now
    return np.stack(kept)


def pyscf(
    symbols: list[str], geometries: np.ndarray, level: int, conv_tol: float, environment: dict[str, str]
) -> list[Any]:
    """(seconds, energy, forces, converged) of each geometry, by PySCF in a process of its own."""
    job = {
        "symbols": symbols,
        "geometries": (geometries / BOHR).tolist(),
        "level": level,
        "conv_tol": conv_tol,
    }
    return list(large_labels.run_python(PYSCF, job, environment))


def stages(atoms: Atoms, geometries: np.ndarray) -> tuple[dict[str, float], float]:
    """Seconds a label by stage, and in all; to be run in a worker that nothing else runs in."""
    from atomtug.trainer.dft.labeller import Labeller

    labeller = Labeller(atoms.numbers, atoms.charge, atoms.multiplicity, atoms.theory)
    labeller.label(geometries[0])
    profile = cProfile.Profile()
    began = time.perf_counter()
    with profile:
        for geometry in geometries[1:]:
            labeller.label(geometry)
    count = len(geometries) - 1
    total = (time.perf_counter() - began) / count
    spent = dict.fromkeys((name for name, _, _ in STAGES), 0.0)
    for (file, _, function), (_, _, _, cumulative, _) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        for name, of, called in STAGES:
            if file.endswith(f"dft/{of}") and function == called:
                spent[name] += cumulative / count
    spent["the rest"] = total - sum(spent.values())
    return spent, total


def measure(
    name: str, frames: int, rounds: int, references: int, say: Callable[[str], None]
) -> dict[str, Any]:
    system = load_system(name)
    geometries = trajectory(name, frames)
    atoms = Atoms(system.numbers, system.charge, system.multiplicity, Theory())
    tasks = [LabelTask("benchmark", frame, atoms, geometry) for frame, geometry in enumerate(geometries)]
    ours: dict[int, Any] = {}
    paces, default_paces, ratios = [], [], []
    with connected(None, None, largest_need(tasks)) as client:
        list(run(client, tasks[: 2 * len(client.nthreads())]))  # everything imported
        for number in range(rounds):
            began = time.perf_counter()
            for task, label in run(client, tasks):
                ours[task.frame] = label
            paces.append(3600 * frames / (time.perf_counter() - began))
            say(f"round {number + 1}: {paces[-1]:.0f} labels an hour, now PySCF's defaults ...")
            picked = [(number * frames) // rounds]
            seconds = [entry[0] for entry in pyscf(system.symbols, geometries[picked], 3, 1e-8, {})]
            default_paces.append(3600 * len(seconds) / sum(seconds))
            ratios.append(paces[-1] / default_paces[-1])
            say(f"round {number + 1}: {default_paces[-1]:.0f} labels an hour, ratio {ratios[-1]:.1f}")
        say("stages ...")
        spent, total = client.submit(stages, atoms, geometries[: min(frames, 8)]).result()
    say("tight reference ...")
    chosen = np.unique(np.linspace(0, frames - 1, references).astype(int))
    fast_blas = {key: value for key, value in worker_environment().items() if "THREADS" not in key}
    tight = pyscf(system.symbols, geometries[chosen], 5, 1e-10, fast_blas)
    energies = np.array([ours[frame].energy for frame in chosen]) - HARTREE * np.array(
        [entry[1] for entry in tight]
    )
    forces = np.stack([ours[frame].forces for frame in chosen]) - HARTREE / BOHR * np.array(
        [entry[2] for entry in tight]
    )
    return {
        "molecule": name,
        "frames": frames,
        "labels_per_hour": median(paces),
        "defaults_per_hour": median(default_paces),
        "speedup": median(ratios),
        "energy_error_kcal": float(np.abs(energies - energies.mean()).max() * KCALMOL_PER_EV),
        "force_error_kcal_A": float(np.abs(forces).max() * KCALMOL_PER_EV),
        "failed": sum(not label.converged for label in ours.values()),
        "rescued": sum(label.converged and not label.method.startswith("fast") for label in ours.values()),
        "cycles": float(np.mean([label.cycles for label in ours.values()])),
        "references": len(chosen),
        "stages": spent,
        "seconds_per_label": total,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="the last line is a JSON object")
    parser.add_argument("--molecule", default="methane")
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--references", type=int, default=4)
    parser.add_argument("--no-defaults", action="store_true", help="of squalane: ours alone")
    parser.add_argument("--remake-defaults", action="store_true", help="of squalane: PySCF's label, hours")
    arguments = parser.parse_args()
    if arguments.molecule == "squalane":
        system, frames = load_system(arguments.molecule), trajectory(arguments.molecule, 2)
        if arguments.remake_defaults:
            large_labels.make_reference(system, frames)
        large = large_labels.measure(system, frames, not arguments.no_defaults)
        print_table(*large_labels.rows(large))
        if arguments.json:
            print_json(large)
        return
    result = measure(
        arguments.molecule,
        arguments.frames,
        arguments.rounds,
        arguments.references,
        lambda text: print(text, file=sys.stderr, flush=True),
    )
    print_table(
        f"{result['molecule']} + CN, PBE/def2-TZVP, {result['frames']} neighbouring frames",
        ("", ""),
        [
            ("labels an hour", f"{result['labels_per_hour']:.0f}"),
            ("PySCF's defaults", f"{result['defaults_per_hour']:.0f}"),
            ("speedup", f"{result['speedup']:.1f}"),
            ("error in relative energies, kcal/mol", f"{result['energy_error_kcal']:.4f}"),
            ("error in forces, kcal/mol/A", f"{result['force_error_kcal_A']:.3f}"),
            ("cycles a label", f"{result['cycles']:.1f}"),
            ("failed, rescued", f"{result['failed']}, {result['rescued']}"),
        ],
    )
    print_table(
        "seconds a label on one core",
        ("stage", "s"),
        [(stage, f"{seconds:.3f}") for stage, seconds in result["stages"].items()]
        + [("in all", f"{result['seconds_per_label']:.3f}")],
    )
    if arguments.json:
        print_json(result)


if __name__ == "__main__":
    main()

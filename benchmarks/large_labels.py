"""A label of a molecule so large that one is made at a time: part of `benchmarks/labels.py`.

Each side runs in a process of its own, whose peak memory is told. Not run by itself.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.systems import System
from atomtug.core.units import BOHR, HARTREE, KCALMOL_PER_EV
from atomtug.trainer.dft.environment import worker_environment

# Reads a job, labels both geometries, writes what it took and the first one's orbitals in the atomic basis.
OURS = """
import json, resource, sys
import numpy as np
from atomtug.trainer.dft.environment import prepare
prepare()
from atomtug.trainer.dft import Theory, fast
from atomtug.trainer.dft.labeller import Labeller
from atomtug.trainer.dft.molecule import MoleculeBuilder
job = json.load(sys.stdin)
numbers, theory = np.array(job["numbers"]), Theory()
labeller = Labeller(numbers, 0, 2, theory)
labels = []
for count, geometry in enumerate(np.array(job["geometries"])):
    label = labeller.label(geometry)
    labels.append({
        "seconds": label.seconds, "energy": label.energy, "forces": label.forces.tolist(), "cycles": label.cycles,
        "converged": label.converged, "method": label.method, "charge": float(label.charges[-2:].sum()),
    })
    if count == 0:
        mol = MoleculeBuilder(numbers, 0, 2, theory.basis).at(geometry)
        alpha, beta = fast.to_atomic(mol, labeller.orbitals)
        np.savez(job["orbitals"], alpha=alpha, beta=beta)
json.dump([labels, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024], sys.stdout)
"""

# The second geometry by PySCF's defaults, from the first one's orbitals.
DEFAULTS = """
import json, resource, sys, time
import numpy as np
from pyscf import dft, gto
job = json.load(sys.stdin)
mol = gto.M(atom=list(zip(job["symbols"], job["geometries"][-1])), basis="def2-tzvp", spin=1, verbose=0)
there = np.load(job["orbitals"])
overlap = mol.intor("int1e_ovlp")
start = []
for orbitals in (there["alpha"], there["beta"]):
    values, vectors = np.linalg.eigh(orbitals.T @ overlap @ orbitals)
    orthonormal = orbitals @ (vectors / np.sqrt(values)) @ vectors.T
    start.append(orthonormal @ orthonormal.T)
began = time.perf_counter()
method = dft.UKS(mol, xc="pbe").density_fit()
method.grids.level, method.conv_tol = 3, 1e-8
energy = method.kernel(np.array(start))
forces = -method.nuc_grad_method().kernel()
seconds = time.perf_counter() - began
charge = float(method.mulliken_pop(verbose=0)[1][-2:].sum())
json.dump([seconds, energy, forces.tolist(), bool(method.converged), charge,
           resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024], sys.stdout)
"""


def measure(system: System, geometries: Floats, defaults: bool) -> dict[str, Any]:
    """Label the second of two neighbouring geometries in both ways.

    Args:
        system: the molecule
        geometries: (2, N, 3) angstrom
        defaults: whether PySCF's defaults are timed as well
    """
    cores = os.cpu_count() or 1
    with TemporaryDirectory() as folder:
        job = {
            "numbers": system.numbers.tolist(),
            "symbols": list(system.symbols),
            "geometries": geometries.tolist(),
            "orbitals": str(Path(folder) / "orbitals.npz"),
        }
        (first, second), peak = run_python(OURS, job, worker_environment(threads=cores))
        result: dict[str, Any] = {
            "molecule": "squalane",
            "seconds_from_scratch": first["seconds"],
            "seconds": second["seconds"],
            "cycles": second["cycles"],
            "method": second["method"],
            "converged": first["converged"] and second["converged"],
            "cn_charge": second["charge"],
            "memory_gb": peak / 1e9,
        }
        if not defaults:
            return result
        seconds, energy, forces, converged, charge, memory = run_python(DEFAULTS, job, {})
    difference = np.array(second["forces"]) - HARTREE / BOHR * np.array(forces)
    return result | {
        "default_seconds": seconds,
        "default_converged": converged,
        "default_cn_charge": charge,
        "default_memory_gb": memory / 1e9,
        "speedup": seconds / second["seconds"],
        "energy_error_kcal": abs(second["energy"] - HARTREE * energy) * KCALMOL_PER_EV,
        "force_error_kcal_A": float(np.abs(difference).max() * KCALMOL_PER_EV),
    }


def rows(result: dict[str, Any]) -> tuple[str, tuple[str, str], list[tuple[str, str]]]:
    """Title, header and rows of a table for people."""
    shown = [
        (name.replace("_", " "), f"{value:.4g}" if isinstance(value, float) else str(value))
        for name, value in result.items()
    ]
    return "squalane + CN, PBE/def2-TZVP, from a neighbouring frame on all cores", ("", ""), shown


def run_python(script: str, job: dict[str, Any], environment: dict[str, str]) -> Any:
    """What a script writes as JSON, in a process whose environment says of BLAS and threads only what is given."""
    known = (*worker_environment(), "OMP_NUM_THREADS")
    inherited = {name: value for name, value in os.environ.items() if name not in known}
    done = subprocess.run(
        [sys.executable, "-c", script],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        check=True,
        env={**inherited, **environment},
    )
    return json.loads(done.stdout)

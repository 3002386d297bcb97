"""A label of a molecule so large that one is made at a time: part of `benchmarks/labels.py`.

Each side runs in a process of its own, whose peak memory is told. PySCF's defaults take hours of one core, so their
label is kept in REFERENCE with its geometries, and is made again only when asked for. It is made on one thread, and
CPU seconds are compared with CPU seconds. Not run by itself.
"""

import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.systems import System
from atomtug.core.units import BOHR, HARTREE, KCALMOL_PER_EV
from atomtug.trainer.dft.environment import worker_environment

REFERENCE = Path(__file__).parent / "squalane_defaults.json"
"""What PySCF's defaults gave: see :func:`make_reference`."""
LOG = Path("runs/squalane_defaults.log")
"""Where PySCF says how far it is."""

# Reads a job, labels both geometries, writes what it took and the first one's orbitals in the atomic basis.
OURS = """
import json, sys, time
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
    began = time.process_time()
    label = labeller.label(geometry)
    labels.append({
        "seconds": label.seconds, "cpu_seconds": time.process_time() - began,
        "energy": label.energy, "forces": label.forces.tolist(), "cycles": label.cycles,
        "converged": label.converged, "method": label.method, "charge": float(label.charges[-2:].sum()),
    })
    if count == 0:
        mol = MoleculeBuilder(numbers, 0, 2, theory.basis).at(geometry)
        alpha, beta = fast.to_atomic(mol, labeller.orbitals)
        np.savez(job["orbitals"], alpha=alpha, beta=beta)
# getrusage's peak is at least that of the process it was started by.
status = open("/proc/self/status").read().splitlines()
peak = 1024 * int(next(line for line in status if line.startswith("VmHWM")).split()[1])
json.dump([labels, peak], sys.stdout)
"""

# The second geometry by PySCF's defaults, from the first one's orbitals.
DEFAULTS = """
import json, resource, sys, time
import numpy as np
from pyscf import dft, gto
job = json.load(sys.stdin)
mol = gto.M(
    atom=list(zip(job["symbols"], job["geometries"][-1])), basis="def2-tzvp", spin=1, verbose=4, output=job["log"]
)
there = np.load(job["orbitals"])
overlap = mol.intor("int1e_ovlp")
start = []
for orbitals in (there["alpha"], there["beta"]):
    values, vectors = np.linalg.eigh(orbitals.T @ overlap @ orbitals)
    orthonormal = orbitals @ (vectors / np.sqrt(values)) @ vectors.T
    start.append(orthonormal @ orthonormal.T)
began, cpu = time.perf_counter(), time.process_time()
method = dft.UKS(mol, xc="pbe").density_fit()
method.grids.level, method.conv_tol = 3, 1e-8
energy = method.kernel(np.array(start))
forces = -method.nuc_grad_method().kernel()
spent = {"seconds": time.perf_counter() - began, "cpu_seconds": time.process_time() - cpu}
charge = float(method.mulliken_pop(verbose=0)[1][-2:].sum())
json.dump(spent | {
    "energy": energy, "forces": forces.tolist(), "converged": bool(method.converged), "cn_charge": charge,
    "cycles": method.cycles, "memory_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9,
}, sys.stdout)
"""


def measure(system: System, geometries: Floats, defaults: bool) -> dict[str, Any]:
    """Label the second of two neighbouring geometries, and compare with what PySCF's defaults gave.

    Args:
        system: the molecule
        geometries: (2, N, 3) angstrom; those of the reference stand in for them where there is one
        defaults: whether to compare

    Raises:
        SystemExit: there is nothing to compare with
    """
    if not defaults:
        return _ours(system, geometries)
    if not REFERENCE.exists():
        raise SystemExit(
            f"There is no {REFERENCE.name} to compare with: make it with --remake-defaults (hours of one core), or "
            f"measure ours alone with --no-defaults."
        )
    reference = json.loads(REFERENCE.read_text(encoding="utf-8"))
    result = _ours(system, np.array(reference["geometries"]))
    difference = np.array(result.pop("forces")) - HARTREE / BOHR * np.array(reference["forces"])
    return result | {
        "default_measured": f"{reference['measured']} on {reference['machine']}",
        "default_seconds_one_thread": reference["seconds"],
        "default_cpu_seconds": reference["cpu_seconds"],
        "default_converged": reference["converged"],
        "default_cn_charge": reference["cn_charge"],
        "default_memory_gb": reference["memory_gb"],
        "speedup_in_cpu_seconds": reference["cpu_seconds"] / result["cpu_seconds"],
        "energy_error_kcal": abs(result["energy"] - HARTREE * reference["energy"]) * KCALMOL_PER_EV,
        "force_error_kcal_A": float(np.abs(difference).max() * KCALMOL_PER_EV),
    }


def make_reference(system: System, geometries: Floats) -> None:
    """Label the second of two geometries by PySCF's defaults on one thread, from the first one's orbitals by ours.

    Args:
        system: the molecule
        geometries: (2, N, 3) angstrom
    """
    LOG.parent.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder:
        job = label_job(system, geometries, folder)
        run_python(OURS, job | {"geometries": job["geometries"][:1]}, _threads())
        found = run_python(DEFAULTS, job | {"log": str(LOG)}, {"OMP_NUM_THREADS": "1"})
    about = {
        "measured": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.processor() or platform.machine()}, one thread",
        "geometries": np.round(geometries, 10).tolist(),
    }
    REFERENCE.write_text(json.dumps(about | found) + "\n", encoding="utf-8")


def _ours(system: System, geometries: Floats) -> dict[str, Any]:
    with TemporaryDirectory() as folder:
        (first, second), peak = run_python(OURS, label_job(system, geometries, folder), _threads())
    return {
        "molecule": "squalane",
        "seconds_from_scratch": first["seconds"],
        "seconds": second["seconds"],
        "cpu_seconds": second["cpu_seconds"],
        "cycles": second["cycles"],
        "method": second["method"],
        "converged": first["converged"] and second["converged"],
        "cn_charge": second["charge"],
        "memory_gb": peak / 1e9,
        "energy": second["energy"],
        "forces": second["forces"],
    }


def label_job(system: System, geometries: Floats, folder: str) -> dict[str, Any]:
    """What a script is told: a molecule, geometries (G, N, 3) in angstrom, and a folder for the orbitals."""
    return {
        "numbers": system.numbers.tolist(),
        "symbols": list(system.symbols),
        "geometries": geometries.tolist(),
        "orbitals": str(Path(folder) / "orbitals.npz"),
    }


def _threads() -> dict[str, str]:
    return worker_environment(threads=os.cpu_count() or 1)


def rows(result: dict[str, Any]) -> tuple[str, tuple[str, str], list[tuple[str, str]]]:
    """Title, header and rows of a table for people."""
    shown = [
        (name.replace("_", " "), f"{value:.4g}" if isinstance(value, float) else str(value))
        for name, value in result.items()
        if name != "forces"
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
    return json.loads(done.stdout.splitlines()[-1])  # PySCF says before it where its log is

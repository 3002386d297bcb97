"""What ``atomtug doctor`` tries in a process of its own: a library that crashes takes only that down.

``python -m atomtug.cli.probes NAME`` does one, prints what it found as the last line, and exits with 0.
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Probed:
    """What a probe that succeeded has to say.

    Args:
        found: in words
        slow: whether it works, and slower than this machine could
    """

    found: str
    slow: bool = False


OLD_KERNELS = ("barcelona", "prescott", "core2", "nehalem", "generic")
"""OpenBLAS's kernels for processors without AVX: what it takes when it doesn't know the processor."""


def sparrow() -> Probed:
    """One PM6 calculation of methane + CN, energy and forces."""
    import scine_sparrow  # noqa: F401  (if it can't be imported, its own words say why)

    from atomtug.core.systems import load_system
    from atomtug.server.engines import create_engine

    system = load_system("methane")
    engine = create_engine("pm6", system)
    engine.evaluate(system.positions)
    began = time.perf_counter()
    result = engine.evaluate(system.positions + 1e-4)
    took = time.perf_counter() - began
    if not (np.isfinite(result.energy) and np.isfinite(result.forces).all()):
        raise RuntimeError("PM6 gave no finite energy and forces for methane + CN")
    return Probed(
        f"PM6 energy and forces of methane + CN in {1e3 * took:.1f} ms (Sparrow {version('scine-sparrow')})"
    )


def pyscf() -> Probed:
    """A small SCF by density functional theory, on the BLAS kernels that labels get."""
    from atomtug.trainer.dft.environment import prepare

    prepare()
    from pyscf import dft, gto, lib

    molecule = gto.M(atom="H 0 0 0; H 0 0 0.74", basis="def2-svp", verbose=0)
    energy = dft.RKS(molecule, xc="pbe").kernel()
    if not -1.3 < energy < -1.0:  # hartree; PBE/def2-SVP: -1.16
        raise RuntimeError(f"PySCF gave {energy} hartree for H2")
    kernels = _kernels(lib.__path__[0])
    found = f"PBE of H2 (PySCF {version('pyscf')}, BLAS kernels: {', '.join(kernels) or 'unknown'})"
    slow = any(name.lower() in OLD_KERNELS for name in kernels)
    if slow:
        found += "; these kernels are of the slowest: set OPENBLAS_CORETYPE to Haswell, Zen or SkylakeX"
    return Probed(found, slow)


def jax() -> Probed:
    """A function compiled, and its gradient."""
    import jax as library

    gradient = library.jit(library.grad(lambda x: (x**3).sum()))
    found = np.asarray(gradient(np.arange(4.0, dtype=np.float32)))
    if not np.allclose(found, 3.0 * np.arange(4.0) ** 2):
        raise RuntimeError(f"JAX gave {found.tolist()} for the gradient of x^3 at 0, 1, 2, 3")
    devices = ", ".join(sorted({device.platform for device in library.devices()}))
    return Probed(f"compiles, on {devices} (JAX {library.__version__})")


def blas() -> Probed:
    """NumPy's BLAS: which it is and how fast it multiplies."""
    import threadpoolctl

    size = 768
    matrix = np.random.default_rng(0).normal(size=(size, size))
    _ = matrix @ matrix
    began, rounds = time.perf_counter(), 5
    for _ in range(rounds):
        matrix @ matrix
    speed = rounds * 2 * size**3 / (time.perf_counter() - began) / 1e9
    libraries = [entry for entry in threadpoolctl.threadpool_info() if entry["user_api"] == "blas"]
    names = [f"{e['internal_api']} {e.get('version')} {e.get('architecture', '')}".strip() for e in libraries]
    return Probed(f"{', '.join(names) or 'unknown'}: {speed:.0f} GFLOP/s (NumPy {np.__version__})")


def _kernels(folder: str) -> list[str]:
    """The kernels of the OpenBLAS libraries that were loaded from PySCF's folder or beside it."""
    import threadpoolctl

    known: list[dict[str, Any]] = threadpoolctl.threadpool_info()
    return sorted(
        {
            str(entry.get("architecture"))
            for entry in known
            if entry["user_api"] == "blas"
            and "pyscf" in str(entry.get("filepath"))
            and entry.get("architecture")
        }
    )


PROBES: dict[str, Callable[[], Probed]] = {"sparrow": sparrow, "pyscf": pyscf, "jax": jax, "blas": blas}


def main() -> None:
    """Do the probe that the command line names."""
    try:
        print(json.dumps(asdict(PROBES[sys.argv[1]]())))
    except Exception as error:  # whatever a broken library raises is what doctor has to tell
        lines = str(error).strip().splitlines()
        found = f"{type(error).__name__}: {lines[0] if lines else 'no further word'}"
        print(json.dumps(asdict(Probed(found))))
        sys.exit(1)


if __name__ == "__main__":
    main()

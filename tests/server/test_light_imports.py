"""What a process doesn't need it doesn't load: the simulation process has one engine, not all of them."""

import subprocess
import sys

import pytest

HEAVY = ("jax", "pyscf", "scine_sparrow", "ase.io", "scipy", "matplotlib", "h5py", "grpc")


@pytest.mark.parametrize(
    ("module", "not_loaded"),
    [
        ("atomtug.server.process.worker", HEAVY),
        (
            "atomtug.cli.serve",
            ("jax", "pyscf", "scine_sparrow", "ase.io", "scipy", "h5py", "matplotlib", "grpc"),
        ),
        ("atomtug.server.app", ("jax", "pyscf", "scine_sparrow", "matplotlib", "optuna", "sklearn")),
        ("atomtug.vr_client", ("jax", "pyscf", "scine_sparrow", "h5py", "matplotlib")),
        ("atomtug.cli", ("jax", "pyscf", "scine_sparrow", "ase.io", "scipy", "grpc")),
    ],
)
def test_importing_a_part_loads_nothing_heavy_that_it_can_do_without(module, not_loaded):
    script = f"import sys, {module}; print(*[name for name in {not_loaded!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []

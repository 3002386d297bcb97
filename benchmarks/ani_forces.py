"""TorchANI's energy and forces for costs.py: this side talks to a process that has torch and none of ours.

Run as a script by that process: it reads a line of JSON for each geometry and answers with the energy.
"""

import json
import os
import subprocess
import sys
from typing import Any

import numpy as np


class TorchANIForces:
    """TorchANI with a descriptor and layers as ours.

    Args:
        symmetry: the descriptor, :class:`atomtug.potential.SymmetryFunctions`
        hidden: units of each layer

    Raises:
        RuntimeError: it can't be installed, or doesn't run
    """

    def __init__(self, symmetry: Any, hidden: tuple[int, ...]) -> None:
        from training import torchani_python

        environment = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
        environment["TORCHANI_NO_WARN_EXTENSIONS"] = "1"
        self._process = subprocess.Popen(
            [torchani_python(), __file__],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
        )  # fmt: skip
        self._species: list[int] = []
        self._ask(
            {
                "r_cut": symmetry.r_cut, "eta": symmetry.eta, "zeta": symmetry.zeta, "hidden": list(hidden),
                "centres": np.asarray(symmetry.centres).tolist(), "angles": np.asarray(symmetry.angles).tolist(),
            }
        )  # fmt: skip

    def take(self, numbers: Any) -> None:
        """From now on for these atoms, (N,) atomic numbers."""
        self._species = np.searchsorted([1, 6, 7], numbers).tolist()

    def evaluate(self, positions: Any) -> Any:
        """Energy and largest force at ``positions`` (N, 3) angstrom. The pipe adds some tenths of a millisecond."""
        return self._ask({"species": self._species, "positions": np.asarray(positions).tolist()})

    def peak(self) -> float:
        """MB of its process so far."""
        return float(self._ask({"peak": True}))

    def close(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.wait()

    def _ask(self, question: dict[str, Any]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            assert self._process.stderr is not None
            raise RuntimeError(f"TorchANI doesn't run: {self._process.stderr.read().strip()[-300:]}")
        return json.loads(line)


def main() -> None:
    """The other side."""
    from pathlib import Path

    import torch
    from torchani.aev import AEVComputer, ANIAngular, ANIRadial
    from torchani_epoch import energies, networks

    asked = json.loads(sys.stdin.readline())
    computer = AEVComputer(
        # It wants the angular cutoff to be the smaller of the two.
        radial=ANIRadial(eta=asked["eta"], shifts=asked["centres"], cutoff=asked["r_cut"] + 1e-3),
        angular=ANIAngular(
            eta=asked["eta"], zeta=asked["zeta"], shifts=asked["centres"], sections=asked["angles"],
            cutoff=asked["r_cut"],
        ),
        num_species=3,
    )  # fmt: skip
    torch.manual_seed(0)
    count = len(asked["centres"])
    model = networks(3 * count + 6 * count * len(asked["angles"]), asked["hidden"], 3)
    print(json.dumps({"torch": torch.__version__}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        if "peak" in asked:
            status = Path("/proc/self/status").read_text(encoding="ascii")
            peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
            print(int(peak.split()[1]) / 1024, flush=True)
            continue
        species = torch.as_tensor(asked["species"], dtype=torch.long)[None]
        positions = torch.as_tensor(asked["positions"], dtype=torch.float32)[None].requires_grad_()
        energy = energies(model, species, computer(species, positions)).sum()
        (gradient,) = torch.autograd.grad(energy, positions)
        print(json.dumps([float(energy.detach()), float(gradient.abs().max())]), flush=True)


if __name__ == "__main__":
    main()

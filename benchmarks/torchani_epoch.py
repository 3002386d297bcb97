"""TorchANI's side of benchmarks/network.py, run by a Python that has torch and torchani and nothing of ours.

torchani_epoch.py DATA.npz: descriptor, layers, geometries and labels; for every line on standard input it trains
that many steps and prints the seconds they took.
"""

import json
import sys
import time
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torchani.aev import AEVComputer, ANIAngular, ANIRadial


def networks(features: int, hidden: list[int], elements: int) -> torch.nn.ModuleList:
    def one() -> torch.nn.Sequential:
        sizes = [features, *hidden]
        layers: list[torch.nn.Module] = []
        for ins, outs in pairwise(sizes):
            layers += [torch.nn.Linear(ins, outs), torch.nn.SiLU()]
        return torch.nn.Sequential(*layers, torch.nn.Linear(sizes[-1], 1))

    return torch.nn.ModuleList([one() for _ in range(elements)])


def energies(networks: torch.nn.ModuleList, species: Any, aevs: Any) -> Any:
    """(S,): every atom by its element's network."""
    flat, kind = aevs.flatten(0, 1), species.flatten()
    atomic = torch.zeros(len(flat), dtype=aevs.dtype)
    for element, network in enumerate(networks):
        mine = torch.nonzero(kind == element).flatten()
        atomic = atomic.index_add(0, mine, network(flat[mine]).flatten())
    return atomic.view(species.shape).sum(dim=1)


def main() -> None:
    data = np.load(sys.argv[1])
    n, batch = int(data["n_basis"]), int(data["batch"])
    shifts = data["centres"].tolist()
    r_cut = float(data["r_cut"])
    computer = AEVComputer(
        # It wants the angular cutoff to be the smaller of the two.
        radial=ANIRadial(eta=float(data["eta"]), shifts=shifts, cutoff=r_cut + 1e-3),
        angular=ANIAngular(
            eta=float(data["eta"]), zeta=float(data["zeta"]), shifts=shifts,
            sections=data["angles"].tolist(), cutoff=r_cut,
        ),
        num_species=3,
    )  # fmt: skip
    size = 3 * n + 6 * n * n
    torch.manual_seed(0)
    model = networks(size, data["hidden"].tolist(), 3)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    species = torch.as_tensor(data["species"], dtype=torch.long)[None]
    positions = torch.as_tensor(data["positions"], dtype=torch.float32)
    energy = torch.as_tensor(data["energy"], dtype=torch.float32)
    forces = torch.as_tensor(data["forces"], dtype=torch.float32)
    assert computer(species, positions[:1]).shape[-1] == size
    print(json.dumps({"torch": torch.__version__, "threads": torch.get_num_threads()}), flush=True)
    order = np.random.default_rng(0).permutation(len(positions))
    for line in sys.stdin:
        began = time.perf_counter()
        for step in range(int(line)):
            mine = torch.as_tensor(order[np.arange(step * batch, (step + 1) * batch) % len(order)])
            x = positions[mine].requires_grad_()
            kinds = species.repeat(len(mine), 1)
            predicted = energies(model, kinds, computer(kinds, x))
            (gradient,) = torch.autograd.grad(predicted.sum(), x, create_graph=True)
            loss = ((predicted - energy[mine]) ** 2).mean() / species.shape[1]
            loss = loss + 0.3 * ((gradient + forces[mine]) ** 2).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        print(time.perf_counter() - began, flush=True)


if __name__ == "__main__":
    main()

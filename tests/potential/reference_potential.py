"""The formulas of Smith's symmetry functions and of the networks, in plain loops: what everything is held against."""

import numpy as np


def cutoff(r, r_cut):
    return 0.5 * (1.0 + np.cos(np.pi * r / r_cut)) if r < r_cut else 0.0


def symmetry_functions(n_basis, r_min, r_cut, tau, elements, numbers, positions):
    """(N, F) features, atoms in their own order."""
    eta = 4.0 * np.log(tau) * ((n_basis - 1) / (r_cut - r_min)) ** 2
    zeta = -np.log(tau) / (2.0 * np.log(np.cos(np.pi / (4 * n_basis - 4))))
    shells, angles = np.linspace(r_min, r_cut, n_basis), np.linspace(0.0, np.pi, n_basis)
    pairs = [(a, b) for i, a in enumerate(elements) for b in elements[i:]]
    features = []
    for i in range(len(numbers)):
        radial = {e: np.zeros(n_basis) for e in elements}
        angular = {p: np.zeros((n_basis, n_basis)) for p in pairs}
        near = [
            j for j in range(len(numbers)) if j != i and np.linalg.norm(positions[j] - positions[i]) < r_cut
        ]
        for j in near:
            r = np.linalg.norm(positions[j] - positions[i])
            radial[numbers[j]] += np.exp(-eta * (r - shells) ** 2) * cutoff(r, r_cut)
        for a, j in enumerate(near):
            for k in near[a + 1 :]:
                u, v = positions[j] - positions[i], positions[k] - positions[i]
                ru, rv = np.linalg.norm(u), np.linalg.norm(v)
                theta = np.arccos(np.clip(u @ v / (ru * rv), -1.0, 1.0))
                bend = 2.0 ** (1.0 - zeta) * (1.0 + np.cos(theta - angles)) ** zeta
                shell = np.exp(-eta * (0.5 * (ru + rv) - shells) ** 2) * cutoff(ru, r_cut) * cutoff(rv, r_cut)
                angular[tuple(sorted((numbers[j], numbers[k])))] += np.outer(shell, bend)
        features.append(np.concatenate([radial[e] for e in elements] + [angular[p].ravel() for p in pairs]))
    return np.array(features)


def energies(model, numbers, positions):
    """(M,) eV with reference energies."""
    architecture, symmetry = model.architecture, model.architecture.symmetry
    elements = list(architecture.elements)
    features = symmetry_functions(
        symmetry.n_basis, symmetry.r_min, symmetry.r_cut, symmetry.tau, elements, numbers, positions
    )
    activation = {
        "tanh": np.tanh,
        "silu": lambda x: x / (1.0 + np.exp(-x)),
        "sigmoid": lambda x: 1.0 / (1.0 + np.exp(-x)),
    }[architecture.activation]
    total = np.full(architecture.members, model.reference.intercept)
    for z, x in zip(numbers, features, strict=True):
        network = model.parameters[elements.index(z)]
        for m in range(architecture.members):
            h = x
            for layer in network[:-1]:
                h = activation(h @ np.asarray(layer.weight[m], float) + np.asarray(layer.bias[m], float))
            last = network[-1]
            total[m] += float((h @ np.asarray(last.weight[m], float) + np.asarray(last.bias[m], float))[0])
        total += model.reference.per_element[elements.index(z)]
    return total

"""Networks small enough to compile in seconds, and soft enough that molecules stay what they are for a while."""

from dataclasses import replace
from pathlib import Path

from atomtug.potential import Architecture, Layer, Model, SymmetryFunctions, save_model

SMALL = Architecture((1, 6, 7), SymmetryFunctions(4, 0.8, 3.1, 1.7612), (8, 8), members=2)


def write_soft_model(
    path: Path, architecture: Architecture = SMALL, seed: int = 0, scale: float = 0.02
) -> Path:
    """Random weights, the last layer's so small that forces are, too."""
    model = Model.untrained(architecture, seed)
    parameters = tuple(
        (*network[:-1], Layer(network[-1].weight * scale, network[-1].bias)) for network in model.parameters
    )
    save_model(replace(model, parameters=parameters), path)
    return path

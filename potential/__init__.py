"""Neural network potentials: descriptor, networks, model file. The trainer and the network engine share them.

- :class:`SymmetryFunctions`, :class:`Architecture`: the parameters of a potential that are not trained
- :class:`Model`, :func:`load_model`, :func:`save_model`: a potential with its weights, in memory and in a file
- :class:`Evaluator`: energy and forces of one set of atoms, called many times; :func:`evaluate` does the same as a
  pure function, for loops of several MD steps
- :class:`Calculator`: the same for ASE; :func:`energy_function`: a plain JAX function, for jax-md and the like
- :func:`arrange`, :class:`Layout`, :func:`energies`, :func:`energy_and_forces`, :func:`member_forces`: batches of
  molecules as pure functions of the parameters, for training

The modules build on each other in this order: ``symmetry`` (formulas), ``layout`` (atoms in rows), ``pairs`` and
``triples`` (neighbour lists), ``running``, ``keeping`` and ``powers`` (for speed), ``radial`` and ``angular``
(features), ``descriptor``, ``network``, ``repulsion``, ``energy``.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from atomtug.potential.architecture import Architecture
from atomtug.potential.descriptor import Lists, describe
from atomtug.potential.devices import fall_back_to_cpu
from atomtug.potential.energy import Energies, Evaluated, energies, energy_and_forces, member_forces, spread
from atomtug.potential.evaluator import Arguments, Evaluator, Prediction, TracedPrediction, evaluate
from atomtug.potential.layout import Arrangement, Layout, Rows, arrange
from atomtug.potential.model import Model, Provenance, ReferenceEnergies, SpreadCalibration
from atomtug.potential.model_file import load_model, save_model
from atomtug.potential.network import Layer, Parameters, fuse, initialise, member
from atomtug.potential.repulsion import Repulsion
from atomtug.potential.symmetry import SymmetryFunctions

if TYPE_CHECKING:
    from atomtug.potential.ase_calculator import Calculator
    from atomtug.potential.jax_function import energy_function

__all__ = [
    "Architecture",
    "Arguments",
    "Arrangement",
    "Calculator",
    "Energies",
    "Evaluated",
    "Evaluator",
    "Layer",
    "Layout",
    "Lists",
    "Model",
    "Parameters",
    "Prediction",
    "Provenance",
    "ReferenceEnergies",
    "Repulsion",
    "Rows",
    "SpreadCalibration",
    "SymmetryFunctions",
    "TracedPrediction",
    "arrange",
    "describe",
    "energies",
    "energy_and_forces",
    "energy_function",
    "evaluate",
    "fall_back_to_cpu",
    "fuse",
    "initialise",
    "load_model",
    "member",
    "member_forces",
    "save_model",
    "spread",
]

_LATE = {"Calculator": "ase_calculator", "energy_function": "jax_function"}
"""name -> its module. A live engine needs neither, so they are imported when they are used."""


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATE[name]}"), name)


# Before anything is computed, whoever imports this package.
fall_back_to_cpu()

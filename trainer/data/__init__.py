"""Data sets: labelled geometries of several molecules, and the file they live in."""

from atomtug.trainer.data.dataset import DataSet, Row, Trajectory
from atomtug.trainer.data.molecule import Molecule
from atomtug.trainer.data.scaling import EnergyScaling
from atomtug.trainer.data.storage import is_data_set, read, write
from atomtug.trainer.data.summary import summary

__all__ = [
    "DataSet",
    "EnergyScaling",
    "Molecule",
    "Row",
    "Trajectory",
    "is_data_set",
    "read",
    "summary",
    "write",
]

"""What ASE finds of this package by the entry point ``ase.plugins``, without importing any of it (``ase info``)."""

from ase._4.plugins.plugin import CalculatorPlugin

__ase_plugins__ = {
    CalculatorPlugin("atomtug", implementation="atomtug.potential.ase_calculator.Calculator"),
}

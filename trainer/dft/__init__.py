"""Energies and forces by density functional theory.

- ``theory``      the level of theory, and what a label is
- ``labeller``    geometry after geometry of one molecule, by the first way that works; the face of this package
- ``functional``, ``dispersion``, ``molecule``   what the names of functional and basis stand for
- ``fast``        our own self-consistent field and gradient, of ``scf``, ``coulomb`` (``coulomb_blocks`` for large
  molecules), ``exchange_correlation``, ``one_electron``, ``orbitals`` and ``grids``; ``threads`` share its work,
  ``screening`` and ``storage`` are for large integrals
- ``state_guess``, ``state_choice``, ``state_check``, ``populations``, ``unpaired``   starting orbitals from
  fragments, and which state is wanted
- ``stock``       PySCF's own calculation, on a graphics card where there is one (``gpu``)
- ``environment`` what must be set in a process before PySCF is loaded

Inside, quantities are in atomic units, as PySCF's integrals are; labels are in eV and angstrom. Only ``theory`` and
``environment`` can be imported without loading PySCF.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from atomtug.trainer.dft.theory import Label, Theory

if TYPE_CHECKING:
    from atomtug.trainer.dft.labeller import Labeller

__all__ = ["Label", "Labeller", "Theory"]


def __getattr__(name: str) -> Any:
    """Import ``Labeller``, and with it PySCF, when it is used."""
    if name != "Labeller":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module("atomtug.trainer.dft.labeller").Labeller

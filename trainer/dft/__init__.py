"""Labels: energies and forces by density functional theory, many of them and soon.

``Labeller`` is the face; everything below it needs PySCF, which is loaded only when it is asked for, because a
worker's environment must be set before (:mod:`environment`).
"""

from atomtug.trainer.dft.theory import Label, Theory

__all__ = ["Label", "Theory"]

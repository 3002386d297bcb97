"""A label's electronic state, compared with what a range-separated hybrid functional says.

The self-interaction of pure functionals moves electrons to where they do not belong, such as into the hole of a
radical beside a molecule. A functional with exact exchange at long range does not (Chai and Head-Gordon, J. Chem.
Phys. 128, 084106 (2008)). It costs more, so only a sample of the labels is checked, with a small basis.
"""

from dataclasses import replace

import numpy as np

from atomtug.core.arrays import Floats, Ints
from atomtug.trainer.dft.labeller import Labeller
from atomtug.trainer.dft.theory import Label, Theory

HYBRID = Theory("wb97x", "def2-svp", grid="0")
OTHER_CHARGE = 0.35
"""Elementary charges by which a fragment differs in another state."""
OTHER_SPIN = 0.5
"""Unpaired electrons of a fragment, or of an atom where all atoms are one fragment, likewise."""
CONTRADICTED = "another state by"
"""How the check of a label begins whose state the hybrid contradicts."""
LARGEST = 30
"""Atoms of a molecule that is checked, at most: isobutane + CN (16 atoms) takes some 20 s of one core."""


def check_state(numbers: Ints, charge: int, multiplicity: int, positions: Floats, label: Label) -> Label:
    """The label with what the hybrid says of its state; as it is where there is nothing to compare.

    Args:
        numbers: (N,) atomic numbers
        charge: e
        multiplicity: 2S + 1
        positions: (N, 3) angstrom
        label: made at these positions
    """
    if not label.converged or label.charges is None or label.spins is None or label.fragment is None:
        return label
    if len(numbers) > LARGEST:
        return replace(label, check=f"not checked: more than {LARGEST} atoms")
    other = Labeller(numbers, charge, multiplicity, HYBRID).label(positions)
    name = f"{HYBRID.functional.upper()}/{HYBRID.basis}"
    if not other.converged or other.charges is None or other.spins is None:
        return replace(label, check=f"not checked: {name} did not converge")
    owner = label.fragment if label.fragment.max() else np.arange(len(numbers))
    charges = [np.bincount(owner, each) for each in (label.charges, other.charges)]
    spins = [np.bincount(owner, each) for each in (label.spins, other.spins)]
    if multiplicity == 1 and spins[0] @ spins[1] < 0.0:
        spins[1] = -spins[1]  # all spins turned round are the same state
    apart_charge, apart_spin = (float(np.abs(a - b).max()) for a, b in (charges, spins))
    several = bool(label.fragment.max())
    if apart_spin > OTHER_SPIN or (several and apart_charge > OTHER_CHARGE):
        what = "fragments" if several else "atoms"
        values = [", ".join(f"{value:+.2f}" for value in each) for each in (*charges, *spins)]
        return replace(
            label,
            contradicted=True,
            check=f"{CONTRADICTED} {name}: charges {values[1]} and spins {values[3]} of the {what}, not "
            f"{values[0]} and {values[2]}",
        )
    return replace(label, check=f"{name} agrees: charges within {apart_charge:.2f}, spins {apart_spin:.2f}")

"""What the electrons of a geometry do, as far as its engine says."""

from typing import NamedTuple

from atomtug.core.arrays import Floats


class ElectronicStructure(NamedTuple):
    """The electrons of one geometry of N atoms. What the engine does not give is None.

    Args:
        charges: (N,) elementary charges, by the engine's own population analysis
        spins: (N,) alpha minus beta electrons; all zero for a restricted calculation
        bond_orders: (N, N) symmetric; Sparrow's are Wiberg's for an orthogonal basis, Mayer's otherwise
        spin_square: expectation value of S^2: 0 for a singlet and 0.75 for a doublet without contamination
    """

    charges: Floats
    spins: Floats | None = None
    bond_orders: Floats | None = None
    spin_square: float | None = None


class ElectronicStateChange(NamedTuple):
    """An engine went over from one electronic state to another between two geometries that follow each other.

    Args:
        before: energy of the state it left, eV, at the geometry where it arrived
        after: energy of the state it went to, eV, at the same geometry
        way: how that was found: ``steering``, ``high spin``, or ``recovery`` after a failure to converge
    """

    before: float
    after: float
    way: str

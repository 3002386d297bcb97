"""Unit conversions, from ASE's constants (CODATA).

Inside, everything is in ASE's units: angstrom, eV, amu, and the time that follows from them. The wire and the
recordings are in Narupa's: nm, ps, kJ/mol. Multiply an inside value by ``X_PER_Y`` to leave, divide to enter.
"""

from ase import units as _ase

NM_PER_ANGSTROM: float = 1.0 / _ase.nm
PS_PER_TIME: float = 1.0 / (1000.0 * _ase.fs)
"""Picoseconds in one of ASE's time units (angstrom * sqrt(amu/eV))."""
FS: float = _ase.fs
"""A femtosecond, in ASE's time unit."""
PS: float = 1000.0 * _ase.fs
"""A picosecond, in ASE's time unit."""
KJMOL_PER_EV: float = _ase.mol / _ase.kJ
KCALMOL_PER_EV: float = _ase.mol / _ase.kcal
NM_PS_PER_VELOCITY: float = NM_PER_ANGSTROM / PS_PER_TIME
"""nm/ps in one of ASE's velocity units."""
KJMOL_NM_PER_FORCE: float = KJMOL_PER_EV / NM_PER_ANGSTROM
"""kJ/mol/nm in one eV/angstrom."""
BOHR: float = _ase.Bohr
"""A bohr, in angstrom."""
HARTREE: float = _ase.Hartree
"""A hartree, in eV."""
BOLTZMANN: float = _ase.kB
"""Boltzmann's constant, in eV/K."""
NANONEWTON_PER_FORCE = 1.602176634
"""nN in 1 eV/angstrom: the elementary charge in units of 1e-19 C, exact since 2019."""
HBAR: float = _ase._hbar * _ase.J * _ase.s
"""Planck's constant over 2 pi, in eV times ASE's time unit."""
WAVENUMBER: float = _ase.invcm
"""The energy h c times 1/cm, in eV."""

"""What is in a recording, first with atomtug's reader, then with h5py alone.

python examples/read_recording.py [FILE.h5]
"""

import sys
from pathlib import Path

import h5py
import numpy as np

from atomtug.recordings import Recording

SAMPLE = Path(__file__).parent.parent / "recordings" / "sample.h5"


def main(path: str = str(SAMPLE)) -> None:
    """Print the same energies twice, and what the hands did."""
    with Recording(path) as recording:  # ASE's units: eV, angstrom
        print(f"{len(recording)} frames of {recording.system.name} on {', '.join(recording.engines)}")
        print(f"energies from {recording.energies.min():.3f} to {recording.energies.max():.3f} eV")
        for event in recording.events:
            if event.kind == "interaction":
                print(
                    f"from frame {event.frame} on, {event.data.get('owner')} held {event.data.get('particles')}"
                )
        for frame, bonds in recording.bond_changes:
            print(f"from frame {frame} on: bonds {bonds.tolist()}")

    with h5py.File(path) as file:  # nm, ps, kJ/mol: any HDF5 library will do
        frames = file["committed"][0]
        energies = file["observables/potential_energy/value"][:frames]
        print(f"energies from {np.min(energies):.1f} to {np.max(energies):.1f} kJ/mol")


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Is a molecule that relaxes at rest a second after the hand has stopped?

python benchmarks/relaxing.py [--json]

A hand takes the carbon of CN in 20 steps from where it stands to the tertiary hydrogen of isobutane, on PM6, while
the molecules run downhill all the time (`--thermostat relax`). After each step it rests for a second at the default
pace, which is 150 steps; then the largest total force on an atom, the hand's included, counts. The script fails
where fewer than 19 are at most 0.05 eV/angstrom. The figures depend on no clock.
"""

import argparse
import os
import sys

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import numpy as np  # noqa: E402
from report import print_json, print_table  # noqa: E402

from atomtug.core.systems import load_system  # noqa: E402
from atomtug.core.systems.bonds import perceive_bonds  # noqa: E402
from atomtug.core.systems.sites import find_radical, hydrogen_sites  # noqa: E402
from atomtug.core.units import NM_PER_ANGSTROM  # noqa: E402
from atomtug.server.app import ServerOptions  # noqa: E402
from atomtug.server.dynamics.force_laws import ActiveInteraction  # noqa: E402
from atomtug.server.dynamics.simulation import Simulation  # noqa: E402
from atomtug.server.engines import create_engine  # noqa: E402

STOPS = 20
AT_REST = 0.05
"""eV/angstrom."""
BAR = 19
BOND = 1.07
"""Angstrom from the hydrogen where the hand ends: C-H of HCN."""


def measure(scale: float) -> list[dict[str, float]]:
    """What is left of the forces after each stop of a hand, whose spring is ``scale`` times the protocol's."""
    system = load_system("isobutane")
    options = ServerOptions([system], thermostat="relax")
    simulation = Simulation(system, create_engine("pm6", system), options.live().dynamics)
    carbon, _ = find_radical(system.numbers, perceive_bonds(system.numbers, system.positions)) or (0, 0)
    hydrogen = next(atom for atom, site in hydrogen_sites(system).items() if site == "tertiary")
    second = round(options.fps * options.steps_per_frame)
    for _ in range(second):
        simulation.step()
    start = simulation.frame().positions
    way = start[carbon] - start[hydrogen]
    end = start[hydrogen] + way * BOND / np.linalg.norm(way)
    rows = []
    for stop in range(1, STOPS + 1):
        place = start[carbon] + (end - start[carbon]) * stop / STOPS
        hand = ActiveInteraction(
            position=place * NM_PER_ANGSTROM,
            particles=np.array([carbon]),
            interaction_type="spring",
            scale=scale,
        )
        simulation.set_interactions({"interaction.hand": hand})
        for _ in range(second):
            simulation.step()
        frame = simulation.frame()
        rows.append(
            {
                "stop": stop,
                "distance": float(np.linalg.norm(frame.positions[carbon] - frame.positions[hydrogen])),
                "left": float(np.linalg.norm(frame.total_forces, axis=1).max()),
                "hand": float(np.linalg.norm(frame.user_forces, axis=1).max()),
            }
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="the last line is a JSON object")
    parser.add_argument("--scale", type=float, default=100.0, help="of the hand's spring")
    arguments = parser.parse_args()
    rows = measure(arguments.scale)
    rest = sum(row["left"] <= AT_REST for row in rows)
    print_table(
        f"A second after each stop: {rest} of {STOPS} at rest (bar {BAR})",
        ("stop", "C...H, angstrom", "largest force left, eV/angstrom", "the hand's, eV/angstrom"),
        [(int(row["stop"]), row["distance"], row["left"], row["hand"]) for row in rows],
    )
    if arguments.json:
        print_json({"at_rest": rest, "stops": rows})
    if rest < BAR:
        sys.exit(f"Only {rest} of {STOPS} are at rest: the bar is {BAR}.")


if __name__ == "__main__":
    main()

"""NanoVer's server with an ASE engine, for peer.py: run by NanoVer's own Python, not by atomtug's.

python peer_server.py ATOMS.xyz INTERVAL

Langevin dynamics of the atoms by ASE with its EMT calculator, five steps of 0.5 fs a frame, a frame each INTERVAL
seconds (NanoVer's default is 1/30; 0 for as many as it can). Prints the port, and ends when stdin closes.
"""

import sys

import ase.io
from ase import units
from ase.calculators.emt import EMT
from ase.md.langevin import Langevin
from ase.md.velocitydistribution import MaxwellBoltzmannDistribution
from nanover.app import NanoverImdApplication, OmniRunner
from nanover.ase import ASESimulation


def main() -> None:
    path, interval = sys.argv[1], float(sys.argv[2])
    atoms = ase.io.read(path)
    atoms.calc = EMT()
    MaxwellBoltzmannDistribution(atoms, temperature_K=300)
    # fixcm is ASE's default; what it does to the ensemble costs no time.
    dynamics = Langevin(atoms, 0.5 * units.fs, temperature_K=300, friction=0.001 / units.fs)
    simulation = ASESimulation.from_ase_dynamics(dynamics, name="peer")
    simulation.include_velocities = simulation.include_forces = True  # as atomtug's frames have them
    app = NanoverImdApplication(name="peer")  # no discovery: nothing is broadcast
    app.serve_websocket(port=0)
    with OmniRunner(app) as runner:
        runner.add_simulation(simulation)
        runner.load(0)
        runner.runner.play_step_interval = interval
        print(app.service_hub.services["ws"], flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()

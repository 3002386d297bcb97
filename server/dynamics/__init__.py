"""How atoms move: integrators, force laws, the wall, the simulation that combines them, uncertain forces.

It asks an engine (:mod:`atomtug.server.engines`) for energies and forces; engines know nothing of the dynamics.
"""

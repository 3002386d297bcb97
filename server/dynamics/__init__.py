"""How atoms move: integrators, the force laws of interactions, the wall, and the simulation that combines them."""

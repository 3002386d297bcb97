"""The simulation's own process: the worker in it, and the supervisor that starts it, feeds it and replaces it."""

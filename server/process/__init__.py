"""The simulation's own process: the worker in it, and the supervisor that starts, feeds and replaces it."""

"""Many trajectories from one geometry, free of hands: what follows from a pull, with error bars.

- :mod:`~atomtug.swarm.modes`, :mod:`~atomtug.swarm.starts`: fresh velocities, thermal or quasi-classical
- :mod:`~atomtug.swarm.courses` moves one trajectory on any engine, :mod:`~atomtug.swarm.batched` many at once on a
  network
- :mod:`~atomtug.swarm.launcher` makes them, as :mod:`~atomtug.swarm.options` say; :mod:`~atomtug.swarm.assessment` is
  what is kept of each
- :mod:`~atomtug.swarm.outcomes`: what became of each; :mod:`~atomtug.swarm.shares`: where its energy went
- :mod:`~atomtug.swarm.statistics`: fractions, committors and means with their errors;
  :mod:`~atomtug.swarm.summary`: for each outcome
- :mod:`~atomtug.swarm.journal`: what is done, on disk; :mod:`~atomtug.swarm.plot`: the figure

:func:`atomtug.workflows.run_swarm` puts it together.
"""

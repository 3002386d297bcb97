"""Reaction paths from recordings: minimum energy path, saddle point, and the proof that both belong together.

- :mod:`~atomtug.paths.recorded`: the reactions in a recording
- :mod:`~atomtug.paths.surface`: energies and forces of an engine; :mod:`~atomtug.paths.journal` keeps them on disk,
  which is what a path that was stopped goes on from
- :mod:`~atomtug.paths.scan`: the recorded reaction relaxed, with both ends; :mod:`~atomtug.paths.profile` finds its
  maximum, :mod:`~atomtug.paths.band` climbs it
- :mod:`~atomtug.paths.saddle`: the saddle point; :mod:`~atomtug.paths.descent`: the way down from it to both sides
- :mod:`~atomtug.paths.hessians`: second derivatives; :mod:`~atomtug.paths.energies`: barrier and reaction energy
- :mod:`~atomtug.paths.options` asks, :mod:`~atomtug.paths.result` answers; :mod:`~atomtug.paths.files` and
  :mod:`~atomtug.paths.plot` show it

:func:`atomtug.workflows.find_path` puts it together.
"""

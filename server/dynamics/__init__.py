"""How atoms move: integrators, force laws, the wall, the simulation that combines them, uncertain forces.

It asks an engine (:mod:`atomtug.server.engines`) for energies and forces; engines know nothing of the dynamics.

- :mod:`simulation` puts all together, with :mod:`settings` and :mod:`engine_in_use`; :mod:`state` is what another one
  goes on from
- motion: :mod:`integrators`, :mod:`downhill`, :mod:`relaxation`, :mod:`cooling`, :mod:`temperature`
- hands: :mod:`force_laws`, :mod:`restraints`, :mod:`interaction_forces`, :mod:`interpolated_position`
- what keeps atoms in reach: :mod:`wall`
- many steps in one call, on a network: :mod:`compiled_dynamics`, :mod:`compiled_loop`, :mod:`interaction_arrays`
- a network that is not sure: :mod:`uncertainty`
"""

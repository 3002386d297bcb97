"""Scripted hands.

- :mod:`hands`: hands that hold atoms by springs, and what a plan is; :mod:`moves`, :mod:`approach`, :mod:`route` and
  :mod:`person`: what two hands can do with an attacker and a molecule
- :mod:`attack`, :mod:`roles` and :mod:`selecting`: who attacks what, by default or as a user names it
- :mod:`abstraction`, :mod:`variations` and :mod:`roughness`: the built-in scripts; :mod:`outcome`: what came of them
- :mod:`script`, :mod:`script_file`, :mod:`condition`, :mod:`selection` and :mod:`play`: scripts of one's own
- :mod:`perform`: carries a plan out on a server; :mod:`series`, :mod:`trials` and :mod:`steering`: draw, run and
  record trajectories
"""

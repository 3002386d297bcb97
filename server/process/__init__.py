"""The simulation's own process: the worker in it, and the supervisor that starts it, feeds it and replaces it.

- in the simulation's process: :mod:`worker`, :mod:`loading`, :mod:`frame_clock`, :mod:`time_limit`
- between the two: :mod:`messages`, carried by :mod:`channel`
- in the server: :mod:`supervisor`; :mod:`active_process` is the one whose frames count, :mod:`standby` are those that
  wait, :mod:`resume_point` is where the next one goes on; :mod:`simulation_handle` and :mod:`worker_process` are one
  process seen from here, :mod:`listener` is who hears of it, :mod:`background_tasks` what is completed in any case
"""

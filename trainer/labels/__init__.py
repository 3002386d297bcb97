"""Labels: which frames are chosen, and the jobs that compute their energies and forces.

- ``frames``     the frames of recordings, broken ones set aside
- ``selection``  which of them are labelled
- ``labelling``  what is to be done, what is done already, and putting labels into a data set
- ``candidates`` geometries of a running session, the most different first, and ``store``, where their labels are kept
- ``odd_states`` labels whose electronic state is not that of their trajectory
- ``run``        many labels on the workers of a cluster, ``cluster`` where that is, ``sharing`` how many at once,
  ``worker`` what runs in it, ``by_calculator`` labels without density functional theory

The calculations themselves are :mod:`atomtug.trainer.dft`; :func:`atomtug.workflows.label` puts all of it together.
"""

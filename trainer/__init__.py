"""The trainer: from recordings to labels, data sets and networks.

Energies are eV and forces eV/angstrom; files keep the units that they state. Who needs whom goes one way:

- ``dft``         energy and forces of a geometry by density functional theory
- ``data``        data sets and their file (needs ``dft.theory`` alone)
- ``exchange``    data sets in other formats (needs ``data``)
- ``labels``      which frames are labelled, and the jobs (needs ``dft`` and ``data``)
- ``fit``         training (needs ``data``)
- ``teacher``     random geometries with a cheap method's energies, to learn from first (needs ``fit``)
- ``evaluation``  how good a model is, and the paper's Table 1 (needs ``fit``)
- ``search``      a search for good settings (needs ``fit``)
"""

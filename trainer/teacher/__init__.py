"""A cheap method as a teacher: geometries that no hand has made yet, with GFN2-xTB's energies brought to the labels'.

``distortions`` makes the geometries, ``gfn2`` (or ``network``) computes them, ``correction`` brings them to the
labels' level of theory, ``teaching`` does all three.
"""

from atomtug.trainer.teacher.teaching import Teacher, TeachingSettings, teach

__all__ = ["Teacher", "TeachingSettings", "teach"]

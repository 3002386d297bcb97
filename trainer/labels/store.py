"""A data set that grows by one label at a time, while others are being made."""

from pathlib import Path

from atomtug.core.arrays import Ints
from atomtug.core.closing import Closing
from atomtug.core.errors import InputError
from atomtug.trainer.data import DataSet, Row, Trajectory, read, write
from atomtug.trainer.data.journal import Journal, journal_path
from atomtug.trainer.dft.theory import Theory
from atomtug.trainer.labels.odd_states import mark_odd_states


class LabelStore(Closing):
    """A data set's file and its journal, open for one process alone.

    Each label is on the disk when :meth:`add` returns; :meth:`save` puts all of them into the HDF5 file.

    Args:
        path: of the data set; made if it is not there
        theory: of its labels

    Raises:
        InputError: another process writes it, it is of another theory, or it can't be written
    """

    def __init__(self, path: Path, theory: Theory) -> None:
        self.path = path
        self._theory = theory
        self._journal = Journal(path)
        try:
            there = path.exists() or journal_path(path).stat().st_size > 0
            self.data = read(path) if there else DataSet(theory)
            if self.data.theory not in (None, theory):
                raise InputError(
                    f"{path} holds labels of {self.data.theory}, not of {theory}: use another folder."
                )
        except BaseException:
            self._journal.close()
            raise
        self.data.theory = theory
        self._told: set[str] = set()
        """Keys of the trajectories that the journal knows."""

    def close(self) -> None:
        """Save, and let others at it.

        Raises:
            InputError: as :meth:`save`
        """
        try:
            self.save()
        finally:
            self._journal.close()

    def __len__(self) -> int:
        return len(self.data)

    def last_frame(self, trajectory: str) -> int:
        """The highest number of a geometry of a trajectory, failed ones too; -1 where there is none."""
        return max((frame for key, frame in self.data.known() if key == trajectory), default=-1)

    def add(self, row: Row, trajectory: Trajectory, numbers: Ints, charge: int, multiplicity: int) -> None:
        """Keep a label.

        Args:
            row: the geometry with its label
            trajectory: that it belongs to
            numbers: (N,) atomic numbers of its molecule
            charge: of its molecule, e
            multiplicity: of its molecule, 2S + 1
        """
        home = self.data.home(trajectory.molecule, numbers, charge, multiplicity)
        entry = Trajectory(**{**trajectory.to_plain(), "molecule": home})
        self.data.add_trajectory(entry)
        if not self._told:
            self._journal.begin(self._theory)
        if entry.key not in self._told:
            self._journal.trajectory(entry, numbers, charge, multiplicity)
            self._told.add(entry.key)
        self._journal.row(row)
        self.data.add([row])

    def save(self) -> None:
        """Write the HDF5 file, with the labels of odd electronic states marked.

        Raises:
            InputError: it can't be written; the journal still has what is not in it
        """
        if self._told:
            mark_odd_states(self.data)
            write(self.data, self.path)
            self._journal.clear()
            self._told.clear()

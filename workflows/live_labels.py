"""Labels of a running session: made one after the other on a cluster, and kept to learn or to judge by."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psutil

from atomtug.core.arrays import Ints
from atomtug.core.closing import Closing
from atomtug.trainer.data import Row, Trajectory
from atomtug.trainer.dft.theory import Label, Theory
from atomtug.trainer.labels.candidates import Candidate, CandidatePool
from atomtug.trainer.labels.cluster import connected
from atomtug.trainer.labels.store import LabelStore
from atomtug.trainer.labels.worker import Atoms, label_frame

if TYPE_CHECKING:
    from distributed import Client

JUDGED_EVERY = 4
"""Of so many labels one is never learned: it is drawn at random, and networks are judged by it."""
LOW = -100
"""Priority at a cluster that others use, too."""


@dataclass(frozen=True)
class LiveMolecule:
    """What is simulated.

    Args:
        name: of the system
        numbers: (N,) atomic numbers
        charge: e
        multiplicity: 2S + 1
    """

    name: str
    numbers: Ints
    charge: int
    multiplicity: int

    @property
    def key(self) -> str:
        """The same for the same atoms and electrons."""
        text = f"{self.numbers.tolist()} {self.charge} {self.multiplicity}"
        return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


@dataclass(frozen=True)
class LiveTask:
    """A candidate that is to be labelled.

    Args:
        molecule: whose geometry it is
        candidate: the geometry
        judged: whether networks are judged by it; it is not learned then
    """

    molecule: LiveMolecule
    candidate: Candidate
    judged: bool


class LabelQueue:
    """Labels under way: on this machine one at a time, on a cluster as many as it has threads.

    Args:
        client: of the cluster
        theory: of the labels
        is_shared: whether the cluster is others' as well
    """

    def __init__(self, client: "Client", theory: Theory, is_shared: bool) -> None:
        self._client = client
        self._theory = theory
        self._is_shared = is_shared
        self._under_way: dict[str, tuple[LiveTask, Any]] = {}
        # Others may label the same molecule on the same cluster, and this session may have done so before.
        self._name = f"live-{uuid4().hex}"
        self._count = 0

    @property
    def under_way(self) -> list[LiveTask]:
        """Those that are being made."""
        return [task for task, _ in self._under_way.values()]

    @property
    def has_room(self) -> bool:
        """Whether another one may be begun."""
        most = sum(self._client.nthreads().values()) if self._is_shared else 1
        return len(self._under_way) < max(most, 1)

    def begin(self, task: LiveTask) -> None:
        """Have a geometry labelled, from scratch: it has little in common with the one before."""
        molecule = task.molecule
        atoms = Atoms(molecule.numbers, molecule.charge, molecule.multiplicity, self._theory)
        self._count += 1
        name = f"{self._name}-{self._count}"
        future = self._client.submit(
            label_frame, atoms, name, task.candidate.positions, key=name, pure=False, priority=LOW
        )
        self._under_way[name] = (task, future)

    def finished(self) -> Iterator[tuple[LiveTask, Label]]:
        """Those that are done since the last call; what a worker could not compute is a failed label."""
        for name, (task, future) in list(self._under_way.items()):
            if not future.done():
                continue
            del self._under_way[name]
            if future.status == "finished":
                yield task, future.result()[0]
            else:
                yield (
                    task,
                    Label.failed(len(task.molecule.numbers), f"the label was not made: {future.status}"),
                )

    def cancel(self) -> None:
        """Give up those under way."""
        self._client.cancel([future for _, future in self._under_way.values()], force=True)
        self._under_way.clear()


@contextmanager
def label_queue(theory: Theory, scheduler: str | None = None) -> Iterator[LabelQueue]:
    """A place where labels are made.

    On this machine that is a process that takes at most half of the memory that is free now.

    Args:
        theory: of the labels
        scheduler: address of a Dask cluster; None for this machine

    Raises:
        ConnectionFailed: there is no scheduler at the address
    """
    half = psutil.virtual_memory().available // 2
    with connected(scheduler, 1, memory=half) as client:
        queue = LabelQueue(client, theory, scheduler is not None)
        try:
            yield queue
        finally:
            queue.cancel()


class LiveLabels(Closing):
    """The labels of a folder: ``labels.h5`` to learn from, ``judged.h5`` to judge by.

    Args:
        folder: where they are; labels that are there already are gone on with
        theory: of the labels
        source: address of the server, kept with the labels

    Raises:
        InputError: another process uses the folder, or it is of another theory
    """

    def __init__(self, folder: Path, theory: Theory, source: str) -> None:
        self._source = source
        self.learned = LabelStore(folder / "labels.h5", theory)
        try:
            self.judged = LabelStore(folder / "judged.h5", theory)
        except BaseException:
            self.learned.close()
            raise
        self.failed = 0
        """Labels of this session that could not be made."""

    def close(self) -> None:
        """Save both, and let others at them."""
        for store in (self.learned, self.judged):
            store.close()

    def __len__(self) -> int:
        return len(self.learned) + len(self.judged)

    def next_is_judged(self, under_way: Sequence[LiveTask] = ()) -> bool:
        """Whether the next label is one to judge by; those ``under_way`` are counted with those that there are."""
        judged = len(self.judged) + sum(task.judged for task in under_way)
        return JUDGED_EVERY * judged < len(self) + len(under_way) + 1

    def first_frame(self, molecule: LiveMolecule) -> int:
        """From where the geometries of a molecule are counted on."""
        return 1 + max(store.last_frame(molecule.key) for store in (self.learned, self.judged))

    def tell(self, pool: CandidatePool, molecule: LiveMolecule) -> None:
        """Let a pool know what is labelled of its molecule."""
        for store in (self.learned, self.judged):
            for each in store.data:
                if each.same_atoms(molecule.numbers, molecule.charge, molecule.multiplicity):
                    for positions in each.positions:
                        pool.know(positions)

    def add(self, task: LiveTask, label: Label) -> None:
        """Keep a label."""
        molecule, candidate = task.molecule, task.candidate
        self.failed += not label.converged
        trajectory = Trajectory(
            key=molecule.key,
            name=f"{molecule.name}, live",
            molecule=molecule.name,
            source=self._source,
            frames=candidate.frame + 1,
            provenance={"engine": candidate.engine, "chosen": "frames that the network was not sure of"},
        )
        row = Row(
            molecule.key,
            candidate.frame,
            candidate.positions,
            label,
            candidate.engine,
            candidate.engine_energy,
            candidate.engine_forces,
        )
        store = self.judged if task.judged else self.learned
        store.add(row, trajectory, molecule.numbers, molecule.charge, molecule.multiplicity)

    def save(self) -> None:
        """Put all labels into the files."""
        self.learned.save()
        self.judged.save()

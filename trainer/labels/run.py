"""Many labels: chunks of neighbouring frames on the workers of a Dask cluster, one frame a task.

A chunk's frames follow each other on one worker, which keeps the last orbitals. When a worker is lost, Dask
does its frame on another, and the chunk goes on there.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from atomtug.core.errors import ConnectionFailed
from atomtug.trainer.dft.theory import Label
from atomtug.trainer.labels.worker import Atoms, label_frame

if TYPE_CHECKING:
    from distributed import Client

CHUNK = 25
"""Frames that follow each other at most: fewer share the work better, more reuse guesses better."""
AHEAD = 2
"""Chunks under way for each worker's thread: one at work, one ready."""
GONE = "The connection to the Dask cluster is gone: run the same command again to go on where it stopped."


@dataclass(frozen=True)
class LabelTask:
    """One geometry to be labelled.

    Args:
        trajectory: its key
        frame: place in it
        atoms: of its molecule
        positions: (N, 3) angstrom
        check: whether its electronic state is compared with that of a range-separated hybrid
    """

    trajectory: str
    frame: int
    atoms: Atoms
    positions: NDArray[np.float64]
    check: bool = False


@dataclass
class Chunk:
    """Neighbouring frames, done one after the other."""

    name: str
    tasks: deque[LabelTask]
    worker: str | None = None
    current: LabelTask | None = field(default=None)


def chunks(tasks: Sequence[LabelTask], workers: int) -> list[Chunk]:
    """Cut work into runs of neighbouring frames, at least a few for each worker.

    No two have the same name, those of other calls included: a cluster may know what others label on it, or what
    was labelled before, by another method too.
    """
    size = max(1, min(CHUNK, -(-len(tasks) // (AHEAD * max(workers, 1)))))
    runs: list[list[LabelTask]] = []
    for task in tasks:
        if not runs or len(runs[-1]) == size or runs[-1][-1].trajectory != task.trajectory:
            runs.append([])
        runs[-1].append(task)
    call = uuid4().hex
    return [Chunk(f"{call}:{number}", deque(run)) for number, run in enumerate(runs)]


def run(
    client: "Client", tasks: Sequence[LabelTask], stopped: Callable[[], bool] = lambda: False
) -> Iterator[tuple[LabelTask, Label]]:
    """Label geometries; yields each as it is done, in no order.

    Args:
        client: of the cluster
        tasks: neighbouring frames following each other
        stopped: asked often; when true, no more is started or waited for

    Raises:
        ConnectionFailed: the cluster went away
    """
    waiting = deque(chunks(tasks, _threads(client)))
    under_way: dict[str, Chunk] = {}
    futures: dict[str, Any] = {}
    done: Queue[Any] = Queue()

    def submit(chunk: Chunk) -> None:
        chunk.current = chunk.tasks.popleft()
        future = client.submit(
            label_frame,
            chunk.current.atoms,
            chunk.name,
            chunk.current.positions,
            chunk.current.check,
            key=f"label-{chunk.name}-{chunk.current.trajectory}-{chunk.current.frame}",
            workers=chunk.worker,
            allow_other_workers=chunk.worker is not None,
            pure=False,
        )
        under_way[future.key] = chunk
        futures[future.key] = future
        future.add_done_callback(done.put)

    def fill() -> None:
        while waiting and len(under_way) < AHEAD * max(_threads(client), 1):
            submit(waiting.popleft())

    fill()
    while under_way and not stopped():
        try:
            future = done.get(timeout=0.5)
        except Empty:
            fill()  # workers may have joined
            continue
        chunk = under_way.pop(future.key)
        task = chunk.current
        assert task is not None
        label, chunk.worker = _outcome(future, task, chunk.worker)
        del futures[future.key]
        if chunk.tasks:
            submit(chunk)
        fill()
        yield task, label
    client.cancel(list(futures.values()), force=True)


def _outcome(future: Any, task: LabelTask, worker: str | None) -> tuple[Label, str | None]:
    if future.status == "finished":
        label, address = future.result()
        return label, address
    if future.status != "error":
        raise ConnectionFailed(GONE)
    error = future.exception()
    return Label.failed(len(task.positions), f"{type(error).__name__}: {error}"), worker


def _threads(client: "Client") -> int:
    try:
        return sum(client.nthreads().values())
    except OSError as error:  # between the loss of the scheduler and Dask's giving up on it
        raise ConnectionFailed(GONE) from error

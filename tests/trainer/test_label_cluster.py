"""A cluster that is there before a command and after it, and that others label on as well."""

from contextlib import contextmanager

import ase.io
import numpy as np
import pytest
from distributed import Client, LocalCluster
from trainer_helpers import HCN, record, stretched

from atomtug.cli.label import announce
from atomtug.trainer.data import read
from atomtug.trainer.dft import Theory
from atomtug.trainer.labels import worker
from atomtug.trainer.labels.candidates import Candidate
from atomtug.trainer.labels.run import LabelTask, run
from atomtug.trainer.labels.worker import Atoms, make_labeller
from atomtug.workflows.labelling import label
from atomtug.workflows.live_labels import LabelQueue, LiveMolecule, LiveTask

EMT = Theory.by_calculator("ase:ase.calculators.emt.EMT")
PAIRS = Theory.by_calculator("ase:ase.calculators.lj.LennardJones")


@pytest.fixture(scope="module")
def cluster():
    """One worker, in this process, whose threads and memory are left as they are."""
    with (
        pytest.MonkeyPatch.context() as patched,
        LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None) as running,
    ):
        patched.setattr(worker, "_prepare_once", lambda: None)
        yield running


def energy(theory, positions):
    return make_labeller(Atoms(HCN.numbers, HCN.charge, HCN.multiplicity, theory)).label(positions).energy


def test_the_same_frames_labelled_by_two_methods_have_each_its_own(cluster, tmp_path):
    recording = record(tmp_path / "hcn.h5", HCN, stretched(HCN, 1))
    for theory in (EMT, PAIRS):
        out = tmp_path / f"{theory.calculator[-3:]}.h5"
        label([recording], out, theory=theory, scheduler=cluster.scheduler_address)
        made = read(out).molecules["hcn"]
        assert made.energies == pytest.approx([energy(theory, each) for each in made.positions])


def test_what_is_read_is_said_in_so_many_words(cluster, tmp_path, capsys):
    recording = record(tmp_path / "hcn.h5", HCN, stretched(HCN, 1))
    other = tmp_path / "other.xyz"
    ase.io.write(other, [ase.Atoms("HCN", positions) for positions in stretched(HCN, 2, 0.03)])
    label(
        [recording, other], tmp_path / "data.h5", select="random:1", theory=EMT, on_plan=announce,
        scheduler=cluster.scheduler_address, stopped=lambda: True,
    )  # fmt: skip
    said = capsys.readouterr().err
    assert "1 recording, 1 trajectory of other files, 3 frames; set aside as broken: none\n" in said
    assert "2 geometries to label with ase:" in said


@contextmanager
def two_clients(cluster):
    with Client(cluster) as one, Client(cluster, set_as_default=False) as other:
        yield one, other


def test_two_commands_that_label_the_same_frame_at_once_have_each_its_own(cluster):
    atoms = [Atoms(HCN.numbers, HCN.charge, HCN.multiplicity, theory) for theory in (EMT, PAIRS)]
    with two_clients(cluster) as clients:
        first, second = (
            run(client, [LabelTask("t", frame, each, HCN.positions) for frame in range(3)])
            for client, each in zip(clients, atoms, strict=True)
        )
        for (_, one), (_, other) in zip(first, second, strict=True):
            assert (one.energy, other.energy) == (energy(EMT, HCN.positions), energy(PAIRS, HCN.positions))


def test_two_sessions_that_learn_the_same_molecule_have_each_its_own_labels(cluster):
    molecule = LiveMolecule("hcn", HCN.numbers, HCN.charge, HCN.multiplicity)
    geometries = [HCN.positions, stretched(HCN, 2)[1]]
    with two_clients(cluster) as clients:
        queues = [LabelQueue(client, EMT, True) for client in clients]
        for queue, positions in zip(queues, geometries, strict=True):
            queue.begin(LiveTask(molecule, Candidate(0, positions, "ann:toy", 0.0, np.zeros((3, 3))), False))
        for queue, positions in zip(queues, geometries, strict=True):
            ((_, future),) = queue._under_way.values()
            future.result(timeout=60)
            ((_, made),) = queue.finished()
            assert made.energy == energy(EMT, positions)

"""A session that is learned from while it runs: real frames, real labels, and the next network in the server."""

import json
import threading
import time
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest

from atomtug.core.errors import InputError
from atomtug.core.systems import System, load_system
from atomtug.potential import Architecture, Model, Provenance, SymmetryFunctions, load_model, save_model
from atomtug.server.app import ServerOptions, running_server
from atomtug.trainer.data import read
from atomtug.trainer.dft.theory import Label, Theory
from atomtug.trainer.fit import Settings
from atomtug.trainer.labels.candidates import Candidate
from atomtug.vr_client.client.client_frame import ClientFrame
from atomtug.vr_client.client.grpc_client import Client
from atomtug.workflows import live_candidates, live_training
from atomtug.workflows.live_candidates import LOST, LiveCandidates, is_of_use
from atomtug.workflows.live_labels import LiveLabels, LiveMolecule, LiveTask
from atomtug.workflows.live_learning import LiveLearningOptions, learn_live
from atomtug.workflows.live_networks import LiveNetwork, read_networks
from atomtug.workflows.live_progress import LearningProgress

PATIENCE = 120.0
THEORY = Theory("pbe", "sto-3g", grid="0")
OPTIONS = LiveLearningOptions(every=4, settings=Settings(epochs=2, validation=0.0))


def until(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.05)


@contextmanager
def learning(address, folder, model):
    """A learner in a thread; what it says happens is in the list."""
    over, said, failed = threading.Event(), [], []

    def run():
        try:
            with Client.connect(address) as client:
                learn_live(client, address, folder, model, OPTIONS, on_event=said.append, stopped=over.is_set)
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield said
    finally:
        over.set()
        thread.join(PATIENCE)
    assert failed == []


@pytest.fixture
def model(tmp_path):
    """A network that knows nothing."""
    architecture = Architecture((1, 6, 7), SymmetryFunctions(3, 0.8, 3.0, 1.15), (4,), "silu", 2)
    untrained = Model.untrained(architecture, seed=1)
    path = tmp_path / "toy.safetensors"
    made = Model(
        architecture,
        untrained.parameters,
        untrained.reference,
        Provenance(THEORY.to_json(), states=((0, 2),)),
    )
    save_model(made, path)
    return path


@pytest.mark.slow
def test_what_a_network_is_not_sure_of_is_labelled_and_learned_and_the_next_one_takes_over(
    model, tmp_path, monkeypatch
):
    # Which of two networks is better is another test's; this one is of how it gets there.
    monkeypatch.setattr(live_training, "objection", lambda *_: "")
    monkeypatch.setattr(live_candidates, "LOST", float("inf"))  # this network knows nothing at all
    folder = tmp_path / "learned"
    folder.mkdir()
    options = ServerOptions(
        [load_system("methane")], engine=f"ann:{model}", models=[folder], record=False, paused=True, fps=0.0,
        timestep=0.05, steps_per_frame=1, uncertainty_limit=1e-6, when_unsure="mark",
    )  # fmt: skip
    with running_server(options) as server, Client.connect(server.address) as client:
        status = lambda: client.run("learning/status")["figures"]  # noqa: E731

        def step_until(condition, what):
            def stepped():
                client.run("playback/step")
                return condition()

            until(stepped, what)

        with learning(server.address, folder, model) as said:
            until(lambda: client.state.get("learning.present"), "the learner")
            client.run("learning/stop")
            until(lambda: status()["phase"] == "stopped", "that it stops")
            client.run("learning/start")
            step_until(lambda: status()["labels"] + status()["labelling"] > 0, "a label")
            assert "surprised the network" in client.state["learning.text"]
            step_until(lambda: client.state["engine.current"] == "ann:learned-1", "the next network")
            until(lambda: said, "the sentence")
            assert said[0].startswith("ann:learned-1 took over after")
            until(lambda: status().get("networks") == 1, "the report")
        assert read(folder / "judged.h5").theory == THEORY
        molecule = read(folder / "labels.h5").molecules["methane"]
        assert (molecule.labelled.sum() >= 3, molecule.engine[0]) == (True, "ann:toy")
        (network,) = read_networks(folder)
        assert (network.start, network.file, network.accepted) == (
            "toy.safetensors",
            "learned-1.safetensors",
            True,
        )
        provenance = load_model(folder / "learned-1.safetensors").provenance
        assert provenance.theory == THEORY.to_json()
        assert "continued_from" in provenance.settings

        # After a restart it goes on: a server that begins with the first network is given the last.
        client.run("engine/load", engine="ann:toy")
        with learning(server.address, folder, model):
            until(lambda: client.state["engine.current"] == "ann:learned-1", "the network of before")
            assert status()["labels"] >= 4


def test_a_log_that_can_not_be_read_is_said(tmp_path):
    assert read_networks(tmp_path) == []
    (tmp_path / "learning.jsonl").write_text(json.dumps({"number": 1}) + "\n")
    with pytest.raises(InputError, match="another folder"):
        read_networks(tmp_path)


def test_a_frame_is_learned_from_where_the_network_was_unsure_but_had_not_lost_its_way():
    unsure = {"engine.unsure": True, "engine.name": "ann:toy", "engine.uncertainty": 30.0}
    of_use = lambda **other: is_of_use(ClientFrame(1, {**unsure, **other}), "ann:toy")  # noqa: E731
    assert of_use()
    assert not of_use(**{"engine.unsure": False})
    assert not of_use(**{"engine.name": "pm6"})
    assert of_use(**{"engine.uncertainty": LOST})
    assert not of_use(**{"engine.uncertainty": LOST + 1.0})


HYDROGEN = System("H2", np.array([1, 1]), np.array([[0.0, 0.0, 0.0], [0.75, 0.0, 0.0]]))
OXYGEN = System("O2", np.array([8, 8]), np.array([[0.0, 0.0, 0.0], [1.2, 0.0, 0.0]]), multiplicity=3)


def unsure(system, number, distance):
    """A frame of two atoms that a network is not sure of, and what the server says is simulated."""
    values = {
        "engine.unsure": True, "engine.name": "ann:toy", "engine.uncertainty": 30.0,
        "system.simulation.name": system.name, "particle.count": 2,
        "particle.elements": system.numbers.tolist(), "energy.potential": -100.0,
        "particle.positions": [0.0, 0.0, 0.0, 0.1 * distance, 0.0, 0.0], "particle.forces.system": [0.0] * 6,
        "system.simulation.counter": number,
    }  # fmt: skip
    status = {"system": system.name, "charge": system.charge, "multiplicity": system.multiplicity}
    return ClientFrame(number, values), status, "ann:toy"


def test_a_molecule_that_comes_again_is_counted_on_from_labels_that_are_under_way(tmp_path):
    hydrogen, oxygen = HYDROGEN, OXYGEN
    with LiveLabels(tmp_path, THEORY, "here") as labels:
        candidates = LiveCandidates(labels, every_frame=False, seed=0)
        under_way = []
        for number, (system, distance) in enumerate(
            [(hydrogen, 0.8), (hydrogen, 0.9), (oxygen, 1.3), (hydrogen, 1.0)]
        ):
            candidates.watch(*unsure(system, number, distance))
            under_way.append(LiveTask(candidates.molecule, candidates.pool.take_random(), judged=False))
        for task in under_way:
            labels.add(task, Label(-30.0, np.zeros((2, 3)), 0.0, 5, True, "fast"))
        assert len(labels) == 4
        assert [task.candidate.frame for task in under_way] == [0, 1, 0, 2]


def test_of_labels_that_are_begun_at_once_one_in_four_is_judged_by(tmp_path):
    molecule, under_way = LiveMolecule("H2", np.array([1, 1]), 0, 1), []
    with LiveLabels(tmp_path, THEORY, "here") as labels:
        for frame in range(9):
            candidate = Candidate(frame, np.zeros((2, 3)), "ann:toy", 0.0, np.zeros((2, 3)))
            under_way.append(LiveTask(molecule, candidate, labels.next_is_judged(under_way)))
    assert [task.judged for task in under_way] == [True, *4 * [False]][:4] * 2 + [True]


NETWORK = LiveNetwork(
    1, "learned-1.safetensors", "toy.safetensors", 4, 9, True, "", 1.5, 0.5, 3.0, 2.0, "now", 2.0
)
PROGRESS = LearningProgress(1, "labelling", 9, 3, 1, 5, 1, (), "ann:toy", "ann:toy", False, True)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({}, "9 frames surprised the network; 1 being labelled, 1 more label until the next network"),
        ({"has_time": False}, "9 frames surprised the network; learning waits until you pause: "),
        ({"phase": "stopped", "surprised": 1}, "1 frame surprised the network; learning is stopped"),
        ({"phase": "training"}, "9 frames surprised the network; the next network learns from 5 labels"),
        ({"phase": "waiting", "labelling": 0}, "learning waits for frames that surprise it"),
        ({"computes": "ann:other"}, "learning waits for ann:toy, ann:other computes"),
        ({"networks": (NETWORK,), "network": "ann:learned-1"}, "learned-1: error 1.50 → 0.50 kcal/mol"),
    ],
)
def test_how_far_it_is_is_said_in_a_sentence(changed, sentence):
    progress = replace(PROGRESS, **{"computes": changed.get("network", "ann:toy"), **changed})
    assert sentence in progress.sentence()
    assert progress.figures()["networks"] == len(progress.networks)


def test_errors_are_told_once_they_are_known():
    assert "error_after_kcal" not in PROGRESS.figures()
    told = replace(PROGRESS, networks=(NETWORK, replace(NETWORK, accepted=False))).figures()
    assert (told["error_before_kcal"], told["error_after_kcal"], told["kept_aside"]) == (1.5, 0.5, 1)

"""A session that is learned from while it runs: real frames, real labels, and the next network in the server."""

import json
import threading
import time
from contextlib import contextmanager

import pytest

from atomtug.core.errors import InputError
from atomtug.core.systems import load_system
from atomtug.potential import Architecture, Model, Provenance, SymmetryFunctions, load_model, save_model
from atomtug.server.app import ServerOptions, running_server
from atomtug.trainer.data import read
from atomtug.trainer.dft.theory import Theory
from atomtug.trainer.fit import Settings
from atomtug.vr_client.client.grpc_client import Client
from atomtug.workflows import live_learning, live_training
from atomtug.workflows.live_learning import LiveLearningOptions, learn_live, read_networks

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
    monkeypatch.setattr(live_learning, "LOST", float("inf"))  # this network knows nothing at all
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

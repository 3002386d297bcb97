"""``atomtug.server.serve``: anybody's atoms and calculator, from a script or a notebook."""

import json
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.build import molecule
from ase.calculators.emt import EMT
from ase.calculators.lj import LennardJones
from ase.constraints import FixAtoms
from rpc_client import wait_until

from atomtug import server
from atomtug.core.errors import EngineError, InputError
from atomtug.core.systems import load_system
from atomtug.core.systems.from_ase import system_from_atoms
from atomtug.recordings import Recording
from atomtug.vr_client import Client


@pytest.mark.slow
def test_atoms_are_served_pulled_on_and_recorded_until_the_block_ends(tmp_path: Path) -> None:
    atoms = molecule("CH3CH2OH")
    options = {"recordings": tmp_path, "thermostat": "nve", "seed": 3, "paused": True, "fps": 0}
    with server.serve(atoms, EMT(), name="ethanol", **options) as running:
        assert "Atomtug" in urllib.request.urlopen(running.url, timeout=120).read().decode()
        with Client.connect(running.address) as client:
            frame = client.wait_for_frame(timeout=120)
            np.testing.assert_allclose(frame.positions, atoms.positions, atol=1e-5)
            assert (frame.title, frame["engine.name"]) == ("ethanol", "ase:ase.calculators.emt.EMT")
            client.run("playback/step")
            client.wait_for_frame(lambda each: each["system.simulation.step"] == 5, timeout=120)
        assert "ethanol" in repr(running)
        path = running.recording
    assert running.recording == path
    assert path is not None
    assert path.parent == tmp_path
    with Recording(path) as recording:
        assert recording.closed
        assert len(recording) == 2
        assert recording.engines == ("ase:ase.calculators.emt.EMT",)
        atoms.calc = EMT()
        assert recording.energies[0] == pytest.approx(atoms.get_potential_energy(), abs=1e-9)


@pytest.mark.slow
def test_without_a_block_it_runs_until_it_is_closed_and_no_file_is_left(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    running = server.serve(Atoms("Ar2", [[0, 0, 0], [0, 0, 3.8]]), LennardJones, record=False, web_port=None)
    assert (running.url, running.recording) == ("", None)
    with Client.connect(running.address) as client:
        assert client.wait_for_frame(timeout=120).count == 2
    assert [path.name[:8] for path in tmp_path.iterdir()] == ["atomtug-"]
    running.close()
    running.close()
    wait_until(lambda: not list(tmp_path.iterdir()), "the calculator's file to go")


@pytest.mark.slow
def test_a_calculator_that_fails_at_once_is_said_in_its_own_words(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="No EMT-potential for Xe"):
        server.serve(Atoms("Xe"), EMT(), recordings=tmp_path)


@pytest.mark.parametrize(
    ("atoms", "said"),
    [
        (Atoms("Ar", pbc=True, cell=[9, 9, 9]), r"periodic \(pbc\).*atoms\.pbc = False"),
        (Atoms("Ar", constraint=FixAtoms([0])), "constraints, which the dynamics does not know"),
        (Atoms("Ar"), r"has no calculator: give one, or the name of an engine"),
        (
            Atoms("C", info={"charge": 1, "mult": 3}),
            r"can't be simulated.*use charge=\.\.\. and multiplicity",
        ),
        (Atoms("H2"), r"atoms 0 and 1 are 0\.00 angstrom apart"),
    ],
)
def test_what_can_not_be_served_is_a_sentence_in_pythons_terms(atoms: Atoms, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        server.serve(atoms)
    assert "--" not in str(caught.value)


def test_an_option_that_there_is_not_is_named() -> None:
    with pytest.raises(TypeError, match="temprature"):
        server.serve(load_system("methane"), "pm6", temprature=200)


def test_a_system_has_what_its_atoms_say() -> None:
    atoms = molecule("OH")
    system = system_from_atoms(atoms)
    assert (system.name, system.charge, system.multiplicity) == ("OH", 0, 2)
    assert system_from_atoms(atoms, "hydroxide", charge=-1, multiplicity=1).multiplicity == 1
    atoms.info = {"charge": -1}
    atoms.set_initial_magnetic_moments([0, 0])
    atoms.set_masses([15.999, 2.014])
    deuterated = system_from_atoms(atoms)
    assert (deuterated.charge, deuterated.masses[1]) == (-1, 2.014)
    assert deuterated.notes[0] == "Charge -1: the atoms say charge=-1."
    assert json.dumps(deuterated.notes).count("file") == 0

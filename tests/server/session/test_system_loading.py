"""Molecules that clients bring along: ``system/load`` where the owner allows it."""

import asyncio
import threading
from pathlib import Path

import pytest
from rpc_client import PATIENCE, wait_until

from atomtug.core.errors import CommandFailed, EngineError, InputError
from atomtug.core.systems import load_system
from atomtug.server.app import ServerOptions, running_server
from atomtug.server.session.commands import Commands
from atomtug.server.session.system_loading import LARGEST_FILE, SystemLoading
from atomtug.server.session.system_reader import read
from atomtug.vr_client import Client

STRUCTURES = Path(__file__).parents[2] / "core" / "structures"
SDF = (STRUCTURES / "m.sdf").read_text()


def answer(**request):
    return read({"most": 300, **request})


def test_text_and_files_are_read():
    assert answer(text="CC(C)C + OH")["name"] == "C4H10+OH"
    assert answer(text="methane")["numbers"][5:] == [6, 7]
    sent = answer(file=SDF, name="../../etc/mine.sdf")
    assert (sent["name"], sent["numbers"]) == ("mine", [6, 1, 1, 1, 1])
    assert answer(text="[CH3] + [CH3]", multiplicity=3)["multiplicity"] == 3


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"text": "m.sdf"}, "There is no system called"),
        ({"text": "CCCCC", "most": 10}, "C5H12 has 17 atoms, and clients may load 10"),
        ({"file": "* xyzfile 0 1 /etc/passwd\n", "name": "a.inp"}, "a.inp can't be sent: use .xyz"),
        ({"file": "1\n\nH 0 0 0\n", "name": "/etc/passwd"}, "passwd can't be sent"),
        ({"file": "nonsense", "name": "a.sdf"}, "a.sdf can't be read as a structure"),
        (
            {"file": "nonsense", "name": "sent by present.sdf"},
            "sent by present.sdf can't be read as a structure",
        ),
        ({"file": "\x80\x04K\x01.", "name": "a.out"}, "a.out can't be read as an output of Gaussian or ORCA"),
    ],
)
def test_what_can_not_be_taken_is_a_sentence_without_a_path_of_the_server(request_, said, monkeypatch):
    monkeypatch.chdir(STRUCTURES)
    assert Path("m.sdf").is_file()
    told = answer(**request_)["error"]
    assert told.startswith(said)
    assert "/tmp" not in told


def loading(allowed, systems, fails=False):
    async def begin(index):
        if fails:
            raise EngineError("pm6 has no parameters.")

    return SystemLoading(allowed, systems, begin)


@pytest.mark.parametrize("allowed", [True, False])
def test_it_is_offered_where_it_is_allowed_and_locked_out_where_it_is_not(allowed):
    commands = Commands()
    loading(allowed, [load_system("methane")]).register(commands)
    assert ("system/load" in commands.list()) == allowed
    if not allowed:
        with pytest.raises(CommandFailed, match="its owner can allow other molecules with --allow-systems"):
            asyncio.run(commands.run("system/load", {"text": "C"}))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "Give either text"),
        ({"text": "C", "file": SDF}, "Give either text"),
        ({"text": "C" * 3000}, "text has 3,000 characters: 2,000 are the most"),
        ({"file": "C" * (LARGEST_FILE + 1), "name": "a.xyz"}, "1,048,577 characters"),
        ({"file": SDF}, "A file needs its name"),
        ({"text": 5.0}, "text must be text"),
        ({"text": "C", "charge": 0.5}, "charge must be a whole number"),
    ],
)
def test_wrong_arguments_are_sentences_and_start_nothing(given, said):
    with pytest.raises(InputError, match=said):
        asyncio.run(loading(True, [load_system("methane")]).load(**given))


def test_what_the_engine_can_not_simulate_is_not_kept():
    systems = [load_system("methane")]
    with pytest.raises(EngineError):
        asyncio.run(loading(True, systems, fails=True).load(text="C"))
    assert len(systems) == 1


def test_a_server_that_does_not_allow_it_says_so(tmp_path):
    with (
        running_server(ServerOptions([load_system("methane")], recordings=tmp_path)) as server,
        Client.connect(server.address) as client,
        pytest.raises(CommandFailed, match="--allow-systems"),
    ):
        client.run("system/load", text="C + OH")


@pytest.mark.slow
def test_a_molecule_of_ones_own_is_simulated_and_can_be_chosen_again(tmp_path):
    options = ServerOptions([load_system("methane")], recordings=tmp_path, allow_systems=True, fps=0.0)
    with running_server(options) as server, Client.connect(server.address) as client:
        client.wait_for_frame()
        done = client.run("system/load", text="CC + [Cl]")
        assert (done["name"], done["charge"], done["multiplicity"]) == ("C2H6+Cl", 0, 2)
        frame = next(frame for frame in client.frames() if frame.count == 9)
        assert frame.title == "C2H6+Cl"
        assert server.session.state.values["system.notes"] == done["notes"]
        assert client.run("playback/list")["simulations"] == ["methane", "C2H6+Cl"]
        assert client.run("system/load", file=SDF, name="mine.sdf")["name"] == "mine"
        with pytest.raises(CommandFailed, match="SMILES can't be read at position 2"):
            client.run("system/load", text="C(")
        with pytest.raises(CommandFailed, match="can't be used for"):
            client.run("system/load", text="[U]")
        assert len(client.run("playback/list")["simulations"]) == 3
        client.run("playback/load", index=1)
        assert next(frame for frame in client.frames() if frame.count == 9)


@pytest.mark.slow
def test_what_lies_in_the_servers_folder_is_not_what_the_reader_imports(tmp_path, monkeypatch):
    (tmp_path / "json.py").write_text("raise SystemExit(1)\n")
    monkeypatch.chdir(tmp_path)
    systems: list = []
    asyncio.run(loading(True, systems).load(text="methane"))
    assert systems[0].name == "methane"


@pytest.mark.slow
def test_what_is_simulated_goes_on_until_the_other_molecule_is_ready(tmp_path):
    engine = f'ase:faulty_calculators.Gated?{{"folder": "{tmp_path}"}}'
    options = ServerOptions([load_system("methane")], engine, recordings=tmp_path, allow_systems=True)
    with running_server(options) as server, Client.connect(server.address, patience=PATIENCE) as client:
        client.wait_for_frame()
        answers = []
        asking = threading.Thread(target=lambda: answers.append(client.run("system/load", text="CC")))
        asking.start()
        wait_until((tmp_path / "waits").exists, "the engine to be at the other molecule")
        frames = client.frames()
        now = next(frames)
        later = next(frame for frame in frames if frame.time > now.time + 0.01)  # ps: twenty steps
        assert later.count == 7
        assert answers == []
        (tmp_path / "go").touch()
        assert next(frame for frame in frames if frame.count == 8).title == "C2H6"
        asking.join(PATIENCE)
        assert answers[0]["name"] == "C2H6"
        assert client.run("playback/list")["simulations"] == ["methane", "C2H6"]

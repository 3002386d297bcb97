"""Where charge and multiplicity are from is in the state, the recording and what `atomtug info` says."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from rpc_client import RawClient, wait_until

from atomtug.cli.info import command as info
from atomtug.core.systems import load_system
from atomtug.recordings import Recording
from atomtug.server.app import ServerOptions, run_in_thread, running_server
from atomtug.server.listening import ListenOptions
from atomtug.server.session.playback import PlaybackSession

STRUCTURES = Path(__file__).parents[2] / "core" / "structures"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """What the state said of an ammonium ion, and the recording."""
    ammonium = load_system(str(STRUCTURES / "nh4_total.xyz"))
    folder = tmp_path_factory.mktemp("recordings")
    options = ServerOptions(systems=[ammonium], recordings=folder, record=True)
    with running_server(options) as running:
        first = running.session.state.values["system.notes"]
        wait_until(lambda: [*folder.glob("*.h5")], "the recording")
    (path,) = folder.glob("*.h5")
    return ammonium, first, path


def test_6_the_state_says_where_charge_and_multiplicity_are_from(recorded):
    ammonium, said, _ = recorded
    assert said == list(ammonium.notes)
    assert any(note.startswith("Charge 1: the file says") for note in said)


def test_6_the_recording_keeps_the_notes_and_info_prints_them(recorded):
    ammonium, _, path = recorded
    with Recording(path) as recording:
        assert recording.provenance["system"]["notes"] == list(ammonium.notes)
        assert recording.system.notes == ammonium.notes
    shown = CliRunner().invoke(info, [str(path)], catch_exceptions=False).output
    for note in ammonium.notes:
        assert f"note        {note}" in shown
    data = json.loads(CliRunner().invoke(info, [str(path), "--json"], catch_exceptions=False).output)
    assert data["notes"] == list(ammonium.notes)


def test_6_a_recording_that_is_played_says_them_too(recorded):
    ammonium, _, path = recorded
    with run_in_thread(lambda: PlaybackSession([path]), ListenOptions(port=0)) as running:
        assert running.session.state.values["system.notes"] == list(ammonium.notes)


def test_6_another_system_has_its_own_notes(tmp_path):
    ammonium = load_system(str(STRUCTURES / "nh4_total.xyz"))
    options = ServerOptions(systems=[load_system("methane"), ammonium], recordings=tmp_path)
    with running_server(options) as running, RawClient(running.address) as client:
        first = running.session.state.values["system.notes"]
        assert [note.split(":")[0] for note in first] == ["Charge 0", "Multiplicity 2"]
        client.run("playback/load", index=1)
        wait_until(lambda: running.session.state.values["system.notes"] == list(ammonium.notes), "its notes")

"""What a NanoVer user does, with NanoVer's own library: run by its Python, prints one JSON object.

nanover_visitor.py visit URL RECORDING     connect, watch, pull an atom, run commands, record
nanover_visitor.py open RECORDING          read a recording
nanover_visitor.py analyse RECORDING       the same as universes of MDAnalysis
"""

import json
import sys
import time

import numpy as np
from nanover.imd import ParticleInteraction
from nanover.mdanalysis import universes_from_recording
from nanover.recording.reading import NanoverRecordingReader
from nanover.websocket import NanoverImdClient
from nanover.websocket.record import BackgroundRecordingContext

PATIENCE = 60.0


def wait_until(happens, what):
    deadline = time.monotonic() + PATIENCE
    while not (result := happens()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {PATIENCE:g} s for {what}")
        time.sleep(0.01)
    return result


def visit(url, path):
    seen = {}
    with BackgroundRecordingContext.from_address_to_path(address=url, path=path):
        with NanoverImdClient.from_url(url) as client:
            frame = client.wait_until_minimum_usable_frame(timeout=PATIENCE)
            seen["elements"] = [int(z) for z in frame.particle_elements]
            seen["bonds"] = np.array(frame.bond_pairs).tolist()
            seen["name"] = frame["system.simulation.name"]
            watch(client, seen)
            pull(client, seen)
            command(client, seen)
        with NanoverImdClient.from_url(url) as another:  # what the first held is gone
            another.wait_until_minimum_usable_frame(timeout=PATIENCE)
            wait_until(lambda: not another.interactions, "no interactions")
    return seen


def watch(client, seen):
    first = client.current_frame["system.simulation.time"]
    wait_until(lambda: client.current_frame["system.simulation.time"] > first + 0.02, "time to pass")
    frame = client.current_frame
    seen["kinetic"], seen["potential"] = frame.kinetic_energy, frame.potential_energy
    seen["shape"] = list(np.shape(frame.particle_positions))


def pull(client, seen):
    atom = 1
    start = np.array(client.current_frame.particle_positions[atom])
    target = start + np.array([0.0, 0.15, 0.1])
    hold = ParticleInteraction(
        position=target, particles=[atom], interaction_type="spring", scale=5000.0, max_force=np.inf
    )
    key = client.start_interaction(hold)
    wait_until(lambda: key in client.interactions, "the interaction to come back")
    seen["held"] = client.interactions[key].particles.tolist()
    forced = wait_until(lambda: list(client.current_frame.user_forces_index), "its force")
    seen["forced"] = [int(index) for index in forced]

    def distance():
        return float(np.linalg.norm(client.current_frame.particle_positions[atom] - target))

    seen["before"] = float(np.linalg.norm(start - target))
    wait_until(lambda: distance() < 0.5 * seen["before"], "the atom to come")
    seen["after"] = distance()
    client.stop_interaction(key)
    wait_until(lambda: len(client.current_frame.user_forces_index) == 0, "the release")


def command(client, seen):
    seen["simulations"] = client.run_list()
    seen["commands"] = sorted(client.commands)
    client.run_pause()
    wait_until(lambda: client.current_frame["playback.playing"] is False, "the pause")
    client.run_play()
    counter = client.current_frame.simulation_counter
    client.run_reset()
    wait_until(lambda: client.current_frame.simulation_counter == counter + 1, "the reset")
    client.run_next()
    client.run_load(0)
    wait_until(lambda: client.current_frame.simulation_counter == counter + 3, "the load")
    seen["origins"] = client.run_command_blocking("multiuser/radially-orient-origins", radius=2)
    try:
        client.run_command_blocking("dance")
    except Exception as error:
        seen["refused"] = str(error)
    client.set_shared_value("selection.mine", {"name": "mine", "selected": {"particle_ids": [0, 1]}})
    wait_until(lambda: client.get_shared_value("selection.mine"), "the echo")
    client.remove_shared_value("selection.mine")
    wait_until(lambda: client.get_shared_value("selection.mine") is None, "the removal")


def open_recording(path):
    frames, states = [], []
    with NanoverRecordingReader.from_path(path) as reader:
        for event in reader.iter_max():
            if event.next_frame_event is not None:
                frames.append(event.next_frame.copy())
            if event.next_state_event is not None:
                states.append(event.next_state_event.next_state)
    complete = [frame for frame in frames if "particle.positions" in frame.frame_dict]
    hands = {key: value for state in states for key, value in state.items() if key.startswith("interaction.")}
    return {
        "frames": len(complete),
        "elements": [int(z) for z in complete[0].particle_elements],
        "first": np.array(complete[0].particle_positions).tolist(),
        "last": np.array(complete[-1].particle_positions).tolist(),
        "hands": sorted(hands),
    }


def analyse_recording(path):
    universes = universes_from_recording(path)
    return {"universes": [[len(universe.atoms), len(universe.trajectory)] for universe in universes]}


if __name__ == "__main__":
    task, *arguments = sys.argv[1:]
    result = {"visit": visit, "open": open_recording, "analyse": analyse_recording}[task](*arguments)
    print(json.dumps(result))

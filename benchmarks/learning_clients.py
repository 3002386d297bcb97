"""The clients of benchmarks/learning.py, each a process of its own; the answer is one JSON object on stdout.

python benchmarks/learning_clients.py hand ADDRESS SECONDS SEED    takes hydrogens off, rests, begins again
python benchmarks/learning_clients.py watch ADDRESS SECONDS        every frame: when, by which engine, whether unsure
python benchmarks/learning_clients.py latency ADDRESS SECONDS      UpdateState to the first frame with its force, ms
"""

import json
import random
import sys
import time
from typing import Any

import grpc
from probe import call, frames

from atomtug.core.errors import CommandFailed
from atomtug.protos import state_pb2
from atomtug.vr_client import Client, perform
from atomtug.vr_client.scripted.series import SteeringSeries
from atomtug.vr_client.scripted.trials import plan_on_the_spot
from atomtug.wire import command_names, frame_keys

REST = 2.0
"""Seconds without a hand between two pulls."""
PROBED = 0
"""The atom on which the latency is measured, with a pull too weak to be felt."""


def hand(address: str, seconds: float, seed: int) -> dict[str, Any]:
    """Take hydrogens off, one after the other, each from the start of the simulation on."""
    over = time.monotonic() + seconds
    pulls, taken, stopped = 0, 0, 0
    with Client.connect(address) as client:
        while time.monotonic() < over:
            client.run(command_names.RESET)
            client.run(command_names.PLAY)
            try:
                outcome = perform(
                    client,
                    lambda frame, number=pulls: plan_on_the_spot(frame, number, SteeringSeries(seed=seed)),
                    stopped=lambda: False,
                )
                taken += outcome.as_intended
            except CommandFailed:
                stopped += 1  # the simulation stopped: begin again
            pulls += 1
            time.sleep(REST)
    return {"pulls": pulls, "taken": taken, "stopped": stopped}


def watch(address: str, seconds: float) -> dict[str, Any]:
    """Frames in the order they came: seconds since the first, engine, whether it was unsure."""
    seen: list[tuple[float, str, bool]] = []
    with Client.connect(address) as client:
        client.subscribe_frames(every=True)
        began = time.monotonic()
        for frame in client.frames(120.0):
            now = time.monotonic() - began
            name, unsure = frame.get(frame_keys.ENGINE_NAME, ""), frame.get(frame_keys.ENGINE_UNSURE, False)
            seen.append((round(now, 3), str(name), bool(unsure)))
            if now > seconds:
                return {"frames": seen}
    raise SystemExit("the server went away")


def latency(address: str, seconds: float) -> dict[str, list[float]]:
    """Times of pulls that change nothing, at any moment, while others pull as well."""
    took = []
    over = time.monotonic() + seconds
    with grpc.insecure_channel(address) as channel:
        stream = frames(channel, 0.0)
        pull = {"position": [0.5, 0, 0], "particles": [PROBED], "interaction_type": "spring", "scale": 1e-3}
        hold, release = (state_pb2.UpdateStateRequest(access_token="probe") for _ in range(2))
        hold.update.changed_keys.update({"interaction.probe": pull})
        release.update.changed_keys.update({"interaction.probe": None})
        while time.monotonic() < over:
            time.sleep(random.uniform(0.05, 0.15))
            began = time.perf_counter()
            call(channel, "UpdateState", hold)
            if not _wait(stream, True):
                continue
            took.append(1e3 * (time.perf_counter() - began))
            call(channel, "UpdateState", release)
            _wait(stream, False)
    return {"ms": took}


def _wait(stream: Any, wanted: bool) -> bool:
    """Whether a frame came that shows what was wanted, before a simulation began anew."""
    for response in stream:
        if response.frame_index == 0:
            return False  # a reset takes no interactions away, but what came before is not this frame's
        if frame_keys.USER_FORCES_INDEX in response.frame.arrays:
            pulled = response.frame.arrays[frame_keys.USER_FORCES_INDEX].index_values.values
            forces = len(response.frame.arrays[frame_keys.USER_FORCES_SPARSE].float_values.values) // 3
            # One entry of zero stands for none.
            if (PROBED in list(pulled)[:forces] and _is_felt(response)) == wanted:
                return True
    return False


def _is_felt(response: Any) -> bool:
    arrays = response.frame.arrays
    pulled = list(arrays[frame_keys.USER_FORCES_INDEX].index_values.values)
    place = 3 * pulled.index(PROBED)
    return any(arrays[frame_keys.USER_FORCES_SPARSE].float_values.values[place : place + 3])


if __name__ == "__main__":
    what, where, amount, *rest = sys.argv[1:]
    work = {"watch": watch, "latency": latency}
    answer = hand(where, float(amount), int(rest[0])) if what == "hand" else work[what](where, float(amount))
    print(json.dumps(answer))

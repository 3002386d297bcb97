"""A bare client in a process of its own, for the other benchmarks: watches frames, or measures latency.

python benchmarks/probe.py watch ADDRESS SECONDS      MD steps and frames seen, and the time between them
python benchmarks/probe.py latency ADDRESS TIMES      UpdateState to the first frame with its force, ms each

The answer is one JSON object on stdout. It speaks raw gRPC: what is measured is the server.
"""

import json
import random
import sys
import time
from collections.abc import Iterator
from typing import Any

import grpc

from atomtug.protos import SERVICES, rpc_path, state_pb2, trajectory_pb2
from atomtug.wire import frame_keys

RPCS = {rpc.name: rpc for rpc in SERVICES}


def call(channel: grpc.Channel, name: str, request: Any, timeout: float | None = None) -> Any:
    rpc = RPCS[name]
    kind = channel.unary_stream if rpc.streams else channel.unary_unary
    return kind(
        rpc_path(rpc),
        request_serializer=rpc.request.SerializeToString,
        response_deserializer=rpc.response.FromString,
    )(request, timeout=timeout)


def frames(channel: grpc.Channel, interval: float) -> Iterator[Any]:
    return call(channel, "SubscribeLatestFrames", trajectory_pb2.GetFrameRequest(frame_interval=interval))


def watch(address: str, seconds: float) -> dict[str, float]:
    with grpc.insecure_channel(address) as channel:
        first: tuple[float, float] | None = None
        count = 0
        for response in frames(channel, 1 / 30):
            if frame_keys.SIMULATION_STEP not in response.frame.values:
                continue
            now, step = time.perf_counter(), response.frame.values[frame_keys.SIMULATION_STEP].number_value
            if first is None:
                first = now, step
            count += 1
            if now - first[0] >= seconds:
                return {"steps": step - first[1], "seconds": now - first[0], "frames": count - 1}
    raise SystemExit("the server went away")


def latency(address: str, times: int) -> dict[str, list[float]]:
    took = []
    with grpc.insecure_channel(address) as channel:
        stream = frames(channel, 0.0)
        hold = state_pb2.UpdateStateRequest(access_token="probe")
        hold.update.changed_keys.update(
            {"interaction.probe": {"position": [0.5, 0, 0], "particles": [0], "interaction_type": "spring"}}
        )
        release = state_pb2.UpdateStateRequest(access_token="probe")
        release.update.changed_keys.update({"interaction.probe": None})
        for _ in range(times):
            time.sleep(random.uniform(0.0, 0.05))  # any moment between two frames
            began = time.perf_counter()
            call(channel, "UpdateState", hold)
            wait_for_force(stream, True)
            took.append(1e3 * (time.perf_counter() - began))
            call(channel, "UpdateState", release)
            wait_for_force(stream, False)
    return {"ms": took}


def wait_for_force(stream: Iterator[Any], wanted: bool) -> None:
    for response in stream:
        # The forces, not their index: clients of Narupa's package get an empty index as [0].
        if frame_keys.USER_FORCES_SPARSE in response.frame.arrays:
            pulled = any(response.frame.arrays[frame_keys.USER_FORCES_SPARSE].float_values.values)
            if pulled == wanted:
                return


if __name__ == "__main__":
    what, where, amount = sys.argv[1:]
    print(json.dumps(watch(where, float(amount)) if what == "watch" else latency(where, int(amount))))

"""Clients of NanoVer's WebSocket protocol, many in one process, for peer.py: the same for either server.

python benchmarks/peer_clients.py watch URL COUNT SECONDS     simulated time seen, and how old each frame was, ms
python benchmarks/peer_clients.py pull URL TIMES              from sending a pull to the frame that shows it, ms

The answer is one JSON object on stdout.
"""

import asyncio
import json
import random
import sys
import time
from typing import Any

import msgpack
from websockets.asyncio.client import ClientConnection, connect

CAUGHT_UP = 1.0
"""Seconds that clients watch before anything counts."""


async def frames(socket: ClientConnection) -> Any:
    """Each frame as it comes, increments as they are."""
    async for data in socket:
        frame = msgpack.unpackb(data).get("frame")
        if frame is not None:
            yield frame


async def watch_one(url: str, seconds: float) -> dict[str, Any]:
    began = first = None
    ages, count, last = [], 0, 0.0
    async with connect(url, max_size=None, compression=None) as socket:
        async for frame in frames(socket):
            now = time.monotonic()
            began = now if began is None else began
            if now - began < CAUGHT_UP or "system.simulation.time" not in frame:
                continue
            if first is None:
                first = (now, frame["system.simulation.time"])
            count += 1
            ages.append(1e3 * (now - frame["server.timestamp"]))  # one clock for all processes of a machine
            last = frame["system.simulation.time"]
            if now - first[0] >= seconds:
                return {"ps": last - first[1], "seconds": now - first[0], "frames": count - 1, "ages": ages}
    raise SystemExit("the server went away")


async def watch(url: str, count: int, seconds: float) -> dict[str, Any]:
    seen = await asyncio.gather(*(watch_one(url, seconds) for _ in range(count)))
    return {
        "ps_per_s": sum(one["ps"] / one["seconds"] for one in seen) / count,
        "frames_per_s": sum(one["frames"] / one["seconds"] for one in seen) / count,
        "ages": [age for one in seen for age in one["ages"]],
    }


async def pull(url: str, times: int) -> dict[str, Any]:
    took = []
    hold = {"position": [0.5, 0, 0], "particles": [0], "interaction_type": "spring", "scale": 1.0}
    seen: asyncio.Queue[tuple[float, bool]] = asyncio.Queue()
    async with connect(url, max_size=None, compression=None) as socket:

        async def read() -> None:
            async for frame in frames(socket):
                if "forces.user.index" in frame:
                    seen.put_nowait((time.perf_counter(), len(frame["forces.user.index"]) > 0))

        async def until(pulled: bool) -> float:
            while True:
                when, is_pulled = await seen.get()
                if is_pulled == pulled:
                    return when

        async def send(state: dict[str, Any]) -> None:
            await socket.send(msgpack.packb({"state": {"updates": {}, "removals": [], **state}}))

        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(read())
            for _ in range(times):
                await asyncio.sleep(random.uniform(0.03, 0.1))  # any moment between two frames
                began = time.perf_counter()
                await send({"updates": {"interaction.peer": hold}})
                took.append(1e3 * (await until(True) - began))
                await send({"removals": ["interaction.peer"]})
                await until(False)
            reading.cancel()
    return {"ms": took}


def main() -> None:
    what, url, *numbers = sys.argv[1:]
    if what == "watch":
        answer = asyncio.run(watch(url, int(numbers[0]), float(numbers[1])))
    else:
        answer = asyncio.run(pull(url, int(numbers[0])))
    print(json.dumps(answer))


if __name__ == "__main__":
    main()

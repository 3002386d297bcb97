"""What tests of the commands of the live server with three systems do again and again."""

from rpc_client import Log, RawClient

STEPS = 5
SYSTEMS = ("methane", "ethane", "methane")


def paused(client: RawClient, log: Log) -> int:
    """The step at which it stands still."""
    client.run("playback/pause")
    log.wait_for("playback.playing", lambda playing: not playing)
    # Whatever was on its way is here before the frame of a step, and the step is over when it is said to stand
    # still for the second time: when it begins, and after its frame.
    start = len(log.messages)
    client.run("playback/step")
    log.wait(
        lambda: sum(values.get("playback.playing") is False for _, values in log.messages[start:]) >= 2,
        "one more frame",
    )
    return int(log.current["system.simulation.step"])


def step_once(client: RawClient, log: Log) -> int:
    before = log.current["system.simulation.step"]
    client.run("playback/step")
    return log.wait_for("system.simulation.step", lambda step: step > before)

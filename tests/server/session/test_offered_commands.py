"""Sessions offer the commands and send the keys that the wire's lists name, and no others."""

import asyncio
from pathlib import Path

import pytest
from rpc_client import spring

from atomtug.core.systems import load_system
from atomtug.server.app import ServerOptions
from atomtug.server.session.live import LiveSession
from atomtug.server.session.playback import PlaybackSession
from atomtug.server.session.session import Session
from atomtug.wire.command_names import COMMANDS
from atomtug.wire.frame_keys import FRAME_INDEX, FRAME_KEYS, PARTICLE_COLORS, PLAYBACK_FRAME, PLAYBACK_FRAMES
from atomtug.wire.state_keys import SCENE, STATE_KEYS, TRANSFORM
from atomtug.wire.values import FrameValues

METHANE = load_system("methane")


def listed(kind: str) -> dict[str, set[str]]:
    """The arguments of each command that such a session offers."""
    return {
        command.name: set(command.arguments) for command in COMMANDS if command.sessions in (kind, "both")
    }


def offered(session: Session) -> dict[str, set[str]]:
    """The same; a family of commands under the name that the list has for it."""
    families = [command.name for command in COMMANDS if "<" in command.name]

    def listed_as(name: str) -> str:
        return next((family for family in families if name.startswith(family.partition("<")[0])), name)

    return {listed_as(name): set(defaults) for name, defaults in session.commands.list().items()}


def kinds_of(values: FrameValues) -> dict[str, str]:
    """The type of each value, as the wire's list calls it."""

    def kind(value: object) -> str:
        if isinstance(value, bool):
            return "truth value"
        if isinstance(value, list):
            return "texts"
        if isinstance(value, str):
            return "text"
        dtype = getattr(value, "dtype", None)
        if dtype is None or not getattr(value, "shape", ()):
            return "number"
        return "floats" if dtype.kind == "f" else "indices"

    return {key: kind(value) for key, value in values.items()}


async def started(session: LiveSession) -> None:
    """Returns when the first frame is there."""
    await session.start()
    arrived = asyncio.Event()
    session.frames.reader(every=False).on_frame(arrived.set)
    await asyncio.wait_for(arrived.wait(), 60)


@pytest.fixture
def recording(tmp_path) -> Path:
    path = tmp_path / "some.h5"

    async def main() -> None:
        options = ServerOptions(systems=[METHANE], recordings=tmp_path, allow_systems=True)
        session = LiveSession(options.live())
        await started(session)
        await session.commands.run("recording/start", {"name": "some"})
        await session.close()

    asyncio.run(main())
    return path


def test_a_live_session_offers_what_is_listed_and_sends_and_announces_what_is_listed(tmp_path):
    async def main() -> None:
        options = ServerOptions(systems=[METHANE], recordings=tmp_path, allow_systems=True, allow_delete=True)
        session = LiveSession(options.live())
        assert offered(session) == listed("live")
        await started(session)
        answer = await session.commands.run("recording/start", {"name": "some"})
        session.update_state("me", "me", {"interaction.a": spring(1)})
        values = dict(session.frames.current.values)
        results = {
            "recording/start": answer,
            **{
                name: await session.commands.run(name, {})
                for name in ("engine/status", "engine/list", "recording/status", "playback/list")
            },
            **{
                name: await session.commands.run(name, {})
                for name in ("trajectory/get-dynamics-interval", "dynamics/set", "checkpoint/save")
            },
            "recording/stop": await session.commands.run("recording/stop", {}),
        }
        for_clients = (SCENE, TRANSFORM)  # set at the start; clients move them
        announced = {
            key
            for key in session.state.values
            if key not in for_clients and not key.startswith("interaction.")
        }
        await session.close()
        expected = {key.name: key.kind for key in FRAME_KEYS}
        for key in (FRAME_INDEX, PLAYBACK_FRAME, PLAYBACK_FRAMES, PARTICLE_COLORS):  # not with PM6
            del expected[key]
        assert kinds_of(values) == expected
        assert announced == {key.name for key in STATE_KEYS if key.writer == "server" and "<" not in key.name}
        given = {command.name: set(command.results) for command in COMMANDS}
        assert {name: set(result) for name, result in results.items()} == {
            name: given[name] for name in results
        }

    asyncio.run(main())


def test_a_session_that_plays_a_recording_offers_what_is_listed_and_sends_only_what_is_listed(recording):
    async def main() -> None:
        session = PlaybackSession([recording])
        assert offered(session) == listed("playback")
        await session.start()
        values = kinds_of(session.frames.current.values)
        await session.close()
        expected = {key.name: key.kind for key in FRAME_KEYS}
        assert {key: expected.get(key) for key in values} == values
        assert {PLAYBACK_FRAME, PLAYBACK_FRAMES} <= set(values)

    asyncio.run(main())

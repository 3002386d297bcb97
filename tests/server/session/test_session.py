"""What every session does, whatever it serves."""

import asyncio

import pytest

from atomtug.core.errors import CommandFailed, InputError
from atomtug.core.systems import load_system
from atomtug.server.options import LiveOptions
from atomtug.server.process.supervisor import Supervisor
from atomtug.server.session import clients
from atomtug.server.session import session as session_module
from atomtug.server.session.rights import NotAllowed
from atomtug.server.session.session import Session


def test_housekeeping_goes_on_after_an_error(monkeypatch, caplog):
    monkeypatch.setattr(session_module, "HOUSEKEEPING_INTERVAL", 0.01)

    class Clumsy(Session):
        looks = 0

        async def housekeeping(self) -> None:
            self.looks += 1
            if self.looks == 1:
                raise InputError("It slipped.")

    async def main() -> int:
        session = Clumsy()
        await session.start()
        while session.looks < 3:
            await asyncio.sleep(0.001)
        await session.close()
        return session.looks

    assert asyncio.run(asyncio.wait_for(main(), 30)) >= 3
    assert [record.getMessage() for record in caplog.records] == ["It slipped."]


def test_what_the_server_announces_only_it_may_change():
    session = Session()
    session.announce({"server.fact": 1})
    assert not session.update_state("peer", "someone", {"server.fact": 2})
    assert session.state.values == {"server.fact": 1}
    session.announce({"server.fact": 3})
    assert session.state.values == {"server.fact": 3}


def test_what_was_refused_to_a_client_is_forgotten_when_it_is_gone(monkeypatch):
    monkeypatch.setattr(clients, "MAX_SILENCE", -1.0)
    session = Session()
    with pytest.raises(InputError, match="moves people"):
        session.update_state("peer", "token", {"user-origin.me": {}})
    assert session.refusals._refused
    asyncio.run(session.housekeeping())
    assert not session.refusals._refused


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"systems": []}, "nothing to simulate"),
        ({"fps": -1.0}, "fps"),
        ({"engine_timeout": 0.0}, "engine_timeout"),
    ],
)
def test_live_options_out_of_range_are_refused(options, said):
    with pytest.raises(InputError, match=said):
        LiveOptions(**{"systems": [load_system("methane")], **options})


def test_orders_before_the_start_are_refused_with_a_sentence():
    supervisor = Supervisor(LiveOptions([load_system("methane")]), listener=None)
    supervisor.set_interactions({})
    with pytest.raises(CommandFailed, match="not been started yet"):
        supervisor.play()


def test_the_links_with_the_tokens_are_told_to_owners_alone():
    async def main() -> None:
        session = Session()
        nothing = {"own": "", "pull": "", "watch": ""}
        assert await session.run_command("share/links", {}) == nothing
        session.links = {"own": "https://here/#token=a", "watch": "https://here/#token=w"}
        assert await session.run_command("share/links", {}) == {**nothing, **session.links}
        for right in ("pull", "watch"):
            with pytest.raises(NotAllowed, match="for the owner"):
                await session.run_command("share/links", {}, right)

    asyncio.run(main())

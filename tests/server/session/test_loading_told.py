"""Whoever waits for an engine is told what it does, and for how long already."""

import asyncio
import json
import threading

import pytest
from ws_client import RawSocket

from atomtug.cli.loading import tell_loading
from atomtug.core.systems import load_system
from atomtug.server.app import ServerOptions, run_in_thread
from atomtug.server.listening import ListenOptions
from atomtug.server.session.live import LiveSession
from atomtug.server.session.session import Session


def waiting_engine(until) -> str:
    """An engine of a real process, ready once a file is there."""
    return "ase:faulty_calculators.Waiting?" + json.dumps({"until": str(until)})


@pytest.mark.slow
def test_a_page_that_comes_while_the_engine_is_loaded_sees_how_far_it_is(tmp_path):
    ready = tmp_path / "ready"
    options = ServerOptions([load_system("methane")], waiting_engine(ready), recordings=tmp_path, web_port=0)
    seen: list[dict] = []

    def watch(address: str) -> None:
        with RawSocket(address.replace("http", "ws", 1)) as page:
            page.wait(lambda: "first forces" in page.state.get("engine.loading.step", ""), "the step")
            page.wait(lambda: page.state.get("engine.loading.seconds", 0) >= 1, "a second")
            seen.append({**page.state, "frame": dict(page.frame)})
            ready.touch()
            page.wait(lambda: "particle.positions" in page.frame, "the first frame")
            page.wait(lambda: page.state["engine.loading"] == "", "the end of loading")
            seen.append(dict(page.state))

    watchers: list[threading.Thread] = []

    def waiting(session: Session, page: str) -> None:
        watchers.append(threading.Thread(target=watch, args=(page,)))
        watchers[0].start()

    listen = ListenOptions(port=0, web_port=0)
    with run_in_thread(lambda: LiveSession(options.live()), listen, waiting):
        watchers[0].join(timeout=120)
    before, after = seen
    assert before["engine.loading"].startswith("ase:faulty_calculators.Waiting")
    assert "particle.positions" not in before["frame"]
    assert (after["engine.loading.step"], after["engine.loading.seconds"]) == ("", 0)


@pytest.mark.parametrize("step", ["reads the engine", "compiles the dynamics"])
def test_the_terminal_says_each_step_of_an_engine_that_takes_its_time(step, capsys):
    async def main() -> None:
        session = Session()
        loading = {"engine.loading": "ann:alkanes", "engine.loading.step": step, "engine.loading.seconds": 3}
        session.announce(loading)
        telling = asyncio.create_task(tell_loading(session, "http://here", quiet=0.0, interval=0.0))
        while step not in (said := capsys.readouterr().err):
            await asyncio.sleep(0)
        for _ in range(10):
            await asyncio.sleep(0)
        telling.cancel()
        assert "http://here" in said
        assert f"after 3 s: ann:alkanes {step}" in said
        assert capsys.readouterr().err == ""

    asyncio.run(main())

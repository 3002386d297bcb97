"""Whoever waits at the page is told what for; tokens; and what a lost connection has cost."""

import json
import os
import threading
from pathlib import Path

import pytest
from page_visitor import press, state, wait_for

from atomtug.core.systems import load_system
from atomtug.server.app import ServerOptions, run_in_thread, running_server
from atomtug.server.listening import ListenOptions
from atomtug.server.session.live import LiveSession
from atomtug.server.session.session import Session

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

TOKEN = "a long and secret word"
SAID = "document.getElementById('waiting').innerText"


@pytest.fixture(autouse=True, scope="module")
def engines_of_tests():
    """``ase:faulty_calculators.Waiting`` can be imported by the processes that tests start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[1] / "server"), prepend=os.pathsep)
        yield


def test_an_engine_that_is_loaded_is_told_with_its_step_and_the_seconds(open_page, tmp_path):
    """The page is there before the engine is ready."""
    ready = tmp_path / "ready"
    engine = "ase:faulty_calculators.Waiting?" + json.dumps({"until": str(ready)})
    options = ServerOptions([load_system("methane")], engine, recordings=tmp_path).live()
    pages: list[str] = []
    there, done = threading.Event(), threading.Event()

    def waiting(session: Session, page: str) -> None:
        pages.append(page)
        there.set()

    def serve() -> None:
        with run_in_thread(lambda: LiveSession(options), ListenOptions(port=0, web_port=0), waiting):
            done.wait(timeout=600)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        assert there.wait(timeout=120)
        page = open_page(pages[0], drawn=False)
        wait_for(page, f"/computes the first forces.* [1-9]\\d* s/s.test({SAID})")
        ready.touch()
        wait_for(page, "atomtug.connection.frame['particle.count'] === 7")
        wait_for(page, "document.getElementById('waiting').hidden")
    finally:
        ready.touch()
        done.set()
        thread.join(timeout=120)


def test_no_step_is_told_with_what_to_do(open_page):
    """The simulation is said to run, and sends nothing."""
    with run_in_thread(Standing, ListenOptions(port=0, web_port=0)) as server:
        page = open_page(server.page, drawn=False)
        wait_for(page, f"/No step: pm6 is busy.*Reset goes back to the start/.test({SAID})")
        server.session.frames.publish({"playback.playing": False})
        wait_for(page, "document.getElementById('waiting').hidden")


class Standing(Session):
    """A session whose engine is busy for ever."""

    async def start(self) -> None:
        await super().start()
        self.frames.publish(
            {"particle.positions": load_system("methane").positions.astype("f4").ravel() / 10}
            | {"playback.playing": True, "engine.name": "pm6", "engine.steps_per_second": 300.0},
            begins=True,
        )


def test_a_wrong_token_is_no_missing_one(open_page):
    with run_in_thread(Session, ListenOptions(port=0, web_port=0, token=TOKEN)) as guarded:
        page = open_page(guarded.page, drawn=False)
        page.wait_for_selector("#door[open]")
        assert page.inner_text("#door-title") == "A token, please"
        page.fill("#token", "another one")
        page.click("#door button")
        wait_for(page, "document.getElementById('door-title').textContent === 'Wrong token'")
        page.wait_for_selector("#door[open]")
        assert "none of this server's" in page.inner_text("#door-text")
        page.fill("#token", TOKEN)
        page.click("#door button")
        wait_for(page, "atomtug.connection.isOpen")


def test_after_a_lost_connection_it_is_said_what_was_lost(open_page, tmp_path):
    def serve(port: int):
        return running_server(
            ServerOptions([load_system("methane")], web_port=port, recordings=tmp_path, paused=True)
        )

    with serve(0) as first:
        port = int(first.page.rsplit(":", 1)[1])
        page = open_page(first.page)
        wait_for(page, "atomtug.connection.state.get('server.started') > 0")
        press(page, 1)
    wait_for(page, f"{SAID}.startsWith('The connection was lost; trying again')")
    with serve(port):
        wait_for(page, "atomtug.figures.said.some(text => text.startsWith('Connected again after'))")
        [said] = [
            text for text in page.evaluate("atomtug.figures.said") if text.startswith("Connected again")
        ]
        assert "H1 was let go." in said
        assert "The server was started again: the simulation begins anew" in said
        wait_for(page, "document.getElementById('waiting').hidden")
        assert not any(key.startswith("interaction.") for key in state(page))

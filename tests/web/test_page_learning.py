"""What the page shows of a network that learns: a line, and a mark where the next one took over."""

import pytest
from page_visitor import wait_for

from atomtug.core.systems import load_system
from atomtug.server.app import run_in_thread
from atomtug.server.listening import ListenOptions
from atomtug.server.session.learning_control import LearningControl
from atomtug.server.session.session import Session
from atomtug.wire.frames import topology_values

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SENTENCE = "40 frames surprised the network; 1 being labelled, 7 more labels until the next network"


class LearningSession(Session):
    """Methane and a CN radical, and the commands of a learner. A frame comes when a client asks for it."""

    async def start(self) -> None:
        await super().start()
        LearningControl(self.announce).register(self.commands)
        self.commands.register("playback/step", self.step, engine="")
        methane = load_system("methane")
        positions = (methane.positions / 10).astype("f4").reshape(-1)
        self.frames.publish({**topology_values(methane), "particle.positions": positions}, begins=True)

    def step(self, engine: str) -> None:
        self.frames.publish({"engine.name": engine, "energy.potential": 1.0, "system.temperature": 300.0})


@pytest.fixture
def server():
    with run_in_thread(LearningSession, ListenOptions(port=0, web_port=0)) as running:
        yield running


def test_the_line_says_how_far_it_is_and_the_curve_where_another_network_took_over(server, open_page):
    page = open_page(server.page)
    wait_for(page, "atomtug.molecule.count === 7")
    assert page.locator("#learning").is_hidden()
    page.evaluate("text => atomtug.connection.run('learning/report', { text })", SENTENCE)
    wait_for(page, "document.getElementById('learning').textContent !== ''")
    assert page.locator("#learning").text_content() == SENTENCE
    assert not page.evaluate("document.getElementById('learning').hidden")
    for engine in ("ann:set-3", "ann:set-3", "ann:learned-1", "ann:learned-1"):
        page.evaluate("engine => atomtug.connection.run('playback/step', { engine })", engine)
        wait_for(page, f"atomtug.connection.frame['engine.name'] === '{engine}'")
    marks = page.evaluate("atomtug.figures.energy.curves.marks.map(({ text }) => text)")
    assert marks == ["ann:learned-1"]

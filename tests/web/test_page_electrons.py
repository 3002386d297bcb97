"""What the page shows of the electrons: bonds by their orders, unpaired electrons, charges, changes of state."""

import numpy as np
import pytest
from page_visitor import at, has_colour, wait_for

from atomtug.core.systems import load_system
from atomtug.server.app import run_in_thread
from atomtug.server.listening import ListenOptions
from atomtug.server.session.session import Session
from atomtug.wire.frames import bond_values, topology_values

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ALPHA = "#7fe08a"
"""The colour of a ring around an unpaired electron of alpha spin."""


def floats(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float32)


def reddish(image: np.ndarray) -> int:
    """Pixels of the stage as red as an atom with a negative charge."""
    stage = image[:, :960]
    return int((stage[:, :, 0] - stage[:, :, 2] > 0.2).sum())


class Standing(Session):
    """A session that stands still: methane and a CN radical, with what PM6 says of their electrons."""

    async def start(self) -> None:
        await super().start()
        methane = load_system("methane")
        values = {
            **topology_values(methane),
            **bond_values(np.array([[0, 1], [0, 2], [0, 3], [0, 4], [5, 6]])),
            "bond.orders.engine": floats(0.97, 0.97, 0.97, 0.97, 2.9),
            "particle.positions": (methane.positions / 10).astype(np.float32).reshape(-1),
            "particle.charges": floats(-0.6, 0.15, 0.15, 0.15, 0.15, 0.1, -0.1),
            "particle.spins": floats(0.0, 0.0, 0.0, 0.0, 0.0, 0.7, 0.3),
            "engine.spin_square": 0.7561,
            "engine.state_changed": floats(),
            "engine.state_changes": 0,
        }
        self.frames.publish(values, begins=True)


@pytest.fixture
def server():
    with run_in_thread(Standing, ListenOptions(port=0, web_port=0)) as running:
        yield running


def styles(page) -> list[str]:
    return page.evaluate("atomtug.molecule.styles")


def test_the_radical_is_marked_and_its_triple_bond_is_drawn(server, open_page, picture):
    page = open_page(server.page)
    wait_for(page, "atomtug.molecule.marked === 2")
    assert styles(page) == ["single"] * 4 + ["triple"]
    picture(page, "page-radical", lambda image: has_colour(image, ALPHA))
    assert page.inner_text("#spin-square") == "⟨S²⟩ 0.76"
    assert "unpaired" in page.get_attribute("#spin-square", "title")
    assert page.is_visible("#rings-meaning")
    # The electron has moved to carbon, as after an abstraction; the other engine that follows says nothing of it.
    server.session.frames.publish({"particle.spins": floats(0.9, 0, 0, 0, 0, 0.05, 0)})
    wait_for(page, "atomtug.molecule.marked === 1")
    none = {key: floats() for key in ("bond.orders.engine", "particle.charges", "particle.spins")}
    server.session.frames.publish({**none, "engine.spin_square": float("nan")})
    wait_for(
        page, "document.getElementById('electrons').hidden && document.getElementById('colour-row').hidden"
    )
    assert styles(page) == ["single"] * 4 + ["triple"]  # by its length, where no engine says


def test_charge_and_spin_colour_the_atoms_with_a_legend(server, open_page, picture):
    page = open_page(server.page)
    wait_for(page, "!document.getElementById('colour-row').hidden")
    assert page.evaluate("[...document.getElementById('colour').options].map(each => each.value)") == [
        "element",
        "charge",
        "spin",
    ]
    page.select_option("#colour", "charge")
    picture(page, "page-charge", lambda image: reddish(image) > 200)
    assert page.inner_text("#legend").split() == ["−1", "0", "+1", "e"]
    page.select_option("#colour", "spin")
    picture(page, "page-spin", lambda image: reddish(image) == 0)
    assert page.inner_text("#legend").split() == ["−1", "0", "+1", "unpaired", "e⁻"]
    page.select_option("#colour", "element")
    assert not page.is_visible("#legend")
    page.mouse.move(*at(page, 6))
    wait_for(page, "!document.getElementById('atom').hidden")
    assert page.inner_text("#atom") == "CN:N · nitrogen · charge −0.10 e, spin +0.30"


def test_a_sentence_says_that_the_state_changed(server, open_page):
    page = open_page(server.page)
    wait_for(page, "atomtug.connection.frame['engine.state_changes'] === 0")
    change = {"engine.state_changed": floats(-1000.0, -1184.1), "engine.state_changes": 1}
    server.session.frames.publish(change)
    wait_for(page, "atomtug.figures.said.length > 0")
    assert page.evaluate("atomtug.figures.said") == ["The electrons settled into a lower state: −44 kcal/mol"]
    # Whoever comes later is not told of what was before.
    late = open_page(server.page)
    wait_for(late, "atomtug.connection.frame['engine.state_changes'] === 1")
    assert late.evaluate("atomtug.figures.said") == []

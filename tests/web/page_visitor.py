"""What a person does on the page, by mouse and finger."""

import time
from typing import Any

import numpy as np
from playwright.sync_api import Page

PATIENCE = 120.0
"""s; the machine may be busy, and Chromium draws without a graphics card."""
ELSEWHERE = "headset.test"
"""A name for this machine other than localhost, to which browsers give WebXR in any case."""


def at(page: Page, atom: int) -> tuple[float, float]:
    """Where an atom is in the window now."""
    place = page.evaluate(f"atomtug.screen({atom})")
    return place["x"], place["y"]


def frame(page: Page, key: str) -> Any:
    """A value of the current frame; arrays as lists."""
    script = "key => { const v = atomtug.connection.frame[key]; return ArrayBuffer.isView(v) ? [...v] : v; }"
    return page.evaluate(script, key)


def state(page: Page) -> dict[str, Any]:
    return page.evaluate("Object.fromEntries(atomtug.connection.state)")


def pulls(page: Page) -> list[str]:
    return [key for key in state(page) if key.startswith("interaction.")]


def press(page: Page, atom: int) -> tuple[float, float]:
    """Press the mouse on an atom, which moves: until it is held."""
    for _ in range(200):
        x, y = at(page, atom)
        page.mouse.move(x, y)
        page.mouse.down()
        held = page.evaluate("[...atomtug.pulls.held.values()].map(pull => pull.atom)")
        if held == [atom]:
            return x, y
        page.mouse.up()
    raise AssertionError(f"atom {atom} could not be taken")


def undo(page: Page) -> None:
    """Go back to before the last pull, by the key, and have the simulation go on, also after a violent pull."""
    counter = frame(page, "system.simulation.counter")
    page.keyboard.press("z")
    wait_for(page, f"atomtug.connection.frame['system.simulation.counter'] > {counter}")
    page.evaluate("atomtug.connection.run('playback/play')")
    wait_for(page, "!document.body.classList.contains('paused')")


def wait_for(page: Page, condition: str, patience: float = PATIENCE) -> None:
    """Until a condition in the page's own words holds; Playwright's own waiting needs a page that allows eval."""
    deadline = time.monotonic() + patience
    while not page.evaluate(condition):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {patience:g} s for {condition}")
        page.wait_for_timeout(50)


def has_colour(image: np.ndarray, colour: str, least: int = 20) -> bool:
    """Whether that many pixels are about of this colour (``#rrggbb``)."""
    wanted = np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    return int((np.abs(image - wanted).max(axis=2) < 0.06).sum()) >= least

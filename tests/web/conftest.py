"""A real Chromium in front of a real server; what it shows can be kept as a picture for the docs."""

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread
from page_visitor import ELSEWHERE, PATIENCE, wait_for
from playwright.sync_api import Browser, BrowserContext, BrowserType, Page, sync_playwright

from atomtug.server.transport.web_page import FOLDER

ROOT = Path(__file__).parents[2]
CHROMIUM = ("/usr/lib/chromium/chromium", "chromium", "chromium-browser", "google-chrome")
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *(
        "--disable-component-update",
        "--disable-sync",
        "--use-angle=swiftshader",
        "--enable-unsafe-swiftshader",
    ),
)
LARGEST_PICTURE = 400_000
"""Bytes."""
IN_DOCS = ("page-pull", "page-start", "page-people", "page-phone", "page-headset", "page-playback")


def launch(playwright_browsers: BrowserType, *flags: str) -> Browser:
    """Chromium with these flags besides the usual ones; skips the test where there is none, or no page."""
    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("the page is tested in Chromium, and there is none here (apt-get install chromium)")
    if not (FOLDER / "index.html").is_file():
        pytest.skip("the page was not built (make page)")
    return playwright_browsers.launch(executable_path=found, args=[*FLAGS, *flags])


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A Chromium that draws without a graphics card."""
    with sync_playwright() as playwright:
        browser = launch(playwright.chromium)
        yield browser
        browser.close()


@pytest.fixture
def open_blind_page(browser) -> Iterator["Visitors"]:
    """Opens pages in a browser without WebGL, as on a remote desktop."""
    blind = launch(browser.browser_type, "--disable-3d-apis")
    with visitors(blind) as made:
        yield made
    blind.close()


@pytest.fixture
def open_elsewhere(browser) -> Iterator["Visitors"]:
    """Opens pages in a browser that knows this machine by another name, as a headset on the network would."""
    headset = launch(browser.browser_type, f"--host-resolver-rules=MAP {ELSEWHERE} localhost")
    with visitors(headset) as made:
        yield made
    headset.close()


class Visitors:
    """Opens pages, each a visitor of its own, and notes what they complain about."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self.complaints: list[str] = []

    def __call__(self, address: str, drawn: bool = True, scripts: tuple[str, ...] = (), **options) -> Page:
        context = self._browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        self._contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(1000 * PATIENCE)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self._console(said.type, said.text))
        page.on("request", lambda request: self._requested(request.url, address))
        for script in scripts:
            page.add_init_script(script)
        page.goto(address)
        if drawn:
            wait_for(page, "performance.getEntriesByName('molecule-drawn').length > 0")
        return page

    def close(self) -> None:
        for context in self._contexts:
            context.close()

    def _console(self, kind: str, text: str) -> None:
        # A server that turns a visitor away, or is gone for a moment, is no fault of the page.
        if kind == "error" and "WebSocket" not in text and "Failed to load resource" not in text:
            self.complaints.append(text)

    def _requested(self, url: str, address: str) -> None:
        place = address.partition("#")[0]
        here = (place, place.replace("http", "ws", 1), "blob:", "data:")
        if not url.startswith(here):
            self.complaints.append(f"the page asked for {url}")


@contextlib.contextmanager
def visitors(browser: Browser) -> Iterator[Visitors]:
    made = Visitors(browser)
    try:
        yield made
    finally:
        made.close()
    assert made.complaints == []


@pytest.fixture
def open_page(browser) -> Iterator[Visitors]:
    """Opens pages for one test."""
    with visitors(browser) as made:
        yield made


@pytest.fixture(scope="module")
def open_page_for_all(browser) -> Iterator[Visitors]:
    """Opens pages for a module's tests."""
    with visitors(browser) as made:
        yield made


@pytest.fixture
def picture(tmp_path) -> Callable[..., np.ndarray]:
    """Takes a screenshot, (height, width, 3) from 0 to 1; ATOMTUG_PICTURES=1 also keeps it in docs/.

    With ``shows``, a test of the picture, again and again until it shows that: drawing takes its time.
    """

    def take(page: Page, name: str, shows: Callable[[np.ndarray], bool] | None = None) -> np.ndarray:
        deadline = time.monotonic() + PATIENCE
        while True:
            image = take_once(page, name)
            if shows is None or shows(image):
                return image
            assert time.monotonic() < deadline, f"{name} never showed what it should"
            page.wait_for_timeout(100)

    def take_once(page: Page, name: str) -> np.ndarray:
        kept = os.environ.get("ATOMTUG_PICTURES") and name in IN_DOCS
        folder = ROOT / "docs" if kept else tmp_path
        path = folder / f"{name}.png"
        page.screenshot(path=path)
        assert path.stat().st_size < LARGEST_PICTURE
        return imread(path)[:, :, :3]

    return take

"""``atomtug serve --share``: a headset's browser comes in by HTTPS, and links invite others."""

import io
import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest
import zxingcpp
from matplotlib.image import imread
from page_visitor import ELSEWHERE, PATIENCE, wait_for
from playwright.sync_api import Error, Page

from atomtug.vr_client import Client

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """(what the server said, the folder of its certificate)"""
    home = tmp_path_factory.mktemp("home")
    command = [sys.executable, "-m", "atomtug", "serve", "methane", "--share", "--listen", "localhost"]
    process = subprocess.Popen(
        [*command, "--port", "0", "--no-record", "--paused", "--engine", "pm6"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "XDG_CONFIG_HOME": str(home), "HOME": str(home)},
    )
    said: list[str] = []
    greeted = threading.Event()

    def read() -> None:
        for line in process.stdout:
            said.append(line.strip())
            if line.startswith("Ctrl-C"):
                greeted.set()
        greeted.set()

    threading.Thread(target=read, daemon=True).start()
    try:
        assert greeted.wait(PATIENCE)
        assert process.poll() is None
        yield said, next(home.rglob("certificate.pem")).parent
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)


def link(said: list[str], what: str) -> str:
    [line] = [line for line in said if line.startswith(what)]
    return line.rpartition(" ")[2]


def test_a_browser_warns_of_nothing_but_the_authority_and_then_offers_vr(shared, browser, open_elsewhere):
    said, folder = shared
    address = link(said, "In a browser:")
    assert any("Advanced, then Proceed to localhost" in line for line in said)
    page = browser.new_page()
    with pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"):  # the names and the dates are right
        page.goto(address)
    page.close()

    by_name = address.replace("localhost", ELSEWHERE)
    trusting = open_elsewhere(by_name, ignore_https_errors=True)
    assert trusting.evaluate("isSecureContext && 'xr' in navigator")
    assert trusting.evaluate("location.protocol") == "https:"
    assert trusting.locator("#right").is_hidden()  # the link is the owner's
    watching = open_elsewhere(
        link(said, "A link to watch:").replace("localhost", ELSEWHERE), ignore_https_errors=True
    )
    wait_for(watching, "document.getElementById('right').textContent === 'You may watch.'")
    server = said[0].rpartition(" ")[2].rstrip(".")
    with Client.connect(server, (folder / "token").read_text(), folder / "certificate.pem") as client:
        assert client.wait_for_frame().count == 7


def test_the_page_shows_links_by_right_and_a_code_that_a_camera_reads(shared, open_page):
    said, _ = shared
    page = open_page(link(said, "In a browser:"), ignore_https_errors=True)
    page.click("#tool-share")
    page.wait_for_selector("#share[open]")
    rights = page.locator("#share-right option").all_inner_texts()
    assert rights == ["watch", "watch and pull", "do everything"]
    for right, what in (("watch", "A link to watch:"), ("own", "In a browser:")):
        page.select_option("#share-right", right)
        wanted = link(said, what)
        wait_for(page, f"document.getElementById('share-link').value === '{wanted}'")
        read = code(page)
        assert read == wanted
    assert "this machine can open it" in page.inner_text("#share-note")
    page.click("#share >> text=Close")
    assert not page.is_visible("#share")


def test_who_may_only_watch_can_give_away_no_more(shared, open_page):
    said, _ = shared
    watch = link(said, "A link to watch:")
    page = open_page(watch, ignore_https_errors=True)
    wait_for(page, "document.getElementById('right').textContent === 'You may watch.'")
    page.click("#tool-share")
    page.wait_for_selector("#share[open]")
    assert page.locator("#share-right option").all_inner_texts() == ["watch"]
    assert page.input_value("#share-link") == watch


def code(page: Page) -> str:
    """What a camera reads off the screen."""
    image = imread(io.BytesIO(page.locator("#share-code").screenshot()))[:, :, :3]
    [read] = zxingcpp.read_barcodes((255 * image).astype(np.uint8))
    return read.text

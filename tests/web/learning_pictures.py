"""The picture in docs/learning.md and the README: a network is unsure, is taught, and has learned.

    python tests/web/learning_pictures.py docs/learning.png [options of serve]

Isopentane + CN on set 3's network, which has never seen isopentane. A scripted hand takes hydrogens off, again and
again, while a page in Chromium looks on. It is photographed when the network says that it is not sure, when labels
are being made, and at a pull after the next network took over. It takes some five minutes of a machine that has
nothing else to do.
"""

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from conftest import ROOT, launch
from page_visitor import wait_for
from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Page, sync_playwright

SIZE = (960, 720)
WIDTH = 1500
LONGEST = 1800.0
"""s; so long something is waited for."""
UNSURE = "atomtug.connection.frame['engine.unsure']"
LABELLING = "/being labelled/.test(atomtug.connection.state.get('learning.text') ?? '')"
TAKEN_OVER = "atomtug.figures.energy.curves.marks.some(({ text }) => text.startsWith('ann:learned'))"
PULLED = "[...atomtug.connection.state.keys()].some((key) => key.startsWith('interaction.'))"
CHOOSE_COLOUR = """
const choice = document.getElementById('colour');
choice.value = 'uncertainty';
choice.dispatchEvent(new Event('change'));
"""
CAPTIONS = {
    "1  It does not know this": UNSURE,
    "2  DFT labels are made meanwhile": f"{LABELLING} && {PULLED}",
    "3  The next network took over": f"{TAKEN_OVER} && {PULLED} && !({UNSURE})",
}


@contextmanager
def served(folder: Path, options: list[str]) -> Iterator[tuple[str, str]]:
    """A server that learns, as its page's and its gRPC address."""
    command = [sys.executable, "-m", "atomtug", "serve", "isopentane", "--engine", "ann:set-3", "--port", "0"]
    command += ["--learn", "--learn-to", str(folder / "learned"), "--recordings", str(folder), *options]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        page = address = ""
        for line in server.stdout:
            page = page or next(iter(re.findall(r"http://\S+?(?=\.?\s)", line)), "")
            if "clients connect" in line:
                address = line.split()[-1].rstrip(".")
            if page and address:
                break
        yield page, address
    finally:
        server.terminate()
        server.wait(timeout=120)


def photograph(page: Page, condition: str, path: Path) -> None:
    """The page at a moment when a condition holds; the simulation stands still while it is taken."""
    end = time.monotonic() + LONGEST
    while True:
        wait_for(page, condition, end - time.monotonic())
        page.evaluate("atomtug.connection.run('playback/pause')")
        held = page.evaluate(condition)
        if held:
            page.wait_for_timeout(700)
            page.screenshot(path=path)
        page.evaluate("atomtug.connection.run('playback/play')")
        if held:
            return


def side_by_side(pictures: dict[str, Path], out: Path) -> None:
    """The pictures in a row, with what each shows above it."""
    images = [Image.open(path).convert("RGB") for path in pictures.values()]
    above, gap = 56, 12
    row = Image.new("RGB", (sum(i.width + gap for i in images) - gap, images[0].height + above), "white")
    pen, font, left = ImageDraw.Draw(row), ImageFont.load_default(34), 0
    for caption, image in zip(pictures, images, strict=True):
        pen.text((left + 6, 8), caption, "black", font)
        row.paste(image, (left, above))
        left += image.width + gap
    small = row.resize((WIDTH, round(row.height * WIDTH / row.width)), Image.Resampling.LANCZOS)
    small.quantize(200, dither=Image.Dither.NONE).save(out, optimize=True)


def main() -> None:
    out, *options = sys.argv[1:]
    clients = ROOT / "benchmarks" / "learning_clients.py"
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        folder = Path(scratch)
        browser = launch(playwright.chromium)
        with served(folder, options) as (address, server):
            page = browser.new_page(viewport=dict(zip(("width", "height"), SIZE, strict=True)))
            page.goto(address)
            wait_for(page, "performance.getEntriesByName('molecule-drawn').length > 0", LONGEST)
            wait_for(page, "!document.getElementById('colour-row').hidden", LONGEST)
            page.evaluate(CHOOSE_COLOUR)  # the panel may be folded
            hand = subprocess.Popen(
                [sys.executable, str(clients), "hand", server, str(LONGEST), "1"], stdout=subprocess.DEVNULL
            )
            pictures = {}
            try:
                for number, (caption, condition) in enumerate(CAPTIONS.items()):
                    pictures[caption] = folder / f"{number}.png"
                    photograph(page, condition, pictures[caption])
                    print(caption, flush=True)
            finally:
                hand.kill()
        side_by_side(pictures, Path(out))


if __name__ == "__main__":
    main()

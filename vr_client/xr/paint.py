"""Paints notices, names and signs as pixels, in a thread that the frame loop never waits for."""

import threading
from collections.abc import Callable, Hashable
from functools import lru_cache
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Pixels = NDArray[np.uint8]

NOTICE_SIZE = (1024, 224)
LABEL_SIZE = (384, 96)
SIGN_SIZE = (900, 660)
BACK, INK, DIM, PUSHED = (17, 22, 33, 235), (232, 238, 248, 255), (140, 152, 172, 255), (240, 160, 60, 255)
HELP = (
    ("Trigger, or pinch", "hold the nearest atom and pull it"),
    ("Press further", "pull harder; the stick sets how hard"),
    ("Grip, or fist", "move and turn everything"),
    ("Both grips", "make it larger or smaller"),
    ("A or X", "play, pause"),
    ("B or Y", "undo the last pull"),
    ("Press the stick", "let the molecule relax, or move"),
    ("Left wrist", "a panel: press it with the right finger"),
)
"""What a person can do: with what, and what happens."""


@lru_cache
def font(size: int, bold: bool = False) -> Any:
    """A typeface of so many pixels."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name), size)


def paint_notice(text: str) -> Pixels:
    """(height, width, 4) a notice with some text."""
    image, draw = _plate(NOTICE_SIZE, PUSHED)
    used, lines = font(32), [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if used.getlength(longer) > NOTICE_SIZE[0] - 100:
            lines.append(word)
        else:
            lines[-1] = longer
    shown = "\n".join(lines[:4])
    middle = (NOTICE_SIZE[0] / 2, NOTICE_SIZE[1] / 2)
    draw.multiline_text(middle, shown, INK, used, anchor="mm", align="center", spacing=10)
    return np.asarray(image)


def paint_label(text: str, color: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> Pixels:
    """(height, width, 4) a short text in an sRGB colour, such as a person's name."""
    red, green, blue = (round(255 * part) for part in color)
    image, draw = _plate(LABEL_SIZE, (red, green, blue, 255))
    size = next((size for size in (44, 34, 26) if font(size, True).getlength(text) < LABEL_SIZE[0] - 40), 20)
    middle = (LABEL_SIZE[0] / 2, LABEL_SIZE[1] / 2)
    draw.text(middle, text[:40], (red, green, blue, 255), font(size, True), anchor="mm")
    return np.asarray(image)


def paint_sign() -> Pixels:
    """(height, width, 4) what a person can do."""
    image, draw = _plate(SIGN_SIZE, DIM)
    draw.text((44, 36), "What you can do", INK, font(44, True), anchor="lt")
    for row, (how, what) in enumerate(HELP):
        draw.text((44, 118 + 58 * row), how, PUSHED, font(30, True), anchor="lt")
        draw.text((350, 118 + 58 * row), what, INK, font(28), anchor="lt")
    draw.text(
        (44, SIGN_SIZE[1] - 62),
        "Hold an atom, and this goes; Help brings it back.",
        DIM,
        font(26),
        anchor="lt",
    )
    return np.asarray(image)


def _plate(size: tuple[int, int], edge: tuple[int, ...]) -> tuple[Image.Image, Any]:
    image = Image.new("RGBA", size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((2, 2, size[0] - 3, size[1] - 3), 36, BACK, edge, 4)
    return image, draw


class Painter:
    """Paints images by name; the newest that is ready is returned."""

    def __init__(self) -> None:
        self._requests: dict[str, Callable[[], Pixels]] = {}
        self._asked: dict[str, Hashable] = {}
        self._ready: dict[str, tuple[int, Pixels]] = {}
        self._news = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="atomtug-vr-painter", daemon=True)
        self._thread.start()

    def request(self, name: str, facts: Hashable, paint: Callable[[], Pixels]) -> tuple[int, Pixels] | None:
        """Request an image; returns the newest one that is ready with its version, None before the first."""
        if self._asked.get(name) != facts:
            with self._news:
                self._asked[name] = facts
                self._requests[name] = paint
                self._news.notify()
        return self._ready.get(name)

    def close(self) -> None:
        """End the thread."""
        with self._news:
            self._closing = True
            self._news.notify()
        self._thread.join(timeout=5.0)

    def _work(self) -> None:
        version = 0
        while True:
            with self._news:
                while not (self._requests or self._closing):
                    self._news.wait()
                if self._closing:
                    return
                requests, self._requests = self._requests, {}
            for name, paint in requests.items():
                version += 1
                self._ready[name] = (version, paint())

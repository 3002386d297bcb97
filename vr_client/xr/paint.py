"""Paints the wrist panel and notices as pixels, in a thread that the frame loop never waits for."""

import threading
from collections.abc import Callable, Hashable
from functools import lru_cache
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from atomtug.vr_client.xr.electrons import LEGENDS, colourings
from atomtug.vr_client.xr.panel import BUTTONS, HEIGHT, WIDTH, Panel
from atomtug.vr_client.xr.snapshot import ServerStatus, Snapshot

Pixels = NDArray[np.uint8]

PANEL_SIZE = (800, round(800 * HEIGHT / WIDTH))
NOTICE_SIZE = (1024, 224)
INTERVAL = 0.2
"""Seconds between two updates of the panel's figures."""
_BACK, _INK, _DIM = (17, 22, 33, 235), (232, 238, 248, 255), (140, 152, 172, 255)
_BUTTON, _HOVER, _PUSHED, _OFF = (44, 56, 80, 255), (66, 88, 128, 255), (240, 160, 60, 255), (28, 33, 44, 255)
_RECORDING = (225, 60, 60, 255)


@lru_cache
def _font(size: int, bold: bool = False) -> Any:
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name), size)


def panel_facts(panel: Panel, snapshot: Snapshot, server: ServerStatus) -> tuple[Any, ...]:
    """Everything that the panel shows; it is painted again when this changes."""
    return (
        snapshot.engine,
        f"{snapshot.energy:,.1f}" if np.isfinite(snapshot.energy) else "–",
        f"±{snapshot.uncertainty:.1f}" if np.isfinite(snapshot.uncertainty) else "",
        f"{snapshot.work:,.0f}",
        f"{snapshot.time:.2f}",
        snapshot.playing,
        bool(snapshot.recording),
        panel.choice(snapshot, server),
        panel.hovered,
        panel.pressed,
        tuple(button.name for button in BUTTONS if panel.is_available(button.name, snapshot, server)),
        f"<S²> {snapshot.spin_square:.2f}" if np.isfinite(snapshot.spin_square) else "",
        LEGENDS[panel.colouring if panel.colouring in colourings(snapshot) else "element"],
    )


def paint_panel(facts: tuple[Any, ...]) -> Pixels:
    """(height, width, 4) the panel with the contents of :func:`panel_facts`."""
    engine, energy, doubt, work, time, playing, recording, choice, hovered, pressed, usable, spin, legend = (
        facts
    )
    width, height = PANEL_SIZE
    image = Image.new("RGBA", PANEL_SIZE, (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((2, 2, width - 3, height - 3), 36, _BACK, (90, 110, 150, 255), 4)
    draw.text((36, 40), engine or "no engine", _INK, _font(46, True), anchor="lt")
    draw.text((width - 36, 46), f"{time} ps", _DIM, _font(38), anchor="rt")
    draw.text((36, 118), f"E  {energy}", _INK, _font(44), anchor="lt")
    draw.text((width - 36, 122), f"{doubt} kJ/mol" if doubt else "kJ/mol", _DIM, _font(38), anchor="rt")
    draw.text((36, 182), f"work by hands  {work}", _DIM, _font(38), anchor="lt")
    draw.text((width - 36, 182), spin, _DIM, _font(38), anchor="rt")
    texts = {
        "play": "Pause" if playing else "Play",
        "reset": "Reset",
        "record": "Stop rec" if recording else "Record",
        "previous": "‹",
        "next": "›",
        "swap": "Swap",
        "colour": legend,
    }
    for button in BUTTONS:
        box = (button.left * width, button.top * height, button.right * width, button.bottom * height)
        able = button.name in usable
        fill = (
            _OFF
            if not able
            else _PUSHED
            if button.name == pressed
            else _HOVER
            if button.name == hovered
            else _BUTTON
        )
        draw.rounded_rectangle(box, 22, fill)
        if button.name == "record" and recording:
            draw.rounded_rectangle(box, 22, None, _RECORDING, 6)
        middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        font = _font(34 if button.name == "colour" else 40, True)
        draw.text(middle, texts[button.name], _INK if able else _DIM, font, anchor="mm")
    row = (BUTTONS[3].top + BUTTONS[3].bottom) / 2 * height
    between = (BUTTONS[3].right + BUTTONS[4].left) / 2 * width
    draw.text(
        (between, row), _shortened(choice or "no other"), _INK if choice else _DIM, _font(34), anchor="mm"
    )
    return np.asarray(image)


def paint_notice(text: str) -> Pixels:
    """(height, width, 4) a notice with some text."""
    image = Image.new("RGBA", NOTICE_SIZE, (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((2, 2, NOTICE_SIZE[0] - 3, NOTICE_SIZE[1] - 3), 40, _BACK, _PUSHED, 4)
    font, lines = _font(32), [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) > NOTICE_SIZE[0] - 100:
            lines.append(word)
        else:
            lines[-1] = longer
    shown = "\n".join(lines[:4])
    middle = (NOTICE_SIZE[0] / 2, NOTICE_SIZE[1] / 2)
    draw.multiline_text(middle, shown, _INK, font, anchor="mm", align="center", spacing=10)
    return np.asarray(image)


def _shortened(name: str, longest: int = 14) -> str:
    plain = Path(name.removeprefix("ann:")).stem if name.startswith("ann:") else name
    return plain if len(plain) <= longest else f"{plain[: longest - 1]}…"


class Painter:
    """Paints images by name; the newest that is ready is returned."""

    def __init__(self) -> None:
        self._requests: dict[str, tuple[Hashable, Callable[[], Pixels]]] = {}
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
                self._requests[name] = (facts, paint)
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
            for name, (_, paint) in requests.items():
                version += 1
                self._ready[name] = (version, paint())

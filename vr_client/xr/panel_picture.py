"""What the wrist panel shows, and its picture."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from atomtug.vr_client.xr.electrons import LEGENDS, colourings
from atomtug.vr_client.xr.history import History
from atomtug.vr_client.xr.paint import BACK, DIM, INK, PUSHED, Pixels, font
from atomtug.vr_client.xr.panel import BUTTONS, HEIGHT, WIDTH, Panel
from atomtug.vr_client.xr.snapshot import ServerStatus, Snapshot

PANEL_SIZE = (800, round(800 * HEIGHT / WIDTH))
_BUTTON, _HOVER, _OFF = (44, 56, 80, 255), (66, 88, 128, 255), (28, 33, 44, 255)
_RECORDING, _LINE, _GRID = (225, 60, 60, 255), (120, 200, 255, 255), (60, 70, 92, 255)
_PLOT = (36, 330, 764, 440)
"""Left, top, right and bottom of the energy's curve, pixels."""


@dataclass(frozen=True)
class Figures:
    """What changes with every frame, as texts."""

    time: str
    energy: str
    doubt: str
    work: str
    spin: str
    energies: tuple[float, ...]


@dataclass(frozen=True)
class PanelFacts:
    """Everything that the panel shows; it is painted again when this changes."""

    figures: Figures
    title: str
    reaction: str
    playing: bool
    recording: bool
    measuring: bool
    strength: str
    engine: str
    system: str
    legend: str
    hovered: str
    pressed: str
    usable: frozenset[str]

    def same_but_figures(self, other: "PanelFacts") -> bool:
        """Whether only figures differ."""
        return replace(self, figures=other.figures) == other


def panel_facts(
    panel: Panel,
    snapshot: Snapshot,
    server: ServerStatus,
    history: History,
    strength: float = 0.0,
    measuring: bool = False,
) -> PanelFacts:
    """What the panel shows now.

    Args:
        panel: its state
        snapshot: the newest frame
        server: the connection
        history: of the run
        strength: of the pull, kJ/mol/nm a centimetre
        measuring: whether triggers measure
    """
    finite = np.isfinite
    figures = Figures(
        time=f"{snapshot.time:.2f} ps",
        energy=f"{snapshot.energy:,.1f}" if finite(snapshot.energy) else "–",
        doubt=f"±{snapshot.uncertainty:.1f}" if finite(snapshot.uncertainty) else "",
        work=f"{snapshot.work:,.0f}",
        spin=f"⟨S²⟩ {snapshot.spin_square:.2f}" if finite(snapshot.spin_square) else "",
        energies=history.energies,
    )
    return PanelFacts(
        figures,
        title=(snapshot.engine or "no engine") if server.connected else "no server",
        reaction=history.reaction,
        playing=bool(snapshot.playing),
        recording=bool(snapshot.recording),
        measuring=measuring,
        strength=f"pull {strength:.0f}/cm",
        engine=panel.engine(snapshot, server),
        system=panel.system(snapshot, server),
        legend=LEGENDS[panel.colouring if panel.colouring in colourings(snapshot) else "element"],
        hovered=panel.hovered,
        pressed=panel.pressed,
        usable=frozenset(name for name in BUTTONS if panel.is_available(name, snapshot, server)),
    )


def paint_panel(facts: PanelFacts) -> Pixels:
    """(height, width, 4) the panel."""
    width, height = PANEL_SIZE
    image = Image.new("RGBA", PANEL_SIZE, (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((2, 2, width - 3, height - 3), 36, BACK, (90, 110, 150, 255), 4)
    now = facts.figures
    draw.text((36, 34), facts.title, INK, font(46, True), anchor="lt")
    draw.text((width - 36, 40), now.time, DIM, font(36), anchor="rt")
    draw.text((36, 104), f"E  {now.energy}", INK, font(42), anchor="lt")
    draw.text((width - 36, 108), f"{now.doubt} kJ/mol".strip(), DIM, font(36), anchor="rt")
    draw.text((36, 164), f"work by hands  {now.work}", DIM, font(36), anchor="lt")
    draw.text((width - 36, 164), now.spin, DIM, font(36), anchor="rt")
    _fitting(draw, (36, 224), facts.reaction, width - 72)
    _curve(draw, now.energies)
    for name, button in BUTTONS.items():
        box = (button.left * width, button.top * height, button.right * width, button.bottom * height)
        able = name in facts.usable
        held = name == facts.pressed or (name == "measure" and facts.measuring)
        fill = _OFF if not able else PUSHED if held else _HOVER if name == facts.hovered else _BUTTON
        draw.rounded_rectangle(box, 20, fill)
        if name == "record" and facts.recording:
            draw.rounded_rectangle(box, 20, None, _RECORDING, 6)
        middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        draw.text(
            middle,
            _label(name, facts),
            INK if able else DIM,
            font(30 if name == "colour" else 34, True),
            anchor="mm",
        )
    for left, right, text in (
        ("previous system", "next system", facts.system or "no other"),
        ("previous", "next", facts.engine or "no other"),
        ("weaker", "stronger", facts.strength),
    ):
        row = (BUTTONS[left].top + BUTTONS[left].bottom) / 2 * height
        between = (BUTTONS[left].right + BUTTONS[right].left) / 2 * width
        draw.text((between, row), _shortened(text), INK, font(32), anchor="mm")
    return np.asarray(image)


def _label(name: str, facts: PanelFacts) -> str:
    texts = {
        "play": "Pause" if facts.playing else "Play",
        "step": "Step",
        "undo": "Undo",
        "reset": "Reset",
        "relax": "Relax",
        "here": "To me",
        "record": "Stop rec" if facts.recording else "Record",
        "measure": "Measure",
        "previous system": "‹",
        "next system": "›",
        "load": "Load",
        "previous": "‹",
        "next": "›",
        "swap": "Swap",
        "weaker": "−",
        "stronger": "+",
        "help": "Help",
        "colour": facts.legend,
        "learn": "Learn",
    }
    return texts[name]


def _fitting(draw: Any, place: tuple[int, int], text: str, width: int) -> None:
    """A text in the largest of some sizes that fits into the width, in two lines if need be."""
    for size in (38, 32, 26):
        if font(size, True).getlength(text) <= width:
            draw.text(place, text, INK, font(size, True), anchor="lt")
            return
    before, arrow, after = text.partition(" → ")
    for line, part in enumerate((before, f"{arrow.strip()} {after}".strip())):
        draw.text((place[0], place[1] + 40 * line), part, INK, font(26, True), anchor="lt")


def _curve(draw: Any, energies: tuple[float, ...]) -> None:
    """The energy of the last seconds."""
    left, top, right, bottom = _PLOT
    draw.line((left, bottom, right, bottom), _GRID, 2)
    if len(energies) < 2:
        return
    low, high = min(energies), max(energies)
    span = max(high - low, 1.0)
    steps = np.linspace(left, right, len(energies))
    heights = bottom - (np.array(energies) - low) / span * (bottom - top)
    draw.line([*zip(steps.tolist(), heights.tolist(), strict=True)], _LINE, 4)
    draw.text((right, top - 6), f"{span:,.0f} kJ/mol high", DIM, font(24), anchor="rb")


def _shortened(name: str, longest: int = 16) -> str:
    plain = Path(name.removeprefix("ann:")).stem if name.startswith("ann:") else name
    return plain if len(plain) <= longest else f"{plain[: longest - 1]}…"

"""The panel on the left wrist: its buttons, their places, and which one a fingertip presses."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from atomtug.vr_client.client.command_call import CommandCall
from atomtug.vr_client.xr.controls import Controls
from atomtug.vr_client.xr.electrons import Colouring, colourings
from atomtug.vr_client.xr.poses import Pose, multiply, turn_about
from atomtug.vr_client.xr.snapshot import ServerStatus, Snapshot
from atomtug.wire import command_names

WIDTH, HEIGHT = 0.20, 0.26
"""Size of the panel, metres."""
# Like a watch: above the forearm, behind the hand so that it hides nothing, its face tilted back to the eyes.
_ON_WRIST = Pose(
    np.array([-0.05, 0.11, 0.13]),
    multiply(turn_about(np.array([0.0, 1.0, 0.0]), 0.20), turn_about(np.array([1.0, 0.0, 0.0]), -0.65)),
)
T = TypeVar("T")
NEAR, THROUGH = 0.04, 0.05
"""Distances before and behind the panel within which a fingertip counts, metres."""


@dataclass(frozen=True)
class Button:
    """A rectangle of the panel.

    Args:
        name: what it does
        left, top, right, bottom: parts of the panel's width and height, from its top left
    """

    name: str
    left: float
    top: float
    right: float
    bottom: float

    def holds(self, x: float, y: float) -> bool:
        """Whether a point is on it."""
        return self.left <= x <= self.right and self.top <= y <= self.bottom


_ROWS: tuple[tuple[tuple[str, int], ...], ...] = (
    (("play", 1), ("step", 1), ("undo", 1), ("reset", 1)),
    (("relax", 1), ("here", 1), ("record", 1), ("measure", 1)),
    (("previous system", 1), ("", 4), ("next system", 1), ("load", 3)),
    (("previous", 1), ("", 4), ("next", 1), ("swap", 3)),
    (("weaker", 1), ("", 4), ("stronger", 1), ("help", 3)),
    (("colour", 3), ("learn", 1)),
)
"""Names and widths of the buttons in each row; what has no name is room for a text."""
_TOP, _BOTTOM, _MARGIN, _GAP = 0.44, 0.98, 0.03, 0.012


def _laid_out() -> dict[str, Button]:
    buttons, height = {}, (_BOTTOM - _TOP) / len(_ROWS)
    for row, cells in enumerate(_ROWS):
        wide = (1.0 - 2 * _MARGIN + _GAP) / sum(width for _, width in cells)
        left, top = _MARGIN, _TOP + row * height
        for name, width in cells:
            right = left + width * wide
            if name:
                buttons[name] = Button(name, left, top, right - _GAP, top + height - _GAP)
            left = right
    return buttons


BUTTONS = _laid_out()
"""The buttons by name."""
_LOCAL = ("here", "measure", "weaker", "stronger", "help")
"""Buttons that need no server."""
_COMMANDS = {
    "step": command_names.STEP,
    "undo": command_names.RESTORE_CHECKPOINT,
    "reset": command_names.RESET,
    "relax": command_names.USER_RELAX,
    "learn": command_names.USER_LEARN,
}


class Panel:
    """The state of the panel."""

    def __init__(self) -> None:
        self.pose: Pose | None = None
        """Pose of its middle in the room; None while the left hand is not tracked."""
        self.hovered: str = ""
        """Name of the button before the fingertip; empty where there is none."""
        self.pressed: str = ""
        """Name of the button that the fingertip presses; empty where it presses none."""
        self.colouring: Colouring = "element"
        """What atoms are coloured by, where the engine says it."""
        self._engine: str | None = None
        self._system: str | None = None

    def step(self, controls: Controls, snapshot: Snapshot, server: ServerStatus) -> str:
        """Process one moment; returns the name of a button that was pressed now, empty if none was."""
        grip = controls.left.grip
        self.pose = None if grip is None else grip.then(_ON_WRIST)
        tip = controls.right.pinch
        before = self.pressed
        if self.pose is None or tip is None:
            self.hovered = self.pressed = ""
            return ""
        inside = self.pose.within(tip)
        x, y, depth = inside[0] / WIDTH + 0.5, 0.5 - inside[1] / HEIGHT, float(inside[2])
        near = -THROUGH < depth < NEAR
        button = next((button.name for button in BUTTONS.values() if button.holds(x, y)), "") if near else ""
        self.hovered = button
        # Once pressed it takes a little way back to press again: a trembling finger presses once.
        self.pressed = button if depth < (0.01 if button == before else 0.0) else ""
        if not self.pressed or before or not self.is_available(self.pressed, snapshot, server):
            return ""
        return self.pressed

    def command(self, button: str, snapshot: Snapshot, server: ServerStatus) -> CommandCall | None:
        """What a pressed button asks of the server; None where it changes the panel alone."""
        if button == "play":
            return CommandCall(command_names.PAUSE if snapshot.playing else command_names.PLAY)
        if button in _COMMANDS:
            return CommandCall(_COMMANDS[button])
        if button == "record":
            return CommandCall(
                command_names.STOP_RECORDING if snapshot.recording else command_names.START_RECORDING
            )
        if button == "swap":
            return CommandCall(command_names.LOAD_ENGINE, {"engine": self.engine(snapshot, server)})
        if button == "load":
            return CommandCall(
                command_names.LOAD_SYSTEM, {"index": server.systems.index(self.system(snapshot, server))}
            )
        if button in ("previous", "next"):
            self._engine = _neighbour(server.engines, self.engine(snapshot, server), button == "next")
        elif button in ("previous system", "next system"):
            forth = button == "next system"
            self._system = _neighbour(server.systems, self.system(snapshot, server), forth)
        elif button == "colour":
            self.colouring = _neighbour(colourings(snapshot), self.colouring, True)
        return None

    def engine(self, snapshot: Snapshot, server: ServerStatus) -> str:
        """The engine that the swap button would load; empty if there is none to choose."""
        return _choice(self._engine, server.engines, snapshot.engine)

    def system(self, snapshot: Snapshot, server: ServerStatus) -> str:
        """The system that the load button would load; empty if there is none to choose."""
        return _choice(self._system, server.systems, snapshot.system)

    def is_available(self, button: str, snapshot: Snapshot, server: ServerStatus) -> bool:
        """Whether the button does anything now: the server is there and has the command, and there is a choice."""
        if button in _LOCAL:
            return True
        if not server.connected:
            return False
        if button == "colour":
            return len(colourings(snapshot)) > 1
        if button in ("previous", "next", "swap"):
            return command_names.LOAD_ENGINE in server.commands and bool(self.engine(snapshot, server))
        if button in ("previous system", "next system", "load"):
            return command_names.LOAD_SYSTEM in server.commands and bool(self.system(snapshot, server))
        if button == "undo" and not server.undoable:
            return False
        needs = {"play": command_names.PLAY, "record": command_names.START_RECORDING, **_COMMANDS}
        return needs[button] in server.commands


def _choice(chosen: str | None, names: tuple[str, ...], current: str) -> str:
    """What was chosen, or the first of the names that is not in use."""
    if chosen in names:
        return str(chosen)
    others = [name for name in names if name != current]
    return others[0] if others else ""


def _neighbour(names: tuple[T, ...], current: T, forth: bool) -> T:
    """The name after or before one, around the end; the first if it is not among them."""
    place = names.index(current) if current in names else 0
    return names[(place + (1 if forth else -1)) % len(names)]

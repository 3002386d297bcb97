"""The panel on the left wrist: its buttons, their places, and which one a fingertip presses."""

from dataclasses import dataclass

import numpy as np

from atomtug.vr_client.client.command_call import CommandCall
from atomtug.vr_client.xr.command_worker import ENGINE_LOAD
from atomtug.vr_client.xr.controls import Controls
from atomtug.vr_client.xr.electrons import Colouring, colourings
from atomtug.vr_client.xr.poses import Pose, multiply, turn_about
from atomtug.vr_client.xr.snapshot import ServerStatus, Snapshot
from atomtug.wire import command_names

WIDTH, HEIGHT = 0.18, 0.165
"""Size of the panel, metres."""
# Like a watch: above the forearm, behind the hand so that it hides nothing, its face tilted back to the eyes.
_ON_WRIST = Pose(
    np.array([-0.05, 0.075, 0.13]),
    multiply(turn_about(np.array([0.0, 1.0, 0.0]), 0.20), turn_about(np.array([1.0, 0.0, 0.0]), -0.65)),
)
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


BUTTONS = (
    Button("play", 0.04, 0.345, 0.34, 0.52),
    Button("reset", 0.36, 0.345, 0.64, 0.52),
    Button("record", 0.66, 0.345, 0.96, 0.52),
    Button("previous", 0.04, 0.56, 0.16, 0.735),
    Button("next", 0.52, 0.56, 0.64, 0.735),
    Button("swap", 0.66, 0.56, 0.96, 0.735),
    Button("colour", 0.04, 0.775, 0.96, 0.95),
)


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
        self._choice: str | None = None

    def step(self, controls: Controls, snapshot: Snapshot, server: ServerStatus) -> CommandCall | None:
        """Process one moment; returns the command of a button that was pressed."""
        grip = controls.left.grip
        self.pose = None if grip is None else grip.then(_ON_WRIST)
        tip = controls.right.pinch
        before = self.pressed
        if self.pose is None or tip is None:
            self.hovered = self.pressed = ""
            return None
        inside = self.pose.within(tip)
        x, y, depth = inside[0] / WIDTH + 0.5, 0.5 - inside[1] / HEIGHT, float(inside[2])
        button = next((button.name for button in BUTTONS if button.holds(x, y)), "")
        near = -THROUGH < depth < NEAR
        self.hovered = button if near else ""
        # Once pressed it takes a little way back to press again: a trembling finger presses once.
        self.pressed = button if near and depth < (0.01 if button == before else 0.0) else ""
        if not self.pressed or self.pressed == before or before:
            return None
        return self._press(self.pressed, snapshot, server)

    def choice(self, snapshot: Snapshot, server: ServerStatus) -> str:
        """The engine that the swap button would load."""
        if self._choice in server.engines:
            return str(self._choice)
        others = [engine for engine in server.engines if engine != snapshot.engine]
        return others[0] if others else ""

    def is_available(self, button: str, snapshot: Snapshot, server: ServerStatus) -> bool:
        """Whether the server has the command of a button, or the frame what it chooses from."""
        if button == "colour":
            return len(colourings(snapshot)) > 1
        needs = {
            "play": command_names.PLAY,
            "reset": command_names.RESET,
            "record": command_names.START_RECORDING,
        }
        return needs.get(button, ENGINE_LOAD) in server.commands

    def _press(self, button: str, snapshot: Snapshot, server: ServerStatus) -> CommandCall | None:
        if button == "play":
            return CommandCall(command_names.PAUSE if snapshot.playing else command_names.PLAY)
        if button == "reset":
            return CommandCall(command_names.RESET)
        if button == "colour":
            choices = colourings(snapshot)
            place = choices.index(self.colouring) if self.colouring in choices else 0
            self.colouring = choices[(place + 1) % len(choices)]
            return None
        if button == "record":
            return CommandCall(
                command_names.STOP_RECORDING if snapshot.recording else command_names.START_RECORDING
            )
        choice = self.choice(snapshot, server)
        if not choice:
            return None
        if button == "swap":
            return CommandCall(ENGINE_LOAD, {"engine": choice})
        step = 1 if button == "next" else -1
        self._choice = server.engines[(server.engines.index(choice) + step) % len(server.engines)]
        return None

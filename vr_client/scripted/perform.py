"""Carrying out a plan on a server."""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

import numpy as np

from atomtug.core.errors import CommandFailed, ConnectionFailed
from atomtug.vr_client.client.client_frame import ClientFrame
from atomtug.vr_client.client.grpc_client import Client
from atomtug.vr_client.client.interaction import Interaction
from atomtug.vr_client.scripted.hands import Action, Plan
from atomtug.wire import command_names
from atomtug.wire.state_keys import INTERACTION_PREFIX

Result = TypeVar("Result")

STUCK = 60.0
"""Seconds without a frame after which the server counts as stuck."""


class PlanAbandoned(Exception):
    """A plan was not carried out to its end, because whoever ordered it asked to stop."""


def perform(
    client: Client,
    make_plan: Callable[[ClientFrame], Plan[Result]],
    play: bool = True,
    stuck: float = STUCK,
    stopped: Callable[[], bool] = lambda: False,
) -> Result:
    """Make a plan for the simulation as it is now, and carry it out. All interactions are removed afterwards.

    Args:
        client: connected to the server
        make_plan: the first frame -> the plan, e.g. ``lambda frame: abstract(frame, seed=1)``
        play: start the simulation first, with the hands already in place
        stuck: seconds without a frame after which to give up
        stopped: asked at each frame whether to stop

    Raises:
        PlanAbandoned: ``stopped`` said so
        InputError: the plan does not fit the simulation
        CommandFailed: the simulation stopped, or the server refused something
        ConnectionFailed: the server went away, or is stuck
    """
    performer = _Performer(client)
    plan = make_plan(client.wait_for_frame())
    frames = client.frames(stuck)
    frame = next(frames)
    try:
        action = next(plan)
        performer.do(action)
        if play:
            client.run(command_names.PLAY)
        while True:
            # What a command leads to may take its time, or (a pause) never come: then go on at once.
            frame = client.current_frame if action.commands else next(frames)
            if stopped():
                raise PlanAbandoned
            if frame.exception:
                raise CommandFailed(f"The simulation stopped: {frame.exception}")
            action = plan.send(frame)
            performer.do(action)
    except StopIteration as done:
        result: Result = done.value
        return result
    finally:
        performer.let_go()


class _Performer:
    """Sends what changed from one action to the next."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._held: dict[str, Interaction] = {}
        self._key = f"{INTERACTION_PREFIX}{client.owner}"

    def do(self, action: Action) -> None:
        changes: dict[str, Interaction | None] = {
            name: hand
            for name, hand in action.interactions.items()
            if name not in self._held or not _same(hand, self._held[name])
        }
        changes.update({name: None for name in self._held if name not in action.interactions})
        self._change(changes)
        self._held = dict(action.interactions)
        for command in action.commands:
            self._client.run(command.name, **command.arguments)

    def let_go(self) -> None:
        """Remove all interactions; a server that went away has removed them itself."""
        with contextlib.suppress(ConnectionFailed, CommandFailed):
            self._change(dict.fromkeys(self._held))
        self._held = {}

    def _change(self, changes: Mapping[str, Interaction | None]) -> None:
        if changes:
            self._client.change_interactions({f"{self._key}.{name}": h for name, h in changes.items()})


def _same(one: Interaction, other: Interaction) -> bool:
    return np.array_equal(one.position, other.position) and one == replace(other, position=one.position)

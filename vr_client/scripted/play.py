"""Playing a script: frames in, interactions out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from atomtug.core.errors import InputError
from atomtug.vr_client.client.client_frame import ClientFrame
from atomtug.vr_client.client.command_call import CommandCall
from atomtug.vr_client.scripted.condition import Predicate
from atomtug.vr_client.scripted.hands import Goal, Plan, ScriptedHands
from atomtug.vr_client.scripted.script import LetGo, Pull, RunCommand, Script, Step, Wait
from atomtug.vr_client.scripted.selection import Names, select

ROUNDING = 1e-6
"""ps by which sums of frames' times may be off."""


@dataclass(frozen=True)
class ScriptReport:
    """The result of playing a script.

    Args:
        finished: whether every step was done
        reason: why not; empty if it was
        time: simulated time it took, ps
        step: number of the last step begun, from 1
    """

    finished: bool
    reason: str
    time: float
    step: int


@dataclass(frozen=True)
class _BoundStep:
    """A step whose atoms are known by index."""

    step: Step
    atoms: tuple[int, ...] = ()
    toward: tuple[int, ...] = ()
    until: Predicate | None = None


def play_script(frame: ClientFrame, script: Script) -> Plan[ScriptReport]:
    """The plan of a script, for the simulation that ``frame`` shows.

    Raises:
        InputError: a step names an atom that is not there; raised at once, before anything is pulled
    """
    return _play(frame, bind_script(script, Names.of(frame)))


def bind_script(script: Script, names: Names) -> tuple[_BoundStep, ...]:
    """Look up every atom that a script names.

    Raises:
        InputError: one is not there; the text names the step
    """
    bound = []
    for number, step in enumerate(script.steps, 1):
        try:
            bound.append(_bind(step, names))
        except InputError as error:
            raise InputError(f"Step {number} of {script.name}: {error}") from error
    return tuple(bound)


def _bind(step: Step, names: Names) -> _BoundStep:
    if isinstance(step, Pull):
        toward = () if step.toward is None else select(step.toward, names)
        until = None if step.until is None else step.until.bind(names)
        return _BoundStep(step, select(step.atoms, names), toward, until)
    if isinstance(step, Wait) and step.until is not None:
        return _BoundStep(step, until=step.until.bind(names))
    return _BoundStep(step)


def _play(frame: ClientFrame, steps: Sequence[_BoundStep]) -> Plan[ScriptReport]:
    hands = ScriptedHands(frame)
    for number, bound in enumerate(steps, 1):
        step = bound.step
        if isinstance(step, RunCommand):
            yield from hands.until_next_frame(CommandCall(step.command, step.arguments))
        elif isinstance(step, LetGo):
            hands.let_go(step.hand)
        elif isinstance(step, Wait):
            came_true = yield from _wait(hands, bound.until, step.time)
            if bound.until is not None and not came_true:
                return ScriptReport(False, _late(number, step.until, step.time), hands.time, number)
        else:
            goal = _goal(step, bound, hands)
            hands.grip(step.hand, bound.atoms, goal, step.k, step.speed, step.max_force)
            if bound.until is not None and not (yield from _wait(hands, bound.until, step.timeout)):
                return ScriptReport(False, _late(number, step.until, step.timeout), hands.time, number)
    return ScriptReport(True, "", hands.time, len(steps))


def _wait(hands: ScriptedHands, until: Predicate | None, longest: float) -> Plan[bool]:
    """Let time pass until the condition holds (True) or time is up (False)."""
    began = hands.time
    while True:
        elapsed = hands.time - began
        if until is not None and until(hands.frame.positions, elapsed):
            return True
        if elapsed >= longest - ROUNDING:
            return False
        yield from hands.until_next_frame()


def _goal(step: Pull, bound: _BoundStep, hands: ScriptedHands) -> Goal:
    if bound.toward:
        return lambda frame: np.asarray(frame.positions[list(bound.toward)].mean(axis=0))
    by = np.zeros(3) if step.by is None else np.array(step.by)
    point = hands.centre(bound.atoms) + by if step.to is None else np.array(step.to)
    return lambda frame: point


def _late(number: int, until: object, time: float) -> str:
    condition = getattr(until, "text", "")
    return f"in step {number}, {condition} did not come true within {time:g} ps"

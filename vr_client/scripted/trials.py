"""What is drawn before a trajectory begins: where the radical starts, how the hands work, the temperature."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from atomtug.core.arrays import Floats
from atomtug.core.errors import InputError
from atomtug.core.systems import System
from atomtug.core.systems.sites import find_radical, hydrogen_sites
from atomtug.vr_client.client.client_frame import ClientFrame
from atomtug.vr_client.scripted.abstraction import (
    choose_way,
    dissociate,
    perform_attack,
    perform_tearing,
    react,
)
from atomtug.vr_client.scripted.approach import Approach
from atomtug.vr_client.scripted.attack import Attack, Kind
from atomtug.vr_client.scripted.hands import Plan
from atomtug.vr_client.scripted.outcome import Outcome, OutcomeTracker, tracked
from atomtug.vr_client.scripted.person import Person
from atomtug.vr_client.scripted.play import play_script
from atomtug.vr_client.scripted.roles import NO_WISHES, Wishes, choose_attack, choose_bond
from atomtug.vr_client.scripted.roughness import rough
from atomtug.vr_client.scripted.script import Script
from atomtug.vr_client.scripted.selecting import Scene
from atomtug.vr_client.scripted.series import SteeringSeries
from atomtug.vr_client.scripted.variations import graze, perform_grazing, stretch

ATTACKS: tuple[Kind, ...] = ("abstract", "add", "substitute", "associate", "graze")
"""Those of the built-in scripts in which one molecule comes to another."""
_ATTACK_OF: dict[str, Kind] = {**{kind: kind for kind in ATTACKS}, "stretch": "graze"}
BUILT_IN = (*ATTACKS, "dissociate", "stretch", "rough")
"""Names of the scripts that need no file."""
APART = (3.0, 4.0)
"""angstrom between the attacker and the nearest atom at the start."""
OUT_OF_THE_WAY = 5.0
"""angstrom, the same where the radical is to stay out of the way."""
SLANT = 0.8
"""How much the attacker's axis may lean away from the direction it comes from; 1 is about 45 degrees."""

MakePlan = Callable[[ClientFrame], Plan[Outcome]]


@dataclass(frozen=True)
class Trial:
    """A trajectory that is to be run.

    Args:
        number: its place in the series, from 0
        system: with the radical where it starts
        target: index of the atom that is aimed at, where one is
        site: what that is, if a hydrogen of an alkane, e.g. ``tertiary``
        temperature: K
        seed: for the dynamics
        make_plan: first frame -> the plan of the hands
    """

    number: int
    system: System
    target: int | None
    site: str | None
    temperature: float
    seed: int
    make_plan: MakePlan


def draw_trial(
    system: System,
    number: int,
    series: SteeringSeries,
    temperature: tuple[float, float] = (300.0, 300.0),
) -> Trial:
    """Draw one trajectory; the same arguments always give the same.

    Args:
        system: for those of :data:`ATTACKS` two molecules at least, wherever they are; otherwise any system
        number: place in the series, from 0
        series: what the hands do
        temperature: K, the range it is drawn from

    Raises:
        InputError: there is no such site or script, or no attacker or target
    """
    script, seed, wishes = series.script, series.seed, series.wishes
    if isinstance(script, str) and script not in BUILT_IN:
        raise _unknown(script)
    rng = np.random.default_rng([seed, number])
    kelvin = float(rng.uniform(*temperature))
    dynamics_seed = int(rng.integers(2**31))
    scene = Scene.of_system(system)

    def trial(
        begin: System,
        plan: Callable[[ClientFrame, np.random.Generator], Plan[Outcome]],
        aim: int | None = None,
    ) -> Trial:
        """A trial whose hands draw from the same seed whenever it is run."""
        kind = None if aim is None else hydrogen_sites(system).get(aim)
        return Trial(
            number, begin, aim, kind, kelvin, dynamics_seed,
            lambda frame: plan(frame, np.random.default_rng([seed, number, 1])),
        )  # fmt: skip

    if isinstance(script, Script):
        begin = system if wishes == NO_WISHES else _Start.draw(scene, "abstract", wishes, rng).of(system)
        return trial(begin, lambda frame, _: tracked(_reason_of(frame, script), OutcomeTracker(frame)))
    if script == "dissociate":
        bond = choose_bond(scene, wishes, rng)
        return trial(system, lambda frame, drawn: perform_tearing(frame, bond, Person.draw(drawn), drawn))
    if script == "rough":
        return trial(system, lambda frame, drawn: rough(frame, _seed(drawn)))
    radical = find_radical(system.numbers, scene.bonds)
    if script == "stretch" and (radical is None or not hydrogen_sites(system)):
        # There is no radical to move out of the way, or no alkane to move it away from.
        return trial(system, lambda frame, drawn: stretch(frame, _seed(drawn)))
    if radical is not None and len(radical) == len(system.numbers):
        raise InputError(f"{system.name} is a CN radical alone: there is nothing to pull a hydrogen off.")
    start = _Start.draw(
        scene, _ATTACK_OF[script], wishes, rng, OUT_OF_THE_WAY if script == "stretch" else None
    )
    placed, attack, way, person = start.of(system), start.attack, start.approach, start.person
    if script == "stretch":
        return trial(placed, lambda frame, drawn: stretch(frame, _seed(drawn), person))
    if script == "graze":
        return trial(placed, lambda frame, drawn: perform_grazing(frame, attack, way, person, drawn))
    return trial(
        placed,
        lambda frame, drawn: perform_attack(frame, attack, way, person, drawn, series.beyond),
        attack.target,
    )


@dataclass(frozen=True)
class _Start:
    """Who attacks what, from where, and by whose hands.

    Args:
        attack: of one on another
        approach: the way there
        person: whose hands
        positions: (N, 3) angstrom, the attacker where the approach begins
    """

    attack: Attack
    approach: Approach
    person: Person
    positions: Floats

    @classmethod
    def draw(
        cls, scene: Scene, kind: Kind, wishes: Wishes, rng: np.random.Generator, apart: float | None = None
    ) -> "_Start":
        """One at random; ``apart`` angstrom from the nearest atom, by default one of :data:`APART`."""
        attack = choose_attack(scene, kind, wishes, rng)
        person = Person.draw(rng)
        approach = choose_way(scene, attack, person, rng)
        distance = float(rng.uniform(*APART)) if apart is None else apart
        return cls(attack, approach, person, place_attacker(scene, attack, approach, distance, rng))

    def of(self, system: System) -> System:
        """The system with the attacker there."""
        return system.with_positions(self.positions)


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**31))


def place_attacker(
    scene: Scene, attack: Attack, approach: Approach, apart: float, rng: np.random.Generator
) -> Floats:
    """(N, 3) angstrom: the attacker moved to where the approach begins, every atom keeping its index.

    Its attacking atom goes out along the approach until all of it is ``apart`` from everything else, the side
    of it that bonds turned roughly to the target.
    """
    positions, body = scene.positions.copy(), list(attack.body)
    others = np.delete(positions, body, axis=0)
    direction = approach.direction(positions)
    axis = direction + SLANT * rng.normal(size=3)
    turned, start = _turned(scene, attack, axis), scene.positions[attack.target]
    for reach in np.arange(apart, apart + 60.0, 0.05):
        placed: Floats = turned + start + reach * direction
        if np.linalg.norm(placed[:, None] - others[None], axis=-1).min() >= apart:
            break
    positions[body] = placed
    return positions


def _turned(scene: Scene, attack: Attack, axis: Floats) -> Floats:
    """(n, 3) the attacker about its attacking atom, its atoms behind that along an axis."""
    body, head = list(attack.body), attack.head
    arms = scene.positions[body] - scene.positions[head]
    around = tuple(scene.neighbours[head])
    if not around:
        return np.asarray(arms, dtype=np.float64)
    own = Approach(head, head, None, 0.0, 0.0, "open", around)
    behind, wanted = -own.axis(scene.positions), axis / np.linalg.norm(axis)
    turn, _ = Rotation.align_vectors(wanted[None], behind[None])
    return np.asarray(turn.apply(arms), dtype=np.float64)


def _reason_of(frame: ClientFrame, script: Script) -> Plan[str]:
    report = yield from play_script(frame, script)
    return report.reason


def plan_on_the_spot(frame: ClientFrame, number: int, series: SteeringSeries) -> Plan[Outcome]:
    """Draw a plan as :func:`draw_trial` does, for a simulation that runs already.

    Raises:
        InputError: there is no such site or script, or no attacker or target
    """
    script, wishes = series.script, series.wishes
    if isinstance(script, Script):
        return tracked(_reason_of(frame, script), OutcomeTracker(frame))
    drawn = int(np.random.default_rng([series.seed, number]).integers(2**31))
    if script in ("stretch", "rough"):
        return stretch(frame, drawn) if script == "stretch" else rough(frame, drawn)
    if script == "dissociate":
        return dissociate(frame, drawn, wishes)
    if script == "graze":
        return graze(frame, drawn, wishes=wishes)
    if script not in ATTACKS:
        raise _unknown(script)
    return react(frame, script, drawn, wishes, beyond=series.beyond)


def _unknown(script: str) -> InputError:
    return InputError(f"There is no script called {script!r}: use {', '.join(BUILT_IN)} or a .toml file.")

"""What is drawn before a trajectory begins: where the radical comes from, who pulls, how warm it is."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from atomtug.core.errors import InputError
from atomtug.core.systems import System
from atomtug.core.systems.bonds import perceive_bonds
from atomtug.core.systems.placement import place_radical
from atomtug.core.systems.sites import SITES, find_radical, hydrogen_sites
from atomtug.vr_client.client.client_frame import ClientFrame
from atomtug.vr_client.scripted.abstraction import abstract, perform_abstraction
from atomtug.vr_client.scripted.approach import Approach, choose_approach, choose_hydrogen
from atomtug.vr_client.scripted.hands import Plan
from atomtug.vr_client.scripted.outcome import Outcome, OutcomeTracker, tracked
from atomtug.vr_client.scripted.person import Person
from atomtug.vr_client.scripted.play import play_script
from atomtug.vr_client.scripted.script import Script
from atomtug.vr_client.scripted.selection import Names, select_atom
from atomtug.vr_client.scripted.variations import graze, perform_grazing, stretch

BUILT_IN = ("abstract", "graze", "stretch")
"""The hands that need no script."""
APART = (3.0, 4.0)
"""angstrom between the radical and the nearest atom at the start."""
OUT_OF_THE_WAY = 5.0
"""angstrom, the same where the radical is not wanted."""
SLANT = 0.8
"""How much the radical's axis may lean away from the direction it comes from; 1 is about 45 degrees."""

MakePlan = Callable[[ClientFrame], Plan[Outcome]]


@dataclass(frozen=True)
class Trial:
    """One trajectory to be.

    Args:
        number: its place in the series, from 0
        system: with the radical where it starts
        target: index of the hydrogen that is aimed at, where one is
        site: what that is, e.g. ``tertiary``
        temperature: K
        seed: for the dynamics
        make_plan: first frame -> what the hands do
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
    seed: int,
    script: str | Script = "abstract",
    site: str = "any",
    temperature: tuple[float, float] = (300.0, 300.0),
    beyond: float = 0.0,
) -> Trial:
    """Draw one trajectory; the same arguments always give the same.

    Args:
        system: an alkane and a CN radical, wherever that is; for a script, anything
        number: place in the series, from 0
        seed: of the series
        script: one of :data:`BUILT_IN`, or a script
        site: primary, secondary, tertiary, methane, any, or a hydrogen: an index or RESIDUE:ATOM
        temperature: K, the range it is drawn from
        beyond: for ``abstract``: how far to carry the product away, angstrom

    Raises:
        InputError: no such site or script here, or no radical
    """
    rng = np.random.default_rng([seed, number])
    kelvin = float(rng.uniform(*temperature))
    dynamics_seed = int(rng.integers(2**31))
    if isinstance(script, Script):

        def follow(frame: ClientFrame) -> Plan[Outcome]:
            return tracked(_reason_of(frame, script), OutcomeTracker(frame))

        return Trial(number, system, None, None, kelvin, dynamics_seed, follow)
    if script not in BUILT_IN:
        raise _unknown(script)

    radical, molecule = _take_apart(system)
    target = _choose_target(system, site, rng)
    person = Person.draw(rng)
    approach = choose_approach(
        system.positions, perceive_bonds(system.numbers, system.positions), target, person.aim, rng, radical
    )
    apart = OUT_OF_THE_WAY if script == "stretch" else float(rng.uniform(*APART))
    placed = _place(system, radical, molecule, approach, apart, rng)

    def make_plan(frame: ClientFrame) -> Plan[Outcome]:
        hand_rng = np.random.default_rng([seed, number, 1])
        if script == "stretch":
            return stretch(frame, int(hand_rng.integers(2**31)), person)
        if script == "graze":
            return perform_grazing(frame, approach, person, hand_rng)
        return perform_abstraction(frame, approach, person, hand_rng, beyond)

    aims = script == "abstract"
    return Trial(
        number,
        placed,
        target if aims else None,
        hydrogen_sites(system).get(target) if aims else None,
        kelvin,
        dynamics_seed,
        make_plan,
    )


def _take_apart(system: System) -> tuple[tuple[int, int], list[int]]:
    """The radical's carbon and nitrogen, and the other atoms."""
    radical = find_radical(system.numbers, perceive_bonds(system.numbers, system.positions))
    if radical is None:
        raise InputError(f"{system.name} has no free CN radical: use a built-in system, or a file with one.")
    rest = [atom for atom in range(len(system.numbers)) if atom not in radical]
    if not rest:
        raise InputError(f"{system.name} is a CN radical alone: there is nothing to pull a hydrogen off.")
    return radical, rest


def _choose_target(system: System, site: str, rng: np.random.Generator) -> int:
    bonds = perceive_bonds(system.numbers, system.positions)
    if site == "any" or site in SITES:
        return choose_hydrogen(system.numbers, bonds, site, rng)
    names = Names(
        len(system.numbers),
        [system.residue_names[k] for k in _residue_of(system)],
        system.atom_names,
    )
    return select_atom(site, names)


def _residue_of(system: System) -> list[int]:
    """(N,) which residue each atom belongs to."""
    owner = {atom: k for k, members in enumerate(system.residues) for atom in members}
    return [owner[atom] for atom in range(len(system.numbers))]


def _place(
    system: System,
    radical: tuple[int, int],
    molecule: list[int],
    approach: Approach,
    apart: float,
    rng: np.random.Generator,
) -> System:
    """The system with its radical moved to where the approach begins, every atom keeping its index."""
    alone = System(system.name, system.numbers[molecule], system.positions[molecule], system.charge)
    direction = approach.direction(system.positions)
    placed = place_radical(
        alone,
        direction,
        molecule.index(approach.target),
        apart,
        axis=direction + SLANT * rng.normal(size=3),
    )
    positions = system.positions.copy()
    positions[list(radical)] = placed.positions[-2:]
    return system.with_positions(positions)


def _reason_of(frame: ClientFrame, script: Script) -> Plan[str]:
    report = yield from play_script(frame, script)
    return report.reason


def plan_on_the_spot(
    frame: ClientFrame, number: int, seed: int, script: str | Script, site: str, beyond: float
) -> Plan[Outcome]:
    """Draw what :func:`draw_trial` would, but for a simulation that is there already.

    Raises:
        InputError: no such site, script or radical here
    """
    if isinstance(script, Script):
        return tracked(_reason_of(frame, script), OutcomeTracker(frame))
    drawn = int(np.random.default_rng([seed, number]).integers(2**31))
    target = None if site == "any" or site in SITES else select_atom(site, Names.of(frame))
    kind = site if target is None else "any"
    if script == "abstract":
        return abstract(frame, drawn, kind, target, beyond=beyond)
    if script == "graze":
        return graze(frame, drawn, kind, target)
    if script == "stretch":
        return stretch(frame, drawn)
    raise _unknown(script)


def _unknown(script: str) -> InputError:
    return InputError(f"There is no script called {script!r}: use {', '.join(BUILT_IN)} or a .toml file.")

"""What is drawn before a trajectory begins: where the radical starts, how the hands work, the temperature."""

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
from atomtug.vr_client.scripted.roughness import rough
from atomtug.vr_client.scripted.script import Script
from atomtug.vr_client.scripted.selection import Names, select_atom
from atomtug.vr_client.scripted.variations import graze, perform_grazing, stretch
from atomtug.wire import frame_keys

BUILT_IN = ("abstract", "graze", "stretch", "rough")
"""Names of the scripts that need no file."""
APART = (3.0, 4.0)
"""angstrom between the radical and the nearest atom at the start."""
OUT_OF_THE_WAY = 5.0
"""angstrom, the same where the radical is to stay out of the way."""
SLANT = 0.8
"""How much the radical's axis may lean away from the direction it comes from; 1 is about 45 degrees."""

MakePlan = Callable[[ClientFrame], Plan[Outcome]]


@dataclass(frozen=True)
class Trial:
    """A trajectory that is to be run.

    Args:
        number: its place in the series, from 0
        system: with the radical where it starts
        target: index of the hydrogen that is aimed at, where one is
        site: what that is, e.g. ``tertiary``
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
    seed: int,
    script: str | Script = "abstract",
    site: str = "any",
    temperature: tuple[float, float] = (300.0, 300.0),
    beyond: float = 0.0,
) -> Trial:
    """Draw one trajectory; the same arguments always give the same.

    Args:
        system: for ``abstract`` and ``graze`` an alkane and a CN radical, wherever that is; otherwise any system
        number: place in the series, from 0
        seed: of the series
        script: one of :data:`BUILT_IN`, or a script
        site: primary, secondary, tertiary, methane, any, or a hydrogen: an index or RESIDUE:ATOM
        temperature: K, the range it is drawn from
        beyond: for ``abstract``: how far to carry the product away, angstrom

    Raises:
        InputError: there is no such site or script, or no radical where one is needed
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

    if script == "rough":

        def handle_roughly(frame: ClientFrame) -> Plan[Outcome]:
            return rough(frame, int(np.random.default_rng([seed, number, 1]).integers(2**31)))

        return Trial(number, system, None, None, kelvin, dynamics_seed, handle_roughly)
    radical = find_radical(system.numbers, perceive_bonds(system.numbers, system.positions))
    if script == "stretch" and (radical is None or not hydrogen_sites(system)):
        # There is no radical to move out of the way, or no alkane to move it away from.
        def strain(frame: ClientFrame) -> Plan[Outcome]:
            return stretch(frame, int(np.random.default_rng([seed, number, 1]).integers(2**31)))

        return Trial(number, system, None, None, kelvin, dynamics_seed, strain)
    if radical is None:
        raise InputError(no_radical(script, system.name))
    molecule = [atom for atom in range(len(system.numbers)) if atom not in radical]
    if not molecule:
        raise InputError(f"{system.name} is a CN radical alone: there is nothing to pull a hydrogen off.")
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


def _choose_target(system: System, site: str, rng: np.random.Generator) -> int:
    bonds = perceive_bonds(system.numbers, system.positions)
    if site == "any" or site in SITES:
        return choose_hydrogen(system.numbers, bonds, site, rng)
    names = Names(
        len(system.numbers),
        [system.residue_names[k] for k in system.residue_indices],
        system.atom_names,
    )
    return select_atom(site, names)


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
    """Draw a plan as :func:`draw_trial` does, for a simulation that runs already.

    Raises:
        InputError: there is no such site or script, or no radical where one is needed
    """
    if isinstance(script, Script):
        return tracked(_reason_of(frame, script), OutcomeTracker(frame))
    if script not in BUILT_IN:
        raise _unknown(script)
    drawn = int(np.random.default_rng([seed, number]).integers(2**31))
    if script in ("stretch", "rough"):
        return stretch(frame, drawn) if script == "stretch" else rough(frame, drawn)
    if find_radical(frame.numbers, perceive_bonds(frame.numbers, frame.positions)) is None:
        raise InputError(
            no_radical(script, str(frame.get(frame_keys.SIMULATION_NAME, "the simulated system")))
        )
    target = None if site == "any" or site in SITES else select_atom(site, Names.of(frame))
    kind = site if target is None else "any"
    if script == "abstract":
        return abstract(frame, drawn, kind, target, beyond=beyond)
    return graze(frame, drawn, kind, target)


def no_radical(script: str, system: str) -> str:
    """The sentence for a system without the CN radical that a built-in script needs."""
    return (
        f"{system} has no free CN radical, and {script} needs one: every built-in system has one "
        f"(`atomtug systems` lists them), as has an .xyz file with a CN in it. Without a radical, use "
        f"--script stretch, rough or a script of your own (docs/scripts.md)."
    )


def _unknown(script: str) -> InputError:
    return InputError(f"There is no script called {script!r}: use {', '.join(BUILT_IN)} or a .toml file.")

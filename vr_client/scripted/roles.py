"""Who attacks what, where nothing or not all is said: the sensible choice for each kind of reaction."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from atomtug.core.arrays import Floats
from atomtug.core.errors import InputError
from atomtug.core.systems.fragments import CARBON, HYDROGEN
from atomtug.core.systems.sites import SITES, find_radical
from atomtug.vr_client.scripted.approach import Approach, choose_hydrogen, draw_approach
from atomtug.vr_client.scripted.attack import Attack, Kind
from atomtug.vr_client.scripted.selecting import (
    Scene,
    acidic_hydrogens,
    hydrogens,
    is_saturated_carbon,
    loose_hydrogens,
)

HALOGENS = (53, 35, 17, 9)
"""From the best leaving group to the worst."""
LONE_PAIRS = (7, 8, 15, 16, 9, 17, 35, 53)
"""Elements that can take a proton or a carbon with a pair of electrons, the best of neutral ones first."""


@dataclass(frozen=True)
class Wishes:
    """What a user says of the roles; empty for the default.

    Args:
        attacker: a molecule or an atom of it
        target: what the attack is on: a molecule or atoms
        site: which of its atoms
    """

    attacker: str = ""
    target: str = ""
    site: str = "any"


NO_WISHES = Wishes()


def choose_attack(scene: Scene, kind: Kind, wishes: Wishes, rng: np.random.Generator) -> Attack:
    """Give out the roles; where several atoms will do, one is drawn.

    Raises:
        InputError: there is no attacker or target as wished
    """
    body, ends = choose_attacker(scene, kind, wishes)
    others = [atom for atom in range(len(scene.numbers)) if atom not in body]
    if wishes.target:
        others = scene.choose(wishes.target, others, "the target")
    if kind in ("abstract", "graze"):
        return _hydrogen(scene, kind, wishes, body, ends, others, rng)
    if kind == "substitute":
        target, leaving = _carbon_and_leaving_group(scene, wishes, others, rng)
        return Attack(kind, body, ends, target, leaving)
    candidates = _open_atoms(scene, others) if kind == "associate" else _unsaturated(scene, others)
    if wishes.site != "any":
        candidates = scene.choose(wishes.site, others, "the atom that is attacked")
    if not candidates:
        raise InputError(
            f"{scene.what} has no double or triple bond to add to: choose an atom with --site, or another --script."
        )
    return Attack(kind, body, ends, int(rng.choice(candidates)))


def choose_attacker(scene: Scene, kind: str, wishes: Wishes) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The attacking molecule, its attacking atom first, and those of its atoms that may bond.

    By default a free CN; else the smallest molecule with an unpaired electron, an anion, or one with a lone pair.

    Raises:
        InputError: there is none, or nothing besides it
    """
    radical = find_radical(scene.numbers, scene.bonds)
    if not wishes.attacker and radical is not None and len(scene.molecules) > 1:
        return radical, radical
    if wishes.attacker:
        chosen = scene.choose(wishes.attacker, range(len(scene.numbers)), "the attacker")
        part = scene.molecule_of(chosen[-1])
        heads = [atom for atom in chosen if atom in part]
        head = heads[0] if len(heads) == 1 else _head(scene, part)
    elif len(scene.molecules) > 1:
        part = min(
            reversed(scene.molecules),
            key=lambda part: (_rank_of_attacker(scene, part), len(part)),
        )
        head = _head(scene, part)
    else:
        part, head = scene.molecules[0], 0
    if len(part) == len(scene.numbers):
        raise InputError(no_attacker(kind, scene.title))
    body = (head, *(atom for atom in part if atom != head))
    ends = (
        head,
        *(atom for atom in body[1:] if scene.drawn.unpaired[atom] and scene.numbers[atom] != HYDROGEN),
    )
    if radical is not None and set(radical) == set(part):
        ends = body
    return body, ends


def no_attacker(script: str, system: str) -> str:
    """The sentence for a system that has nothing to attack with, or nothing to attack."""
    if not system:
        return (
            "There is no free CN radical here: reset the simulation, or load a system with a radical or another "
            "molecule to attack with."
        )
    return (
        f"{system} has no free CN radical or other molecule to attack with, and {script} needs two molecules: add "
        f"one, e.g. '{system} + OH' (`atomtug systems` lists partners), or use --script stretch, --script dissociate "
        f"or a script of your own (docs/scripts.md)."
    )


def straight_approach(scene: Scene, attack: Attack) -> Approach:
    """The axis along which an attacker comes, before anybody's aim is drawn."""
    target, around = attack.target, tuple(scene.neighbours[attack.target])
    if attack.partner is not None:
        behind = scene.neighbours[target if attack.kind == "substitute" else attack.partner]
        reference = next((atom for atom in behind if atom not in (target, attack.partner)), None)
        return Approach(target, attack.partner, reference, 0.0, 0.0)
    if not around:
        way = scene.positions[attack.head] - scene.positions[target]
        away = tuple((way / np.linalg.norm(way)).tolist())
        return Approach(target, target, None, 0.0, 0.0, "open", (), away)
    reference = around[0]
    if attack.kind != "add":
        return Approach(target, target, reference, 0.0, 0.0, "open", around)
    face = Approach(target, target, reference, 0.0, 0.0, "face", around)
    side = float(
        np.sign(face.axis(scene.positions) @ (scene.positions[attack.head] - scene.positions[target]))
    )
    return Approach(target, target, reference, 0.0, 0.0, "face", around, side or 1.0)


def approach_of(
    scene: Scene, attack: Attack, aim: float, rng: np.random.Generator, positions: Floats | None = None
) -> Approach:
    """How a person comes, their ``aim`` in degrees; ``positions`` (N, 3) where those of the scene are old."""
    now = scene.positions if positions is None else positions
    return draw_approach(now, straight_approach(scene, attack), aim, rng, attack.body)


def choose_bond(scene: Scene, wishes: Wishes, rng: np.random.Generator) -> tuple[int, int]:
    """A bond to break: two atoms that are wished for, else a single bond between heavy atoms outside of rings.

    Raises:
        InputError: there is no such bond
    """
    allowed = list(range(len(scene.numbers)))
    if wishes.target:
        allowed = scene.choose(wishes.target, allowed, "the target")
    bonds = [(int(i), int(j)) for i, j in scene.bonds.tolist() if i in allowed or j in allowed]
    if wishes.site != "any":
        named = [scene.choose(text.strip(), allowed, "in the bond") for text in wishes.site.split(",")]
        chosen = {atom for atoms in named for atom in atoms}
        both = [pair for pair in bonds if set(pair) <= chosen]
        if len(named) == 2:
            both = [
                (i, j)
                for i, j in both
                if (i in named[0]) != (j in named[0]) or set(named[0]) == set(named[1])
            ]
        bonds = both or ([] if len(named) == 2 else [pair for pair in bonds if chosen & set(pair)])
        best = bonds
    else:
        single = [pair for pair in bonds if scene.drawn.orders[pair] == 1 and not _in_ring(scene, pair)]
        heavy = [pair for pair in single if HYDROGEN not in (scene.numbers[pair[0]], scene.numbers[pair[1]])]
        best = heavy or single or bonds
    if not best:
        raise InputError("There is no such bond here: name its two atoms with --site, e.g. --site C1,C2.")
    return best[int(rng.integers(len(best)))]


def _hydrogen(
    scene: Scene,
    kind: Kind,
    wishes: Wishes,
    body: tuple[int, ...],
    ends: tuple[int, ...],
    others: Sequence[int],
    rng: np.random.Generator,
) -> Attack:
    """An attack on a hydrogen (or another atom that is wished for and has one neighbour)."""
    left_out = (*body, *(atom for atom in range(len(scene.numbers)) if atom not in others))
    is_base = wishes.site == "any" and not any(scene.drawn.unpaired[atom] for atom in body)
    if is_base and (acidic := acidic_hydrogens(scene, left_out)):
        target = int(rng.choice(acidic))
    elif wishes.site in ("any", *SITES) or not wishes.site:
        try:
            target = choose_hydrogen(scene.numbers, scene.bonds, wishes.site, rng, left_out)
        except InputError:
            if wishes.site in SITES:
                raise
            target = int(rng.choice(loose_hydrogens(scene, left_out)))
    else:
        candidates = _taken_at(scene, wishes.site, others, hydrogens(scene, left_out))
        target = int(rng.choice(candidates)) if len(candidates) > 1 else candidates[0]
    return Attack(kind, body, ends, target, scene.neighbours[target][0])


def _taken_at(scene: Scene, site: str, others: Sequence[int], loose: Sequence[int]) -> list[int]:
    """The atoms that a site means which can be taken; of atoms with several neighbours, their hydrogens.

    Raises:
        InputError: there are none
    """
    chosen = scene.choose(site, others, "taken")
    ends = [atom for atom in chosen if len(scene.neighbours[atom]) == 1]
    found = ends or [h for h in loose if scene.neighbours[h][0] in chosen]
    if not found:
        labels = ", ".join(scene.names.atoms[atom] for atom in chosen[:4]) or site
        raise InputError(
            f"{site!r} means {labels}, which can't be taken and has no hydrogen that can: choose another --site."
        )
    return found


def _carbon_and_leaving_group(
    scene: Scene, wishes: Wishes, others: Sequence[int], rng: np.random.Generator
) -> tuple[int, int]:
    """The atom that gets a new partner, and the one that it lets go."""
    pairs = [
        (centre, leaving)
        for centre in others
        for leaving in scene.neighbours[centre]
        if is_saturated_carbon(scene, centre) and scene.numbers[leaving] not in (CARBON, HYDROGEN)
    ]
    if wishes.site != "any":
        chosen = set(scene.choose(wishes.site, others, "the atom that is attacked"))
        wished = [pair for pair in pairs if pair[0] in chosen] or [
            pair for pair in pairs if pair[1] in chosen
        ]
        pairs = wished or [
            (centre, leaving)
            for centre in chosen
            for leaving in scene.neighbours[centre]
            if leaving not in chosen
        ]
    if not pairs:
        raise InputError(
            f"{scene.what} has no carbon with a leaving group: choose the atom with --site, or another --script."
        )

    def rank(pair: tuple[int, int]) -> int:
        leaving = pair[1]
        if scene.drawn.charges[leaving] > 0:
            return -1
        number = int(scene.numbers[leaving])
        return HALOGENS.index(number) if number in HALOGENS else len(HALOGENS)

    best = min(map(rank, pairs))
    good = [pair for pair in pairs if rank(pair) == best]
    return good[int(rng.integers(len(good)))]


def _unsaturated(scene: Scene, others: Sequence[int]) -> list[int]:
    """Atoms of multiple bonds, carbons where there are any."""
    found = [atom for atom in others if scene.drawn.multiple(atom)]
    return [atom for atom in found if scene.numbers[atom] == CARBON] or found


def _open_atoms(scene: Scene, others: Sequence[int]) -> list[int]:
    """Atoms with an unpaired electron; else with a positive charge; else such as take a pair; else heavy ones."""
    heavy = [atom for atom in others if scene.numbers[atom] != HYDROGEN] or list(others)
    charges = scene.drawn.charges
    for fits in (
        [scene.drawn.unpaired[atom] > 0 for atom in heavy],
        [charges[atom] > 0 for atom in heavy],
        [scene.numbers[atom] in (5, 13) for atom in heavy],
        [charges[atom] < 0 for atom in heavy],
        [scene.drawn.multiple(atom) for atom in heavy],
    ):
        if any(fits):
            return [atom for atom, fit in zip(heavy, fits, strict=True) if fit]
    return heavy


def _rank_of_attacker(scene: Scene, part: Sequence[int]) -> int:
    """The lower, the likelier that a molecule attacks."""
    charge = sum(scene.drawn.charges[atom] for atom in part)
    if any(scene.drawn.unpaired[atom] for atom in part):
        return 0
    if charge < 0:
        return 1
    if charge == 0 and any(scene.numbers[atom] in LONE_PAIRS for atom in part):
        return 2
    return 3


def _head(scene: Scene, part: Sequence[int]) -> int:
    """The atom of a molecule that attacks."""
    drawn, numbers = scene.drawn, scene.numbers
    unpaired = [atom for atom in part if drawn.unpaired[atom]]
    negative = [atom for atom in part if drawn.charges[atom] < 0]
    if unpaired or negative:
        return (unpaired or negative)[0]
    pairs = [atom for element in LONE_PAIRS for atom in part if numbers[atom] == element]
    if pairs:
        return pairs[0]
    return next((atom for atom in part if drawn.multiple(atom)), part[0])


def _in_ring(scene: Scene, pair: tuple[int, int]) -> bool:
    """Whether the atoms of a bond stay connected without it."""
    seen, border = {pair[0]}, [pair[0]]
    while border:
        atom = border.pop()
        for other in scene.neighbours[atom]:
            if {atom, other} != set(pair) and other not in seen:
                seen.add(other)
                border.append(other)
    return pair[1] in seen

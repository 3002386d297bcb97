"""Systems put together from parts: "methane + OH", "CC(C)C + [OH]", "[Na+].[Cl-]"."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from ase.data import atomic_masses, chemical_symbols

from atomtug.core.arrays import Floats, Ints
from atomtug.core.systems.conformer import Body, make_bodies
from atomtug.core.systems.partners import BY_NAME, FORMULAS
from atomtug.core.systems.placement import place_apart
from atomtug.core.systems.smiles import canonical, parse_molecule
from atomtug.core.systems.system import System

SMILES_PREFIX = "smiles:"
"""Before a text that is to be read as SMILES even where it is a name or a file, too."""
_PLUS = re.compile(r"\s\+\s|\+(?![^\[]*\])")


@dataclass(frozen=True)
class SystemPart:
    """One summand of a system.

    Args:
        name: for people and files
        bodies: its molecules; a file's whole geometry is one
        drawn: whether its geometry is a guess, for the engine to relax
        notes: sentences on where it is from
        says: what says its charge and spin, e.g. ``the SMILES``
    """

    name: str
    bodies: tuple[Body, ...]
    drawn: bool
    notes: tuple[str, ...] = ()
    says: str = "the SMILES"


def split_parts(source: str) -> list[str]:
    """The summands of a system: what stands between plus signs that are not within brackets.

    A plus or minus behind the name of a partner or a formula belongs to it (``H3O+ + N``).
    """
    known = {*BY_NAME, *FORMULAS}
    if source in known:
        return [source]
    spaced = [text.strip() for text in re.split(r"\s\+\s", source)]
    found = [
        text
        for each in spaced
        for text in ([each] if each in known else [piece.strip() for piece in _PLUS.split(each)])
    ]
    return found if len(found) > 1 else [source]


def part_of_smiles(text: str) -> SystemPart:
    """A part from SMILES or InChI.

    Raises:
        ValueError: it is none, or no geometry can be made of it
    """
    molecule = parse_molecule(text)
    bodies = make_bodies(molecule)
    names = "+".join(body.formula for body in bodies)
    also = "" if canonical(molecule) == text else f", canonically {canonical(molecule)}"
    notes = (f"{text} was read as SMILES{also}.",)
    if text.startswith("InChI"):
        notes = (f"{text} is {canonical(molecule)} in SMILES.",)
    return SystemPart(names, tuple(bodies), drawn=True, notes=notes)


def part_of_formula(formula: str) -> SystemPart:
    """A part that is a small molecule by its formula, one of :data:`FORMULAS`."""
    smiles = FORMULAS[formula]
    note = f"{formula} was taken as {smiles} in SMILES."
    return replace(part_of_smiles(smiles), name=formula, notes=(note,), says="the formula")


def part_of_partner(name: str) -> SystemPart:
    """A part that is a partner of the library."""
    partner = BY_NAME[name]
    (body,) = make_bodies(parse_molecule(partner.smiles))
    charged = Body(body.numbers, body.positions, body.masses, body.charge, partner.multiplicity - 1)
    return SystemPart(
        name,
        (charged,),
        drawn=len(body.numbers) > 1,
        notes=(f"{name} is the partner of that name: {partner.does}.{_also_smiles(name)}",),
        says="the library",
    )


def part_of_system(system: System, notes: Sequence[str] = (), says: str = "the file") -> SystemPart:
    """A part that is a whole system by itself."""
    body = Body(
        system.numbers, system.positions, system.masses, system.charge, system.multiplicity - 1, system.notes
    )
    return SystemPart(system.name, (body,), drawn=system.drawn, notes=tuple(notes), says=says)


def combine(
    parts: Sequence[SystemPart], charge: int | None = None, multiplicity: int | None = None
) -> System:
    """One system of several parts, set apart.

    Args:
        parts: at least one
        charge: e; by default the sum of the parts'
        multiplicity: 2S + 1; by default the lowest that the parts' own unpaired electrons can give

    Raises:
        InputError: it can't be simulated so
    """
    bodies = [body for part in parts for body in part.bodies]
    positions = place_apart([body.positions for body in bodies])
    numbers = np.concatenate([body.numbers for body in bodies])
    masses = np.concatenate([body.masses for body in bodies])
    notes = [*dict.fromkeys(note for part in parts for note in part.notes)]
    notes += [*dict.fromkeys(note for body in bodies for note in body.notes)]
    notes += state_notes(bodies, charge, multiplicity, " and ".join(dict.fromkeys(p.says for p in parts)))
    drawn = any(part.drawn for part in parts)
    if drawn:
        notes.append(
            "Its geometry is RDKit's conformer of lowest energy; the engine relaxes it at the start."
        )
    if heavy := isotopes(numbers, masses):
        notes.append(f"Isotopes: {heavy}; the dynamics has their masses.")
    total = sum(body.charge for body in bodies) if charge is None else charge
    electrons = int(numbers.sum()) - total
    spin = lowest_spin(bodies) if (electrons - lowest_spin(bodies)) % 2 == 0 else electrons % 2
    return System(
        "+".join(part.name for part in parts),
        numbers,
        positions - positions.mean(axis=0),
        total,
        spin + 1 if multiplicity is None else multiplicity,
        masses,
        tuple(notes),
        drawn,
    )


def lowest_spin(bodies: Sequence[Body]) -> int:
    """Unpaired electrons of the whole when those of the bodies are paired with each other as far as they go."""
    left = 0
    for unpaired in sorted((body.unpaired for body in bodies), reverse=True):
        left = abs(left - unpaired)
    return left


def state_notes(bodies: Sequence[Body], charge: int | None, multiplicity: int | None, says: str) -> list[str]:
    """Sentences on where charge and multiplicity are from, and what else could be meant."""
    said, asked = [], []
    total, lowest = sum(body.charge for body in bodies), lowest_spin(bodies) + 1
    if charge is None:
        said.append(f"charge {total}")
    else:
        asked.append(f"charge {charge}")
    if multiplicity is None and (charge is None or charge == total):
        said.append(f"multiplicity {lowest}")
    elif multiplicity is not None:
        asked.append(f"multiplicity {multiplicity}")
    notes = []
    if said:
        notes.append(
            f"{' and '.join(said).capitalize()}, from {says}; --charge and --multiplicity set others."
        )
    if asked:
        notes.append(f"{' and '.join(asked).capitalize()}, as asked.")
    open_shells = [body for body in bodies if body.unpaired]
    if multiplicity is None and len(open_shells) > 1:
        who = ", ".join(f"{body.formula} {body.unpaired}" for body in open_shells)
        highest = sum(body.unpaired for body in bodies) + 1
        notes.append(
            f"{len(open_shells)} molecules have unpaired electrons ({who}): multiplicity {lowest} (low spin) was "
            f"taken, in which they can bond; --multiplicity {highest} takes the high spin."
        )
    elif multiplicity is None and len(open_shells) == 1 and open_shells[0].unpaired > 1:
        notes.append(
            f"The {open_shells[0].unpaired} unpaired electrons of {open_shells[0].formula} are taken as parallel "
            f"(high spin); --multiplicity {1 + open_shells[0].unpaired % 2} takes the low spin."
        )
    return notes


def isotopes(numbers: Ints, masses: Floats) -> str:
    """The isotopes among some atoms, in words: ``4 of H at 2.014 amu``."""
    usual = np.abs(masses - atomic_masses[numbers]) < 1e-6
    counts = Counter(
        (chemical_symbols[number], round(float(mass), 3))
        for number, mass, common in zip(numbers, masses, usual, strict=True)
        if not common
    )
    return ", ".join(f"{count} {symbol} of {mass:.3f} amu" for (symbol, mass), count in counts.items())


def looks_like_smiles(text: str) -> bool:
    """Whether a text would be read as SMILES."""
    try:
        parse_molecule(text)
    except ValueError:
        return False
    return True


def _also_smiles(name: str) -> str:
    """What the name would be as SMILES, where it is one."""
    try:
        written = "+".join(body.formula for body in make_bodies(parse_molecule(name)))
    except ValueError:
        return ""
    return f" As SMILES it would be {written}: {SMILES_PREFIX}{name} takes that."

"""What was found of a reaction path."""

from dataclasses import dataclass
from typing import Any, Literal

from atomtug.core.arrays import Floats
from atomtug.core.systems import System
from atomtug.core.units import KCALMOL_PER_EV, KJMOL_PER_EV
from atomtug.paths.energies import SeparateMolecules, zero_point_energy
from atomtug.paths.profile import energies_along, find_maximum, path_lengths
from atomtug.paths.recorded import RecordedReaction
from atomtug.paths.saddle import SaddlePoint
from atomtug.paths.surface import PathPoint

Verdict = Literal["saddle", "falls", "rises", "unproven"]
"""A proven saddle; no barrier, as the energy falls or rises all the way; or a maximum without a proof."""


@dataclass(frozen=True)
class ReactionPath:
    """What was found.

    Args:
        system: the atoms
        engine: its name
        number: of the reaction in its recording, from 1
        reaction: the recorded one
        verdict: what kind of path it is
        points: geometries from reactants to products
        saddle: the stationary point at the top; None where there is none
        place: of the saddle among the points; None where it is not among them
        sides: the molecules that the saddle leads to downhill, on the side of the reactants and of the products;
            empty without it
        ripple: kcal/mol, a maximum along a path that falls or rises, at which there is no saddle; 0 without one
        lacks: of ``unproven``, what is not proven, a sentence
        reactants, products: far apart; None where they can't be relaxed there
        held: whether the reactants, and the products, had to be held apart, because they react by themselves
    """

    system: System
    engine: str
    number: int
    reaction: RecordedReaction
    verdict: Verdict
    points: tuple[PathPoint, ...]
    saddle: SaddlePoint | None
    place: int | None
    sides: tuple[str, ...]
    ripple: float
    lacks: str
    reactants: SeparateMolecules | None
    products: SeparateMolecules | None
    held: tuple[bool, bool]

    @property
    def lengths(self) -> Floats:
        """(K,) angstrom along the path."""
        return path_lengths(self.points)

    @property
    def zero(self) -> float:
        """eV from which energies are counted: of the reactants far apart, else of the path's first point."""
        return self.points[0].energy if self.reactants is None else self.reactants.energy

    @property
    def energies(self) -> Floats:
        """(K,) kcal/mol above :attr:`zero`."""
        return (energies_along(self.points) - self.zero) * KCALMOL_PER_EV

    @property
    def barrier(self) -> float | None:
        """kcal/mol of the saddle above :attr:`zero`; 0 where the energy falls all the way; None where not known."""
        if self.verdict == "saddle" and self.saddle is not None:
            return (self.saddle.point.energy - self.zero) * KCALMOL_PER_EV
        return {"falls": 0.0, "rises": self.reaction_energy}.get(self.verdict)

    @property
    def barrier_from_start(self) -> float | None:
        """kcal/mol of a proven saddle above the path's first point, where the reactants may touch; else None."""
        if self.verdict != "saddle" or self.saddle is None:
            return None
        return (self.saddle.point.energy - self.points[0].energy) * KCALMOL_PER_EV

    @property
    def maximum(self) -> float | None:
        """kcal/mol, the highest point of a path whose saddle is not proven."""
        top = find_maximum(self.points) if self.verdict == "unproven" else None
        return None if top is None else (top.energy - self.zero) * KCALMOL_PER_EV

    @property
    def reaction_energy(self) -> float:
        """kcal/mol, between the molecules far apart where these are known, else between the path's ends."""
        if self.reactants is None or self.products is None:
            return (self.points[-1].energy - self.points[0].energy) * KCALMOL_PER_EV
        return (self.products.energy - self.reactants.energy) * KCALMOL_PER_EV

    @property
    def zero_point_changes(self) -> tuple[float | None, float | None]:
        """kcal/mol that zero-point energy adds to the barrier, and to the reaction energy; None where not known."""
        if self.reactants is None or self.reactants.zero_point is None:
            return None, None
        before = self.reactants.zero_point
        top = (
            None if self.verdict != "saddle" or self.saddle is None else zero_point_energy(self.saddle.modes)
        )
        after = None if self.products is None else self.products.zero_point
        up, over = (None if each is None else (each - before) * KCALMOL_PER_EV for each in (top, after))
        return up, over

    @property
    def uncertainty(self) -> float | None:
        """kJ/mol, the largest of the engine's on the path; None where it gives none."""
        known = [point.uncertainty for point in self.points if point.uncertainty is not None]
        return max(known) * KJMOL_PER_EV if known else None

    def as_dict(self) -> dict[str, Any]:
        """All of it as strict JSON has it; energies in kcal/mol."""
        reaction, barrier, saddle = self.reaction, self.barrier, self.saddle
        up, over = self.zero_point_changes
        return {
            "system": self.system.name,
            "engine": self.engine,
            "reaction": self.number,
            "reactants": reaction.reactants,
            "products": reaction.products,
            "changes": reaction.changes,
            "frames": [reaction.before.stop - 1, reaction.after.start],
            "time_ps": reaction.time_ps,
            "verdict": self.verdict,
            "ripple": self.ripple,
            "lacks": self.lacks,
            "barrier": barrier,
            "barrier_from_start": self.barrier_from_start,
            "reaction_energy": self.reaction_energy,
            "barrier_with_zero_point": None if barrier is None or up is None else barrier + up,
            "reaction_energy_with_zero_point": None if over is None else self.reaction_energy + over,
            "counted_from": "first image" if self.reactants is None else "reactants far apart",
            "maximum": self.maximum,
            "saddle": None
            if saddle is None
            else {
                "image": self.place,
                "energy": (saddle.point.energy - self.zero) * KCALMOL_PER_EV,
                "imaginary": saddle.imaginary,
                "wavenumbers": [round(float(each), 1) for each in saddle.modes.wavenumbers],
                "sides": list(self.sides),
            },
            "held": list(self.held),
            "lengths": self.lengths.tolist(),
            "energies": self.energies.tolist(),
            "uncertainty_kjmol": self.uncertainty,
        }

"""How a person's hands work: drawn for each trajectory, as the hands of different people differ."""

from dataclasses import dataclass, replace

import numpy as np

CN_MASS = 26.0
"""amu"""
STRONGEST = 20000.0
"""kJ/mol/nm^2; about the spring that was measured to pull a hydrogen off within 0.1 ps."""
LEAD = 0.8
"""angstrom by which a hand may be ahead of the attacker before its pull levels off: a steady pull does it, and
what it puts in beyond that would only heat."""
FASTEST = 40.0
"""angstrom/ps, of a hand with a hydrogen atom, which moves at 27 by itself at 300 K."""
LONGEST_LEAD = 4.0
"""angstrom, where attempts lead further and further: see :meth:`Person.harder`."""
DAMPING = 0.5
"""How well a person keeps a CN from swinging on their spring; 1 is critical."""


@dataclass(frozen=True)
class Person:
    """The parameters of a person's hands.

    Args:
        strength: spring constant of a pull, kJ/mol/nm^2
        speed: speed of a hand, angstrom/ps
        tremor: standard deviation of the tremor, angstrom
        aim: standard deviation of the angle between approach and bond, degrees
        follow_through: how far the pull goes on after the hydrogen has moved, angstrom
        meets: whether the left hand brings the hydrogen to the radical; otherwise it holds the molecule
        attempts: how often a pull is tried
        lead: angstrom by which a hand may be ahead of what it holds before its pull levels off
        growth: factor of ``lead`` from one attempt to the next
    """

    strength: float = 9000.0
    speed: float = 8.0
    tremor: float = 0.05
    aim: float = 20.0
    follow_through: float = 1.0
    meets: bool = True
    attempts: int = 8
    lead: float = LEAD
    growth: float = 1.0

    def harder(self) -> "Person":
        """The parameters for the next attempt: stronger, and with both hands."""
        strength = min(1.3 * self.strength, STRONGEST)
        return replace(self, strength=strength, lead=min(self.growth * self.lead, LONGEST_LEAD), meets=True)

    def holding(self, mass: float) -> "Person":
        """The same person with something in the hand that is heavier or lighter (amu) than the CN they are drawn for.

        The spring is chosen so that what is light swings no faster than a hand can follow, by the fourth root of the
        mass; hands with it move as much faster as it does by itself at that temperature. Higher barriers than CN's
        are overcome by a longer lead: a stiffer spring would only heat.
        """
        if abs(mass - CN_MASS) < 0.5:
            return self
        strength = self.strength * min(mass / CN_MASS, 1.0) ** 0.25
        speed = min(self.speed * max(float(np.sqrt(CN_MASS / mass)), 1.0), FASTEST)
        return replace(self, strength=strength, speed=speed, growth=1.4)

    def steadies(self, mass: float) -> float:
        """Damping time of what the hand holds, ps (see :class:`~atomtug.vr_client.scripted.hands.Hand`).

        Args:
            mass: of the molecule in the hand, amu
        """
        return 2.0 * DAMPING * float(np.sqrt(mass / self.strength))

    @classmethod
    def draw(cls, rng: np.random.Generator) -> "Person":
        """Draw a person at random.

        Strengths and speeds are log-normal: most people are alike, a few are timid or rough. A CN at 300 K
        moves at 5 angstrom/ps by itself; much faster hands push the molecule away rather than react with it.
        """

        def log_normal(median: float, spread: float, low: float, high: float) -> float:
            return float(np.clip(median * np.exp(spread * rng.normal()), low, high))

        return cls(
            strength=log_normal(5000.0, 0.5, 2000.0, STRONGEST),
            speed=log_normal(8.0, 0.4, 4.0, 20.0),
            tremor=log_normal(0.06, 0.5, 0.01, 0.15),
            aim=float(rng.uniform(8.0, 28.0)),
            follow_through=float(rng.choice([0.0, rng.uniform(0.3, 2.5)], p=[0.4, 0.6])),
            meets=bool(rng.random() < 0.6),
        )

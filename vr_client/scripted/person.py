"""How one person's hands work. Trajectories should differ as they would if many people had pulled."""

from dataclasses import dataclass, replace

import numpy as np

CN_MASS = 26.0
"""amu"""
STRONGEST = 20000.0
"""kJ/mol/nm^2; about the spring that was measured to pull a hydrogen off within 0.1 ps."""
DAMPING = 0.5
"""How well a person keeps a CN from swinging on their spring; 1 is critical."""


@dataclass(frozen=True)
class Person:
    """Someone's way of pulling.

    Args:
        strength: spring constant they pull with, kJ/mol/nm^2
        speed: how fast they move a hand, angstrom/ps
        tremor: how much the hand trembles, angstrom
        aim: how far from straight along the bond they tend to come, degrees
        follow_through: how far they go on pulling once they have it, angstrom
        meets: whether their left hand brings the hydrogen to meet the radical; else it holds the molecule
        attempts: how often they try
    """

    strength: float = 9000.0
    speed: float = 8.0
    tremor: float = 0.05
    aim: float = 20.0
    follow_through: float = 1.0
    meets: bool = True
    attempts: int = 8

    def harder(self) -> "Person":
        """The same person, not content with how it went: stronger, and with both hands."""
        return replace(self, strength=min(1.3 * self.strength, STRONGEST), meets=True)

    @property
    def steadies(self) -> float:
        """How much they brake what they hold, ps (see :class:`~atomtug.vr_client.scripted.hands.Hand`)."""
        return 2.0 * DAMPING * float(np.sqrt(CN_MASS / self.strength))

    @classmethod
    def draw(cls, rng: np.random.Generator) -> "Person":
        """Someone at random.

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

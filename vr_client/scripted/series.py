"""What the trajectories of a series have in common."""

from dataclasses import dataclass
from pathlib import Path

from atomtug.vr_client.scripted.roles import Wishes
from atomtug.vr_client.scripted.script import Script


@dataclass(frozen=True)
class SteeringSeries:
    """What is the same for all trajectories of a series.

    Args:
        script: one of :data:`atomtug.vr_client.scripted.trials.BUILT_IN`, or a script of one's own. That begins with
            the attacker at the site, as for ``abstract``, where one is named, and else where the system has it
        site: which atom: primary, secondary, tertiary, methane, any, or by index, name, element or SMARTS
        seed: the same seed, the same choices
        beyond: ``abstract`` only: how far the product is carried away, angstrom
        attacker: what attacks: a molecule or its atom, by name, element, SMARTS or index; empty for the likeliest
        target: what is attacked: a molecule or atoms, likewise; empty for any other
    """

    script: str | Script = "abstract"
    site: str = "any"
    seed: int = 0
    beyond: float = 0.0
    attacker: str = ""
    target: str = ""

    @property
    def wishes(self) -> Wishes:
        """Who is to attack what."""
        return Wishes(self.attacker, self.target, self.site)

    def recording_name(self, system: str, number: int) -> str:
        """The name of a trajectory's recording, e.g. ``isopentane-tertiary-s1-007``."""
        if isinstance(self.script, Script):
            what = self.script.name
        else:
            what = self.site if self.script == "abstract" else self.script
        plain = "".join(c if c.isalnum() or c in "._+-" else "-" for c in f"{Path(system).stem}-{what}")
        return f"{plain}-s{self.seed}-{number:03d}"


ABSTRACTIONS = SteeringSeries()
"""Of any hydrogen, by the likeliest attacker."""

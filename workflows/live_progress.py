"""How far the learning from a running session is, in figures and in a sentence."""

from dataclasses import dataclass
from typing import Any, Literal

from atomtug.core.text import counted
from atomtug.server.engines.names import ANN_PREFIX
from atomtug.workflows.live_networks import LiveNetwork, accepted

Phase = Literal["waiting", "labelling", "training", "stopped"]


@dataclass(frozen=True)
class LearningProgress:
    """How far it is.

    Args:
        reports: how often it was told, this time included
        phase: what is being done
        surprised: frames of the session that its networks were not sure of
        candidates: frames that may be labelled next
        labelling: labels under way
        labels: those that there are
        until_next: labels until the next training
        networks: that were trained in the folder
        network: name of the engine that learns
        computes: name of the engine that computes now
        is_behind: whether that is one which the network that learns came from
        has_time: whether the machine has time for labels beside the simulation
    """

    reports: int
    phase: Phase
    surprised: int
    candidates: int
    labelling: int
    labels: int
    until_next: int
    networks: tuple[LiveNetwork, ...]
    network: str
    computes: str
    is_behind: bool
    has_time: bool

    def figures(self) -> dict[str, Any]:
        """The figures of ``learning/report``; errors only where they are known."""
        taken = accepted(self.networks)
        last = taken[-1] if taken else None
        figures = {
            "reports": self.reports,
            "phase": self.phase,
            "surprised": self.surprised,
            "candidates": self.candidates,
            "labelling": self.labelling,
            "labels": self.labels,
            "until_next": self.until_next,
            "networks": len(taken),
            "kept_aside": len(self.networks) - len(taken),
            "network": self.network if taken else "",
            "error_before_kcal": last and last.error_before_kcal,
            "error_after_kcal": last and last.error_after_kcal,
        }
        return {name: value for name, value in figures.items() if value is not None}

    def sentence(self) -> str:
        """The same for people."""
        parts = [f"{counted(self.surprised, 'frame')} surprised the network", self._what_is_done()]
        taken = accepted(self.networks)
        if taken and taken[-1].error_after_kcal is not None:
            errors = change(taken[-1].error_before_kcal, taken[-1].error_after_kcal)
            parts.append(f"{self.network.removeprefix(ANN_PREFIX)}: error {errors} kcal/mol")
        return "; ".join(parts)

    def _what_is_done(self) -> str:
        if self.phase == "stopped":
            return "learning is stopped"
        if self.computes.startswith(ANN_PREFIX) and self.computes != self.network and not self.is_behind:
            return f"learning waits for {self.network}, {self.computes} computes"
        if self.phase == "training":
            return f"the next network learns from {counted(self.labels, 'label')}"
        if not self.has_time:
            return "learning waits until you pause: this machine has no time left for it"
        if self.labelling:
            return (
                f"{self.labelling} being labelled, "
                f"{counted(self.until_next, 'more label')} until the next network"
            )
        return "learning waits for frames that surprise it"


def change(before: float | None, after: float | None) -> str:
    """A figure before and after, or that it is not known."""
    return "unknown" if before is None or after is None else f"{before:.2f} → {after:.2f}"

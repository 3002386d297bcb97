"""The interactions of all clients: how many are allowed, and what a change means for simulation and recording."""

from collections.abc import Mapping
from typing import NamedTuple

from atomtug.core.errors import InputError
from atomtug.recordings import EventValue
from atomtug.server.dynamics.force_laws import ActiveInteraction
from atomtug.server.session.interactions import parse_interaction
from atomtug.server.session.ledger import Ledger
from atomtug.wire.interactions import POSITION
from atomtug.wire.state_keys import INTERACTION_PREFIX
from atomtug.wire.values import Changes, Value

MAX_INTERACTIONS_EACH = 64
"""Interactions of one client at a time."""
MAX_INTERACTIONS = 1024
"""Interactions of all clients at a time."""

ParsedInteractions = Mapping[str, ActiveInteraction | None]
"""Interactions by key; None where one ends."""


class InteractionChange(NamedTuple):
    """What a change of the interactions was.

    Args:
        is_first: whether atoms are held now and none were before
        changed: keys of interactions that are new, or differ in more than their position
        ended: keys of interactions that were removed
    """

    is_first: bool
    changed: list[str]
    ended: list[str]


class InteractionRegistry:
    """The interactions that are active, by key.

    Args:
        ledger: who wrote which key of the shared state
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.interactions: dict[str, ActiveInteraction] = {}

    def parse(
        self, peer: str, changes: Changes, atom_count: int
    ) -> tuple[ParsedInteractions, Mapping[str, str]]:
        """Check the interactions among a client's changes of the shared state. Nothing is changed yet.

        Args:
            peer: the client's address
            changes: new values by key; None removes
            atom_count: indices of atoms must be below it

        Returns:
            those that can be used, and by key why others can't
        """
        parsed: dict[str, ActiveInteraction | None] = {}
        refused: dict[str, str] = {}
        taken, added, own = 0, 0, None
        for key, value in changes.items():
            if not key.startswith(INTERACTION_PREFIX):
                continue
            try:
                interaction = None if value is None else parse_interaction(key, value, atom_count)
                if interaction is not None and not self._is_of(peer, key):
                    own = self._count_of(peer) if own is None else own
                    is_new = key not in self.interactions
                    self._check_room(own + taken, len(self.interactions) + added if is_new else 0)
                    taken += 1
                    added += is_new
            except InputError as error:
                refused[key] = str(error)
            else:
                parsed[key] = interaction
        return parsed, refused

    def _count_of(self, peer: str) -> int:
        return sum(self._is_of(peer, key) for key in self.interactions)

    def _is_of(self, peer: str, key: str) -> bool:
        """Whether this client wrote this interaction last."""
        entry = self._ledger.entry(key) if key in self.interactions else None
        return entry is not None and entry.writer == peer

    def _check_room(self, own: int, total: int) -> None:
        if own >= MAX_INTERACTIONS_EACH:
            raise InputError(
                f"One client may have {MAX_INTERACTIONS_EACH} interactions at a time: end some first."
            )
        if total >= MAX_INTERACTIONS:
            raise InputError(f"All clients together may have {MAX_INTERACTIONS} interactions at a time.")

    def update(self, parsed: ParsedInteractions) -> InteractionChange:
        """Make changes that :meth:`parse` has checked."""
        is_first = not self.interactions and any(parsed.values())
        changed, ended = [], []
        for key, interaction in parsed.items():
            before = self.interactions.get(key)
            if interaction is None:
                if self.interactions.pop(key, None) is not None:
                    ended.append(key)
                continue
            self.interactions[key] = interaction
            if before is None or not interaction.differs_only_in_position(before):
                changed.append(key)
        return InteractionChange(is_first, changed, ended)

    def describe(self, key: str, written: Value) -> dict[str, EventValue]:
        """What a recording keeps of an interaction: all of it but its position, with its key and owner.

        Args:
            key: its key
            written: what its client wrote
        """
        given = written if isinstance(written, Mapping) else {}
        used = vars(self.interactions[key])
        facts = {name: part for name, part in {**given, **used}.items() if name != POSITION}
        entry = self._ledger.entry(key)
        owner = "" if entry is None else entry.user or entry.writer or ""
        return {**facts, "key": key, "owner": owner}

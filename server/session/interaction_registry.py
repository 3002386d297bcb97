"""What clients hold: who may take hold of how much, whose each interaction is, and what is new about it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from atomtug.core.errors import InputError
from atomtug.server.dynamics.force_laws import ActiveInteraction
from atomtug.server.session.interactions import owner_of, parse_interaction
from atomtug.wire.state_keys import INTERACTION_PREFIX

MAX_INTERACTIONS = 64
"""Of one client at a time."""
MAX_TOGETHER = 1024
"""Of all clients."""

Held = Mapping[str, ActiveInteraction | None]


class News(NamedTuple):
    """Of a change: ``first`` to take hold where nobody held anything, and the keys that ``changed`` in more than
    their position or have ``ended``."""

    first: bool
    changed: list[str]
    ended: list[str]


class Grips:
    """The interactions that are there, by key."""

    def __init__(self) -> None:
        self.interactions: dict[str, ActiveInteraction] = {}
        self._owners: dict[str, str] = {}
        """Whose hand each is: as it says itself, else the address it came from."""
        self._makers: dict[str, str] = {}
        """The connection that each came through last."""

    def parse(self, peer: str, changes: Mapping[str, Any], atom_count: int) -> Held:
        """The interactions among a client's changes of the state, None where one ends; nothing is taken yet.

        Raises:
            InputError: one is none, or they would be too many
        """
        held = {
            key: None if value is None else parse_interaction(key, value, atom_count)
            for key, value in changes.items()
            if key.startswith(INTERACTION_PREFIX)
        }
        added = sum(1 for key, value in held.items() if value is not None and key not in self.interactions)
        if added:
            self._check_room(peer, added)
        return held

    def _check_room(self, peer: str, added: int) -> None:
        own = sum(1 for maker in self._makers.values() if maker == peer)
        if own + added > MAX_INTERACTIONS:
            raise InputError(
                f"One client may have {MAX_INTERACTIONS} interactions at a time: end some first."
            )
        if len(self.interactions) + added > MAX_TOGETHER:
            raise InputError(f"All clients together may have {MAX_TOGETHER} interactions at a time.")

    def take(self, peer: str, changes: Mapping[str, Any], held: Held) -> News:
        """Let what was parsed hold."""
        first = not self.interactions and any(held.values())
        changed, ended = [], []
        for key, interaction in held.items():
            known = self.interactions.get(key)
            if interaction is None:
                self._owners.pop(key, None)
                self._makers.pop(key, None)
                if self.interactions.pop(key, None) is not None:
                    ended.append(key)
                continue
            self.interactions[key] = interaction
            self._owners[key] = owner_of(changes[key]) or peer
            self._makers[key] = peer
            if known is None or not interaction.differs_only_in_position(known):
                changed.append(key)
        return News(first, changed, ended)

    def describe(self, key: str, said: Mapping[str, Any]) -> dict[str, Any]:
        """All that is to be recorded of an interaction but where it is.

        Args:
            key: its key
            said: what its client wrote
        """
        meant = vars(self.interactions[key])
        facts = {name: part for name, part in {**said, **meant}.items() if name != "position"}
        return {**facts, "key": key, "owner": self._owners[key]}

"""What a client may do: watch, pull, or all that the owner may. No I/O.

Which right a client has, the token says that it gives. Everyone reads frames and state.
"""

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from atomtug.core.errors import CommandFailed
from atomtug.server.session.ledger import Ledger
from atomtug.server.session.refusals import KeysRefused
from atomtug.wire import state_keys
from atomtug.wire.command_names import FOR_ALL
from atomtug.wire.values import Changes

Right = Literal["watch", "pull", "own"]
RIGHTS: tuple[Right, ...] = get_args(Right)
"""From the least to the most."""

_ASK = "ask the one who runs the server for a link to"
_PRESENCE = tuple(set(state_keys.USER_PREFIXES) - {state_keys.USER_ORIGIN_PREFIX})
"""Prefixes of the keys by which others see a client; everyone may write their own."""
_PLACE = (state_keys.SCENE, state_keys.TRANSFORM)


class KeysNotAllowed(KeysRefused):
    """The client has no right to write some of the keys that it wrote; the others were taken."""


class NotAllowed(CommandFailed):
    """The client has no right to do this."""


@dataclass(frozen=True)
class Tokens:
    """The secrets that clients give, by what they may do with them; None for no such token.

    Args:
        own: of the owner. Without it nobody is asked for a token, and everyone is an owner
        pull: of those who may pull
        watch: of those who may watch
    """

    own: str | None = None
    pull: str | None = None
    watch: str | None = None

    def right(self, given: str) -> Right | None:
        """What a client may do that gives this token (empty for none); None if it may not come in.

        Each comparison takes the same time whatever was given.
        """
        if self.own is None:
            return "own"
        tokens: Mapping[Right, str | None] = {"own": self.own, "pull": self.pull, "watch": self.watch}
        found = [
            right
            for right, token in tokens.items()
            if token is not None and hmac.compare_digest(given.encode(), token.encode())
        ]
        return found[0] if found else None


NO_TOKENS = Tokens()
"""Everyone may do everything."""


def wrong_token(given: str) -> str:
    """What is said to a client whose token (empty for none) does not let it in."""
    if given:
        return "This token is none of this server's: it may be of another server, or have been changed."
    return "This server asks for a token: give the one from its --token-file."


def refused_keys(right: Right, peer: str, ledger: Ledger, keys: Changes) -> dict[str, str]:
    """Why a client may not write some keys of the shared state, by key.

    Args:
        right: the client's
        peer: the client's address
        ledger: who wrote which key: nobody but the owner may write what is another's
        keys: those that it writes or removes
    """
    if right == "own":
        return {}
    return {key: reason for key in keys if (reason := _reason(right, peer, ledger, key))}


def _reason(right: Right, peer: str, ledger: Ledger, key: str) -> str:
    if key.startswith(_PRESENCE) or (right == "pull" and key.startswith(state_keys.INTERACTION_PREFIX)):
        entry = ledger.entry(key)
        is_others = entry is not None and entry.writer not in (None, peer)
        return (
            "This key is another client's: only the owner of the server may change it." if is_others else ""
        )
    if right == "watch":
        return f"You may watch here, not pull: {_ASK} pull."
    if key in _PLACE:
        return ""
    return f"You may watch and pull here, no more: {key} is for the owner of the server to change."


def refused_locks(right: Right, keys: Iterable[str]) -> dict[str, str]:
    """Why a client may not lock some keys, by key: those who pull lock the box while they move it, as headsets do."""
    if right == "own":
        return {}
    allowed = _PLACE if right == "pull" else ()
    return {key: f"Only the owner of the server may lock {key}." for key in keys if key not in allowed}


def may_run(right: Right, command: str) -> bool:
    """Whether a client may run a command: all but the owner may only ask how things are."""
    return right == "own" or command in FOR_ALL


def check_command(right: Right, command: str) -> None:
    """Check whether a client may run a command.

    Raises:
        NotAllowed: it may not
    """
    if not may_run(right, command):
        allowed = "watch" if right == "watch" else "watch and pull"
        raise NotAllowed(f"You may {allowed} here: {command} is for the owner of the server to run.")

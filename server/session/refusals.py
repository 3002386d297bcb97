"""What a client wrote and the server refused, as that client sees it.

The sentence is in its own frames' ``system.simulation.exception``, where the clients of Narupa and NanoVer look.
Other clients are told nothing.
"""

from collections.abc import Iterable, Mapping, Set

from atomtug.core.errors import AtomtugError, InputError
from atomtug.server.session.frame_stream import FrameStream
from atomtug.wire import frame_keys

WHOLE = ""
"""Stands for a key where a whole message was refused."""
MOST_SHOWN = 3
"""Sentences that are shown at a time."""


class KeysRefused(InputError):
    """Some of the keys that a client wrote were refused; the others were taken.

    Args:
        sentences: why, by key
    """

    def __init__(self, sentences: Mapping[str, str]) -> None:
        super().__init__(summary(sentences))
        self.sentences = sentences


class Refusals:
    """What is refused to each client now.

    Args:
        frames: of the session
    """

    def __init__(self, frames: FrameStream) -> None:
        self._frames = frames
        self._refused: dict[str, dict[str, str]] = {}

    def report(self, peer: str, error: AtomtugError) -> None:
        """Show a client why what it wrote was refused. The same reason is shown once.

        Args:
            peer: the client's address
            error: for :class:`KeysRefused`, each key counts by itself
        """
        sentences = error.sentences if isinstance(error, KeysRefused) else {WHOLE: str(error)}
        before = self._refused.get(peer, {})
        after = self._refused[peer] = {**before, **sentences}
        if after != before:
            self._show(peer, summary(after))

    def accept(self, peer: str, keys: Iterable[str]) -> None:
        """What a client wrote under these keys was taken. If nothing else is refused, it sees that."""
        refused = self._refused.get(peer)
        if refused is None:
            return
        for key in (WHOLE, *keys):
            refused.pop(key, None)
        if not refused:
            del self._refused[peer]
            current = self._frames.current
            shown_to_all = "" if current is None else current.values.get(frame_keys.SIMULATION_EXCEPTION, "")
            self._show(peer, str(shown_to_all))

    def clear(self) -> None:
        """A frame that begins something new is sent, and with it no exception."""
        self._refused.clear()

    def forget(self, gone: Set[str]) -> None:
        """Remove clients that have left."""
        for peer in gone:
            self._refused.pop(peer, None)

    def _show(self, peer: str, text: str) -> None:
        self._frames.publish_to(peer, {frame_keys.SIMULATION_EXCEPTION: text})


def summary(sentences: Mapping[str, str]) -> str:
    """The sentences as one text: each once, and no more than :data:`MOST_SHOWN`."""
    shown = list(dict.fromkeys(sentences.values()))
    more = [f"{len(shown) - MOST_SHOWN} more were refused."] if len(shown) > MOST_SHOWN else []
    return " ".join([*shown[:MOST_SHOWN], *more])

"""What is said about each key and command of the wire."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["number", "text", "truth value", "map", "list", "any", "floats", "indices", "texts"]
"""The type of a value. ``floats``, ``indices`` and ``texts`` are the arrays of a frame."""
Packing = Literal["", "<f4", "<u4", "u1"]
"""The number type of an array that is packed as raw bytes; empty where a value isn't packed."""
Writer = Literal["clients", "server"]
Sessions = Literal["live", "playback", "both"]


@dataclass(frozen=True)
class FrameKey:
    """One key of a frame.

    Args:
        name: the key
        kind: type of its value
        unit: unit of its value; empty where it has none
        meaning: what it says
        packing: how WebSocket messages and NanoVer recordings pack it
        own: whether it is Atomtug's addition to the protocol
    """

    name: str
    kind: Kind
    unit: str
    meaning: str
    packing: Packing = ""
    own: bool = False


@dataclass(frozen=True)
class StateKey:
    """One key of the shared state, or a family of keys.

    Args:
        name: the key; ``<id>``, ``<user>`` and ``*`` stand for what differs within a family
        kind: type of its value
        unit: unit of its value; empty where it has none
        writer: who writes it
        meaning: what it says
        own: whether it is Atomtug's addition to the protocol
    """

    name: str
    kind: Kind
    unit: str
    writer: Writer
    meaning: str
    own: bool = False


@dataclass(frozen=True)
class CommandSpec:
    """One command.

    Args:
        name: what clients call
        arguments: by name, what each is, with its unit
        results: names of what it answers with
        meaning: what it does
        own: whether it is Atomtug's addition to the protocol
        sessions: whether a live session offers it, one that plays a recording, or both
        for_all: whether clients that may only watch can run it: it changes nothing
        label, icon: how the menu of a headset app shows it; empty where it doesn't
    """

    name: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    results: tuple[str, ...] = ()
    meaning: str = ""
    own: bool = False
    sessions: Sessions = "live"
    for_all: bool = False
    label: str = ""
    icon: str = ""


@dataclass(frozen=True)
class InteractionField:
    """One field of an interaction.

    Args:
        name: the field
        kind: type of its value
        unit: unit of its value; empty where it has none
        default: what the server assumes where it is missing
        meaning: what it says
    """

    name: str
    kind: Kind
    unit: str
    default: float | bool | str | tuple[float, ...] | None
    meaning: str

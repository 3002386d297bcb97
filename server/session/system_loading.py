"""Molecules that clients bring along: the command ``system/load``, where the server's owner allows it."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import numpy as np

from atomtug.core.errors import AtomtugError, CommandFailed, InputError
from atomtug.core.systems import System
from atomtug.server.session.commands import Commands, Result, text, whole_number
from atomtug.server.session.system_reader import SECONDS, PlainSystem, ReaderFailure, ReaderRequest
from atomtug.wire import command_names
from atomtug.wire.values import Value

MOST_ATOMS = 300
"""Of a molecule that a client loads."""
LONGEST_TEXT = 2_000
"""Characters of SMILES or names."""
LARGEST_FILE = 2**20
"""Characters of a file."""
MOST_SYSTEMS = 50
"""Molecules that clients may add while a server runs."""


@dataclass
class SystemLoading:
    """The command, and the systems that it adds to.

    Args:
        allowed: whether clients may load molecules of their own
        systems: those that can be chosen; what is loaded is added
        begin: begins with a system by its index as soon as it is ready, while the one before goes on; raises an
            AtomtugError where the engine can't
    """

    allowed: bool
    systems: list[System]
    begin: Callable[[int], Awaitable[Result]]

    def __post_init__(self) -> None:
        self._given = len(self.systems)
        self._busy = asyncio.Lock()

    def register(self, commands: Commands) -> None:
        """Offer the command where it is allowed; else answer with a sentence."""
        if not self.allowed:
            commands.withhold(
                command_names.LOAD_OWN_SYSTEM,
                "This server simulates only what it was started with: its owner can allow other molecules with "
                "--allow-systems.",
            )
            return
        commands.register(
            command_names.LOAD_OWN_SYSTEM,
            self.load,
            text=None,
            file=None,
            name=None,
            charge=None,
            multiplicity=None,
        )

    async def load(self, **given: Value) -> Result:
        """Read a molecule and begin with it.

        Raises:
            CommandFailed: another is being read, or there are too many
            InputError: it can't be read
            EngineError: the engine can't simulate it; the old system continues
        """
        request = _request({key: value for key, value in given.items() if value is not None})
        if self._busy.locked():
            raise CommandFailed("Another molecule is being loaded: try again in a moment.")
        if len(self.systems) - self._given >= MOST_SYSTEMS:
            raise CommandFailed(f"{MOST_SYSTEMS} molecules have been loaded already: start the server again.")
        async with self._busy:
            self.systems.append(_system(await _read(request)))
            index = len(self.systems) - 1
            try:
                await self.begin(index)
            except AtomtugError:
                del self.systems[index]
                raise
        system = self.systems[index]
        return {
            "index": index,
            "name": system.name,
            "charge": system.charge,
            "multiplicity": system.multiplicity,
            "notes": list(system.notes),
        }


def _request(given: dict[str, Value]) -> ReaderRequest:
    """The request to the reader.

    Raises:
        InputError: the arguments are no molecule, or too long
    """
    request: ReaderRequest = {"most": MOST_ATOMS}
    if "charge" in given:
        request["charge"] = whole_number("charge", given["charge"])
    if "multiplicity" in given:
        request["multiplicity"] = whole_number("multiplicity", given["multiplicity"])
    if ("text" in given) == ("file" in given):
        raise InputError("Give either text (names or SMILES, e.g. CC(C)C + OH) or file and its name.")
    if "text" in given:
        request["text"] = _limited("text", given["text"], LONGEST_TEXT)
        return request
    request["file"] = _limited("file", given["file"], LARGEST_FILE)
    request["name"] = text("name", given.get("name", ""))
    if not request["name"]:
        raise InputError("A file needs its name, which says its kind: e.g. molecule.sdf.")
    return request


def _limited(name: str, value: Value, longest: int) -> str:
    """A client's argument as text of at most so many characters."""
    given = text(name, value)
    if len(given) > longest:
        raise InputError(f"{name} has {len(given):,} characters: {longest:,} are the most.")
    return given


async def _read(request: ReaderRequest) -> PlainSystem:
    """The reader's answer.

    Raises:
        InputError: the molecule can't be read, or not in time
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # what lies in the current folder hides no module
        "-m",
        "atomtug.server.session.system_reader",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        sent = json.dumps(request).encode()
        answered, _ = await asyncio.wait_for(process.communicate(sent), SECONDS)
    except TimeoutError:
        raise InputError(f"This molecule could not be read within {SECONDS} s: try a smaller one.") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    try:
        answer: PlainSystem | ReaderFailure = json.loads(answered)
    except ValueError:
        raise InputError("This molecule can't be read: it takes too much time or memory.") from None
    if "error" in answer:
        raise InputError(answer["error"])
    return answer


def _system(answer: PlainSystem) -> System:
    return System(
        answer["name"],
        np.array(answer["numbers"]),
        np.array(answer["positions"], dtype=np.float64),
        answer["charge"],
        answer["multiplicity"],
        np.array(answer["masses"], dtype=np.float64),
        tuple(answer["notes"]),
        answer["drawn"],
    )

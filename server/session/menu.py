"""Commands for the menus of headset apps, which show those under ``user/`` by label and icon."""

from collections.abc import Sequence

from atomtug.server.session.commands import Commands, Result
from atomtug.wire import command_names
from atomtug.wire.values import Value

RELAX, MOVE = "relax", "langevin"
"""The thermostat that runs downhill, and the one to go back to where none was before."""


class Menu:
    """Undo, record, relax and change engines: one press each, answered with a sentence.

    Args:
        commands: of a live session; they do the work, and these are added to them
        engines: names of those that can be loaded
    """

    def __init__(self, commands: Commands, engines: Sequence[str]) -> None:
        self._commands = commands
        self._moving = MOVE
        commands.register(command_names.USER_UNDO, self._undo)
        commands.register(command_names.USER_RECORD, self._record)
        commands.register(command_names.USER_RELAX, self._relax)
        for engine in engines:
            commands.register(
                command_names.USER_ENGINE_PREFIX + engine, lambda engine=engine: self._load(engine)
            )

    async def _undo(self) -> Result:
        done = await self._run(command_names.RESTORE_CHECKPOINT)
        return {"result": f"Back to before the last pull; {done['count']} earlier ones can be undone."}

    async def _record(self) -> Result:
        status = await self._commands.run(command_names.RECORDING_STATUS, {}) or {}
        if not status["recording"]:
            begun = await self._run(command_names.START_RECORDING)
            return {"result": f"Recording to {begun['path']}."}
        ended = await self._run(command_names.STOP_RECORDING)
        return {"result": f"{ended['frames']} frames were recorded to {ended['path']}."}

    async def _relax(self) -> Result:
        now = (await self._run(command_names.SET_DYNAMICS))["thermostat"]
        if now != RELAX:
            self._moving = now
            await self._run(command_names.SET_DYNAMICS, thermostat=RELAX)
            return {"result": "The molecule relaxes: it runs downhill, also while hands hold its atoms."}
        settings = await self._run(command_names.SET_DYNAMICS, thermostat=self._moving)
        return {"result": f"The molecule moves again, at {float(settings['temperature']):g} K."}

    async def _load(self, engine: str) -> Result:
        loaded = await self._run(command_names.LOAD_ENGINE, engine=engine)
        return {"result": f"{loaded['engine']} computes the forces now."}

    async def _run(self, name: str, **arguments: Value) -> dict[str, str]:
        """What a command answers, as text."""
        result = await self._commands.run(name, arguments) or {}
        return {key: repr(value) if isinstance(value, bytes) else str(value) for key, value in result.items()}

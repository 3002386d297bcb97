"""Commands for the menus of headset apps, which show those under ``user/`` by label and icon."""

from atomtug.server.session.commands import Commands, Result
from atomtug.wire import command_names


class Menu:
    """Undo and record: one press each, answered with a sentence.

    Args:
        commands: of a live session; they do the work, and these are added to them
    """

    def __init__(self, commands: Commands) -> None:
        self._commands = commands
        commands.register(command_names.USER_UNDO, self._undo)
        commands.register(command_names.USER_RECORD, self._record)

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

    async def _run(self, name: str) -> dict[str, str]:
        """What a command answers, as text."""
        result = await self._commands.run(name, {}) or {}
        return {key: repr(value) if isinstance(value, bytes) else str(value) for key, value in result.items()}

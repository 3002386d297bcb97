"""The command ``dynamics/set``, and what the shared state says of the dynamics."""

from collections.abc import Callable, Mapping

from atomtug.recordings import events
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.server.engines import MtsName
from atomtug.server.engines.multiple_time_steps import check_outer_step
from atomtug.server.process.supervisor import Supervisor
from atomtug.server.session.commands import Commands, Result, number, text, whole_number
from atomtug.server.session.recorder import Recorder
from atomtug.wire import command_names, state_keys
from atomtug.wire.values import Value

_CHECKS: Mapping[str, Callable[[str, Value], float | str]] = {
    "temperature": number,
    "friction": number,
    "timestep": number,
    "thermostat": text,
    "steps_per_frame": whole_number,
    "force_law": text,
    "force_cap": number,
}
"""What clients may change, each with what checks the type of its value."""


class DynamicsControl:
    """Changes the settings of the dynamics, and tells clients and the recording which they are.

    Args:
        settings: at the start
        supervisor: is told of changes
        recorder: keeps them
        announce: sets keys of the shared state
    """

    def __init__(
        self,
        settings: DynamicsSettings,
        supervisor: Supervisor,
        recorder: Recorder,
        announce: Callable[[Mapping[str, Value]], None],
    ) -> None:
        self._supervisor = supervisor
        self._recorder = recorder
        self._announce = announce
        announce(_told(settings))

    def register(self, commands: Commands) -> None:
        """Offer the command."""
        commands.register(command_names.SET_DYNAMICS, self._set, **dict.fromkeys(_CHECKS))

    def _set(self, **changes: Value) -> Result:
        given = {name: _CHECKS[name](name, value) for name, value in changes.items() if value is not None}
        settings = self._supervisor.settings.changed(given)
        if (mts := MtsName.parse(self._supervisor.engine)) is not None:
            check_outer_step(mts, settings.timestep)
        if given:
            self._supervisor.configure(settings)
            self._announce(_told(settings))
            self._recorder.event(events.DYNAMICS, **settings.as_dict())
        return {name: getattr(settings, name) for name in changes}


def _told(settings: DynamicsSettings) -> dict[str, Value]:
    """The keys of the shared state that are about the dynamics."""
    return {
        state_keys.THERMOSTAT: settings.thermostat,
        state_keys.FORCE_LAW: settings.force_law,
        state_keys.FORCE_CAP: settings.force_cap,
        state_keys.DYNAMICS_SETTINGS: {
            "temperature": settings.temperature,
            "friction": settings.friction,
            "timestep": settings.timestep,
            "steps_per_frame": settings.steps_per_frame,
        },
    }

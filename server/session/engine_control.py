"""The engine as a live session's clients see it: which there are, which leads, whether it is sure of what it says."""

from collections.abc import Callable, Mapping
from typing import Any

from atomtug.core.errors import AtomtugError
from atomtug.core.frame import Frame
from atomtug.core.units import KJMOL_PER_EV
from atomtug.recordings.events import ENGINE, UNSURE
from atomtug.server.dynamics.fallback import FALLBACK_ENGINE, EngineFallback
from atomtug.server.dynamics.uncertainty import UncertaintyMonitor
from atomtug.server.engines import Catalogue, display_name
from atomtug.server.options import LiveOptions
from atomtug.server.process.supervisor import Supervisor
from atomtug.server.session.commands import Commands, Result
from atomtug.server.session.recorder import Recorder
from atomtug.wire import command_names, state_keys


class EngineControl:
    """Commands ``engine/list`` and ``engine/load``, the ``engine.*`` keys of the state, and what doubt leads to.

    Args:
        options: of the session
        supervisor: lets engines take over
        recorder: is told
        announce: sets keys of the state
    """

    def __init__(
        self,
        options: LiveOptions,
        supervisor: Supervisor,
        recorder: Recorder,
        announce: Callable[[Mapping[str, Any]], None],
    ) -> None:
        self._supervisor = supervisor
        self._recorder = recorder
        self._announce = announce
        self._options = options.uncertainty
        self._uncertainty = UncertaintyMonitor(options.uncertainty)
        self._catalogue = Catalogue([options.engine, *options.engines], options.models)
        self._fallback = EngineFallback(lambda engine: supervisor.run_to_completion(self._swap(engine)))
        self.settings: Mapping[str, Any] = {}
        """Of the engine that leads."""
        announce(
            {
                state_keys.ENGINE_CURRENT: self.name,
                state_keys.ENGINE_LOADING: "",
                state_keys.ENGINE_ERROR: "",
                state_keys.ENGINE_UNSURE: False,
                state_keys.ENGINE_UNCERTAINTY_LIMIT: options.uncertainty.limit,
            }
        )

    @property
    def name(self) -> str:
        """Of the engine that leads, as clients know it."""
        return display_name(self._supervisor.engine)

    @property
    def status(self) -> dict[str, Any]:
        """For ``engine/status``."""
        return {
            "engine": self.name,
            "settings": dict(self.settings),
            "uncertainty_limit": self._options.limit,
            "when_unsure": self._options.when_unsure,
            "unsure": self._uncertainty.unsure,
            "candidates": self._uncertainty.candidates,
        }

    @property
    def provenance(self) -> dict[str, Any]:
        """For recordings that begin now."""
        return {
            "engine": self.name,
            "engine_settings": dict(self.settings),
            "uncertainty_limit": self._options.limit,
        }

    def register(self, commands: Commands) -> None:
        """Offer the commands."""
        commands.register(command_names.LIST_ENGINES, self._list)
        commands.register(command_names.LOAD_ENGINE, self._load, engine=self.name)

    def started(self) -> None:
        """The first engine is ready: have the substitute ready, too, where one may be needed."""
        if self._options.when_unsure == "pm6":
            self._fallback.prepare(self._supervisor.prepare(FALLBACK_ENGINE))

    def take_over(self, name: str, settings: Mapping[str, Any], offset: float) -> None:
        """The next frame comes from another engine, ``offset`` (eV) added to its energies."""
        self.settings = settings
        self._announce({state_keys.ENGINE_CURRENT: self.name})
        self._recorder.event(ENGINE, name=name, settings=dict(settings), energy_offset=offset * KJMOL_PER_EV)

    def look(self, frame: Frame) -> bool:
        """Whether this frame should be labelled; says so when the engine becomes unsure, and does what then."""
        before = self._uncertainty.unsure
        candidate = self._uncertainty.update(frame)
        unsure = self._uncertainty.unsure
        if unsure != before:
            self._announce({state_keys.ENGINE_UNSURE: unsure})
            self._recorder.event(UNSURE, unsure=unsure)
            if unsure and self._options.when_unsure == "pause":
                self._supervisor.pause()
        if self._options.when_unsure == "pm6":
            self._fallback.update(frame, unsure, self._supervisor.engine)
        return candidate

    def _list(self) -> Result:
        return {"engines": list(self._catalogue.engines()), "current": self.name}

    async def _load(self, engine: Any) -> Result:
        """Answers when the engine has taken over. Those who don't wait see in the state how it goes."""
        await self._supervisor.run_to_completion(self._swap(self._catalogue.find(engine)))
        return {"engine": self.name, "settings": dict(self.settings)}

    async def _swap(self, wanted: str) -> None:
        self._announce({state_keys.ENGINE_LOADING: display_name(wanted), state_keys.ENGINE_ERROR: ""})
        try:
            await self._supervisor.swap(wanted)
        except AtomtugError as error:
            self._announce({state_keys.ENGINE_ERROR: str(error)})
            raise
        finally:
            self._announce({state_keys.ENGINE_LOADING: ""})

"""Engines as the clients of a live session see them: which exist, which is active, and whether it is uncertain."""

from collections.abc import Callable, Mapping

from atomtug.core.errors import AtomtugError, UnsureError
from atomtug.core.frame import Frame
from atomtug.core.units import KJMOL_PER_EV
from atomtug.recordings.events import ENGINE, UNSURE
from atomtug.server.dynamics.uncertainty import GUARDING, UncertaintyMonitor
from atomtug.server.engines import GUARD, Catalogue, display_name
from atomtug.server.options import LiveOptions
from atomtug.server.process.messages import EngineSettings
from atomtug.server.process.supervisor import Supervisor
from atomtug.server.session.commands import Commands, Result
from atomtug.server.session.engine_fallback import FALLBACK_ENGINE, EngineFallback
from atomtug.server.session.engine_loading import EngineLoading
from atomtug.server.session.log import log
from atomtug.server.session.recorder import Recorder
from atomtug.wire import command_names, state_keys
from atomtug.wire.values import Value


class EngineControl:
    """The commands ``engine/list`` and ``engine/load``, the ``engine.*`` keys of the state, and the fallback engine.

    Args:
        options: of the session
        supervisor: changes engines
        recorder: records changes of engines
        announce: sets keys of the shared state
    """

    def __init__(
        self,
        options: LiveOptions,
        supervisor: Supervisor,
        recorder: Recorder,
        announce: Callable[[Mapping[str, Value]], None],
    ) -> None:
        self._supervisor = supervisor
        self._recorder = recorder
        self._announce = announce
        self.loading = EngineLoading(announce)
        """Told of each engine that is loaded."""
        self._options = options.uncertainty
        self._uncertainty = UncertaintyMonitor(options.uncertainty)
        self._catalogue = Catalogue([options.engine, *options.engines], options.models)
        self._fallback = EngineFallback(
            lambda engine: supervisor.run_to_completion(self._swap(engine)),
            at_limit=options.uncertainty.when_unsure == "pm6",
        )
        self.settings: EngineSettings = {}
        """Settings of the active engine."""
        announce(
            {
                state_keys.ENGINE_CURRENT: self.name,
                state_keys.ENGINE_ERROR: "",
                state_keys.ENGINE_WARNING: "",
                state_keys.ENGINE_UNSURE: False,
                state_keys.ENGINE_UNCERTAINTY_LIMIT: options.uncertainty.limit,
            }
        )

    @property
    def name(self) -> str:
        """The display name of the active engine."""
        return display_name(self._supervisor.engine)

    @property
    def names(self) -> list[str]:
        """The display names of the engines that clients may load."""
        return list(self._catalogue.engines())

    @property
    def status(self) -> dict[str, Value]:
        """The engine's part of what ``engine/status`` answers."""
        return {
            "engine": self.name,
            "settings": dict(self.settings),
            "uncertainty_limit": self._options.limit,
            "when_unsure": self._options.when_unsure,
            "unsure": self._uncertainty.unsure,
            "candidates": self._uncertainty.candidates,
        }

    @property
    def provenance(self) -> dict[str, Value]:
        """The engine's part of the provenance of a recording that begins now."""
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
        """The first engine is ready: prepare the fallback engine as well, where the options ask for one."""
        wanted = self._options.when_unsure
        if wanted == "pm6" or (wanted == "guard" and GUARD in self.settings):
            self._fallback.prepare(self._supervisor.prepare(FALLBACK_ENGINE))

    def set_settings(self, settings: EngineSettings) -> None:
        """Those of the engine that computes from now on; a warning among them is announced and logged."""
        warning = str(settings.get("warning", ""))
        if warning and settings != self.settings:
            log.warning("%s", warning)
        self.settings = settings
        self._announce({state_keys.ENGINE_WARNING: warning})

    def on_engine_change(self, name: str, settings: EngineSettings, offset: float) -> None:
        """Announce and record that the next frame comes from another engine.

        Args:
            name: of the engine
            settings: of the engine
            offset: added to its energies, eV
        """
        self.set_settings(settings)
        self._announce({state_keys.ENGINE_CURRENT: self.name})
        self._recorder.event(ENGINE, name=name, settings=dict(settings), energy_offset=offset * KJMOL_PER_EV)

    def check(self, frame: Frame) -> bool:
        """Check a frame's uncertainty, and act as the options say where it passes the limit.

        Returns:
            Whether the frame should be labelled.
        """
        before = self._uncertainty.unsure
        candidate = self._uncertainty.update(frame)
        unsure = self._uncertainty.unsure
        if unsure != before:
            self._announce({state_keys.ENGINE_UNSURE: unsure})
            self._recorder.event(UNSURE, unsure=unsure)
            if unsure and self._options.when_unsure == "pause":
                self._supervisor.pause()
        if self._options.when_unsure in GUARDING:
            self._fallback.update(frame, unsure, self._supervisor.engine)
        return candidate

    def give_way(self, reason: str, on_failure: Callable[[str], None]) -> None:
        """Let the fallback engine go on where the active one knows nothing of the next step.

        Args:
            reason: a sentence
            on_failure: called with a sentence if it can't; the session is paused then
        """

        def pause(why: str) -> None:
            self._supervisor.pause()
            on_failure(f"{reason} {FALLBACK_ENGINE.upper()} can't go on in its place: {why}")

        self._fallback.give_way(self._supervisor.engine, pause)

    def _list(self) -> Result:
        return {"engines": self.names, "current": self.name}

    async def _load(self, engine: Value) -> Result:
        """Change engines; answered when the new one is active. Until then ``engine.loading`` names it."""
        await self._supervisor.run_to_completion(self._swap(self._catalogue.find(engine)))
        return {"engine": self.name, "settings": dict(self.settings)}

    async def _swap(self, wanted: str) -> None:
        self._announce({state_keys.ENGINE_ERROR: ""})
        try:
            with self.loading.of(display_name(wanted)):
                await self._supervisor.swap(wanted)
        except UnsureError:  # the engine that computes goes on, as it should
            raise
        except AtomtugError as error:
            self._announce({state_keys.ENGINE_ERROR: str(error)})
            raise

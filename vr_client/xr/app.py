"""The headset client as a whole: it connects a server, a headset session, and the logic between them."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from atomtug.core.errors import DeviceMissing
from atomtug.vr_client.client.grpc_client import Client
from atomtug.vr_client.xr.connection import ServerConnection
from atomtug.vr_client.xr.contexts import choose_extensions, open_context
from atomtug.vr_client.xr.controller_profiles import EXTENSIONS
from atomtug.vr_client.xr.controllers import ControllerLogic
from atomtug.vr_client.xr.display import PASSTHROUGH, REFRESH_RATE
from atomtug.vr_client.xr.grab import REACH, STRONGEST
from atomtug.vr_client.xr.hand_tracking import HAND_TRACKING
from atomtug.vr_client.xr.headset import RATE, Headset
from atomtug.vr_client.xr.renderer import Renderer
from atomtug.vr_client.xr.runtime import HEADLESS, TIMESPEC, Runtime
from atomtug.vr_client.xr.status_report import StatusReport
from atomtug.vr_client.xr.stereo import StereoSwapchains
from atomtug.vr_client.xr.view import View
from atomtug.wire.interactions import InteractionType

OPTIONAL = (*EXTENSIONS.values(), HAND_TRACKING, REFRESH_RATE, PASSTHROUGH)
"""Extensions that are used where the runtime has them."""
AGAIN = 2.0
"""Seconds between attempts to find a headset again that was lost."""


@dataclass(frozen=True)
class VrOptions:
    """Options of the headset client.

    Args:
        headless: without pictures
        graphics: how to get OpenGL, see :data:`atomtug.vr_client.xr.contexts.GRAPHICS`
        name: what others call us
        kind: the law of the pull, one of :data:`atomtug.vr_client.xr.grab.KINDS`
        strongest: force of a trigger pressed all the way for a centimetre of stretch, kJ/mol/nm
        reach: metres within which a hand finds an atom
        rate: moments a second of a headless session
        passthrough: whether the person's own room is to be seen behind the molecule
        refresh_rate: of the headset's display, Hz; None: whatever it is
    """

    headless: bool = False
    graphics: str = "auto"
    name: str = "Atomtug"
    kind: InteractionType = "spring"
    strongest: float = STRONGEST
    reach: float = REACH
    rate: float = RATE
    passthrough: bool = False
    refresh_rate: float | None = None


class VrApp:
    """The headset client. It runs in the thread that made it; :meth:`stop` may be called from any thread or signal.

    Args:
        connect: makes a connection to the server
        options: how
        report: is given lines for the terminal
    """

    def __init__(
        self,
        connect: Callable[[], Client],
        options: VrOptions,
        report: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._connect, self._options, self._report = connect, options, report
        self._tell = StatusReport(report)
        self._stopping = False
        self.controllers = ControllerLogic(options.kind, options.strongest, options.reach)
        self.moments = 0
        """Number of moments so far."""
        self.busy = 0.0
        """CPU time of this thread in these moments, seconds."""

    def run(self) -> None:
        """Run until the person quits, or :meth:`stop` is called.

        A headset or a runtime that goes away on the way is waited for.

        Raises:
            DeviceMissing: at the start, something is missing
        """
        met = False
        with ServerConnection(self._connect, self._options.name) as link:
            while not self._stopping:
                try:
                    if not self._session(link):
                        return
                    self._report("The headset went away: waiting for it (Ctrl-C ends).")
                    met = True
                except DeviceMissing:
                    if not met:
                        raise
                link.hold({})
                self._tell.pause()
                until = time.monotonic() + AGAIN
                while time.monotonic() < until and not self._stopping:
                    time.sleep(0.1)

    def stop(self) -> None:
        """End the session in good order."""
        self._stopping = True

    def _session(self, link: ServerConnection) -> bool:
        """Run one session from its beginning to its end; returns whether the headset was lost."""
        with ExitStack() as stack:
            headset, screen = self._open(stack)
            runtime = headset.runtime
            self._report(f"In {runtime.headset} by {runtime.name}{'' if screen else ', without pictures'}.")
            profiles = dict(headset.profiles)
            read = time.thread_time()
            for moment in headset.moments():
                now = time.monotonic()
                snapshot, shared, server = link.snapshot, link.shared, link.server
                intents = self.controllers.step(moment.controls, snapshot, shared, server, now)
                link.hold(intents.holds)
                link.show(moment.controls, intents.box)
                if intents.place:
                    link.place(intents.box)
                for command in intents.commands:
                    link.run(command.name, **command.arguments)
                for hand, pulse in intents.pulses.items():
                    headset.vibrate(hand, pulse)
                if screen is not None and moment.visible:
                    view, renderer = screen
                    draw_list = view.compose(self.controllers, moment.controls, snapshot, shared, server, now)
                    renderer.prepare(draw_list)
                    headset.draw(renderer.draw)
                self.moments += 1
                before, read = read, time.thread_time()
                self.busy += read - before
                self._tell.moment(now, snapshot, server)
                if headset.profiles != profiles:
                    profiles = dict(headset.profiles)
                    kinds = (profiles["left"] or "none", profiles["right"] or "none")
                    self._report(f"Controllers: {kinds[0]} and {kinds[1]}.")
                if self._stopping:
                    headset.leave()
            link.hold({})
            return headset.ended == "lost"

    def _open(self, stack: ExitStack) -> tuple[Headset, tuple[View, Renderer] | None]:
        """Open a session, which the stack closes in reverse order."""
        options = self._options
        if options.headless:
            runtime = Runtime((HEADLESS, TIMESPEC), OPTIONAL)
            stack.callback(runtime.close)
            headset = Headset(runtime, rate=options.rate)
            stack.callback(headset.close)
            return headset, None
        extensions = choose_extensions(options.graphics)
        runtime = Runtime(extensions, OPTIONAL)
        stack.callback(runtime.close)
        context = open_context(extensions)
        stack.callback(context.close)
        renderer = Renderer(context.gl)
        stack.callback(renderer.close)
        view = View()
        stack.callback(view.close)
        screen = StereoSwapchains(runtime, context, options.passthrough, options.refresh_rate)
        headset = Headset(runtime, screen)
        stack.callback(headset.close)
        renderer.backdrop = not screen.shows_room
        for note in screen.notes:
            self._report(note)
        return headset, (view, renderer)

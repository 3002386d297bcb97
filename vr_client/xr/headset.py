"""A session with a headset: its frames, its events, and an orderly end.

Two kinds: with a picture for each eye (:mod:`atomtug.vr_client.xr.stereo`), or without (``XR_MND_headless``), when
there are no frames to wait for and we keep time ourselves.
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from ctypes import POINTER, byref, cast
from dataclasses import dataclass
from typing import Any

from atomtug.core.errors import DeviceMissing
from atomtug.vr_client.xr.actions import Actions, pose_of
from atomtug.vr_client.xr.clock import RuntimeClock
from atomtug.vr_client.xr.controls import HANDS, Controls, HandControls, HandName
from atomtug.vr_client.xr.hand_tracking import HAND_TRACKING, HandTrackers
from atomtug.vr_client.xr.haptics import Pulse
from atomtug.vr_client.xr.runtime import Runtime, quietly, reason
from atomtug.vr_client.xr.screen import Screen

RATE = 90.0
"""Moments a second without a headset's display."""
IDLE = 0.02
"""Seconds between two polls of a session that does not run."""
EYE_HEIGHT = 1.5
"""Assumed height of the head where the runtime does not know the floor, metres."""
PARTING = 3.0
"""Seconds that the client waits for the runtime to end a session."""


@dataclass(frozen=True)
class Moment:
    """One iteration of the frame loop.

    Args:
        controls: head and hands
        visible: whether a picture is wanted
        focused: whether the controllers are ours
    """

    controls: Controls
    visible: bool
    focused: bool


class Headset:
    """A session with a headset.

    Args:
        runtime: with a headset
        screen: what draws; None: nothing does (headless)
        rate: moments a second, where no display sets the pace

    Raises:
        DeviceMissing: the runtime will not have it
    """

    def __init__(self, runtime: Runtime, screen: Screen | None = None, rate: float = RATE) -> None:
        self.runtime, self._screen, self._rate = runtime, screen, rate
        self.xr = xr = runtime.xr
        self.ended = ""
        """Why the session ended: ``quit`` or ``lost``; empty while it goes on."""
        self.profiles: dict[HandName, str] = dict.fromkeys(HANDS, "")
        """The kind of each controller."""
        self.session: Any = None
        self._running = False
        self._state = xr.SessionState.UNKNOWN
        self._leaving: float | None = None
        self._recentring: int | None = None
        """The time at which the room's origin moves, as the runtime has said."""
        self._draw: Callable[..., None] | None = None
        self._spaces: list[Any] = []
        self._actions: Actions | None = None
        self._hands: HandTrackers | None = None
        try:
            self._open()
        except xr.exception.XrException as error:
            self.close()
            raise DeviceMissing(
                f"{runtime.name} won't begin a session ({reason(error)}). docs/vr.md says what it needs."
            ) from error
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        xr, runtime = self.xr, self.runtime
        self._actions = Actions(runtime)
        binding = None if self._screen is None else self._screen.binding()
        self.session = xr.create_session(
            runtime.instance, xr.SessionCreateInfo(system_id=runtime.system, next=binding)
        )
        self._actions.attach(self.session)
        if HAND_TRACKING in runtime.extensions:
            self._hands = HandTrackers(runtime, self.session)
        self._base = self._reference_space()
        self._head = self._space(xr.ReferenceSpaceType.VIEW)
        self._clock = RuntimeClock(runtime) if self._screen is None else None
        if self._screen is not None:
            self._screen.open(self.session, self._base)

    def moments(self) -> Iterator[Moment]:
        """Moments until :attr:`ended`, at the headset's pace.

        To show something in a moment, :meth:`draw` before asking for the next.

        Raises:
            DeviceMissing: the runtime fails in a way that nothing can be done about
        """
        xr = self.xr
        try:
            while True:
                self._poll()
                if self.ended:
                    return
                if not self._running:
                    time.sleep(IDLE)
                elif self._screen is None:
                    yield from self._headless_moment()
                else:
                    yield from self._frame(self._screen)
        except (xr.InstanceLostError, xr.SessionLostError, xr.SessionLossPending):
            self.ended = "lost"
        except xr.exception.XrException as error:
            raise DeviceMissing(
                f"{self.runtime.name} failed in the midst of it ({reason(error)})."
            ) from error

    def draw(self, draw: Callable[..., None]) -> None:
        """Show something in this moment: ``draw`` is called for each eye, see :class:`Screen`."""
        self._draw = draw

    def vibrate(self, hand: HandName, pulse: Pulse) -> None:
        """Vibrate a controller."""
        xr = self.xr
        if self._actions is not None and self._running:
            try:
                self._actions.vibrate(hand, pulse)
            except (xr.InstanceLostError, xr.SessionLostError):
                self.ended = "lost"
            except xr.exception.XrException:
                pass  # not worth ending anything for

    def leave(self) -> None:
        """Ask the runtime to end the session; moments go on until it has."""
        if self._leaving is not None:
            return
        self._leaving = time.monotonic()
        if self._running:
            try:
                self.xr.request_exit_session(self.session)
            except self.xr.exception.XrException:
                self.ended = "quit"
        else:
            self.ended = "quit"

    def close(self) -> None:
        """Release everything, in reverse order. Never raises."""
        xr = self.xr
        if self._screen is not None:
            self._screen.close()
        for space in self._spaces:
            quietly(xr, xr.destroy_space, space)
        self._spaces.clear()
        if self._hands is not None:
            self._hands.close()
            self._hands = None
        if self._actions is not None:
            self._actions.close()
            self._actions = None
        session, self.session = self.session, None
        if session is not None:
            quietly(xr, xr.destroy_session, session)

    # Events -----------------------------------------------------------------------------------------------

    def _poll(self) -> None:
        """Process all waiting events."""
        xr = self.xr
        while True:
            try:
                event = xr.poll_event(self.runtime.instance)
            except xr.EventUnavailable:
                break
            try:
                kind = xr.StructureType(event.type)
            except ValueError:
                continue  # of an extension that even pyopenxr does not know
            if kind == xr.StructureType.EVENT_DATA_SESSION_STATE_CHANGED:
                changed = cast(byref(event), POINTER(xr.EventDataSessionStateChanged)).contents
                self._enter(xr.SessionState(changed.state))
            elif kind == xr.StructureType.EVENT_DATA_INSTANCE_LOSS_PENDING:
                self.ended = "lost"
            elif kind == xr.StructureType.EVENT_DATA_REFERENCE_SPACE_CHANGE_PENDING:
                moves = cast(byref(event), POINTER(xr.EventDataReferenceSpaceChangePending)).contents
                self._recentring = int(moves.change_time)
            elif (
                kind == xr.StructureType.EVENT_DATA_INTERACTION_PROFILE_CHANGED and self._actions is not None
            ):
                self.profiles = {hand: self._actions.profile(hand) for hand in HANDS}
        if self._leaving is not None and time.monotonic() > self._leaving + PARTING:
            self.ended = self.ended or "quit"

    def _enter(self, state: Any) -> None:
        xr, states = self.xr, self.xr.SessionState
        self._state = state
        if state == states.READY and not self._running:
            stereo = xr.ViewConfigurationType.PRIMARY_STEREO
            xr.begin_session(self.session, xr.SessionBeginInfo(primary_view_configuration_type=stereo))
            self._running = True
        elif state == states.STOPPING and self._running:
            self._running = False
            xr.end_session(self.session)
        elif state == states.EXITING:
            self.ended = "quit"
        elif state == states.LOSS_PENDING:
            self.ended = "lost"

    # Moments ----------------------------------------------------------------------------------------------

    def _headless_moment(self) -> Iterator[Moment]:
        assert self._clock is not None
        self._clock.wait_until_due(1.0 / self._rate)
        yield self._moment(self._clock.now(), visible=False)
        self._draw = None

    def _frame(self, screen: Screen) -> Iterator[Moment]:
        """A frame of the compositor's: begun and ended whatever happens between."""
        xr = self.xr
        state = xr.wait_frame(self.session)
        with contextlib.suppress(xr.FrameDiscarded):  # the one before was never ended; this one has begun
            xr.begin_frame(self.session)
        shown = int(state.predicted_display_time)
        visible = bool(state.should_render)
        layers: list[Any] = []
        try:
            yield self._moment(shown, visible)
            draw, self._draw = self._draw, None
            if visible and draw is not None:
                layers = screen.show(shown, draw)
        finally:
            xr.end_frame(
                self.session,
                xr.FrameEndInfo(
                    display_time=shown,
                    environment_blend_mode=screen.blend_mode,
                    layers=layers,
                ),
            )

    def _moment(self, at: int, visible: bool) -> Moment:
        assert self._actions is not None
        focused = self._actions.synchronise()
        head = pose_of(self.xr.locate_space(self._head, self._base, at))
        recentred = self._recentring is not None and at >= self._recentring
        if recentred:
            self._recentring = None
        if not focused:
            return Moment(Controls(head=head, recentred=recentred), visible, False)
        left, right = (self._hand(self._actions, hand, at) for hand in HANDS)
        return Moment(Controls(head, left, right, recentred), visible, True)

    def _hand(self, actions: Actions, hand: HandName, at: int) -> HandControls:
        """A hand with its controller, or else bare."""
        controls = actions.read(hand, self._base, at)
        if controls.grip is None and self._hands is not None:
            return self._hands.read(hand, self._base, at)
        return controls

    # Spaces -----------------------------------------------------------------------------------------------

    def _reference_space(self) -> Any:
        """The room: the stage, whose floor is at 0, or else one that begins below the head."""
        kinds = self.xr.ReferenceSpaceType
        offered = {
            int(getattr(kind, "value", kind)) for kind in self.xr.enumerate_reference_spaces(self.session)
        }
        if kinds.STAGE.value in offered:
            return self._space(kinds.STAGE)
        return self._space(kinds.LOCAL, -EYE_HEIGHT)

    def _space(self, kind: Any, height: float = 0.0) -> Any:
        xr = self.xr
        pose = xr.Posef(xr.Quaternionf(0, 0, 0, 1), xr.Vector3f(0, height, 0))
        info = xr.ReferenceSpaceCreateInfo(reference_space_type=kind, pose_in_reference_space=pose)
        space = xr.create_reference_space(self.session, info)
        self._spaces.append(space)
        return space

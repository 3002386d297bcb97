"""OpenXR actions: their bindings on each kind of controller, and reading them."""

import contextlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from atomtug.vr_client.xr.controller_profiles import EXTENSIONS, PROFILES
from atomtug.vr_client.xr.controls import HANDS, HandControls, HandName
from atomtug.vr_client.xr.haptics import Pulse
from atomtug.vr_client.xr.poses import Pose, normalized
from atomtug.vr_client.xr.runtime import Runtime, quietly

_LABELS = {
    "grip": "Hand",
    "aim": "Pointer",
    "trigger": "Hold an atom",
    "squeeze": "Move the box",
    "primary": "Play or pause",
    "secondary": "Undo",
    "stick": "Relax or move",
    "lever": "Strength of the pull",
    "haptic": "Force",
}
_VALID = 3
"""Bits of a location that say that orientation and position mean something."""


class Actions:
    """The actions of a session. They belong to the instance; :meth:`attach` must come before the first frame.

    Args:
        runtime: with an instance
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime, self._xr = runtime, runtime.xr
        xr = self._xr
        kinds = xr.ActionType
        types = {
            "grip": kinds.POSE_INPUT,
            "aim": kinds.POSE_INPUT,
            "trigger": kinds.FLOAT_INPUT,
            "squeeze": kinds.FLOAT_INPUT,
            "primary": kinds.BOOLEAN_INPUT,
            "secondary": kinds.BOOLEAN_INPUT,
            "stick": kinds.BOOLEAN_INPUT,
            "lever": kinds.FLOAT_INPUT,
            "haptic": kinds.VIBRATION_OUTPUT,
        }
        self._paths = {hand: runtime.path(f"/user/hand/{hand}") for hand in HANDS}
        self._set: Any = xr.create_action_set(
            runtime.instance, xr.ActionSetCreateInfo("atomtug", "Atomtug", priority=0)
        )
        both = list(self._paths.values())
        self._actions = {
            name: xr.create_action(
                self._set,
                xr.ActionCreateInfo(
                    action_name=name,
                    action_type=kind,
                    count_subaction_paths=len(both),
                    subaction_paths=both,
                    localized_action_name=_LABELS[name],
                ),
            )
            for name, kind in types.items()
        }
        for profile, hands in PROFILES.items():
            if EXTENSIONS.get(profile, "") in ("", *runtime.extensions):
                self._suggest(profile, hands)
        self._infos: dict[tuple[str, HandName], Any] = {
            (name, hand): xr.ActionStateGetInfo(self._actions[name], self._paths[hand])
            for name in types
            for hand in HANDS
            if name != "haptic"
        }
        self._haptics = {
            hand: xr.HapticActionInfo(self._actions["haptic"], self._paths[hand]) for hand in HANDS
        }
        self._active = (xr.ActiveActionSet * 1)(xr.ActiveActionSet(self._set, xr.NULL_PATH))
        self._sync = xr.ActionsSyncInfo(count_active_action_sets=1, active_action_sets=self._active)
        self._session: Any = None
        self._spaces: dict[tuple[str, HandName], Any] = {}

    def _suggest(self, profile: str, hands: Mapping[HandName, Mapping[str, str]]) -> None:
        xr, runtime = self._xr, self._runtime
        bindings = [
            xr.ActionSuggestedBinding(self._actions[name], runtime.path(f"/user/hand/{hand}/{control}"))
            for hand, controls in hands.items()
            for name, control in controls.items()
        ]
        # A runtime need not know every controller there is.
        with contextlib.suppress(xr.PathUnsupportedError):
            xr.suggest_interaction_profile_bindings(
                runtime.instance,
                xr.InteractionProfileSuggestedBinding(
                    interaction_profile=runtime.path(f"/interaction_profiles/{profile}"),
                    count_suggested_bindings=len(bindings),
                    suggested_bindings=bindings,
                ),
            )

    def attach(self, session: Any) -> None:
        """Make the actions this session's; done once."""
        xr = self._xr
        self._session = session
        xr.attach_session_action_sets(
            session, xr.SessionActionSetsAttachInfo(count_action_sets=1, action_sets=[self._set])
        )
        for name in ("grip", "aim"):
            for hand in HANDS:
                info = xr.ActionSpaceCreateInfo(
                    action=self._actions[name],
                    subaction_path=self._paths[hand],
                    pose_in_action_space=xr.Posef(xr.Quaternionf(0, 0, 0, 1), xr.Vector3f(0, 0, 0)),
                )
                self._spaces[name, hand] = xr.create_action_space(session, info)

    def synchronise(self) -> bool:
        """Read the controllers; False while the session has no focus and they give nothing."""
        try:
            self._xr.sync_actions(self._session, self._sync)
        except self._xr.SessionNotFocused:
            return False
        return True

    def read(self, hand: HandName, base: Any, time: int) -> HandControls:
        """One hand as of the last synchronisation, in the space ``base`` at a time."""
        grip = self._locate("grip", hand, base, time)
        aim = self._locate("aim", hand, base, time)
        if grip is None and aim is None:
            return HandControls()
        return HandControls(
            grip=grip or aim,
            aim=aim or grip,
            trigger=self._float("trigger", hand),
            squeeze=self._float("squeeze", hand),
            primary=self._boolean("primary", hand),
            secondary=self._boolean("secondary", hand),
            stick=self._boolean("stick", hand),
            lever=self._float("lever", hand),
        )

    def profile(self, hand: HandName) -> str:
        """Which kind of controller it is, e.g. ``valve/index_controller``; empty: none."""
        xr = self._xr
        path = xr.get_current_interaction_profile(self._session, self._paths[hand]).interaction_profile
        if path == xr.NULL_PATH:
            return ""
        return str(xr.path_to_string(self._runtime.instance, path)).removeprefix("/interaction_profiles/")

    def vibrate(self, hand: HandName, pulse: Pulse) -> None:
        """Vibrate a controller."""
        xr = self._xr
        vibration = xr.HapticVibration(
            duration=int(pulse.seconds * 1e9),
            frequency=xr.FREQUENCY_UNSPECIFIED,
            amplitude=min(max(pulse.amplitude, 0.0), 1.0),
        )
        with contextlib.suppress(xr.SessionNotFocused):  # it was lost since the last synchronisation
            xr.apply_haptic_feedback(self._session, self._haptics[hand], vibration)

    def close(self) -> None:
        """Destroy the spaces and the actions, before the session."""
        for space in self._spaces.values():
            quietly(self._xr, self._xr.destroy_space, space)
        self._spaces.clear()
        quietly(self._xr, self._xr.destroy_action_set, self._set)

    def _locate(self, name: str, hand: HandName, base: Any, time: int) -> Pose | None:
        # Asked first: some runtimes give a place to controllers that are switched off.
        if not self._xr.get_action_state_pose(self._session, self._infos[name, hand]).is_active:
            return None
        return pose_of(self._xr.locate_space(self._spaces[name, hand], base, time))

    def _float(self, name: str, hand: HandName) -> float:
        state = self._xr.get_action_state_float(self._session, self._infos[name, hand])
        return float(state.current_state) if state.is_active else 0.0

    def _boolean(self, name: str, hand: HandName) -> bool:
        state = self._xr.get_action_state_boolean(self._session, self._infos[name, hand])
        return bool(state.current_state) and bool(state.is_active)


def pose_of(location: Any) -> Pose | None:
    """An XrSpaceLocation as a pose; None where it is not valid."""
    if int(location.location_flags) & _VALID != _VALID:
        return None
    return to_pose(location.pose)


def to_pose(pose: Any) -> Pose:
    """An XrPosef as a pose."""
    p, q = pose.position, pose.orientation
    return Pose(np.array([p.x, p.y, p.z]), normalized(np.array([q.x, q.y, q.z, q.w])))

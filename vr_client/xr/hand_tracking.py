"""Bare hands: a pinch of thumb and forefinger is a trigger, a fist is a grip (``XR_EXT_hand_tracking``)."""

import contextlib
from ctypes import byref, cast
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atomtug.core.arrays import Floats
from atomtug.vr_client.xr.controls import HANDS, PINCH, HandControls, HandName
from atomtug.vr_client.xr.poses import Pose, normalized, rotate
from atomtug.vr_client.xr.runtime import Runtime, quietly

HAND_TRACKING = "XR_EXT_hand_tracking"
JOINTS = 26
PALM, THUMB_TIP, INDEX_TIP = 0, 5, 10
FINGERTIPS = (10, 15, 20, 25)
"""Joints as the extension numbers them."""
PINCH_OPEN, PINCH_SHUT = 0.030, 0.010
"""Distances between the tips of thumb and forefinger that are no pinch and a full one, metres."""
FIST_OPEN, FIST_SHUT = 0.075, 0.050
"""Distances of the farthest fingertip from the palm that are no fist and a full one, metres."""
_VALID = 3


def hand_controls(palm: Pose, tips: Floats, thumb: Floats) -> HandControls:
    """What a bare hand does.

    Args:
        palm: room; -z is to the fingers, y out of the back of the hand
        tips: (4, 3) of forefinger, middle, ring and little finger, room
        thumb: (3,) its tip, room
    """
    fist = _share(float(np.linalg.norm(tips - palm.position, axis=1).max()), FIST_OPEN, FIST_SHUT)
    pinch = _share(float(np.linalg.norm(tips[0] - thumb)), PINCH_OPEN, PINCH_SHUT)
    # In a fist thumb and forefinger meet, too.
    trigger = pinch if fist < 0.5 else 0.0
    middle = (tips[0] + thumb) / 2
    aim = Pose(middle - rotate(palm.orientation, PINCH), palm.orientation)
    return HandControls(grip=palm, aim=aim, trigger=trigger, squeeze=fist)


def _share(distance: float, none: float, full: float) -> float:
    return float(np.clip((none - distance) / (none - full), 0.0, 1.0))


class HandTrackers:
    """Both hands' joints in a session.

    Args:
        runtime: with the extension
        session: the session
    """

    def __init__(self, runtime: Runtime, session: Any) -> None:
        self._xr = xr = runtime.xr
        self._trackers: dict[HandName, Any] = {}
        self._places = (xr.HandJointLocationEXT * JOINTS)()
        self._locate = cast(
            xr.get_instance_proc_addr(runtime.instance, "xrLocateHandJointsEXT"), xr.PFN_xrLocateHandJointsEXT
        )
        # A runtime may have the extension, and its headset no cameras.
        with contextlib.suppress(xr.FeatureUnsupportedError):
            for hand, side in zip(HANDS, (xr.HandEXT.LEFT, xr.HandEXT.RIGHT), strict=True):
                info = xr.HandTrackerCreateInfoEXT(hand=side, hand_joint_set=xr.HandJointSetEXT.DEFAULT)
                self._trackers[hand] = xr.create_hand_tracker_ext(session, info)

    def read(self, hand: HandName, base: Any, time: int) -> HandControls:
        """One hand in the space ``base`` at a time."""
        xr, tracker = self._xr, self._trackers.get(hand)
        if tracker is None:
            return HandControls()
        found = xr.HandJointLocationsEXT(joint_count=JOINTS, joint_locations=self._places)
        info = xr.HandJointsLocateInfoEXT(base_space=base, time=time)
        result = xr.check_result(xr.Result(self._locate(tracker, byref(info), byref(found))))
        if result.is_exception():
            raise result
        needed = (PALM, THUMB_TIP, *FINGERTIPS)
        if not found.is_active or any(
            int(self._places[joint].location_flags) & _VALID != _VALID for joint in needed
        ):
            return HandControls()
        palm = self._places[PALM].pose.orientation
        turn = normalized(np.array([palm.x, palm.y, palm.z, palm.w]))
        tips = np.array([self._place(joint) for joint in FINGERTIPS])
        return hand_controls(Pose(self._place(PALM), turn), tips, self._place(THUMB_TIP))

    def close(self) -> None:
        """Destroy the trackers, before the session."""
        for tracker in self._trackers.values():
            quietly(self._xr, self._xr.destroy_hand_tracker_ext, tracker)
        self._trackers.clear()

    def _place(self, joint: int) -> NDArray[np.float64]:
        place = self._places[joint].pose.position
        return np.array([place.x, place.y, place.z])

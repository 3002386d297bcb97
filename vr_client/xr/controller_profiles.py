"""Kinds of controllers, and what each action is bound to on them."""

from collections.abc import Mapping

from atomtug.vr_client.xr.controls import HANDS, HandName

Bindings = Mapping[HandName, Mapping[str, str]]

_POSES = {"grip": "input/grip/pose", "aim": "input/aim/pose", "haptic": "output/haptic"}
_STICK = {"stick": "input/thumbstick/click", "lever": "input/thumbstick/y"}
_TOUCH: Bindings = {
    hand: {
        **_POSES,
        **_STICK,
        "trigger": "input/trigger/value",
        "squeeze": "input/squeeze/value",
        "primary": f"input/{lower}/click",
        "secondary": f"input/{upper}/click",
    }
    for hand, lower, upper in zip(HANDS, ("x", "a"), ("y", "b"), strict=True)
}
_WITH_TRACKPAD: Mapping[str, str] = {
    **_POSES,
    "trigger": "input/trigger/value",
    "squeeze": "input/squeeze/click",
    "primary": "input/menu/click",
    "secondary": "input/trackpad/click",
}
PROFILES: Mapping[str, Bindings] = {
    # Two buttons only: no grips, no undo.
    "khr/simple_controller": {
        hand: {**_POSES, "trigger": "input/select/click", "primary": "input/menu/click"} for hand in HANDS
    },
    "oculus/touch_controller": _TOUCH,
    "meta/touch_controller_plus": _TOUCH,
    "facebook/touch_controller_pro": _TOUCH,
    # Its "squeeze/value" is up as soon as fingers lie on it; the force is what a hand means.
    "valve/index_controller": {
        hand: {
            **_POSES,
            **_STICK,
            "trigger": "input/trigger/value",
            "squeeze": "input/squeeze/force",
            "primary": "input/a/click",
            "secondary": "input/b/click",
        }
        for hand in HANDS
    },
    "microsoft/motion_controller": {
        hand: {**_WITH_TRACKPAD, "lever": "input/thumbstick/y"} for hand in HANDS
    },
    "htc/vive_controller": dict.fromkeys(HANDS, _WITH_TRACKPAD),
    # What a runtime makes of controllers that no profile above describes.
    "khr/generic_controller": {
        hand: {
            **_POSES,
            **_STICK,
            "trigger": "input/trigger/value",
            "squeeze": "input/squeeze/value",
            "primary": "input/primary/click",
            "secondary": "input/secondary/click",
        }
        for hand in HANDS
    },
}
"""Profile -> hand -> action -> the control it is bound to."""
EXTENSIONS: Mapping[str, str] = {
    "meta/touch_controller_plus": "XR_META_touch_controller_plus",
    "facebook/touch_controller_pro": "XR_FB_touch_controller_pro",
    "khr/generic_controller": "XR_KHR_generic_controller",
}
"""The extensions that profiles come with; those that are not named here every runtime may know."""

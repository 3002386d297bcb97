"""The OpenXR runtime without a device (xr_runtime/): built by gcc, found by the real loader, led by tests."""

import ctypes
import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np

SOURCES = Path(__file__).parent / "xr_runtime"
LEFT, RIGHT, HEAD = 0, 1, 2
STRAIGHT = (0.0, 0.0, 0.0, 1.0)


class XrDouble:
    """The double, built into a folder. Use :meth:`environment` before an instance is made."""

    def __init__(self, folder: Path) -> None:
        library = folder / "libatomtug_xr_double.so"
        sources = sorted(SOURCES.glob("*.c"))
        flags = ["-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-O1", "-fvisibility=hidden"]
        subprocess.run(
            ["gcc", *flags, "-shared", "-fPIC", "-o", library, *sources, "-lpthread", "-lm", "-ldl"],
            check=True,
        )
        self.manifest = folder / "runtime.json"
        self.manifest.write_text(
            json.dumps(
                {
                    "file_format_version": "1.0.0",
                    "runtime": {"name": "atomtug's double", "library_path": str(library)},
                }
            )
        )
        self.validation = folder / "validation.txt"
        self._library = ctypes.CDLL(str(library))
        self._library.double_rate.restype = ctypes.c_float
        self._library.double_complaint.restype = ctypes.c_char_p
        self._library.double_pixels.restype = ctypes.POINTER(ctypes.c_ubyte)
        self.reset()

    def environment(self) -> dict[str, str]:
        """Variables by which the loader finds the double, with the validation layer between it and the client."""
        return {
            "XR_RUNTIME_JSON": str(self.manifest),
            "XR_ENABLE_API_LAYERS": "XR_APILAYER_LUNARG_core_validation",
            "XR_CORE_VALIDATION_EXPORT_TYPE": "text",
            "XR_CORE_VALIDATION_FILE_NAME": str(self.validation),
        }

    def reset(self) -> None:
        """As when it was loaded: a headset with two Index controllers, tracked, focused."""
        self._library.double_reset()
        self.validation.unlink(missing_ok=True)

    def offer(self, headset=True, stage=True, headless=True, egl=True) -> None:
        """What there is."""
        self._library.double_offer(*(ctypes.c_bool(x) for x in (headset, stage, headless, egl)))

    def profile(self, name: str) -> None:
        """Which controllers, e.g. ``htc/vive_controller``; empty: none."""
        self._library.double_profile(f"/interaction_profiles/{name}".encode() if name else b"")

    def pose(self, hand: int, position, orientation=STRAIGHT) -> None:
        """Put a hand (its grip) or the head somewhere."""
        self._library.double_pose(hand, (ctypes.c_float * 7)(*map(float, [*position, *orientation])))

    def point(self, hand: int, pinch) -> None:
        """Put a hand, unturned, so that its fingertips are at a place."""
        self.pose(hand, np.asarray(pinch) + np.array([0.0, 0.0, 0.08]))

    def joints(self, hand: int, joints) -> None:
        """Show a bare hand, (26, 7) positions and orientations of its joints; None: it is not seen."""
        flat = None if joints is None else (ctypes.c_float * 182)(*np.asarray(joints).ravel())
        self._library.double_joints(hand, flat)

    def display(self, cameras: bool = True, alpha: bool = False, additive: bool = False) -> None:
        """Whether the room can be seen: by a layer of its own, or by blending."""
        self._library.double_display(ctypes.c_bool(cameras), alpha + 2 * additive)

    @property
    def rate(self) -> float:
        """The refresh rate in use, Hz."""
        return self._library.double_rate()

    @property
    def composition(self) -> tuple[int, int]:
        """How the last frame is blended with the room, and how many layers it had."""
        return self._library.double_blend(), self._library.double_layers()

    def bare_hands(self, there: bool) -> None:
        """Whether the headset can see bare hands at all."""
        self._library.double_bare_hands(ctypes.c_bool(there))

    def track(self, hand: int, tracked: bool) -> None:
        """Whether the controller is seen."""
        self._library.double_track(hand, ctypes.c_bool(tracked))

    def press(self, hand: int, control: str, x: float = 1.0, y: float = 0.0) -> None:
        """Press (or release) e.g. ``trigger/value``."""
        self._library.double_input(hand, f"/input/{control}".encode(), ctypes.c_float(x), ctypes.c_float(y))

    def recentre(self, position, orientation=STRAIGHT) -> None:
        """The person moves the origin of stage and local space there."""
        self._library.double_recentre((ctypes.c_float * 7)(*map(float, [*position, *orientation])))

    def keep_pictures(self, keep: bool) -> None:
        """Whether frames are read back, so that :meth:`picture` has them. It takes the client's time."""
        self._library.double_keep_pictures(ctypes.c_bool(keep))

    def focus(self, focused: bool) -> None:
        """Let the client have the controllers, or not."""
        self._library.double_focus(ctypes.c_bool(focused))

    def stop(self, for_good: bool) -> None:
        """The headset is taken off, or the person quits."""
        self._library.double_stop(ctypes.c_bool(for_good))

    def lose_session(self) -> None:
        self._library.double_lose_session()

    def lose_instance(self, at_once: bool = False) -> None:
        self._library.double_lose_instance(ctypes.c_bool(at_once))

    def lose_at(self, call: str, instance: bool = False) -> None:
        """Lose the session, or the whole instance, at the next call of this name."""
        self._library.double_lose_at(call.encode(), ctypes.c_bool(instance))

    def period(self, seconds: float) -> None:
        """Between frames."""
        self._library.double_period(ctypes.c_double(seconds))

    def haptic(self, hand: int) -> tuple[float, float, int]:
        """The last vibration: amplitude, seconds, and how many there were."""
        amplitude, seconds, count = ctypes.c_float(), ctypes.c_double(), ctypes.c_int()
        self._library.double_haptic(hand, *(ctypes.byref(x) for x in (amplitude, seconds, count)))
        return amplitude.value, seconds.value, count.value

    def picture(self, eye: int) -> np.ndarray | None:
        """(height, width, 4) of the last frame, top row first."""
        width, height = ctypes.c_int(), ctypes.c_int()
        pixels = self._library.double_pixels(eye, ctypes.byref(width), ctypes.byref(height))
        if not pixels:
            return None
        return np.ctypeslib.as_array(pixels, (height.value, width.value, 4))[::-1].copy()

    @property
    def state(self) -> int:
        """Of the session, as numbered by OpenXR; 0: there is none."""
        return self._library.double_state()

    @property
    def objects(self) -> int:
        """How many handles were not given back."""
        return self._library.double_objects()

    @property
    def syncs(self) -> int:
        return self._library.double_syncs()

    @property
    def creations(self) -> int:
        """How many instances there were."""
        return self._library.double_creations()

    @property
    def frames(self) -> int:
        """How many pictures came."""
        return self._library.double_frames()

    @property
    def complaints(self) -> str:
        """What the double refused, and what the validation layer said; empty: nothing."""
        said = self.validation.read_text() if self.validation.exists() else ""
        wrong = [line for line in said.splitlines() if "error" in line.lower() or "warning" in line.lower()]
        return "\n".join([*filter(None, [self._library.double_complaint().decode()]), *wrong])


def missing() -> str:
    """Why the double can't be used here; empty: it can."""
    if os.uname().sysname != "Linux":
        return "the OpenXR double is built for Linux"
    if shutil.which("gcc") is None:
        return "gcc is missing, which builds the OpenXR double"
    try:
        import xr  # noqa: F401
    except Exception as error:
        return f"pyopenxr can't be loaded: {error}"
    return ""

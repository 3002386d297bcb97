"""The OpenXR runtime: finding it, and a sentence for each thing that is missing.

``xr`` (pyopenxr) brings the loader; the runtime is SteamVR, Monado, Meta's or another one that this machine names.
Nothing here or below imports ``xr`` at the top of a module: without it the rest of atomtug works.
"""

import contextlib
import os
from typing import Any

from atomtug.core.errors import DeviceMissing

HEADLESS, TIMESPEC = "XR_MND_headless", "XR_KHR_convert_timespec_time"
OPENGL, EGL = "XR_KHR_opengl_enable", "XR_MNDX_egl_enable"


def load_xr() -> Any:
    """The module ``xr``.

    Raises:
        DeviceMissing: it is not installed, or does not find its libraries
    """
    # The loader would add lines of its own to ours.
    os.environ.setdefault("XR_LOADER_DEBUG", "none")
    try:
        import xr
    except ModuleNotFoundError as error:
        if error.name != "xr":
            raise DeviceMissing(
                f"A library for headsets is missing ({error}): pip install 'atomtug[vr]'."
            ) from error
        raise DeviceMissing("pyopenxr is not installed: pip install 'atomtug[vr]'.") from error
    except Exception as error:  # PyOpenGL's and ctypes' ways of not finding a library are many
        raise DeviceMissing(
            f"pyopenxr can't be loaded ({error}): it needs OpenGL's library, on Debian and Ubuntu libgl1."
        ) from error
    return xr


class Runtime:
    """An instance of the runtime, and its headset.

    Args:
        extensions: those that will be used
        optional: those that are used where the runtime has them

    Raises:
        DeviceMissing: there is no runtime, it lacks an extension, or it sees no headset
    """

    def __init__(self, extensions: tuple[str, ...], optional: tuple[str, ...] = ()) -> None:
        self.xr = xr = load_xr()
        offered = self._offered()
        lacking = [name for name in extensions if name not in offered]
        if lacking:
            raise DeviceMissing(_lacking(lacking))
        self.extensions = frozenset([*extensions, *(name for name in optional if name in offered)])
        """Names of the extensions in use."""
        self.instance: Any = self._create(sorted(self.extensions))
        try:
            self.name: str = _text(xr.get_instance_properties(self.instance).runtime_name)
            """Name of the runtime."""
            self.system: Any = self._find_headset()
            """The headset's id."""
            self.headset: str = _text(xr.get_system_properties(self.instance, self.system).system_name)
            """The headset's name."""
        except BaseException:
            self.close()
            raise

    @classmethod
    def offers(cls, *extensions: str) -> bool:
        """Whether the runtime that is there has these extensions.

        Raises:
            DeviceMissing: there is no runtime
        """
        runtime = cls.__new__(cls)
        runtime.xr = load_xr()
        return set(extensions) <= runtime._offered()

    def path(self, text: str) -> Any:
        """A path as a number."""
        return self.xr.string_to_path(self.instance, text)

    def close(self) -> None:
        """Destroy the instance. Never raises."""
        instance, self.instance = self.instance, None
        if instance is not None:
            quietly(self.xr, self.xr.destroy_instance, instance)

    def _offered(self) -> set[str]:
        xr = self.xr
        try:
            properties = xr.enumerate_instance_extension_properties()
        except xr.exception.XrException as error:
            raise DeviceMissing(_no_runtime(error)) from error
        return {_text(getattr(one, "extension_name", one)) for one in properties}

    def _create(self, extensions: list[str]) -> Any:
        xr = self.xr
        info = xr.InstanceCreateInfo(
            application_info=xr.ApplicationInfo(
                application_name="atomtug",
                application_version=1,
                engine_name="atomtug",
                engine_version=1,
                api_version=xr.Version(1, 0, 0),
            ),
            enabled_extension_names=extensions,
        )
        try:
            return xr.create_instance(info)
        except xr.exception.XrException as error:
            raise DeviceMissing(_no_runtime(error)) from error

    def _find_headset(self) -> Any:
        xr = self.xr
        try:
            return xr.get_system(
                self.instance, xr.SystemGetInfo(form_factor=xr.FormFactor.HEAD_MOUNTED_DISPLAY)
            )
        except (xr.FormFactorUnavailableError, xr.FormFactorUnsupportedError) as error:
            raise DeviceMissing(
                f"{self.name} sees no headset: connect it, switch it on, and start atomtug vr again."
            ) from error
        except xr.exception.XrException as error:
            raise DeviceMissing(f"{self.name} can't say which headset there is ({reason(error)}).") from error


def quietly(xr: Any, call: Any, *arguments: Any) -> None:
    """Call a function while closing, and ignore its errors."""
    with contextlib.suppress(xr.exception.XrException):
        call(*arguments)


def reason(error: Exception) -> str:
    """An error of OpenXR in a few words."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _no_runtime(error: Exception) -> str:
    return (
        f"No OpenXR runtime answers ({reason(error)}): start SteamVR, Monado, WiVRn or Meta Quest Link and make it "
        f"the active OpenXR runtime; docs/vr.md says how."
    )


def _lacking(names: list[str]) -> str:
    if HEADLESS in names:
        return f"This OpenXR runtime can't do without a picture ({HEADLESS}): leave out --headless."
    if OPENGL in names:
        return f"This OpenXR runtime can't show pictures made with OpenGL ({OPENGL}): use SteamVR, Monado or Meta's."
    return f"This OpenXR runtime lacks {' and '.join(names)}."

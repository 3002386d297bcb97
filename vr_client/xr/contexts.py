"""OpenGL contexts for a headset, and their bindings for OpenXR.

EGL needs no window system (Monado offers it); a hidden GLFW window serves GLX (X11) and WGL (Windows).
"""

import ctypes
import os
import platform
import warnings
from typing import Any, Protocol

from atomtug.core.errors import DeviceMissing, InputError
from atomtug.vr_client.xr.runtime import EGL, OPENGL, Runtime

GRAPHICS = ("auto", "egl", "window")
_BINDING_WIN32, _BINDING_XLIB, _BINDING_EGL = 1000023000, 1000023001, 1000048004
_CONFIG_ID, _NONE = 0x3028, 0x3038


class GlContext(Protocol):
    """A context that is current in this thread."""

    gl: Any
    """The moderngl context."""

    def binding(self) -> ctypes.Structure:
        """The graphics binding for xrCreateSession."""

    def close(self) -> None:
        """End it."""


class _EglBinding(ctypes.Structure):
    """XrGraphicsBindingEGLMNDX."""

    _fields_ = (
        ("type", ctypes.c_int32),
        ("next", ctypes.c_void_p),
        ("get_proc_address", ctypes.c_void_p),
        ("display", ctypes.c_void_p),
        ("config", ctypes.c_void_p),
        ("context", ctypes.c_void_p),
    )


class _XlibBinding(ctypes.Structure):
    """XrGraphicsBindingOpenGLXlibKHR."""

    _fields_ = (
        ("type", ctypes.c_int32),
        ("next", ctypes.c_void_p),
        ("display", ctypes.c_void_p),
        ("visual", ctypes.c_uint32),
        ("config", ctypes.c_void_p),
        ("drawable", ctypes.c_ulong),
        ("context", ctypes.c_void_p),
    )


class _Win32Binding(ctypes.Structure):
    """XrGraphicsBindingOpenGLWin32KHR."""

    _fields_ = (
        ("type", ctypes.c_int32),
        ("next", ctypes.c_void_p),
        ("device", ctypes.c_void_p),
        ("context", ctypes.c_void_p),
    )


class EglContext:
    """A context without a window.

    Raises:
        DeviceMissing: there is no EGL, or no OpenGL 3.3 behind it
    """

    def __init__(self) -> None:
        self.gl: Any = _moderngl_context(standalone=True, backend="egl")

    def binding(self) -> ctypes.Structure:
        """XrGraphicsBindingEGLMNDX of the context that is current."""
        egl = ctypes.CDLL("libEGL.so.1")
        for name in ("eglGetCurrentDisplay", "eglGetCurrentContext"):
            getattr(egl, name).restype = ctypes.c_void_p
        display = ctypes.c_void_p(egl.eglGetCurrentDisplay())
        context = ctypes.c_void_p(egl.eglGetCurrentContext())
        number, found, config = ctypes.c_int(), ctypes.c_int(), ctypes.c_void_p()
        egl.eglQueryContext(display, context, _CONFIG_ID, ctypes.byref(number))
        wanted = (ctypes.c_int * 3)(_CONFIG_ID, number.value, _NONE)
        egl.eglChooseConfig(display, wanted, ctypes.byref(config), 1, ctypes.byref(found))
        address = ctypes.cast(egl.eglGetProcAddress, ctypes.c_void_p)
        return _EglBinding(
            _BINDING_EGL,
            None,
            address.value,
            display.value,
            config.value if found.value else None,
            context.value,
        )

    def close(self) -> None:
        """End it."""
        self.gl.release()


class WindowContext:
    """A context of a hidden window.

    Raises:
        DeviceMissing: there is no window system, or no OpenGL 3.3 in it
    """

    def __init__(self) -> None:
        import glfw

        self._glfw = glfw
        linux = platform.system() == "Linux"
        if linux and hasattr(glfw, "PLATFORM_X11"):
            glfw.init_hint(glfw.PLATFORM, glfw.PLATFORM_X11)  # OpenXR has no words for Wayland's contexts
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # which glfw would have in addition to ours
            begun = glfw.init()
        if not begun:
            raise DeviceMissing(
                "There is no X server for the graphics card's OpenGL (DISPLAY is "
                f"{os.environ.get('DISPLAY') or 'not set'}): start atomtug vr from a desktop session."
                if linux
                else "There is no window system for OpenGL."
            )
        for hint, value in (
            (glfw.VISIBLE, glfw.FALSE),
            (glfw.CONTEXT_VERSION_MAJOR, 3),
            (glfw.CONTEXT_VERSION_MINOR, 3),
            (glfw.OPENGL_PROFILE, glfw.OPENGL_CORE_PROFILE),
        ):
            glfw.window_hint(hint, value)
        self._window = glfw.create_window(64, 64, "atomtug", None, None)
        if not self._window:
            glfw.terminate()
            raise DeviceMissing(
                "The graphics driver has no OpenGL 3.3: update it, or use another graphics card."
            )
        glfw.make_context_current(self._window)
        glfw.swap_interval(0)
        try:
            self.gl: Any = _moderngl_context()
        except BaseException:
            self.close()
            raise

    def binding(self) -> ctypes.Structure:
        """The binding of the context that is current, as this platform has it."""
        if platform.system() == "Windows":
            wgl: Any = ctypes.WinDLL("opengl32")  # type: ignore[attr-defined,unused-ignore]
            for name in ("wglGetCurrentDC", "wglGetCurrentContext"):
                getattr(wgl, name).restype = ctypes.c_void_p
            return _Win32Binding(_BINDING_WIN32, None, wgl.wglGetCurrentDC(), wgl.wglGetCurrentContext())
        return _xlib_binding()

    def close(self) -> None:
        """End it."""
        gl = getattr(self, "gl", None)
        if gl is not None:
            gl.release()
        self._glfw.destroy_window(self._window)
        self._glfw.terminate()


def _xlib_binding() -> ctypes.Structure:
    glx = ctypes.CDLL("libGL.so.1")
    for name in ("glXGetCurrentDisplay", "glXGetCurrentContext", "glXChooseFBConfig"):
        getattr(glx, name).restype = ctypes.c_void_p
    glx.glXGetCurrentDrawable.restype = ctypes.c_ulong
    display = ctypes.c_void_p(glx.glXGetCurrentDisplay())
    context = ctypes.c_void_p(glx.glXGetCurrentContext())
    config_id, screen = 0x8013, 0x800C
    number, where, count, visual = (ctypes.c_int() for _ in range(4))
    glx.glXQueryContext(display, context, config_id, ctypes.byref(number))
    glx.glXQueryContext(display, context, screen, ctypes.byref(where))
    wanted = (ctypes.c_int * 3)(config_id, number.value, 0)
    configs = glx.glXChooseFBConfig(display, where, wanted, ctypes.byref(count))
    config = None
    if configs and count.value:
        config = ctypes.cast(configs, ctypes.POINTER(ctypes.c_void_p))[0]
        glx.glXGetFBConfigAttrib(display, ctypes.c_void_p(config), 0x800B, ctypes.byref(visual))
        free = ctypes.CDLL("libX11.so.6").XFree
        free(ctypes.c_void_p(configs))
    return _XlibBinding(
        _BINDING_XLIB, None, display.value, visual.value, config, glx.glXGetCurrentDrawable(), context.value
    )


def _moderngl_context(**how: Any) -> Any:
    try:
        import moderngl
    except ModuleNotFoundError as error:
        raise DeviceMissing("moderngl is not installed: pip install 'atomtug[vr]'.") from error
    try:
        return moderngl.create_context(require=330, **how)
    except Exception as error:  # moderngl and its backends raise what they find
        what = str(error).strip().splitlines()
        raise DeviceMissing(
            f"There is no OpenGL 3.3 ({what[0] if what else type(error).__name__}): "
            f"install the graphics card's driver (on Debian and Ubuntu without one: libegl1 libgl1-mesa-dri)."
        ) from error


def choose_extensions(graphics: str) -> tuple[str, ...]:
    """The extensions that connect the runtime with an OpenGL context.

    Args:
        graphics: one of :data:`GRAPHICS`

    Raises:
        DeviceMissing: there is no runtime
        InputError: no such graphics
    """
    if graphics not in GRAPHICS:
        raise InputError(f"There are no graphics {graphics!r}: use {', '.join(GRAPHICS)}.")
    if graphics == "window" or platform.system() != "Linux":
        return (OPENGL,)
    # A desktop's own way comes first: more runtimes were tried with it.
    if graphics == "egl" or (not os.environ.get("DISPLAY") and Runtime.offers(EGL)):
        return (OPENGL, EGL)
    return (OPENGL,)


def open_context(extensions: tuple[str, ...]) -> GlContext:
    """A context for these extensions.

    Raises:
        DeviceMissing: there is none
    """
    return EglContext() if EGL in extensions else WindowContext()

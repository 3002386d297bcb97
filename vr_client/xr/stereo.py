"""An image for each eye, drawn into the runtime's swapchains."""

import ctypes
from collections.abc import Callable
from typing import Any

from atomtug.core.errors import DeviceMissing
from atomtug.vr_client.xr.actions import to_pose
from atomtug.vr_client.xr.contexts import GlContext
from atomtug.vr_client.xr.display import Passthrough, request_rate
from atomtug.vr_client.xr.poses import Pose
from atomtug.vr_client.xr.renderer import projection_of
from atomtug.vr_client.xr.runtime import Runtime, quietly

Draw = Callable[[Any, tuple[int, int], Pose, Any], None]
"""(framebuffer, size, eye, projection) -> drawn; see :meth:`atomtug.vr_client.xr.renderer.Renderer.draw`."""

# GL_SRGB8_ALPHA8, GL_RGBA16F, GL_RGB10_A2, GL_RGBA8: the first that the runtime has. Not GL_SRGB8: OpenGL need not
# be able to draw into it.
_FORMATS = (0x8C43, 0x881A, 0x8059, 0x8058)
_VALID = 3


class _Eye:
    """The images of one eye."""

    def __init__(self, swapchain: Any, size: tuple[int, int], targets: list[Any]) -> None:
        self.swapchain, self.size, self.targets = swapchain, size, targets


class StereoSwapchains:
    """The swapchains of both eyes, for a :class:`~atomtug.vr_client.xr.headset.Headset`.

    Args:
        runtime: with a headset
        context: current in this thread
        passthrough: whether the person's own room is to be seen behind the pictures
        rate: the refresh rate that is wanted, Hz; None: whatever it is

    Raises:
        DeviceMissing: runtime and graphics don't fit
    """

    def __init__(
        self, runtime: Runtime, context: GlContext, passthrough: bool = False, rate: float | None = None
    ) -> None:
        self.notes: list[str] = []
        """Sentences on what was wanted and can't be had."""
        self._wanted, self._rate = passthrough, rate
        self._passthrough: Passthrough | None = None
        self._runtime, self._context, self._xr = runtime, context, runtime.xr
        self._eyes: list[_Eye] = []
        self._session: Any = None
        self._space: Any = None
        self._check_version()

    @property
    def blend_mode(self) -> Any:
        """How a frame is to be blended with the room."""
        room = self._passthrough
        return self._xr.EnvironmentBlendMode.OPAQUE if room is None else room.blend_mode

    @property
    def shows_room(self) -> bool:
        """Whether the person's own room is seen where nothing is drawn."""
        return self._passthrough is not None and self._passthrough.works

    def binding(self) -> Any:
        """The graphics binding for xrCreateSession's ``next``."""
        self._binding = self._context.binding()  # kept: the session is told where it is
        return ctypes.cast(ctypes.pointer(self._binding), ctypes.c_void_p)

    def open(self, session: Any, space: Any) -> None:
        """Create the images.

        Raises:
            DeviceMissing: the runtime offers no format that OpenGL can draw into
        """
        xr, runtime = self._xr, self._runtime
        self._session, self._space = session, space
        offered = [int(number) for number in xr.enumerate_swapchain_formats(session)]
        known = [number for number in _FORMATS if number in offered]
        if not known:
            raise DeviceMissing(f"{runtime.name} offers no image format that OpenGL can draw into.")
        self.notes = []
        if self._wanted:
            self._passthrough = Passthrough(runtime, session)
            if not self._passthrough.works:
                self.notes.append(f"{runtime.headset} can't show your own room behind the molecule.")
        if self._rate is not None and (note := request_rate(runtime, session, self._rate)):
            self.notes.append(note)
        stereo = xr.ViewConfigurationType.PRIMARY_STEREO
        views = xr.enumerate_view_configuration_views(runtime.instance, runtime.system, stereo)
        for view in views:
            size = (int(view.recommended_image_rect_width), int(view.recommended_image_rect_height))
            info = xr.SwapchainCreateInfo(
                usage_flags=xr.SwapchainUsageFlags.COLOR_ATTACHMENT_BIT | xr.SwapchainUsageFlags.SAMPLED_BIT,
                format=known[0],
                sample_count=1,
                width=size[0],
                height=size[1],
                face_count=1,
                array_size=1,
                mip_count=1,
            )
            swapchain = xr.create_swapchain(session, info)
            self._eyes.append(_Eye(swapchain, size, []))
            images = xr.enumerate_swapchain_images(swapchain, xr.SwapchainImageOpenGLKHR)
            self._eyes[-1].targets = [self._target(int(image.image), size) for image in images]

    def show(self, time: int, draw: Draw) -> list[Any]:
        """Draw each eye for a time; returns the layers of the frame, none where the eyes are not tracked."""
        xr = self._xr
        info = xr.ViewLocateInfo(
            view_configuration_type=xr.ViewConfigurationType.PRIMARY_STEREO,
            display_time=time,
            space=self._space,
        )
        state, views = xr.locate_views(self._session, info)
        if int(state.view_state_flags) & _VALID != _VALID:
            return []
        shown = [self._show(eye, view, draw) for eye, view in zip(self._eyes, views, strict=True)]
        # Kept until the frame has ended: the layer points to them.
        self._views = (xr.CompositionLayerProjectionView * len(shown))(*shown)
        flags = xr.CompositionLayerFlags.BLEND_TEXTURE_SOURCE_ALPHA_BIT if self.shows_room else 0
        self._layer = xr.CompositionLayerProjection(
            layer_flags=flags, space=self._space, view_count=len(shown), views=self._views
        )
        behind = [] if self._passthrough is None else self._passthrough.layers
        return [*behind, ctypes.byref(self._layer)]

    def close(self) -> None:
        """Release the images."""
        for eye in self._eyes:
            for target in eye.targets:
                target.release()
            quietly(self._xr, self._xr.destroy_swapchain, eye.swapchain)
        self._eyes.clear()
        if self._passthrough is not None:
            self._passthrough.close()
            self._passthrough = None

    def _show(self, eye: _Eye, view: Any, draw: Draw) -> Any:
        xr = self._xr
        number = xr.acquire_swapchain_image(eye.swapchain, xr.SwapchainImageAcquireInfo())
        xr.wait_swapchain_image(eye.swapchain, xr.SwapchainImageWaitInfo(timeout=xr.INFINITE_DURATION))
        try:
            fov = view.fov
            projection = projection_of(fov.angle_left, fov.angle_right, fov.angle_up, fov.angle_down)
            draw(eye.targets[number], eye.size, to_pose(view.pose), projection)
        finally:
            xr.release_swapchain_image(eye.swapchain, xr.SwapchainImageReleaseInfo())
        return xr.CompositionLayerProjectionView(
            pose=view.pose,
            fov=view.fov,
            sub_image=xr.SwapchainSubImage(
                swapchain=eye.swapchain,
                image_rect=xr.Rect2Di(xr.Offset2Di(0, 0), xr.Extent2Di(*eye.size)),
                image_array_index=0,
            ),
        )

    def _target(self, image: int, size: tuple[int, int]) -> Any:
        gl = self._context.gl
        return gl.framebuffer([gl.external_texture(image, size, 4, 0, "f1")])

    def _check_version(self) -> None:
        """Check the runtime's requirements, which OpenXR demands before a session."""
        xr, runtime = self._xr, self._runtime
        name = "xrGetOpenGLGraphicsRequirementsKHR"
        ask = ctypes.cast(
            xr.get_instance_proc_addr(runtime.instance, name), xr.PFN_xrGetOpenGLGraphicsRequirementsKHR
        )
        needs = xr.GraphicsRequirementsOpenGLKHR()
        result = xr.check_result(xr.Result(ask(runtime.instance, runtime.system, ctypes.byref(needs))))
        if result.is_exception():
            raise DeviceMissing(f"{runtime.name} can't say which OpenGL it needs ({result}).")
        least = needs.min_api_version_supported
        least = least if isinstance(least, int) else least.number()
        major, minor = (least >> 48) & 0xFFFF, (least >> 32) & 0xFFFF
        have = self._context.gl.version_code
        if have < 100 * major + 10 * minor:
            raise DeviceMissing(
                f"{runtime.name} needs OpenGL {major}.{minor}, "
                f"the graphics driver has {have // 100}.{have // 10 % 10}."
            )

"""Draws a :class:`~atomtug.vr_client.xr.draw_list.DrawList` for one eye: balls and sticks by ray casting.

Every sphere is a square and every capsule a box, in which the fragment shader finds the surface: round at any
distance, with four corners each. Colours are linear; the target is sRGB, or is taken for linear.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atomtug.core.arrays import Floats
from atomtug.core.errors import DeviceMissing
from atomtug.vr_client.xr.draw_list import CAPSULE, SPHERE, Billboard, DrawList
from atomtug.vr_client.xr.poses import Pose, normalized

NEAR, FAR = 0.03, 60.0
"""Nearest and farthest distance that is drawn, metres."""
SAMPLES = 4
HAZE = (0.013, 0.019, 0.034)
LIGHT = normalized(np.array([-0.45, 0.8, 0.4, 0.0]))[:3]
"""Direction to the light, room."""
_SHADERS = Path(__file__).parent / "shaders"
_SQUARE = np.array([-1, -1, 1, -1, -1, 1, 1, 1], dtype="f4")
_FACES = np.array(
    # A strip through all corners of a cube.
    [[-1, 1, 1], [1, 1, 1], [-1, -1, 1], [1, -1, 1], [1, -1, -1], [1, 1, 1], [1, 1, -1], [-1, 1, 1], [-1, 1, -1],
     [-1, -1, 1], [-1, -1, -1], [1, -1, -1], [-1, 1, -1], [1, 1, -1]],
    dtype="f4",
)  # fmt: skip
_EYE_BINDING, _EYE_BYTES = 0, 256
"""Where the block of eye.glsl is bound, and its size."""
_SRGB8_ALPHA8, _FRAMEBUFFER_SRGB, _ALPHA_TO_COVERAGE = 0x8C43, 0x8DB9, 0x809E


def projection_of(left: float, right: float, up: float, down: float) -> Floats:
    """(4, 4) of a view that reaches so far to each side, radians (left and down are negative)."""
    w, e, n, s = np.tan([left, right, up, down])
    return np.array(
        [
            [2 / (e - w), 0, (e + w) / (e - w), 0],
            [0, 2 / (n - s), (n + s) / (n - s), 0],
            [0, 0, -(FAR + NEAR) / (FAR - NEAR), -2 * FAR * NEAR / (FAR - NEAR)],
            [0, 0, -1, 0],
        ]
    )


class Renderer:
    """Draws a draw list for each eye.

    Args:
        context: a moderngl context, current in this thread; it stays the caller's

    Raises:
        DeviceMissing: its OpenGL can't do what is needed
    """

    def __init__(self, context: Any) -> None:
        self._gl = context
        self.backdrop = True
        """Whether a floor and a sky are drawn behind everything; else what is not drawn on is transparent."""
        try:
            self._build()
        except Exception as error:
            raise DeviceMissing(
                f"The graphics driver can't draw this ({error}): it needs OpenGL 3.3."
            ) from error

    def _build(self) -> None:
        gl = self._gl
        square = gl.buffer(_SQUARE.tobytes())
        self._balls = gl.buffer(reserve=256 * SPHERE * 4, dynamic=True)
        self._sticks = gl.buffer(reserve=512 * CAPSULE * 4, dynamic=True)
        self._eye = gl.buffer(reserve=_EYE_BYTES, dynamic=True)
        light = (_SHADERS / "light.glsl").read_text()
        self._sphere = self._program("sphere", light)
        self._capsule = self._program("capsule", light)
        self._room = self._program("room")
        self._label = self._program("label")
        cube = gl.buffer(_FACES.tobytes())
        self._square, self._cube = square, cube
        self._drawings = [
            gl.vertex_array(
                self._sphere, [(square, "2f", "corner"), (self._balls, "4f 4f/i", "ball", "paint")]
            ),
            gl.vertex_array(
                self._capsule,
                [
                    (cube, "3f", "corner"),
                    (self._sticks, "4f 4f 3f 3f/i", "begin", "end", "paint_a", "paint_b"),
                ],
            ),
        ]
        self._behind = gl.vertex_array(self._room, [(square, "2f", "corner")])
        self._plate = gl.vertex_array(self._label, [(square, "2f", "corner")])
        self._textures: dict[str, tuple[int, Any]] = {}
        self._canvases: dict[tuple[int, int], Any] = {}

    def _program(self, name: str, shared: str = "") -> Any:
        head = f"#version 330\n{(_SHADERS / 'eye.glsl').read_text()}\n"
        program = self._gl.program(
            vertex_shader=head + (_SHADERS / f"{name}.vert").read_text(),
            fragment_shader=f"{head}{shared}\n{(_SHADERS / f'{name}.frag').read_text()}",
        )
        program["Eye"].binding = _EYE_BINDING
        return program

    def prepare(self, draw_list: DrawList) -> None:
        """Upload a draw list, once for both eyes."""
        for buffer, rows in ((self._balls, draw_list.spheres), (self._sticks, draw_list.capsules)):
            data = np.ascontiguousarray(rows, dtype="f4")
            if data.nbytes > buffer.size:
                buffer.orphan(2 * data.nbytes)
            buffer.write(data)
        self._counts = (len(draw_list.spheres), len(draw_list.capsules))
        self._billboards = []
        for label in draw_list.billboards:
            self._upload(label)
            place = label.pose.matrix()
            place[:, 0] *= label.width
            place[:, 1] *= label.height
            self._billboards.append((self._textures[label.name][1], _columns(place)))

    def draw(self, target: Any, size: tuple[int, int], eye: Pose, projection: Floats) -> None:
        """Draw one eye.

        Args:
            target: the framebuffer to draw into
            size: its width and height, pixels
            eye: room
            projection: (4, 4), see :func:`projection_of`
        """
        gl = self._gl
        canvas = self._canvas(size)
        canvas.use()
        canvas.viewport = (0, 0, *size)
        gl.enable_direct(_FRAMEBUFFER_SRGB)
        canvas.clear(*(HAZE if self.backdrop else (0.0, 0.0, 0.0)), float(self.backdrop), depth=1.0)
        self._eye.write(_eye_block(eye, projection))
        self._eye.bind_to_uniform_block(_EYE_BINDING)
        gl.disable(gl.BLEND | gl.CULL_FACE | gl.DEPTH_TEST)
        if self.backdrop:
            self._behind.render(gl.TRIANGLE_STRIP)
        gl.enable(gl.DEPTH_TEST)
        gl.enable_direct(_ALPHA_TO_COVERAGE)
        for number, drawing in enumerate(self._drawings):
            if self._counts[number]:
                # A box shows its far faces only: once, and also with the eye in it.
                (gl.enable if number else gl.disable)(gl.CULL_FACE)
                gl.cull_face = "front"
                drawing.render(gl.TRIANGLE_STRIP, instances=self._counts[number])
        gl.disable_direct(_ALPHA_TO_COVERAGE)
        gl.disable(gl.CULL_FACE)
        gl.enable(gl.BLEND)
        gl.blend_func = gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA, gl.ONE, gl.ONE_MINUS_SRC_ALPHA
        for texture, place in self._billboards:
            self._label["place"].write(place)
            texture.use(0)
            self._plate.render(gl.TRIANGLE_STRIP)
        gl.disable(gl.BLEND)
        gl.copy_framebuffer(target, canvas)

    def picture(self, size: tuple[int, int], eye: Pose, projection: Floats) -> NDArray[np.uint8]:
        """(height, width, 3) sRGB of one eye, top row first; for tests and screenshots."""
        texture = self._gl.texture(size, 4, internal_format=_SRGB8_ALPHA8)
        target = self._gl.framebuffer([texture])
        try:
            self.draw(target, size, eye, projection)
            pixels = np.frombuffer(texture.read(), dtype=np.uint8)
        finally:
            target.release()
            texture.release()
        return pixels.reshape(size[1], size[0], 4)[::-1, :, :3].copy()

    def close(self) -> None:
        """Release the OpenGL objects."""
        made = [texture for _, texture in self._textures.values()]
        for thing in [self._eye, *self._drawings, self._behind, self._plate, *made, *self._canvases.values()]:
            thing.release()
        self._textures.clear()
        self._canvases.clear()

    def _canvas(self, size: tuple[int, int]) -> Any:
        """Where an eye is drawn with several samples a pixel."""
        if size not in self._canvases:
            gl = self._gl
            samples = min(SAMPLES, gl.max_samples)
            colour = gl.texture(size, 4, samples=samples, internal_format=_SRGB8_ALPHA8)
            self._canvases[size] = gl.framebuffer([colour], gl.depth_renderbuffer(size, samples=samples))
        return self._canvases[size]

    def _upload(self, label: Billboard) -> None:
        version, texture = self._textures.get(label.name, (-1, None))
        if version == label.version:
            return
        height, width = label.pixels.shape[:2]
        if texture is None or texture.size != (width, height):
            texture = self._gl.texture((width, height), 4, internal_format=_SRGB8_ALPHA8)
            texture.anisotropy = 8.0
        texture.write(np.ascontiguousarray(label.pixels))
        texture.build_mipmaps()
        self._textures[label.name] = (label.version, texture)


def _eye_block(eye: Pose, projection: Floats) -> NDArray[np.float32]:
    """(16, 4) the block of eye.glsl."""
    view = eye.inverse().matrix()
    block = np.zeros((16, 4), dtype=np.float32)
    block[0:4], block[4:8] = view.T, projection.T
    block[8:12] = (eye.matrix() @ np.linalg.inv(projection)).T
    block[12, :3], block[13, :3] = view[:3, :3] @ LIGHT, view[:3, 1]
    block[14, :3], block[15, :3] = HAZE, eye.position
    return block


def _columns(matrix: Floats) -> bytes:
    """A matrix as OpenGL reads it."""
    return np.ascontiguousarray(matrix.T, dtype="f4").tobytes()

"""What a headset's display can do besides pictures: its refresh rate, and the person's own room behind them."""

import ctypes
from typing import Any

from atomtug.vr_client.xr.runtime import Runtime, quietly

REFRESH_RATE, PASSTHROUGH = "XR_FB_display_refresh_rate", "XR_FB_passthrough"


def request_rate(runtime: Runtime, session: Any, wanted: float) -> str:
    """Ask for the refresh rate nearest to one that is wanted.

    Args:
        runtime: with a headset
        session: of the headset
        wanted: Hz

    Returns:
        a sentence where it can't be had, else nothing
    """
    xr = runtime.xr
    if REFRESH_RATE not in runtime.extensions:
        return f"{runtime.name} doesn't let its refresh rate be chosen."
    rates = [float(rate) for rate in xr.enumerate_display_refresh_rates_fb(session)]
    if not rates:
        return f"{runtime.name} offers no refresh rates."
    nearest = min(rates, key=lambda rate: abs(rate - wanted))
    xr.request_display_refresh_rate_fb(session, nearest)
    if abs(nearest - wanted) < 0.5:
        return ""
    offered = ", ".join(f"{rate:.0f}" for rate in rates)
    return f"{runtime.headset} has no {wanted:.0f} Hz, so it is {nearest:.0f}; it has {offered}."


class Passthrough:
    """The person's own room behind the pictures.

    Args:
        runtime: with a headset
        session: of the headset
    """

    def __init__(self, runtime: Runtime, session: Any) -> None:
        self._xr = xr = runtime.xr
        self._made: list[tuple[Any, Any]] = []
        self.layers: list[Any] = []
        """Composition layers that lie behind the pictures."""
        self.blend_mode = xr.EnvironmentBlendMode.OPAQUE
        """How the runtime is to blend the whole with the room."""
        self.works = False
        """Whether the room is seen where nothing is drawn."""
        offered = {
            int(getattr(mode, "value", mode))
            for mode in xr.enumerate_environment_blend_modes(
                runtime.instance, runtime.system, xr.ViewConfigurationType.PRIMARY_STEREO
            )
        }
        for mode in (xr.EnvironmentBlendMode.ALPHA_BLEND, xr.EnvironmentBlendMode.ADDITIVE):
            if mode.value in offered:
                self.blend_mode, self.works = mode, True
                return
        if PASSTHROUGH in runtime.extensions:
            self._begin(session)

    def _begin(self, session: Any) -> None:
        xr = self._xr
        running = xr.PassthroughFlagsFB.IS_RUNNING_AT_CREATION_BIT
        try:
            feature = xr.create_passthrough_fb(session, xr.PassthroughCreateInfoFB(flags=running))
            self._made.append((xr.destroy_passthrough_fb, feature))
            layer = xr.create_passthrough_layer_fb(
                session,
                xr.PassthroughLayerCreateInfoFB(
                    passthrough=feature,
                    flags=running,
                    purpose=xr.PassthroughLayerPurposeFB.RECONSTRUCTION,
                ),
            )
        except (xr.FeatureUnsupportedError, xr.NotPermittedPassthroughFBError):
            return  # the runtime knows it, this headset does not, or its owner does not allow it
        self._made.append((xr.destroy_passthrough_layer_fb, layer))
        self._layer = xr.CompositionLayerPassthroughFB(layer_handle=layer)
        # pyopenxr's own argument for the flags sets nothing.
        self._layer.layer_flags = xr.CompositionLayerFlags.BLEND_TEXTURE_SOURCE_ALPHA_BIT
        self.layers, self.works = [ctypes.byref(self._layer)], True

    def close(self) -> None:
        """End it, before the session."""
        for destroy, handle in reversed(self._made):
            quietly(self._xr, destroy, handle)
        self._made.clear()

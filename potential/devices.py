"""Which device JAX computes on."""

import os
import warnings

import jax


def fall_back_to_cpu() -> None:
    """Compute on the processor if ``JAX_PLATFORMS`` asks for a device that this machine hasn't got, and warn of it.

    Without that variable, or with ``cpu``, JAX is left as it is.
    """
    wanted = os.environ.get("JAX_PLATFORMS", "")
    if wanted in ("", "cpu"):
        return
    try:
        jax.devices()
    except (RuntimeError, AssertionError):  # JAX raises either, by what was asked for
        warnings.warn(
            f"JAX_PLATFORMS is {wanted!r}, and JAX finds no such device on this machine: the processor is used.",
            RuntimeWarning,
            stacklevel=2,
        )
        jax.config.update("jax_platforms", "cpu")

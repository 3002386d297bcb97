"""A device that isn't there is no reason to end."""

import os
import subprocess
import sys

import pytest

SCRIPT = "import atomtug.potential, jax; print(jax.devices()[0].platform, jax.numpy.arange(3).sum())"


def run(platforms: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "JAX_PLATFORMS": platforms, "CUDA_VISIBLE_DEVICES": "-1"}
    return subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("platforms", ["cuda", pytest.param("no-such-device", marks=pytest.mark.slow)])
def test_a_device_that_is_not_there_is_replaced_by_the_processor_with_a_warning(platforms):
    done = run(platforms)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["cpu", "3"]
    assert f"JAX_PLATFORMS is '{platforms}'" in done.stderr


def test_the_processor_is_used_without_a_word():
    done = run("cpu")
    assert (done.stdout.split(), done.stderr) == (["cpu", "3"], "")

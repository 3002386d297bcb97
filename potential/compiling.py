"""How XLA compiles and starts the programs that evaluate a network."""

import jax

COMPILER_OPTIONS: dict[str, bool | int | str] = {
    "xla_cpu_use_fusion_emitters": False,
    "xla_cpu_prefer_vector_width": 512,
    "xla_cpu_experimental_ynn_fusion_type": "",
}
"""For :func:`jax.jit`; they concern processors only.

XLA's emitters of fused loops set up a compiler of their own for each of some 250 loops: without them compiling takes
half as long, and a step of squalane a seventh less. Vectors are as wide as the processor has them, not 256 bits: a
chunk of triples is one of 512. Matrix products of a hundred atoms are faster by Eigen than by YNNPACK.
"""


def start_in_caller() -> None:
    """Have programs on processors run in the thread that calls them, unless JAX has begun to compute already.

    By default JAX hands them to a thread of its own, and whoever needs the result waits for it: of a step that takes
    less than a millisecond, handing over and waking up are a twentieth. Other threads run meanwhile, as before.
    """
    jax.config.update("jax_cpu_enable_async_dispatch", False)

"""How XLA compiles the programs that evaluate a network."""

COMPILER_OPTIONS: dict[str, bool | int | str] = {"xla_cpu_use_fusion_emitters": False}
"""For :func:`jax.jit`. XLA's emitters of fused loops set up a compiler of their own for each of some 250 loops:
without them compiling takes half as long, and a step of squalane a seventh less. It concerns processors only."""

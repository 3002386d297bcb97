"""Before its first evaluation a network compiles nothing."""

import jax
import pytest

from atomtug.core.systems import load_system
from atomtug.potential import Architecture, Evaluator, Model, SymmetryFunctions, load_model, save_model

COMPILED = "/jax/core/compile/backend_compile_duration"


@pytest.fixture
def compiled():
    """An entry for each program that was compiled since the test began."""
    seen = []
    jax.monitoring.register_event_duration_secs_listener(
        lambda name, *_, **__: seen.append(name) if name == COMPILED else None
    )
    yield seen
    jax.monitoring.clear_event_listeners()


def test_a_network_is_read_and_put_together_without_compiling_anything(compiled, tmp_path):
    # Of a shape that no other test has, so that nothing is there from before.
    architecture = Architecture((1, 6, 7), SymmetryFunctions(n_basis=5), (11, 13), "celu", 3)
    save_model(Model.untrained(architecture), tmp_path / "new.safetensors")
    del compiled[:]
    evaluator = Evaluator(load_model(tmp_path / "new.safetensors"), load_system("methane").numbers)
    assert compiled == []
    assert evaluator.model.architecture == architecture

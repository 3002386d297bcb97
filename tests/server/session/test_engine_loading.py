"""Which engine is loaded, as clients are told."""

from typing import Any

import pytest

from atomtug.server.session.engine_loading import EngineLoading


@pytest.fixture
def state() -> dict[str, Any]:
    return {}


@pytest.fixture
def loading(state, clock) -> EngineLoading:
    return EngineLoading(state.update, clock)


def test_an_engine_is_told_with_its_step_and_its_time_and_then_no_more(loading, state, clock):
    nothing = {"engine.loading": "", "engine.loading.step": "", "engine.loading.seconds": 0}
    assert state == nothing
    with loading.of("pm6"):
        loading.on_step("computes the first forces")
        clock.now += 3.5
        loading.housekeeping()
        assert state == {
            "engine.loading": "pm6",
            "engine.loading.step": "computes the first forces",
            "engine.loading.seconds": 3,
        }
    assert state == nothing
    loading.on_step("reads the engine")  # one that is made ready in the background
    loading.housekeeping()
    assert state == nothing


def test_while_two_are_loaded_the_end_of_one_is_not_the_end_of_the_other(loading, state, clock):
    first, second = loading.of("pm6"), loading.of("ann:alkanes")
    first.__enter__()
    clock.now += 5
    second.__enter__()
    assert (state["engine.loading"], state["engine.loading.seconds"]) == ("ann:alkanes", 0)
    clock.now += 1
    second.__exit__(None, None, None)
    assert (state["engine.loading"], state["engine.loading.seconds"]) == ("pm6", 6)
    first.__exit__(None, None, None)
    assert state["engine.loading"] == ""

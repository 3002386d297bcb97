"""A network gives way before the step to where it knows nothing, and takes over again when it knows enough."""

import asyncio
from dataclasses import replace

import numpy as np
import pytest

from atomtug.core.errors import EngineError, UnsureError
from atomtug.core.systems import load_system
from atomtug.potential import Architecture, Model, SpreadCalibration, SymmetryFunctions, save_model
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.server.dynamics.simulation import Simulation
from atomtug.server.engines import GUARD, create_engine
from atomtug.server.session.engine_fallback import FALLBACK_STEPS, EngineFallback

METHANE = load_system("methane")


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """A committee of untrained networks, calibrated."""
    path = tmp_path_factory.mktemp("guard") / "small.safetensors"
    model = Model.untrained(Architecture((1, 6, 7), SymmetryFunctions(3, 0.8, 3.0, 1.6), (5,), members=2))
    save_model(replace(model, calibration=SpreadCalibration(2.0, 0.5)), path)
    return create_engine(f"ann:{path}", METHANE, anyway=True)


@pytest.mark.slow
def test_no_step_is_made_beyond_the_guard_and_nothing_has_changed(network):
    assert network.guard == pytest.approx(0.5 * np.sqrt(7))
    assert network.settings[GUARD] == pytest.approx(96.485 * network.guard, rel=1e-4)
    simulation = Simulation(METHANE, network, DynamicsSettings(seed=1))
    uncertainty = simulation.frame().uncertainty
    raw = network.evaluator.evaluate(METHANE.positions).spread
    assert uncertainty == pytest.approx(2.0 * raw, rel=1e-5)
    simulation.set_guard(10.0 * uncertainty)
    assert simulation.advance(5) == 5
    before = simulation.frame()
    simulation.set_guard(0.1 * uncertainty)
    for move in (lambda: simulation.advance(5), simulation.step):
        with pytest.raises(UnsureError, match="knows nothing of where the atoms are going"):
            move()
        after = simulation.frame()
        assert after.step == before.step
        np.testing.assert_array_equal(after.positions, before.positions)
    with pytest.raises(UnsureError):
        simulation.take_over(simulation.state())
    simulation.set_guard(np.inf)
    assert simulation.advance(5) == 5


class Session:
    """The engines of a session, as the fallback sees them."""

    def __init__(self, network_refuses: int = 0, pm6_can: bool = True) -> None:
        self.engine, self.refuses, self.pm6_can = "ann:a", network_refuses, pm6_can
        self.asked: list[str] = []
        self.failures: list[str] = []
        self.fallback = EngineFallback(self.swap, at_limit=False)

    async def swap(self, engine: str) -> None:
        self.asked.append(engine)
        if engine == "pm6" and not self.pm6_can:
            raise EngineError("It can't.")
        if engine != "pm6" and self.refuses:
            self.refuses -= 1
            raise UnsureError("Not yet.")
        self.engine = engine

    async def give_way(self) -> None:
        self.fallback.give_way(self.engine, self.failures.append)
        await self.rest()

    async def frames(self, first: int, last: int, frame) -> None:
        for step in range(first, last, 10):
            self.fallback.update(replace(frame, step=step), True, self.engine)
            await self.rest()

    async def rest(self) -> None:
        for _ in range(4):
            await asyncio.sleep(0)


@pytest.fixture
def frame(network):
    return Simulation(METHANE, network, DynamicsSettings(seed=1)).frame()


def test_it_gives_way_only_when_asked_and_is_asked_again_until_it_is_sure(frame):
    async def play() -> Session:
        session = Session(network_refuses=1)
        await session.frames(0, 100, frame)
        assert session.asked == []
        await session.give_way()
        assert session.engine == "pm6"
        await session.frames(100, 110 + FALLBACK_STEPS, frame)
        assert session.asked == ["pm6", "ann:a"]
        assert session.engine == "pm6"
        await session.frames(110 + FALLBACK_STEPS, 150 + 2 * FALLBACK_STEPS, frame)
        assert session.engine == "ann:a"
        return session

    assert asyncio.run(play()).asked == ["pm6", "ann:a", "ann:a"]


def test_it_is_told_if_nothing_can_go_on(frame):
    async def play() -> Session:
        session = Session(pm6_can=False)
        await session.give_way()
        return session

    assert asyncio.run(play()).failures == ["It can't."]

"""Where SCINE Sparrow can't be had, its engines say so and the others run."""

import sys

import pytest

from atomtug.core.errors import InputError
from atomtug.core.systems import load_system
from atomtug.server.engines import create_engine


@pytest.fixture
def without_sparrow(monkeypatch):
    monkeypatch.setitem(sys.modules, "scine_sparrow", None)
    monkeypatch.delitem(sys.modules, "atomtug.server.engines.sparrow", raising=False)


@pytest.mark.parametrize("method", ["pm6", "dftb3"])
def test_its_methods_are_refused_with_a_sentence(without_sparrow, method):
    with pytest.raises(
        InputError, match=rf"{method} needs SCINE Sparrow.* Elsewhere use a network \(ann:alkanes\)"
    ):
        create_engine(method, load_system("methane"))


def test_a_network_runs(without_sparrow):
    system = load_system("methane")
    result = create_engine("ann:alkanes", system).evaluate(system.positions)
    assert result.energy < 0
    assert result.forces.shape == system.positions.shape

"""The flat options of a server: the same defaults, values and checks as the options that they stand for."""

from dataclasses import fields, replace
from pathlib import Path

import pytest

from atomtug.core.errors import InputError
from atomtug.core.systems import load_system
from atomtug.server.app import ServerOptions
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.server.dynamics.uncertainty import UncertaintyOptions
from atomtug.server.listening import ListenOptions
from atomtug.server.options import LiveOptions

METHANE = load_system("methane")

CHANGED = {
    "systems": [METHANE, METHANE],
    "engine": "dftb3",
    "port": 4000,
    "web_port": 4001,
    "fps": 12.0,
    "steps_per_frame": 7,
    "timestep": 0.25,
    "temperature": 123.0,
    "friction": 2.0,
    "thermostat": "nve",
    "force_law": "nanover-2026",
    "seed": 9,
    "cool_after_pull": 50.0,
    "wall_radius": 0.0,
    "centring": 2.0,
    "recordings": Path("elsewhere"),
    "record": True,
    "paused": True,
    "engine_timeout": 5.0,
    "allow_systems": True,
    "allow_delete": True,
    "engines": ("ase:some.Engine",),
    "models": (Path("models"),),
    "uncertainty_limit": 1.5,
    "when_unsure": "pause",
    "follow_state": False,
    "choose": True,
    "anyway": True,
    "suggestions": {"box.locked": "true"},
    "token": "long enough",
}


def flat(options: ServerOptions) -> dict[str, object]:
    """All that the options of session and endpoints say, by field."""
    live, listen = options.live(), options.listen()
    uncertainty = {"uncertainty_limit": live.uncertainty.limit, "when_unsure": live.uncertainty.when_unsure}
    return {**vars(listen), **vars(live), **vars(live.dynamics), **uncertainty}


def test_the_defaults_are_those_of_the_options_they_stand_for():
    options = ServerOptions(systems=[METHANE])
    assert options.live() == LiveOptions(systems=[METHANE])
    assert options.live().dynamics == DynamicsSettings()
    assert options.live().uncertainty == UncertaintyOptions()
    assert options.listen() == ListenOptions(port=0)


@pytest.mark.parametrize("name", [each.name for each in fields(ServerOptions)])
def test_each_value_reaches_the_options_it_stands_for_and_changes_nothing_else(name):
    before = ServerOptions(systems=[METHANE])
    after = flat(replace(before, **{name: CHANGED[name]}))
    differing = {key for key, value in flat(before).items() if after[key] != value}
    assert differing - {"dynamics", "uncertainty"} == {name}
    assert after[name] == CHANGED[name]


def test_a_value_out_of_its_range_is_refused_with_a_sentence():
    with pytest.raises(InputError, match="timestep"):
        ServerOptions(systems=[METHANE], timestep=0.0).live()

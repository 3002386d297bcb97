"""What a start screen shows of each system, and when it is asked no longer."""

import asyncio

import numpy as np
import pytest

from atomtug.core.systems import BUILT_IN, load_system
from atomtug.server.session.commands import Commands
from atomtug.server.session.system_choice import SystemChoice
from atomtug.wire import command_names, state_keys
from atomtug.wire.values import Value


@pytest.mark.parametrize("asks", [True, False])
def test_pages_ask_until_somebody_has_chosen_and_hear_of_it_once(asks):
    said: list[dict[str, Value]] = []
    choice = SystemChoice([load_system("methane")], asks, lambda values: said.append(dict(values)))
    choice.made()
    choice.made()
    expected = [asks, False] if asks else [False]
    assert said == [{state_keys.SYSTEM_CHOICE: value} for value in expected]


def test_each_system_comes_with_formula_line_and_geometry():
    commands = Commands()
    systems = [load_system("methane"), load_system("O")]
    SystemChoice(systems, True, lambda values: None).register(commands)
    answer = asyncio.run(commands.run(command_names.DESCRIBE_SYSTEMS, {}))
    methane, water = answer["systems"]
    assert (methane["name"], methane["formula"]) == ("methane", "CH4 + CN")
    assert methane["about"] == BUILT_IN[0].about
    assert methane["elements"] == [6, 1, 1, 1, 1, 6, 7]
    np.testing.assert_allclose(np.reshape(methane["positions"], (7, 3)) * 10, systems[0].positions, atol=1e-3)
    assert len(methane["bonds"]) == 2 * 5
    assert (water["formula"], water["about"]) == ("H2O", "")


def test_each_built_in_system_has_a_line_of_its_own():
    lines = [each.about for each in BUILT_IN]
    assert all(lines)
    assert len(set(lines)) == len(lines)

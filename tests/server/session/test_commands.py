"""Commands: defaults overridden by what the client gives; what it can't take is a sentence."""

import asyncio
import math

import pytest

from atomtug.core.errors import InputError
from atomtug.server.session.commands import Commands, number, text, whole_number


@pytest.fixture
def commands() -> Commands:
    made = Commands()

    async def later(a, b):
        await asyncio.sleep(0)
        return {"product": a * b}

    made.register("sum", lambda a, b: {"sum": a + b}, a=1, b=2)
    made.register("product", later, a=3, b=4)
    made.register("nothing", lambda: None)
    return made


def run(commands: Commands, name: str, **arguments):
    return asyncio.run(commands.run(name, arguments))


def test_defaults_hold_where_the_client_gives_nothing_else(commands):
    assert run(commands, "sum") == {"sum": 3}
    assert run(commands, "sum", b=10) == {"sum": 11}


def test_commands_may_take_their_time(commands):
    assert run(commands, "product", a=5) == {"product": 20}


def test_commands_are_listed_with_their_defaults(commands):
    assert commands.list() == {"sum": {"a": 1, "b": 2}, "product": {"a": 3, "b": 4}, "nothing": {}}


def test_an_unknown_command_is_answered_with_the_known_ones(commands):
    with pytest.raises(InputError, match="no command 'dance': there are nothing, product, sum"):
        run(commands, "dance")


def test_an_unknown_argument_is_answered_with_the_known_ones(commands):
    with pytest.raises(InputError, match="sum takes a, b, not c"):
        run(commands, "sum", c=1)
    with pytest.raises(InputError, match="nothing takes no arguments, not self"):
        run(commands, "nothing", self=1)


@pytest.mark.parametrize("value", [True, "1", None, [1], math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_said_so(value):
    with pytest.raises(InputError, match="radius must be a number"):
        number("radius", value)


def test_numbers_come_as_floats_and_whole_ones_can_be_asked_for():
    assert number("x", 2) == 2.0
    assert whole_number("index", 3.0) == 3
    with pytest.raises(InputError, match=r"index must be a whole number, not 3\.5"):
        whole_number("index", 3.5)


def test_text_is_text():
    assert text("name", "x") == "x"
    with pytest.raises(InputError, match="name must be text"):
        text("name", 3.0)

"""A simulation process that the tests of a module share."""

from collections.abc import Iterator

import pytest
from handle_driver import Driver, driving

from atomtug.server.process import messages


@pytest.fixture(scope="module")
def shared() -> Iterator[Driver]:
    with driving() as driver:
        yield driver


@pytest.fixture
def driver(shared) -> Driver:
    """Loaded with methane, standing still, nothing held."""
    shared.order(messages.Pause())
    shared.set_interactions({})
    shared.load()
    del shared.reports[:]
    return shared

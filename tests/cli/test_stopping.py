"""Ctrl-C, a TERM signal, and a terminal that is closed."""

import os
import signal
from collections.abc import Callable, Iterator

import click
import pytest
from click.testing import CliRunner

from atomtug.cli import LazyGroup
from atomtug.cli.stopping import INTERRUPTED, stoppable


@pytest.fixture
def not_ignored() -> Iterator[Callable[[int], object]]:
    """Has a signal handled as by default where the tests themselves were started to ignore it, and gives how."""
    ignored = []

    def handled(number: int) -> object:
        if signal.getsignal(number) is signal.SIG_IGN:
            ignored.append(number)
            signal.signal(number, signal.SIG_DFL)
        return signal.getsignal(number)

    yield handled
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_stop_is_told_and_the_next_one_interrupts(number, capfd, not_ignored):
    before = not_ignored(number)
    with stoppable("Stopping; what is done is kept.") as stop:
        assert not stop()
        os.kill(os.getpid(), number)
        assert stop()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
    assert capfd.readouterr().err.count("Stopping; what is done is kept.") == 1
    assert signal.getsignal(number) == before


def test_the_end_of_its_terminal_stops_nothing_that_was_started_with_nohup():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stoppable("Stopping.") as stop:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not stop()
    finally:
        signal.signal(signal.SIGHUP, before)


def test_ctrl_c_in_any_command_ends_it_with_the_code_that_shells_give():
    group = LazyGroup("atomtug")

    def interrupted(_context: click.Context, _name: str) -> click.Command:
        def wait() -> None:
            raise KeyboardInterrupt

        return click.Command("wait", callback=wait)

    group.get_command = interrupted  # type: ignore[method-assign]
    result = CliRunner().invoke(group, ["wait"])
    assert result.exit_code == INTERRUPTED
    assert result.stderr == "\nStopped.\n"

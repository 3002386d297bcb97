"""What clients see of learning: the commands, the state, and a learner that comes and goes."""

import asyncio

import pytest

from atomtug.core.errors import CommandFailed, InputError
from atomtug.server.session.commands import Commands
from atomtug.server.session.learning_control import MOST_BYTES, SILENCE, LearningControl


class Session:
    """Commands and state, without a server."""

    def __init__(self, clock):
        self.state = {}
        self.commands = Commands()
        self.control = LearningControl(self.state.update, clock)
        self.control.register(self.commands)

    def run(self, name, **arguments):
        return asyncio.run(self.commands.run(name, arguments))


@pytest.fixture
def session(clock):
    return Session(clock)


def test_without_a_learner_it_can_not_be_started_and_the_sentence_says_how(session):
    assert session.state["learning.present"] is False
    for name in ("learning/start", "learning/stop", "user/learn"):
        with pytest.raises(CommandFailed, match="--learn"):
            session.run(name)
    assert session.run("learning/status") == {"present": False, "wanted": True, "text": "", "figures": {}}


def test_what_a_learner_reports_is_in_the_state_and_it_is_told_whether_to_go_on(session):
    figures = {"phase": "labelling", "labels": 3}
    assert session.run("learning/report", text="3 labels", figures=figures) == {"wanted": True}
    assert session.state == {
        "learning.present": True,
        "learning.wanted": True,
        "learning.text": "3 labels",
        "learning.figures": figures,
    }
    assert session.run("learning/stop")["wanted"] is False
    assert session.state["learning.wanted"] is False
    assert session.run("learning/report", text="", figures={}) == {"wanted": False}
    assert session.run("learning/start")["wanted"] is True


def test_the_menu_of_a_headset_app_stops_it_and_starts_it_again(session):
    session.run("learning/report", text="", figures={})
    assert "no more" in session.run("user/learn")["result"]
    assert session.state["learning.wanted"] is False
    assert session.run("user/learn")["result"] == "The network learns from what it is not sure of."


def test_a_learner_that_is_silent_is_gone(session, clock):
    session.run("learning/report", text="3 labels", figures={"labels": 3})
    clock.now += SILENCE
    session.control.housekeeping()
    assert session.state["learning.present"] is True
    clock.now += 0.1
    session.control.housekeeping()
    assert session.state["learning.present"] is False
    assert (session.state["learning.text"], session.state["learning.figures"]) == ("", {})


@pytest.mark.parametrize(
    "report",
    [{"text": 5, "figures": {}}, {"text": "", "figures": [1]}, {"text": "x" * MOST_BYTES, "figures": {}}],
)
def test_a_report_that_is_none_is_refused(session, report):
    with pytest.raises(InputError):
        session.run("learning/report", **report)
    assert session.state["learning.present"] is False

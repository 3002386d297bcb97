"""What is refused to a client is shown in that client's frames, once, until it is mended."""

import pytest

from atomtug.core.errors import InputError
from atomtug.server.session.frame_stream import FrameStream
from atomtug.server.session.refusals import MOST_SHOWN, KeysRefused, Refusals, summary

EXCEPTION = "system.simulation.exception"


@pytest.fixture
def frames() -> FrameStream:
    return FrameStream()


@pytest.fixture
def shown(frames):
    """Texts that the client "me" has been shown since the last call, and that nobody else has been."""
    mine, other = frames.reader(True, "me"), frames.reader(True, "you")

    def pop() -> list[str]:
        texts = []
        while (frame := mine.pop()) is not None:
            texts += [frame.values[EXCEPTION]] if EXCEPTION in frame.values else []
            assert frame.index > 0 or len(frame.values) > 1
        while (frame := other.pop()) is not None:
            assert frame.index == 0
        return texts

    return pop


def test_a_refused_hand_is_shown_once_to_its_own_client_until_it_is_taken(frames, shown):
    refusals = Refusals(frames)
    wrong = KeysRefused({"interaction.a": "There is no atom 9."})
    for _ in range(3):
        refusals.report("me", wrong)
    assert shown() == ["There is no atom 9."]
    refusals.accept("me", ["avatar.me"])
    assert shown() == []
    refusals.accept("me", ["interaction.a"])
    assert shown() == [""]
    refusals.accept("me", ["interaction.a"])
    assert shown() == []


def test_what_all_are_shown_comes_back_when_nothing_is_refused_any_more(frames, shown):
    frames.publish({EXCEPTION: "The engine failed.", "a": 1}, begins=True)
    refusals = Refusals(frames)
    refusals.report("me", InputError("No."))
    refusals.accept("me", ["scene"])
    assert shown() == ["The engine failed.", "No.", "The engine failed."]


def test_after_a_frame_that_begins_something_new_it_is_shown_again(frames, shown):
    refusals = Refusals(frames)
    refusals.report("me", InputError("No."))
    refusals.clear()
    refusals.report("me", InputError("No."))
    assert shown() == ["No.", "No."]


def test_the_same_sentence_is_said_once_and_not_any_number_of_them():
    assert summary({"a": "No.", "b": "No."}) == "No."
    many = {str(k): f"No {k}." for k in range(MOST_SHOWN + 2)}
    assert summary(many).endswith("No 2. 2 more were refused.")

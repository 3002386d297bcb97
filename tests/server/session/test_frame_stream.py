"""Frames on their way to readers: in order, merged for the late, complete for those who join, resets kept."""

from hypothesis import given
from hypothesis import strategies as st

from atomtug.server.session.frame_stream import MAX_QUEUED, FrameStream, WireFrame, merge


def drain(reader) -> list[WireFrame]:
    frames = []
    while (frame := reader.pop()) is not None:
        frames.append(frame)
    return frames


def test_frames_are_counted_from_zero_and_each_holds_what_was_published():
    stream = FrameStream()
    reader = stream.reader(every=True)
    stream.publish({"a": 1, "b": 1}, begins=True)
    stream.publish({"a": 2})
    stream.publish({"c": 3})
    assert [(f.index, f.values) for f in drain(reader)] == [
        (0, {"a": 1, "b": 1}),
        (1, {"a": 2}),
        (2, {"c": 3}),
    ]


def test_a_late_joiner_first_gets_everything_known_under_the_newest_index():
    stream = FrameStream()
    assert stream.current is None
    stream.publish({"topology": "t", "positions": 1}, begins=True)
    stream.publish({"positions": 2})
    for every in (True, False):
        reader = stream.reader(every)
        stream.publish({"positions": 3})
        first = reader.pop()
        assert first.values["topology"] == "t"
        assert first.index == (stream.current.index - 1 if every else stream.current.index)


def test_a_reset_makes_all_before_it_void():
    stream = FrameStream()
    stream.publish({"old": 1}, begins=True)
    stream.publish({"older": 2})
    stream.publish({"new": 3}, begins=True)
    assert stream.current.index == 0
    assert stream.current.values == {"new": 3}
    [first] = drain(stream.reader(every=True))
    assert (first.index, first.values) == (0, {"new": 3})


def test_what_is_published_before_any_frame_begins_one():
    stream = FrameStream()
    assert stream.publish({"a": 1}).index == 0


def test_a_slow_reader_gets_one_frame_with_the_newest_of_each_key():
    stream = FrameStream()
    reader = stream.reader(every=False)
    stream.publish({"bonds": 1, "positions": 1}, begins=True)
    drain(reader)
    stream.publish({"bonds": 2, "positions": 2})
    stream.publish({"positions": 3})
    assert reader.waiting == 1
    [frame] = drain(reader)
    assert (frame.index, frame.values) == (2, {"bonds": 2, "positions": 3})


def test_a_reset_missed_by_a_slow_reader_still_reaches_it_as_a_reset():
    stream = FrameStream()
    reader = stream.reader(every=False)
    stream.publish({"a": 1}, begins=True)
    drain(reader)
    stream.publish({"a": 2})
    stream.publish({"b": 3}, begins=True)
    stream.publish({"c": 4})
    stream.publish({"c": 5})
    [frame] = drain(reader)
    assert (frame.index, frame.values) == (0, {"b": 3, "c": 5})


def test_a_reader_of_every_frame_that_sleeps_is_given_the_oldest_one_by_one_and_the_rest_merged():
    stream = FrameStream()
    reader = stream.reader(every=True)
    for k in range(MAX_QUEUED + 50):
        stream.publish({"n": k, f"only in {k}": k}, begins=k == 0)
    assert reader.waiting == MAX_QUEUED
    frames = drain(reader)
    assert [f.index for f in frames[:-1]] == list(range(MAX_QUEUED - 1))
    assert frames[-1].index == MAX_QUEUED + 49
    assert frames[-1].values["n"] == MAX_QUEUED + 49
    assert f"only in {MAX_QUEUED + 7}" in frames[-1].values


def test_readers_are_woken_by_each_frame_and_at_once_if_one_waits():
    stream = FrameStream()
    woken = []
    early = stream.reader(every=True)
    early.on_frame(lambda: woken.append("early"))
    stream.publish({"a": 1}, begins=True)
    late = stream.reader(every=False)
    late.on_frame(lambda: woken.append("late"))
    assert woken == ["early", "late"]


def test_a_closed_reader_costs_nothing_more():
    stream = FrameStream()
    reader = stream.reader(every=True)
    reader.close()
    stream.publish({"a": 1}, begins=True)
    assert reader.pop() is None


frames = st.tuples(st.booleans(), st.dictionaries(st.sampled_from("abcd"), st.integers(), max_size=3))


def apply(known: dict, frame: WireFrame) -> dict:
    """What a client does with a frame, by the protocol."""
    return dict(frame.values) if frame.index == 0 else {**known, **frame.values}


@given(
    published=st.lists(frames, max_size=20),
    reads=st.lists(st.integers(0, 19), max_size=8),
    every=st.booleans(),
)
def test_any_reader_that_follows_the_protocol_knows_in_the_end_what_the_stream_knows(published, reads, every):
    stream = FrameStream()
    reader = stream.reader(every)
    known: dict = {}
    last = -1
    for number, (begins, values) in enumerate(published):
        stream.publish(values, begins)
        if number in reads:
            for frame in drain(reader):
                assert frame.index == 0 or frame.index > last
                known, last = apply(known, frame), frame.index
    for frame in drain(reader):
        known = apply(known, frame)
    assert known == ({} if stream.current is None else stream.current.values)


@given(first=frames, second=frames, third=frames)
def test_merging_is_the_same_in_whatever_groups(first, second, third):
    a, b, c = (
        WireFrame(0 if begins else k + 1, values) for k, (begins, values) in enumerate((first, second, third))
    )
    left, right = merge(merge(a, b), c), merge(a, merge(b, c))
    assert (left.index, left.values) == (right.index, right.values)
    assert merge(None, a) is a

"""A frame clock keeps even intervals, does not catch up, begins frames early on demand, and measures the speed."""

from itertools import pairwise

import pytest

from atomtug.server.process.frame_clock import FrameClock


def test_a_fast_engine_waits_for_each_frames_turn(clock):
    frame_clock = FrameClock(20.0, clock)
    begun = []
    for _ in range(5):
        clock.now += frame_clock.wait()
        begun.append(clock.now)
        clock.now += 0.01  # the work
    assert begun == pytest.approx([50.0, 50.05, 50.10, 50.15, 50.20])


def test_a_slow_engine_never_waits_and_never_rushes_to_catch_up(clock):
    frame_clock = FrameClock(20.0, clock)
    for _ in range(10):
        assert frame_clock.wait() == 0.0
        clock.now += 0.2
    assert frame_clock.wait() == 0.0
    clock.now += 0.01
    assert frame_clock.wait() == pytest.approx(0.04)  # ten late frames are not made up for


def test_a_single_late_frame_does_not_shift_those_after_it(clock):
    frame_clock = FrameClock(10.0, clock)
    frame_clock.wait()
    clock.now += 0.13
    assert frame_clock.wait() == 0.0
    clock.now += 0.01
    assert clock.now + frame_clock.wait() == pytest.approx(50.2)


def test_zero_frames_a_second_means_as_fast_as_it_goes(clock):
    frame_clock = FrameClock(0.0, clock)
    for _ in range(5):
        assert frame_clock.wait() == 0.0
        clock.now += 0.001


def test_speed_is_measured_over_time_that_passed(clock):
    frame_clock = FrameClock(0.0, clock)
    assert frame_clock.steps_per_second == 0.0
    clock.now += 0.5
    frame_clock.count(100)
    assert frame_clock.steps_per_second == pytest.approx(200.0)


def test_speed_follows_a_change_smoothly(clock):
    frame_clock = FrameClock(0.0, clock)
    for _ in range(30):
        clock.now += 0.1
        frame_clock.count(10)
    clock.now += 0.1
    frame_clock.count(50)
    assert 100.0 < frame_clock.steps_per_second < 500.0
    for _ in range(30):
        clock.now += 0.1
        frame_clock.count(50)
    assert frame_clock.steps_per_second == pytest.approx(500.0, rel=0.01)


def test_a_pause_counts_as_nothing(clock):
    frame_clock = FrameClock(10.0, clock)
    clock.now += 0.1
    frame_clock.count(10)
    clock.now += 1000.0
    frame_clock.restart()
    assert frame_clock.wait() == 0.0
    clock.now += 0.1
    frame_clock.count(10)
    assert frame_clock.steps_per_second == pytest.approx(100.0)


def test_steps_without_any_time_do_not_divide_by_zero(clock):
    frame_clock = FrameClock(10.0, clock)
    frame_clock.count(5)
    assert 0 < frame_clock.steps_per_second < float("inf")


def test_a_frame_that_is_waited_for_is_begun_at_once_and_the_next_an_interval_later(clock):
    frame_clock = FrameClock(10.0, clock)
    frame_clock.wait()
    assert frame_clock.wait() == pytest.approx(0.1)
    clock.now += 0.03
    assert frame_clock.hurry() == 0.0
    assert frame_clock.wait() == pytest.approx(0.1)


def test_after_a_hurried_frame_the_schedule_is_reached_again_without_a_gap(clock):
    frame_clock = FrameClock(10.0, clock)
    frame_clock.wait()
    frame_clock.wait()
    clock.now += 0.03
    frame_clock.hurry()
    begun = [clock.now]
    for _ in range(6):
        clock.now += frame_clock.wait()
        begun.append(clock.now)
    gaps = [after - before for before, after in pairwise(begun)]
    assert max(gaps) == pytest.approx(0.125)  # a quarter longer than ever
    assert begun[-3:] == pytest.approx([50.5, 50.6, 50.7])  # as if nobody had hurried


@pytest.mark.parametrize("every", [0.004, 0.013, 0.1, 0.17, 0.4])
def test_however_often_somebody_hurries_no_more_frames_are_made_than_ever(clock, every):
    frame_clock = FrameClock(10.0, clock)
    began, begun, hurried = clock.now, 0, clock.now
    while clock.now < began + 20.0:
        due = clock.now + frame_clock.wait()
        while (next_one := hurried + every) < due:
            clock.now = max(clock.now, next_one)
            hurried = next_one
            due = clock.now + frame_clock.hurry()
        clock.now = max(clock.now, due)
        begun += 1
        # One frame ahead at most, at every moment.
        assert begun <= (clock.now - began) * 10.0 + 2.001
    assert begun >= 200


def test_a_frame_that_is_late_already_can_not_be_hurried(clock):
    frame_clock = FrameClock(10.0, clock)
    frame_clock.wait()
    clock.now += 0.35
    assert frame_clock.wait() == 0.0
    assert frame_clock.hurry() == 0.0
    clock.now += 0.01
    assert frame_clock.wait() == pytest.approx(0.09)


def test_without_a_frame_rate_there_is_nothing_to_hurry(clock):
    frame_clock = FrameClock(0.0, clock)
    assert (frame_clock.wait(), frame_clock.hurry(), frame_clock.wait()) == (0.0, 0.0, 0.0)

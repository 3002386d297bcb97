"""Messages at a least interval: none early, and none late for ever because one was."""

import asyncio

import pytest

from atomtug.server.transport.rate_limit import MAX_EARLY, RateLimit


def sent(interval: float, arrivals: list[float]) -> list[float]:
    """When messages that arrive at these times are sent; each waits for the one before."""
    limit, now, times = RateLimit(interval), 0.0, []
    for arrival in arrivals:
        now = max(now, arrival)
        now += limit.delay(now)
        limit.count(now)
        times.append(now)
    return times


@pytest.mark.parametrize("start", [0.0, 50.0])
def test_the_second_message_waits_for_the_interval_as_all_others_do(start):
    first, second, third = (time - start for time in sent(0.5, [start, start + 0.01, start + 0.02]))
    assert first == 0.0
    assert second == pytest.approx(0.5 - MAX_EARLY)
    assert third == pytest.approx(1.0 - 2 * MAX_EARLY)


def test_after_a_long_silence_there_is_no_burst():
    times = sent(0.5, [0.0, 10.0, 10.01, 10.02])
    assert times[1] == 10.0
    assert times[2] >= 10.5 - MAX_EARLY
    assert times[3] >= 11.0 - 2 * MAX_EARLY


def test_on_average_there_are_no_more_messages_than_one_in_an_interval():
    times = sent(1 / 30, [k / 100 for k in range(3000)])
    for first, last in ((0, 300), (200, 900)):
        assert times[last] - times[first] >= (last - first - 1) / 30 - 1e-9


@pytest.mark.parametrize("late", [0.004, 0.012, 0.025])
def test_a_late_frame_delays_none_but_the_next(late):
    """Frames are made as often as they may be sent; one of them comes late."""
    arrivals = [k / 30 for k in range(40)]
    arrivals[10] += late
    times = sent(1 / 30, arrivals)
    assert times[11] - arrivals[11] <= max(0.0, late - 1 / 120) + 1e-9
    assert [time - arrival for time, arrival in zip(times[13:], arrivals[13:], strict=True)] == pytest.approx(
        [0.0] * 27
    )


def test_without_an_interval_nothing_waits():
    async def main() -> None:
        limit = RateLimit(0.0)
        for _ in range(1000):
            await limit.wait()

    asyncio.run(asyncio.wait_for(main(), 5))

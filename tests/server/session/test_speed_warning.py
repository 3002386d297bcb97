"""When the user is warned that the engine is slower than asked."""

from atomtug.server.session.session import HOUSEKEEPING_INTERVAL
from atomtug.server.session.speed_warning import SLOW_FOR, SpeedWarning

CHECKS = round(SLOW_FOR / HOUSEKEEPING_INTERVAL)


def warned(speeds: list[tuple[float, float, bool]]) -> list[int]:
    """The checks at which a warning was due."""
    warning = SpeedWarning()
    return [number for number, speed in enumerate(speeds, start=1) if warning.is_due(*speed)]


def test_it_is_due_once_after_the_engine_was_slow_for_long():
    assert warned([(80.0, 100.0, True)] * 5 * CHECKS) == [CHECKS]


def test_one_check_at_full_speed_starts_the_count_again():
    slow, fast = (80.0, 100.0, True), (95.0, 100.0, True)
    assert warned([slow] * (CHECKS - 1) + [fast] + [slow] * CHECKS) == [2 * CHECKS]


def test_it_is_never_due_while_paused_unmeasured_or_without_a_speed_asked_for():
    for speed in ((80.0, 100.0, False), (0.0, 100.0, True), (80.0, 0.0, True)):
        assert warned([speed] * 3 * CHECKS) == []

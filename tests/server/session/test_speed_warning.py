"""When the user is warned that the engine is slower than asked."""

from atomtug.server.session.session import HOUSEKEEPING_INTERVAL
from atomtug.server.session.speed_warning import RECOVERED_FOR, SLOW_FOR, SpeedWarning

CHECKS = round(SLOW_FOR / HOUSEKEEPING_INTERVAL)
RECOVERY = round(RECOVERED_FOR / HOUSEKEEPING_INTERVAL)


def said(speeds: list[tuple[float, float, bool]]) -> list[tuple[int, str]]:
    """The checks at which something was to be said, and what."""
    warning = SpeedWarning()
    answers = [(number, warning.check(*speed)) for number, speed in enumerate(speeds, start=1)]
    return [answer for answer in answers if answer[1]]


def test_it_is_due_once_after_the_engine_was_slow_for_long():
    assert said([(80.0, 100.0, True)] * 5 * CHECKS) == [(CHECKS, "slow")]


def test_one_check_at_full_speed_starts_the_count_again():
    slow, fast = (80.0, 100.0, True), (95.0, 100.0, True)
    assert said([slow] * (CHECKS - 1) + [fast] + [slow] * CHECKS) == [(2 * CHECKS, "slow")]


def test_it_is_never_due_while_paused_unmeasured_or_without_a_speed_asked_for():
    for speed in ((80.0, 100.0, False), (0.0, 100.0, True), (80.0, 0.0, True)):
        assert said([speed] * 3 * CHECKS) == []


def test_19_a_speed_about_the_limit_is_warned_of_once():
    slow, fast = [(70.8, 150.0, True)] * 2 * CHECKS, [(149.0, 150.0, True)] * CHECKS
    paused = [(70.8, 150.0, False)] * CHECKS
    assert said((slow + fast + paused) * 20) == [(CHECKS, "slow")]


def test_19_it_is_said_when_the_speed_changes_by_a_lot():
    speeds = [[(speed, 100.0, True)] * 3 * CHECKS for speed in (80.0, 70.0, 20.0, 22.0, 75.0)]
    assert said([check for part in speeds for check in part]) == [
        (CHECKS, "slow"), (7 * CHECKS, "slow"), (13 * CHECKS, "slow"),
    ]  # fmt: skip


def test_19_it_is_said_when_the_engine_keeps_up_again_for_long():
    slow, fast = [(80.0, 100.0, True)] * CHECKS, [(99.0, 100.0, True)] * 2 * RECOVERY
    assert said(slow + fast + slow) == [
        (CHECKS, "slow"), (CHECKS + RECOVERY, "recovered"), (2 * CHECKS + 2 * RECOVERY, "slow"),
    ]  # fmt: skip
    assert said(fast) == []

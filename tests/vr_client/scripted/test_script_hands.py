"""The plans' machinery: hands that move, and scripts that are played, on made-up frames."""

import numpy as np
import pytest
from fake_simulation import make_frame

from atomtug.core.errors import InputError
from atomtug.core.systems import load_system
from atomtug.vr_client import LetGo, Pull, RunCommand, Script, ScriptedHands, Wait, play_script
from atomtug.vr_client.scripted.condition import Condition

METHANE = load_system("methane")
CARBON = 5  # of the radical


def at(time, moved=None):
    """A frame of methane + CN; ``moved``: atom -> position."""
    positions = METHANE.positions.copy()
    for atom, position in (moved or {}).items():
        positions[atom] = position
    return make_frame(METHANE, positions, time)


def send(plan, frame):
    """(action, None) or (None, result)."""
    try:
        return plan.send(frame), None
    except StopIteration as done:
        return None, done.value


class TestHands:
    def step(self, hands, frame):
        plan = hands.until_next_frame()
        action = next(plan)
        with pytest.raises(StopIteration):
            plan.send(frame)
        return action

    def test_a_hand_moves_no_faster_than_it_can(self):
        hands = ScriptedHands(at(0.0))
        goal = METHANE.positions[CARBON] + [10.0, 0.0, 0.0]
        hands.grip("right", (CARBON,), lambda _: goal, k=1000.0, speed=5.0)
        self.step(hands, at(0.1))
        action = self.step(hands, at(0.2))
        moved = action.interactions["right"].position - METHANE.positions[CARBON]
        np.testing.assert_allclose(moved, [0.5, 0.0, 0.0], atol=1e-12)

    def test_a_hand_does_not_overshoot(self):
        hands = ScriptedHands(at(0.0))
        goal = METHANE.positions[CARBON] + [0.1, 0.0, 0.0]
        hands.grip("right", (CARBON,), lambda _: goal, k=1000.0, speed=50.0)
        self.step(hands, at(1.0))
        action = self.step(hands, at(2.0))
        np.testing.assert_allclose(action.interactions["right"].position, goal)

    def test_without_a_speed_a_hand_is_at_its_goal_with_the_next_frame(self):
        hands = ScriptedHands(at(0.0))
        goal = METHANE.positions[CARBON] + [3.0, 0.0, 0.0]
        hands.grip("right", (CARBON,), lambda _: goal, k=1000.0)
        first = self.step(hands, at(0.0025))
        second = self.step(hands, at(0.005))
        np.testing.assert_allclose(first.interactions["right"].position, METHANE.positions[CARBON])
        np.testing.assert_allclose(second.interactions["right"].position, goal)

    def test_a_hand_that_rides_goes_where_its_atom_goes(self):
        hands = ScriptedHands(at(0.0))
        here = METHANE.positions[CARBON]
        hands.grip("right", (CARBON,), lambda _: here, k=1000.0, speed=1e-9, rides=0)
        self.step(hands, at(0.1, {0: METHANE.positions[0] + [0.0, 2.0, 0.0]}))
        action = self.step(hands, at(0.2))
        np.testing.assert_allclose(action.interactions["right"].position - here, [0.0, 2.0, 0.0], atol=1e-6)

    def test_a_steady_hand_holds_back_what_runs_away(self):
        hands = ScriptedHands(at(0.0))
        here = METHANE.positions[CARBON]
        hands.grip("right", (CARBON,), lambda _: here, k=1000.0, steadies=0.05, body=(CARBON,))
        velocity = np.array([4.0, 0.0, 0.0])
        for time in np.arange(0.01, 0.3, 0.01):
            action = self.step(hands, at(time, {CARBON: here + velocity * time}))
        np.testing.assert_allclose(action.interactions["right"].position, here - 0.05 * velocity, atol=1e-3)

    def test_tremor_has_the_spread_asked_for_and_the_seed_decides_it(self):
        def shaken(seed):
            hands = ScriptedHands(at(0.0), tremor=0.1, rng=np.random.default_rng(seed))
            here = METHANE.positions[CARBON]
            hands.grip("right", (CARBON,), lambda _: here, k=1000.0)
            actions = [self.step(hands, at(0.05 * n)) for n in range(400)]
            return np.array([action.interactions["right"].position - here for action in actions])

        first = shaken(1)
        assert first.std() == pytest.approx(0.1, rel=0.15)
        np.testing.assert_array_equal(first, shaken(1))
        assert not np.array_equal(first, shaken(2))

    def test_a_reset_does_not_turn_the_clock_back(self):
        hands = ScriptedHands(at(1.0))
        self.step(hands, at(1.5))
        self.step(hands, at(0.0))
        self.step(hands, at(0.25))
        assert hands.time == pytest.approx(0.75)


class TestPlayingAScript:
    def test_a_pull_follows_its_target_until_the_condition_holds_then_lets_go_and_waits(self):
        steps = (
            Pull("CN:C", toward="CH4:H2", k=5000.0, until=Condition("r(CN:C, CH4:H2) < 1.2")),
            LetGo(),
            Wait(0.5),
        )
        plan = play_script(at(0.0), Script(steps))
        action = next(plan)
        assert action.interactions["right"].particles == (CARBON,)
        assert action.interactions["right"].k == 5000.0
        # The hand goes where H2 went.
        moved = np.array([3.0, 0.0, 0.0])
        action, _ = send(plan, at(0.1, {2: moved}))
        np.testing.assert_allclose(action.interactions["right"].position, moved)
        action, _ = send(plan, at(0.2, {2: moved, CARBON: moved + np.array([1.1, 0.0, 0.0])}))
        assert not action.interactions
        action, _ = send(plan, at(0.6))
        assert action is not None
        action, report = send(plan, at(0.7))
        assert action is None
        assert report.finished
        assert report.time == pytest.approx(0.7)

    def test_a_condition_that_stays_false_ends_the_script_by_simulated_time(self):
        script = Script((Pull("CN:C", to=(0, 0, 0), until=Condition("r(0, 5) < 0.1"), timeout=1.0), LetGo()))
        plan = play_script(at(0.0), script)
        next(plan)
        for time in (0.5, 0.99):
            assert send(plan, at(time))[0] is not None
        _, report = send(plan, at(1.0))
        assert not report.finished
        assert report.step == 1
        assert report.reason == "in step 1, r(0, 5) < 0.1 did not come true within 1 ps"

    def test_hands_without_a_condition_work_side_by_side(self):
        script = Script(
            (
                Pull("CH4:C", by=(0.0, 0.0, 0.0), hand="left"),
                Pull("CN", by=(0.0, 1.0, 0.0), hand="right"),
                Wait(1.0),
                LetGo("left"),
                Wait(1.0),
            )
        )
        plan = play_script(at(0.0), script)
        action = next(plan)
        assert set(action.interactions) == {"left", "right"}
        assert action.interactions["right"].particles == (5, 6)
        action, _ = send(plan, at(0.5))
        goal = METHANE.positions[[5, 6]].mean(axis=0) + np.array([0.0, 1.0, 0.0])
        np.testing.assert_allclose(action.interactions["right"].position, goal)
        action, _ = send(plan, at(1.0))
        assert set(action.interactions) == {"right"}

    def test_time_in_a_condition_starts_with_its_step(self):
        plan = play_script(at(3.0), Script((Wait(0.5), Wait(5.0, Condition("t > 0.2")))))
        next(plan)
        send(plan, at(3.5))
        assert send(plan, at(3.6))[0] is not None
        assert send(plan, at(3.75))[1].finished

    def test_commands_are_handed_over_in_turn(self):
        plan = play_script(
            at(0.0),
            Script((RunCommand("playback/reset"), RunCommand("dynamics/set", {"temperature": 350.0}))),
        )
        assert [command.name for command in next(plan).commands] == ["playback/reset"]
        action, _ = send(plan, at(0.0))
        assert action.commands[0].arguments == {"temperature": 350.0}
        assert send(plan, at(0.0))[1].finished

    def test_an_atom_that_is_not_there_is_named_before_anything_is_pulled(self):
        script = Script((Wait(1.0), Pull("CN:C", toward="CH4:H9")), name="tug")
        with pytest.raises(InputError, match="Step 2 of tug: There is no atom CH4:H9"):
            play_script(at(0.0), script)

"""A simulation process alone: it obeys in order, and answers requests."""

import json
import time

import numpy as np
import pytest
from handle_driver import ETHANE, HARMONIC, METHANE, SETTINGS, driving, grip, one_step
from rpc_client import PATIENCE

from atomtug.core.errors import EngineError
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.server.process import messages


def test_a_load_is_answered_with_the_engine_and_the_first_frame(driver):
    driver.load("pm6")
    loaded, frame = driver.of(messages.Loaded)[-1], driver.frames()[-1]
    assert loaded.engine == "pm6"
    assert loaded.settings["program"] == "sparrow"
    assert frame.begins
    assert frame.frame.step == 0
    np.testing.assert_array_equal(frame.frame.positions, METHANE.positions)


def test_it_stands_still_until_told_to_play_and_again_when_told_to_pause(driver):
    driver.order(messages.Play())
    driver.wait(lambda: len(driver.frames()) > 10, "frames")
    for count in (1, 2):  # the frame that the first one stopped comes before the second is answered
        driver.order(messages.Pause())
        driver.wait(
            lambda n=count: driver.of(messages.Playing).count(messages.Playing(False)) == n, "the pause"
        )
    last = one_step(driver).frame.step
    assert one_step(driver).frame.step == last + 4
    steps = [report.frame.step for report in driver.frames()]
    assert steps == sorted(set(steps))
    assert set(np.diff(steps[:10])) == {4}


def test_each_step_once_is_one_frame_and_then_it_stands(driver):
    for count in range(1, 4):
        assert one_step(driver).frame.step == 4 * count
    assert [report.frame.step for report in driver.frames()] == [4, 8, 12]
    driver.wait(lambda: driver.of(messages.Playing)[-1] == messages.Playing(False), "standing still")


def test_steps_ordered_together_are_all_made(driver):
    driver.order(*[messages.StepOnce()] * 5)
    driver.wait(lambda: len(driver.frames()) >= 5, "five frames")
    assert one_step(driver).frame.step == 24


def test_a_reset_begins_again(driver):
    one_step(driver)
    driver.order(messages.Reset())
    frame = driver.wait(lambda: driver.frames()[-1].begins and driver.frames()[-1], "the beginning")
    assert frame.frame.step == 0
    assert one_step(driver).frame.step == 4


def test_a_frame_of_one_molecule_is_not_gone_back_to_in_another(driver):
    moved = one_step(driver).frame
    driver.order(
        messages.Load(ETHANE, HARMONIC, SETTINGS, index=1), messages.GoBack(moved), messages.StepOnce()
    )
    frames = driver.wait(lambda: len(driver.frames()) >= 3 and driver.frames(), "a frame of ethane")
    assert [len(each.frame.positions) for each in frames[1:]] == [10, 10]
    assert not driver.ended


def test_what_is_held_acts_from_the_next_frame_on(driver):
    driver.set_interactions({"interaction.a": grip(1)})
    frame = one_step(driver).frame
    assert [hand.key for hand in frame.interactions] == ["interaction.a"]
    driver.set_interactions({})
    assert one_step(driver).frame.interactions == ()


def test_other_settings_act_from_the_next_frame_on(driver):
    driver.order(messages.Configure(SETTINGS.changed({"timestep": 0.1})))
    before = driver.of(messages.FrameReady)
    first, second = one_step(driver).frame, one_step(driver).frame
    ratio = (second.time - first.time) / (4 * 0.5)
    assert before == []
    assert ratio == pytest.approx(0.1 / 0.5 * (first.time / (4 * 0.1)), rel=1e-9)


def test_a_frame_rate_is_kept(driver):
    start = time.monotonic()
    driver.order(messages.SetFrameRate(50.0), messages.Play())
    driver.wait(lambda: len(driver.frames()) >= 20, "20 frames")
    assert time.monotonic() - start > 0.35  # 0.4 s if not for jitter; unhindered it is 0.02 s
    driver.wait(
        lambda: driver.frames()[-1].steps_per_second < 300,
        "a measured speed near 200 steps a second",
    )


def test_orders_before_any_load_do_no_harm():
    with driving() as driver:
        driver.order(messages.StepOnce(), messages.Reset(), messages.Configure(SETTINGS))
        driver.set_interactions({"interaction.a": grip(1)})
        driver.wait(lambda: driver.of(messages.Received), "an answer")
        assert driver.frames() == []
        driver.load()
        assert one_step(driver).frame.step == 4


def test_a_load_from_a_frame_goes_on_there(driver):
    for _ in range(3):
        frame = one_step(driver).frame
    expected = one_step(driver).frame
    driver.load(frame=frame)
    resumed = driver.frames()[-1]
    assert not resumed.begins
    assert resumed.frame.step == 12
    assert resumed.frame.time == frame.time
    np.testing.assert_array_equal(resumed.frame.positions, frame.positions)
    again = one_step(driver).frame
    np.testing.assert_allclose(again.positions, expected.positions, atol=1e-12)


@pytest.mark.parametrize(
    "engine", ["pm9", "ase:no.such.Thing", 'ase:faulty_calculators.Unwilling?{"most": 7}']
)
def test_a_load_that_fails_leaves_what_was_there(driver, engine):
    step = one_step(driver).frame.step
    driver.order(messages.Load(ETHANE, engine, SETTINGS))
    assert driver.next(messages.LoadFailed).reason.endswith(".")
    frame = one_step(driver).frame
    assert frame.step == step + 4
    assert len(frame.positions) == 7


def test_while_a_frame_takes_long_orders_are_obeyed_in_between():
    slow = DynamicsSettings(steps_per_frame=10_000, thermostat="nve")
    with driving() as driver:
        driver.load('ase:faulty_calculators.Slow?{"seconds": 0.02}', settings=slow)
        deadline = time.monotonic() + PATIENCE
        while len(driver.frames()) < 2:
            assert time.monotonic() < deadline
            driver.order(messages.Play())
            time.sleep(0.1)
            driver.order(messages.Pause())  # the frame would take 200 s
        assert 0 < driver.frames()[1].frame.step < 10_000
        driver.order(messages.Play(), messages.Reset())
        driver.wait(lambda: len(driver.frames()) > 2 and driver.frames()[-1].begins, "the reset")


def test_trouble_stops_it_at_the_last_good_frame(tmp_path):
    watched = tmp_path / "fault"
    with driving() as driver:
        driver.load("ase:faulty_calculators.Faulty?" + json.dumps({"watch": str(watched)}))
        good = one_step(driver).frame
        watched.write_text("after 2 raise")  # in the middle of a frame
        driver.order(messages.StepOnce())
        assert "the test wanted it so" in driver.next(messages.CalculationFailed).reason
        watched.write_text("raise")
        driver.order(messages.Reset())  # fails, too
        driver.wait(lambda: len(driver.of(messages.CalculationFailed)) == 2, "more trouble")
        after = one_step(driver).frame
        assert after.step == good.step + 4
        assert after.time == pytest.approx(good.time * 2)
        assert np.abs(after.positions - good.positions).max() < 0.1


# Requests -----------------------------------------------------------------------------------------------


def test_a_request_is_answered_and_fails_with_a_sentence(driver):
    loaded = driver.call(lambda: driver.handle.request(messages.Load(ETHANE, HARMONIC, SETTINGS, index=3)))
    assert isinstance(loaded, messages.Loaded)
    assert (loaded.index, loaded.resumed) == (3, False)
    with pytest.raises(EngineError, match="no engine called"):
        driver.call(lambda: driver.handle.request(messages.Load(ETHANE, "pm9", SETTINGS)))
    released = driver.call(lambda: driver.handle.request(messages.Release()))
    assert isinstance(released, messages.Released)
    assert len(released.state.simulation.frame.positions) == 10


def test_a_request_to_a_process_that_ends_fails_with_how_it_ended():
    with driving() as driver:
        driver.load()
        exiting = messages.Load(
            ETHANE, 'ase:faulty_calculators.Unwilling?{"most": 7, "how": "exit"}', SETTINGS
        )
        with pytest.raises(EngineError, match=r"^engine can't simulate this: .* exit code 5"):
            driver.call(lambda: driver.handle.request(exiting))
        with pytest.raises(EngineError, match="exit code 5"):  # also when it has ended already
            driver.call(lambda: driver.handle.request(messages.Release()))

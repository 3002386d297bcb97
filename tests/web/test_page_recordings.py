"""The server's recordings in the page: played, renamed, downloaded, deleted; the last minute."""

import shutil
from pathlib import Path

import ase.io
import numpy as np
import pytest
from page_visitor import at, frame, has_colour, pulls, state, wait_for

from atomtug.core.systems import load_system
from atomtug.recordings import Recording
from atomtug.recordings.hands import hands_at
from atomtug.server.app import ServerOptions, run_in_thread, running_server
from atomtug.server.listening import ListenOptions
from atomtug.server.session.playback import PlaybackSession

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SAMPLE = Path(__file__).parents[2] / "recordings" / "sample.h5"
OTHERS_PULL = "#5ec8c0"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("recordings")
    shutil.copy(SAMPLE, made / "sample.h5")
    return made


@pytest.fixture(scope="module")
def server(folder):
    options = ServerOptions(
        [load_system("methane")], web_port=0, recordings=folder, paused=True, allow_delete=True
    )
    with running_server(options) as running:
        yield running


@pytest.fixture
def page(server, open_page):
    made = open_page(server.page)
    wait_for(made, "!document.getElementById('shelf').hidden")
    return made


def rows(page) -> list[str]:
    return page.locator("#recordings-list b").all_inner_texts()


def show_list(page, least: int = 1) -> None:
    page.click("#shelf")
    wait_for(page, f"document.querySelectorAll('#recordings-list li').length >= {least}")


def held_frame() -> int:
    """The frame of the sample in which a hand is farthest from the atom that it pulls."""

    def distance(recording: Recording, index: int) -> float:
        hands = recording.frame(index).interactions
        places = recording.positions[index]
        return max(
            (float(np.linalg.norm(hand.position - places[hand.particles[0]])) for hand in hands), default=0.0
        )

    with Recording(SAMPLE) as recording:
        return max(range(5, len(recording) - 5), key=lambda index: distance(recording, index))


def test_a_recording_is_opened_gone_through_and_left(server, page, picture):
    show_list(page)
    about = page.locator("#recordings-list li").first
    assert "frames" in about.inner_text()
    assert about.locator("path").get_attribute("d").count("L") > 20
    page.get_by_role("button", name="Open sample.h5").click()
    wait_for(page, "document.body.classList.contains('playback')")
    page.evaluate("atomtug.connection.run('playback/pause')")
    wait_for(page, "atomtug.connection.frame['playback.playing'] === false")
    assert page.url.endswith("#play=sample.h5")
    wait_for(page, "document.getElementById('track-energy').getAttribute('d')?.length > 100")

    target = held_frame()
    with Recording(SAMPLE) as recording:
        frames = len(recording)
        [hand, *_] = hands_at(recording, target)
    page.fill("#scrub", str(target))
    wait_for(page, f"atomtug.connection.frame['playback.frame'] === {target}")
    assert page.inner_text("#place").startswith(f"{target + 1} of {frames}")
    wait_for(page, f"atomtug.connection.state.has('{hand}')")
    picture(page, "page-playback", lambda image: has_colour(image, OTHERS_PULL))
    page.click("#step")
    wait_for(page, f"atomtug.connection.frame['playback.frame'] === {target + 1}")
    page.keyboard.press(",")
    page.keyboard.press(",")
    wait_for(page, f"atomtug.connection.frame['playback.frame'] === {target - 1}")

    page.select_option("#speed", "4")
    page.uncheck("#loop")
    page.fill("#scrub", str(frames - 2))
    wait_for(page, f"atomtug.connection.frame['playback.frame'] === {frames - 2}")
    page.click("#play")  # runs to the end and stays there
    wait_for(page, f"atomtug.connection.frame['playback.frame'] === {frames - 1}")
    wait_for(page, "document.body.classList.contains('paused')")
    interval = page.evaluate("atomtug.connection.run('trajectory/get-dynamics-interval')")["interval"]
    assert interval == pytest.approx(1 / 120)

    # The simulation has gone its own way all the while, and does so again here.
    assert "playback.frame" not in server.session.frames.current.values
    page.click("#live")
    wait_for(page, "atomtug.connection.frame['engine.name'] === 'pm6'")
    wait_for(page, "!document.body.classList.contains('playback')")
    assert "#play" not in page.url
    assert not page.is_visible("#player")


def test_in_a_recording_nothing_is_pulled(server, open_page):
    page = open_page(server.page + "/#play=sample.h5")
    wait_for(page, "document.body.classList.contains('playback')")
    page.evaluate("atomtug.connection.run('playback/pause')")
    page.evaluate("atomtug.connection.run('playback/seek', {frame: 0})")
    wait_for(page, "atomtug.connection.frame['playback.frame'] === 0")
    said = "document.getElementById('hint').textContent.includes('This is a recording')"
    wait_for(page, f"(atomtug.view.draw(), {said})")
    mine = page.evaluate("atomtug.person.id")
    before = page.evaluate("atomtug.view.camera.position.x")
    x, y = at(page, 0)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 120, y + 20, steps=5)
    wait_for(page, f"Math.abs(atomtug.view.camera.position.x - {before}) > 0.05")
    page.mouse.up()
    assert page.evaluate("atomtug.pulls.held.size") == 0
    assert not [key for key in pulls(page) if mine in key]
    assert page.evaluate("atomtug.figures.said").count("This is a recording: its atoms can't be pulled.") == 1


def test_a_recording_that_is_not_there_is_told_and_the_page_is_live(server, open_page):
    page = open_page(server.page + "/#play=gone.h5")
    wait_for(page, "atomtug.figures.said.some(text => text.includes('no recording'))")
    wait_for(page, "atomtug.connection.frame['engine.name'] === 'pm6'")


def test_a_recording_is_renamed_downloaded_and_deleted(page, folder, tmp_path):
    shutil.copy(SAMPLE, folder / "mine.h5")
    show_list(page, 2)
    page.get_by_role("button", name="Rename mine.h5").click()
    page.get_by_label("New name").fill("the reaction")
    page.keyboard.press("Enter")
    wait_for(page, "document.getElementById('recordings-list').textContent.includes('the reaction.h5')")
    assert not (folder / "mine.h5").exists()
    for kind, name in (("h5", "the reaction.h5"), ("extxyz", "the reaction.extxyz")):
        with page.expect_download() as waiting:
            page.get_by_label("Download the reaction.h5").select_option(kind)
        assert waiting.value.suggested_filename == name
        waiting.value.save_as(tmp_path / name)
    assert (tmp_path / "the reaction.h5").read_bytes() == SAMPLE.read_bytes()
    with Recording(SAMPLE) as recording:
        assert len(ase.io.read(tmp_path / "the reaction.extxyz", index=":")) == len(recording)
    page.get_by_role("button", name="Delete the reaction.h5").click()
    assert (folder / "the reaction.h5").exists()  # the first press only asks
    page.get_by_role("button", name="Delete for good? the reaction.h5").click()
    wait_for(page, "!document.getElementById('recordings-list').textContent.includes('the reaction')")
    assert not (folder / "the reaction.h5").exists()


def test_what_nobody_recorded_is_saved(server, page, folder):
    before = set(folder.glob("*.h5"))
    step = frame(page, "system.simulation.step")
    page.evaluate("atomtug.connection.run('playback/step')")
    wait_for(page, f"atomtug.connection.frame['system.simulation.step'] > {step}")
    page.click("#save-last")
    wait_for(page, "atomtug.figures.said.some(text => /^Saved \\d+ frames, the last/.test(text))")
    [made] = set(folder.glob("*.h5")) - before
    with Recording(made) as recording:
        assert recording.steps[-1] == server.session.frames.current.values["system.simulation.step"]
        assert len(recording) >= 2
    page.click("#record")
    wait_for(page, "document.getElementById('save-last').hidden")
    page.click("#record")
    wait_for(page, "!document.getElementById('save-last').hidden")


def test_where_recordings_are_played_they_are_listed_and_chosen(open_page, tmp_path):
    for name in ("one", "two"):
        shutil.copy(SAMPLE, tmp_path / f"{name}.h5")
    paths = [tmp_path / "one.h5", tmp_path / "two.h5"]
    with run_in_thread(lambda: PlaybackSession(paths), ListenOptions(port=0, web_port=0)) as running:
        page = open_page(running.page)
        wait_for(page, "!document.getElementById('shelf').hidden")
        assert not page.is_visible("#live")
        show_list(page, 2)
        assert rows(page) == ["one.h5", "two.h5"]
        assert page.get_by_role("button", name="Rename one.h5").count() == 0
        page.get_by_role("button", name="Open two.h5").click()
        wait_for(page, "atomtug.connection.state.get('simulation.name') === 'two.h5'")
        assert state(page)["simulation.index"] == 1

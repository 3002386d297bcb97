"""``atomtug info``, ``plot`` and ``export`` as a chemist runs them."""

import json
import shutil
import sys
from pathlib import Path

import ase.io
import h5py
import pytest
from click.testing import CliRunner, Result

from atomtug.cli import cli, main
from atomtug.cli.export import FORMATS as OFFERED
from atomtug.core.errors import InputError, RecordingError
from atomtug.recordings.export import FORMATS

SAMPLE = Path(__file__).parents[2] / "recordings" / "sample.h5"


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    return Path(shutil.copy(SAMPLE, tmp_path / "run.h5"))


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def test_info_tells_the_story_of_each_file(sample: Path) -> None:
    result = run("info", sample, sample)
    assert result.exit_code == 0
    assert result.output.count("ends as CH3 + HCN") == 2
    assert result.output.startswith(f"{sample}\n  system      methane: CH4 + CN")


def test_a_full_disk_behind_the_output_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(**_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("atomtug.cli.cli", full)
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 1
    said = "atomtug: The disk is full, the output can't be written: make room and start again.\n"
    assert capsys.readouterr().err == said


def test_info_of_a_structure_does_not_call_it_failed(tmp_path: Path) -> None:
    (tmp_path / "water.xyz").write_text("3\n\nO 0 0 0\nH 0.96 0 0\nH -0.24 0.93 0\n")
    said = run("info", tmp_path / "water.xyz").output
    assert "H2O (3 atoms, charge 0, singlet): 0 labelled, 1 without energy" in said


def test_info_as_json_is_a_line_for_each_file(sample: Path) -> None:
    result = run("info", "--json", sample, sample)
    lines = result.stdout.splitlines()
    assert len(lines) == 2
    data = json.loads(lines[0])
    assert data["format"] == "atomtug recording"
    assert data["path"] == str(sample)
    assert data["pulls"][0]["owner"] == "sample"
    assert [change["name"] for change in data["bond_changes"]] == ["CN:C-H4", "C-H4"]


def test_info_of_what_is_no_recording_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    foreign = tmp_path / "foreign.h5"
    with h5py.File(foreign, "w") as file:
        file["a"] = 1
    for path, text in ((tmp_path / "none.h5", "There is no file"), (foreign, "no recording")):
        monkeypatch.setattr(sys, "argv", ["atomtug", "info", str(path)])
        with pytest.raises(SystemExit) as stopped:
            main()
        assert stopped.value.code == 1
        told = capsys.readouterr().err
        assert told.startswith("atomtug: ")
        assert text in told
        assert len(told.splitlines()) == 1


def test_info_of_a_folder_describes_what_is_in_it_and_skips_the_rest(sample: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not looked at")
    (tmp_path / "broken.h5").write_text("no HDF5 at all")
    run("export", sample, "--to", "qml")
    result = run("info", tmp_path)
    assert result.exit_code == 0
    assert (
        result.stdout.startswith(f"{tmp_path / 'run.h5'}\n  system") or "system      methane" in result.stdout
    )
    assert f"{tmp_path / 'run.qml.h5'}\ndata set: 241 labelled geometries" in result.stdout
    assert "notes.txt" not in result.output
    assert result.stderr.startswith(f"Skipped: {tmp_path / 'broken.h5'} is no recording")


def test_info_of_a_folder_without_recordings_says_so(tmp_path: Path) -> None:
    result = run("info", tmp_path)
    assert isinstance(result.exception, InputError)
    assert "holds no recording" in str(result.exception)


@pytest.mark.parametrize("name", ["extxyz", "qml"])
def test_info_reads_data_sets_of_every_format_that_convert_reads(sample: Path, name: str) -> None:
    run("export", sample, "--to", name)
    target = sample.with_name("run" + FORMATS[name].suffix)
    result = run("info", "--json", target)
    assert result.exit_code == 0, result.exception
    data = json.loads(result.stdout)
    assert data["format"] == "data set of another program"
    assert data["path"] == str(target)
    assert [molecule["labelled"] for molecule in data["molecules"].values()] == [241]


def test_plot_draws_a_data_set_of_another_program(sample: Path) -> None:
    run("export", sample, "--to", "extxyz")
    data = sample.with_name("run.extxyz")
    picture = sample.with_name("drawn.png")
    result = run("plot", data, "--out", picture)
    assert result.output == f"{picture}\n"
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_plot_of_what_is_neither_recording_nor_data_set_says_so(tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("not a geometry", encoding="utf-8")
    result = run("plot", notes)
    assert isinstance(result.exception, RecordingError)
    assert "is no recording" in str(result.exception)
    assert "Nor can it be read as a data set" in str(result.exception)
    assert not list(tmp_path.glob("*.png"))


def test_plot_draws_a_png_beside_the_recording(sample: Path) -> None:
    result = run("plot", sample)
    picture = sample.with_suffix(".png")
    assert result.output == f"{picture}\n"
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_plot_draws_where_it_is_told_to(sample: Path, tmp_path: Path) -> None:
    assert run("plot", sample, "--out", tmp_path / "a.pdf").exit_code == 0
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")
    assert isinstance(run("plot", sample, "--out", tmp_path / "a.xyz").exception, InputError)


def test_export_offers_every_format_there_is() -> None:
    assert tuple(FORMATS) == OFFERED


@pytest.mark.parametrize("name", OFFERED)
def test_export_writes_beside_the_recording(sample: Path, name: str) -> None:
    result = run("export", sample, "--to", name)
    target = sample.with_name("run" + FORMATS[name].suffix)
    assert result.stdout == f"{target}: 241 frames; topology in run.pdb\n"
    assert target.is_file()
    again = run("export", sample, "--to", name)
    assert isinstance(again.exception, RecordingError)
    assert "--force" in str(again.exception)
    assert run("export", sample, "--to", name, "--force").exit_code == 0


def test_several_recordings_go_into_a_folder_or_one_file(sample: Path, tmp_path: Path) -> None:
    other = Path(shutil.copy(sample, tmp_path / "other.h5"))
    assert run("export", sample, other, "--to", "extxyz", "--out", tmp_path / "new").exit_code == 0
    assert len(ase.io.read(tmp_path / "new" / "other.extxyz", ":")) == 241
    assert run("export", sample, other, "--to", "qml").exit_code == 0
    with h5py.File(tmp_path / "recordings.qml.h5") as file:
        assert len(file["ene"]) == 482
    assert run("export", sample, "--to", "qml", "--out", tmp_path / "one.h5").exit_code == 0
    with h5py.File(tmp_path / "one.h5") as file:
        assert len(file["ene"]) == 241


def test_several_outputs_never_fall_on_one_file(sample: Path, tmp_path: Path) -> None:
    twin = tmp_path / "sub" / "run.h5"
    twin.parent.mkdir()
    shutil.copy(sample, twin)
    clash = run("export", sample, twin, "--to", "extxyz", "--out", tmp_path / "new")
    assert isinstance(clash.exception, InputError)
    assert "same name" in str(clash.exception)
    file = run("export", sample, twin, "--to", "extxyz", "--out", sample)
    assert isinstance(file.exception, InputError)
    assert "give --out a folder" in str(file.exception)

"""The whole loop, small: steer on the network, label what surprised it, train on, swap, judge."""

import json

import pytest
from click.testing import CliRunner

from atomtug.cli import cli
from atomtug.cli.loop import _table
from atomtug.core.systems import load_system
from atomtug.potential import load_model
from atomtug.recordings import Recording
from atomtug.trainer.data import read
from atomtug.trainer.dft.theory import Theory
from atomtug.vr_client.scripted.script_file import load_script
from atomtug.workflows import LoopOptions, LoopRound, LoopStep, loop
from atomtug.workflows.learning_log import LearningStopped


def test_the_table_has_a_row_for_each_round():
    rounds = [
        LoopRound(0, "a.safetensors", 0, 0, 5.0, 9.0),
        LoopRound(1, "round-1.safetensors", 30, 8, 2.5, None),
    ]
    lines = _table(rounds).splitlines()
    assert len(lines) == 4
    assert lines[2].split() == ["0", "a.safetensors", "0", "0", "5.00", "9.00"]
    assert lines[3].split() == ["1", "round-1.safetensors", "30", "8", "2.50"]


def test_an_earlier_loop_is_not_overwritten(tmp_path):
    (tmp_path / "labels.h5").write_bytes(b"")
    result = CliRunner().invoke(cli, ["loop", "--system", "methane", "--out", str(tmp_path)])
    assert "choose another --out" in str(result.exception)


NUDGE = """
[[step]]
pull = "CN:C"
by = [-0.5, 0, 0]
k = 5000
speed = 8
[[step]]
wait = 0.2
"""


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_a_small_loop(tmp_path):
    out, script = tmp_path / "loop", tmp_path / "nudge.toml"
    script.write_text(NUDGE)
    options = (
        "--system methane --rounds 1 --trajectories 1 --labels 10 --functional lda --basis sto-3g --workers 1"
    )
    options += (
        f" --script {script} --epochs 20 --hidden 8,8 --validation 0.3 --uncertainty-limit 0.2 --json --out"
    )
    said: list[LoopStep] = []
    with pytest.raises(LearningStopped):
        loop(
            load_system("methane"), out, 1,
            LoopOptions(
                1, load_script(script), labels=10, uncertainty_limit=0.2, theory=Theory("lda", "sto-3g"), workers=1
            ),
            on_step=said.append, stopped=lambda: len(said) == 3,
        )  # fmt: skip
    assert [step.kind for step in said] == ["steer", "label", "steer"]
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.h5")}
    result = CliRunner().invoke(cli, ["loop", *options.split(), str(out)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert [len(list((out / name).glob("*.h5"))) for name in ("pm6-0", "pm6-1")] == [2, 1]
    rounds = json.loads(result.stdout.splitlines()[-1])["rounds"]
    assert [each["number"] for each in rounds] == [0, 1]
    assert rounds[1]["candidates"] > 0
    assert 0 < rounds[1]["labels"] <= 10
    assert 0 < rounds[1]["mae_kcal"] < 1000
    assert len(read(out / "labels.h5")) == 10 + rounds[1]["labels"]
    assert load_model(out / "round-1.safetensors").architecture.hidden == (8, 8)
    [path] = (out / "recordings").glob("*.h5")
    with Recording(path) as recording:
        assert recording.engines == ("ann:round-0",)
        assert recording.column("candidate").sum() > 0

"""A training with a teacher that is stopped in either part comes to the same end as one that is not."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
import pytest
from fit_helpers import QUICK, data_set

from atomtug.potential import load_model
from atomtug.trainer.fit import gather
from atomtug.trainer.fit.log import Log, read_log
from atomtug.trainer.teacher import TeachingSettings
from atomtug.workflows import training

TEACHING = TeachingSettings(geometries=10, epochs=3, kept=4)


@pytest.fixture
def taught(monkeypatch):
    """Geometries that a teacher would make, without the seconds that GFN2-xTB takes."""
    samples = [
        replace(sample, trajectory=f"taught {sample.trajectory}", taught=True, weight=0.5)
        for sample in gather([data_set({"methane": 6}, seed=5)])
    ]
    monkeypatch.setattr(training, "teach", lambda *_, **__: samples)


def _train(out: Path, stopped: Callable[[], bool] = lambda: False) -> training.Training:
    settings = replace(QUICK, validation=0.0)
    return training.train([data_set({"methane": 8})], out, settings, teaching=TEACHING, stopped=stopped)


@pytest.mark.slow
@pytest.mark.parametrize("epoch", [1, 2, 3, 4, 5])
def test_a_training_stopped_with_its_teacher_comes_to_the_same_end(tmp_path, taught, epoch):
    asked = []

    def stopped() -> bool:
        asked.append(1)
        return len(asked) >= epoch

    whole, stages = tmp_path / "whole.safetensors", tmp_path / "stopped.safetensors"
    assert not _train(whole).stopped
    assert _train(stages, stopped).stopped
    assert not _train(stages).stopped
    one, other = load_model(whole), load_model(stages)
    for ours, theirs in zip(jax.tree.leaves(one.parameters), jax.tree.leaves(other.parameters), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    assert not list(tmp_path.glob("*.checkpoint"))


def test_a_log_whose_last_line_was_cut_short_is_gone_on_with(tmp_path):
    path = tmp_path / "model.log.jsonl"
    log = Log(path)
    for epoch in (1, 2):
        log.write(epoch, np.array([0.5, 0.7]), None)
    path.write_text(path.read_text()[:-9])
    assert [entry["epoch"] for entry in read_log(Log(path, done=1).path)] == [1]

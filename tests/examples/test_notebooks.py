"""The notebooks in examples/ run from their first cell to their last, and come without outputs."""

import json
import os
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
SAID = {
    "pull_and_look": ("Bonded after ", "Recorded in methane-"),
    "serve_your_own": (
        "In a browser: http://localhost:",
        "Recorded on ase:__main__.Argon",
        "To take it away costs ",
    ),
    "train_your_own": ("Mean error of geometries that it has not seen: 0.", "Vibrations: "),
}


def test_every_notebook_is_tested():
    assert {path.stem for path in EXAMPLES.glob("*.ipynb")} == set(SAID)


@pytest.mark.parametrize("name", SAID)
def test_a_notebook_is_committed_without_outputs(name):
    cells = json.loads((EXAMPLES / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert len(code) > 3
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)


@pytest.mark.slow
@pytest.mark.parametrize("name", SAID)
def test_a_notebook_runs(name, tmp_path, monkeypatch):
    import nbformat
    from nbclient import NotebookClient

    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    monkeypatch.setenv("OMP_NUM_THREADS", os.environ.get("OMP_NUM_THREADS", "1"))
    notebook = nbformat.read(EXAMPLES / f"{name}.ipynb", as_version=4)
    nbformat.validate(notebook)
    place = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(
        notebook, timeout=300, startup_timeout=120, kernel_name="python3", resources=place
    ).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    printed = "".join(
        output.text for output in outputs if output.output_type == "stream" and output.name == "stdout"
    )
    for sentence in SAID[name]:
        assert sentence in printed
    shown = {kind for output in outputs for kind in output.get("data", {})}
    assert {"image/png", "application/3dmoljs_load.v0"} <= shown

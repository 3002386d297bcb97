"""A client that was made from protos/ alone, as the page on the protocol says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from rpc_client import PATIENCE
from server_process import HARMONIC, serving

ROOT = Path(__file__).parents[3]


@pytest.mark.slow
def test_the_client_of_the_page_on_the_protocol_pulls_and_reads(tmp_path):
    text = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
    section = text.partition("### A client of your own")[2].partition("## WebSocket")[0]
    shell, script = re.findall(r"```(?:python)?\n(.*?)```", section, re.DOTALL)
    (tmp_path / "protos").symlink_to(ROOT / "protos")
    commands = shell.replace("python -m", f"{sys.executable} -m")
    subprocess.run(["bash", "-ec", commands], cwd=tmp_path, check=True, timeout=PATIENCE)
    with serving(
        "serve", "--port", 0, "--ws-port", 0, "--recordings", tmp_path, "--engine", HARMONIC
    ) as server:
        mine = script.replace("localhost:38801", server.address).replace("90", "5").replace("120", "10")
        ended = subprocess.run(
            [sys.executable, "-c", mine],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
    assert ended.returncode == 0, ended.stderr
    assert len(ended.stdout.splitlines()) == 12

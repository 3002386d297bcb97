"""A wheel and an sdist from a clean checkout carry all that a first session needs, and an installed wheel works.

The environment that the wheel is installed in has the dependencies of this one by a path file, and no atomtug but
its own.
"""

import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tarfile
import threading
import urllib.request
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from atomtug.vr_client import Client

ROOT = Path(__file__).parents[2]
LABELS = ROOT / "tests" / "files_of_0_1" / "labels.h5"
MOST_BYTES = 20_000_000
PATIENCE = 240.0
PIP = ("-m", "pip", "--quiet", "--disable-pip-version-check")
CLEAN = {
    key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "COV_", "COVERAGE_"))
} | {"PYTHONPATH": "", "MPLBACKEND": "Agg"}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not (ROOT / ".git").exists(), reason="only a checkout says which files are its own"),
]


def call(*command: str | Path, folder: Path, path: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = CLEAN if path is None else CLEAN | {"PATH": path}
    return subprocess.run(
        [str(part) for part in command], cwd=folder, env=environment, capture_output=True, text=True,
        check=False, timeout=800,
    )  # fmt: skip


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    """The files of this checkout that git knows or would take, and no others: no built page, no .venv."""
    listed = call("git", "ls-files", "-co", "--exclude-standard", "-z", folder=ROOT)
    target = tmp_path_factory.mktemp("build") / "checkout"
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file() and not name.endswith(".tar.xz"):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    return target


@pytest.fixture(scope="module")
def without_node(tmp_path_factory) -> str:
    """A PATH with a shell's usual commands and no Node.js."""
    folder = tmp_path_factory.mktemp("bin")
    for name in ("sh", "env", "dirname", "mktemp", "rm", "tail", "git"):
        where = shutil.which(name)
        assert where is not None
        (folder / name).symlink_to(where)
    return str(folder)


def build(
    checkout: Path, what: str, target: Path, path: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Call the build backend as a frontend does, in a process of its own."""
    target.mkdir(parents=True, exist_ok=True)
    script = (
        f"import sys; sys.path.insert(0, 'tools'); import build_backend as b; b.build_{what}({str(target)!r})"
    )
    return call(sys.executable, "-P", "-c", script, folder=checkout, path=path)


@pytest.fixture(scope="module")
def sdist(checkout, tmp_path_factory) -> Path:
    target = tmp_path_factory.mktemp("sdist")
    done = build(checkout, "sdist", target)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(target.glob("*.tar.gz"))


@pytest.fixture(scope="module")
def wheel(checkout, sdist, tmp_path_factory) -> Path:
    target = tmp_path_factory.mktemp("wheel")
    done = build(checkout, "wheel", target)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(target.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """The folder with the commands of an environment in which the wheel is installed."""
    home = tmp_path_factory.mktemp("environment")
    assert call(sys.executable, "-m", "venv", "--without-pip", home, folder=home).returncode == 0
    python = home / "bin" / "python"
    done = call(sys.executable, *PIP, "--python", python, "install", "--no-deps", wheel, folder=home)
    assert done.returncode == 0, done.stderr
    purelib = call(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", folder=home).stdout
    # Path files in that folder are not read, so the editable install of this checkout is not found through it.
    (Path(purelib.strip()) / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    where = call(python, "-P", "-c", "import atomtug.server; print(atomtug.server.__file__)", folder=home)
    assert where.stdout.startswith(str(home)), where.stdout + where.stderr
    return home / "bin"


@pytest.fixture(params=["elsewhere", "in a checkout"])
def folder(request, tmp_path, checkout) -> Path:
    """Where commands are started: in a checkout, or beside an empty folder that is called atomtug."""
    if request.param == "in a checkout":
        return checkout
    (tmp_path / "atomtug").mkdir()
    return tmp_path


@contextmanager
def serving(commands: Path, folder: Path, arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The address and the page of `atomtug serve`, which has to end well when it is asked to."""
    process = subprocess.Popen(
        [commands / "atomtug", "serve", *arguments, "--port", "0", "--no-record"],
        cwd=folder, env=CLEAN, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    timer = threading.Timer(PATIENCE, process.kill)
    timer.start()
    try:
        address, page, said = "", "", ""
        while not page:
            line = process.stdout.readline()
            said += line
            assert line, f"the server ended: {said}"
            if "clients connect to " in line:
                address = line.split("clients connect to ")[1].strip().rstrip(".")
            if line.startswith("In a browser: "):
                page = line.split(": ", 1)[1].strip()
        yield address, page
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read()
        assert process.wait() == 0, said + rest
    finally:
        timer.cancel()
        process.kill()
        process.wait()


def test_a_wheel_carries_page_structures_a_model_and_data(wheel, checkout):
    carried = set(zipfile.ZipFile(wheel).namelist())
    page = checkout / "server" / "page"
    built = {path.relative_to(page).as_posix() for path in page.rglob("*") if path.is_file()}
    assert any(name.endswith(".js") for name in built)
    assert {f"atomtug/server/page/{name}" for name in built} <= carried
    assert {
        "atomtug/core/systems/squalane.xyz",
        "atomtug/data/models/alkanes.safetensors",
        "atomtug/data/train.h5",
        "atomtug/__main__.py",
        "atomtug/py.typed",
    } <= carried
    assert any(name.endswith("/licenses/LICENSE") for name in carried)
    assert not any(name.startswith(("tests/", "web/", "core/")) or "node_modules" in name for name in carried)
    assert wheel.stat().st_size < MOST_BYTES


def test_a_wheel_built_from_the_sdist_without_node_is_the_same(sdist, wheel, tmp_path, without_node):
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    [unpacked] = [path for path in tmp_path.iterdir() if path.is_dir()]
    assert (unpacked / "web" / "package-lock.json").is_file()
    assert (unpacked / "web" / "index.html").is_file()
    done = build(unpacked, "wheel", tmp_path / "wheel", without_node)
    assert done.returncode == 0, done.stdout + done.stderr
    [again] = (tmp_path / "wheel").glob("*.whl")
    assert set(zipfile.ZipFile(again).namelist()) == set(zipfile.ZipFile(wheel).namelist())
    assert sdist.stat().st_size < MOST_BYTES


def test_a_build_without_the_page_is_an_error_with_a_sentence(checkout, tmp_path, without_node):
    bare = tmp_path / "bare"
    shutil.copytree(checkout, bare, ignore=shutil.ignore_patterns("page", "node_modules", "build"))
    done = build(bare, "wheel", tmp_path / "wheel", without_node)
    assert done.returncode != 0
    assert "atomtug can't be built without its browser page" in done.stderr
    assert not list((tmp_path / "wheel").glob("*.whl"))


@pytest.mark.parametrize(
    "arguments", [["methane"], ["squalane", "--engine", "ann:alkanes"]], ids=lambda a: a[0]
)
def test_an_installed_wheel_serves(installed, folder, arguments):
    with serving(installed, folder, arguments) as (address, page):
        with urllib.request.urlopen(page) as answer:
            assert b"<script" in answer.read()
        with Client.connect(address) as client:
            frame = client.wait_for_frame(timeout=PATIENCE)
            assert len(frame.positions) == (7 if arguments == ["methane"] else 94)
            assert "ann:alkanes" in str(client.run("engine/list"))


TINY = ("--members", "1", "--hidden", "4,4", "--n-basis", "2", "--components", "4", "--epochs", "1")


def test_an_installed_wheel_trains(installed, folder, tmp_path):
    out = tmp_path / "model.safetensors"
    training = ("train", "--data", LABELS, "--validation", "0", *TINY, "--out", out)
    done = call(installed / "atomtug", *training, folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert out.is_file()


def test_an_installed_wheel_learns_from_the_data_set_that_comes_along(installed, tmp_path):
    chosen = ("--training-set", "1", "--size", "10", "--validation", "0")
    training = ("train", *chosen, *TINY, "--out", "model.safetensors")
    done = call(installed / "atomtug", *training, folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "geometries to learn from (methane " in done.stderr


def test_an_installed_wheel_says_that_it_is_sound(installed, folder):
    done = call(installed / "atomtug", "doctor", folder=folder)
    assert done.returncode == 0, done.stdout
    assert "2 load" in done.stdout
    assert "page     built" in done.stdout

"""What ``atomtug doctor`` looks at, one function each: is it there, does it work, and what to do if not."""

import json
import os
import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from importlib.util import find_spec
from pathlib import Path

from atomtug.core.errors import AtomtugError
from atomtug.core.shipped import shipped_models
from atomtug.protos.services import DEFAULT_PORT
from atomtug.server.process.worker_process import THREADS
from atomtug.server.transport.web_page import FOLDER, INDEX

PAGE_PORT = DEFAULT_PORT + 1
"""Of browsers and today's NanoVer clients."""
PROBE_PATIENCE = 120.0
"""Seconds for a library to be loaded from a cold disk and do its little work."""
LITTLE_SPACE, NO_SPACE = 2 * 2**30, 2**28
"""Bytes free for recordings: an hour of methane + CN at 30 frames a second takes 100 MB."""
OLDEST_PYTHON = (3, 11)
ACTIVE_RUNTIME = "openxr/1/active_runtime.json"


class Severity(Enum):
    """How bad it is: a warning leaves something optional out, a failure something that is needed."""

    OK = "ok"
    WARN = "warn"
    FAIL = "FAIL"


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Args:
        name: of what was looked at
        severity: how bad it is
        found: in words
        advice: what to do; empty where there is nothing to do
    """

    name: str
    severity: Severity
    found: str
    advice: str = ""


def python() -> Finding:
    """The version of Python."""
    found = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info[:2] >= OLDEST_PYTHON:
        return Finding("Python", Severity.OK, found)
    return Finding("Python", Severity.FAIL, found, "Use Python 3.11 or later.")


def sparrow() -> Finding:
    """PM6, the engine of a live session. Missing is only a warning where SCINE publishes no Sparrow."""
    if find_spec("scine_sparrow") is None and not has_sparrow(
        sys.version_info[:2], sys.platform, platform.machine()
    ):
        return Finding(
            "Sparrow",
            Severity.WARN,
            "not published for this machine or this Python: there is no pm6 here",
            "Use a network (--engine ann:alkanes) or tblite (pip install 'atomtug[tblite]'); or Python 3.11 or 3.12 "
            "on Linux with an x86-64 processor.",
        )
    return _probed("Sparrow", "sparrow", _again("scine-sparrow"))


def pyscf() -> Finding:
    """Density functional theory, for labels. PySCF doesn't run on Windows."""
    if sys.platform == "win32":
        return Finding(
            "PySCF", Severity.WARN, "not published for Windows: labels can't be computed", "Use WSL."
        )
    return _probed("PySCF", "pyscf", _again("pyscf"), "Labels will take twice as long until it is set.")


def jax() -> Finding:
    """What networks are trained and evaluated with."""
    return _probed("JAX", "jax", _again("jax jaxlib"))


def blas() -> Finding:
    """NumPy's matrix products."""
    return _probed("BLAS", "blas", _again("numpy"))


def has_sparrow(version: tuple[int, int], system: str, machine: str) -> bool:
    """Whether SCINE publishes Sparrow for a Python (major, minor), ``sys.platform`` and ``platform.machine()``.

    The same rule as the marker of scine-sparrow in pyproject.toml.
    """
    return version < (3, 13) and system == "linux" and machine == "x86_64"


def openxr() -> Finding:
    """A headset through this machine's own OpenXR runtime; headset apps and browsers need none."""
    name, manifest = "OpenXR", _runtime_manifest(os.environ, Path.home())
    if find_spec("xr") is None:
        return Finding(
            name,
            Severity.WARN,
            "pyopenxr is not installed",
            "Only for `atomtug vr`: pip install 'atomtug[vr]'.",
        )
    if manifest is None:
        return Finding(
            name,
            Severity.WARN,
            "no runtime is active",
            "Only for `atomtug vr`: start SteamVR, Monado or your headset's program and make it the OpenXR "
            "runtime, or name its manifest in XR_RUNTIME_JSON.",
        )
    try:
        content = json.loads(manifest.read_text(encoding="utf-8"))
        library = str(content["runtime"]["library_path"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        return Finding(
            name,
            Severity.WARN,
            f"{manifest} can't be used ({error})",
            "Set the OpenXR runtime again in its program.",
        )
    # A bare file name is looked for by the system's loader, a path with folders from the manifest on.
    if "/" in library and not (manifest.parent / library).exists():
        return Finding(
            name,
            Severity.WARN,
            f"{manifest} names {library}, which is not there",
            "Install that runtime again, or choose another.",
        )
    return Finding(name, Severity.OK, f"{content['runtime'].get('name', library)}, by {manifest}")


def ports(wanted: Sequence[int] = (DEFAULT_PORT, PAGE_PORT)) -> Finding:
    """Those that a server takes unless told otherwise."""
    taken = [port for port in wanted if not _is_free(port)]
    if not taken:
        return Finding("ports", Severity.OK, f"{' and '.join(map(str, wanted))} are free")
    return Finding(
        "ports",
        Severity.WARN,
        f"{' and '.join(map(str, taken))} in use",
        "Another atomtug (or NanoVer) may be running: end it, or choose another port (atomtug serve --help).",
    )


def space(folder: Path = Path("runs")) -> Finding:
    """Room for recordings, where they go unless told otherwise."""
    existing = next(place for place in [folder.absolute(), *folder.absolute().parents] if place.exists())
    try:
        free = shutil.disk_usage(existing).free
    except OSError as error:
        return Finding(
            "disk", Severity.WARN, f"the free space of {existing} can't be told ({error.strerror})"
        )
    found = f"{free / 2**30:.1f} GB free for recordings in {existing}"
    advice = "Make room, or record to another disk: atomtug serve --recordings FOLDER."
    if free < NO_SPACE:
        return Finding("disk", Severity.FAIL, found, advice)
    return (
        Finding("disk", Severity.WARN, found, advice)
        if free < LITTLE_SPACE
        else Finding("disk", Severity.OK, found)
    )


def models(folder: Path | None = None) -> Finding:
    """The trained networks that come with atomtug; ``folder`` is for tests."""
    from atomtug.potential import load_model

    folder = folder or shipped_models()
    files = sorted(folder.rglob("*.safetensors"))
    if not files:
        return Finding("models", Severity.WARN, f"none in {folder}", "Train one: atomtug train.")
    for path in files:
        try:
            load_model(path)
        except AtomtugError as error:
            return Finding(
                "models", Severity.FAIL, str(error), f"Get another copy of {path.name}, or train it again."
            )
    return Finding("models", Severity.OK, f"{len(files)} load, in {folder}")


def page(folder: Path = FOLDER) -> Finding:
    """The page for browsers."""
    if (folder / INDEX).is_file():
        return Finding("page", Severity.OK, f"built, in {folder}")
    return Finding(
        "page",
        Severity.WARN,
        "the browser page has not been built",
        "Run `make page` in the source tree, or install a wheel, which carries it. All else works without.",
    )


CHECKS: tuple[Callable[[], Finding], ...] = (
    python,
    sparrow,
    pyscf,
    jax,
    blas,
    openxr,
    ports,
    space,
    models,
    page,
)
"""In the order of what a session needs first."""


@dataclass(frozen=True)
class ProbeResult:
    """What a probe of :mod:`atomtug.cli.probes` came to.

    Args:
        works: whether it succeeded
        found: in words
        slow: whether it works, and slower than this machine could
    """

    works: bool
    found: str
    slow: bool = False


def run_probe(probe: str, patience: float = PROBE_PATIENCE) -> ProbeResult:
    """Run a probe in a process of its own."""
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "atomtug.cli.probes", probe],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=patience,
            env={**os.environ, **THREADS},
            check=False,
        )
    except subprocess.TimeoutExpired:
        return ProbeResult(False, f"no answer within {patience:g} s")
    lines = done.stdout.strip().splitlines()
    try:
        said = json.loads(lines[-1])
        return ProbeResult(done.returncode == 0, str(said["found"]), bool(said["slow"]))
    except (IndexError, ValueError, KeyError, TypeError):
        how = f"signal {-done.returncode}" if done.returncode < 0 else f"exit code {done.returncode}"
        return ProbeResult(False, f"it ended its process ({how})")


def _probed(name: str, probe: str, advice: str, if_slow: str = "") -> Finding:
    result = run_probe(probe)
    if not result.works:
        return Finding(name, Severity.FAIL, result.found, advice)
    if result.slow:
        return Finding(name, Severity.WARN, result.found, if_slow)
    return Finding(name, Severity.OK, result.found)


def _again(packages: str) -> str:
    return f"Install it again: pip install --force-reinstall {packages}."


def _runtime_manifest(environment: "os._Environ[str] | dict[str, str]", home: Path) -> Path | None:
    """The active runtime's manifest, where the OpenXR loader looks for it on Linux."""
    named = environment.get("XR_RUNTIME_JSON")
    if named:
        return Path(named)
    config = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    shared = (environment.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":")
    for folder in (config, *map(Path, shared), Path("/etc")):
        if (folder / ACTIVE_RUNTIME).exists():
            return folder / ACTIVE_RUNTIME
    return None


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True

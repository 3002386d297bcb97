"""What ``atomtug doctor`` looks at, one function each: is it there, does it work, and what to do if not."""

import json
import os
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
from atomtug.protos.services import DEFAULT_PORT
from atomtug.server.process.worker_process import THREADS
from atomtug.server.transport.web_page import FOLDER, INDEX

PAGE_PORT = DEFAULT_PORT + 1
"""Of browsers and today's NanoVer clients."""
PROBE_PATIENCE = 120.0
"""Seconds for a library to be loaded from a cold disk and do its little work."""
LITTLE_SPACE, NO_SPACE = 2 * 2**30, 2**28
"""Bytes free for recordings: an hour of methane + CN at 30 frames a second takes 100 MB."""
ACTIVE_RUNTIME = "openxr/1/active_runtime.json"
ROOT = Path(__file__).resolve().parent.parent
"""Of the source tree, where atomtug was installed from one (``pip install -e``)."""


class State(Enum):
    """How bad it is: a warning leaves something optional out, a failure something that is needed."""

    OK = "ok"
    WARN = "warn"
    FAIL = "FAIL"


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Args:
        name: of what was looked at
        state: how bad it is
        found: in words
        advice: what to do; empty where there is nothing to do
    """

    name: str
    state: State
    found: str
    advice: str = ""


def python() -> Finding:
    """The versions that SCINE has wheels for."""
    found = ".".join(str(part) for part in sys.version_info[:3])
    if (3, 11) <= sys.version_info[:2] < (3, 13):
        return Finding("Python", State.OK, found)
    return Finding("Python", State.FAIL, found, "Use Python 3.11 or 3.12: SCINE has wheels for no later one.")


def sparrow() -> Finding:
    """PM6, the engine of a live session."""
    return _probed(
        "Sparrow", "sparrow", State.FAIL, "Install it again: pip install --force-reinstall scine-sparrow."
    )


def pyscf() -> Finding:
    """Density functional theory, for labels."""
    finding = _probed("PySCF", "pyscf", State.FAIL, "Install it again: pip install --force-reinstall pyscf.")
    if finding.state is State.OK and "of the slowest" in finding.found:
        return Finding(
            finding.name, State.WARN, finding.found, "Labels will take twice as long until it is set."
        )
    return finding


def jax() -> Finding:
    """What networks are trained and evaluated with."""
    return _probed("JAX", "jax", State.FAIL, "Install it again: pip install --force-reinstall jax jaxlib.")


def blas() -> Finding:
    """NumPy's matrix products."""
    return _probed("BLAS", "blas", State.FAIL, "Install it again: pip install --force-reinstall numpy.")


def openxr() -> Finding:
    """A headset through this machine's own OpenXR runtime; headset apps and browsers need none."""
    name, manifest = "OpenXR", _runtime_manifest(os.environ, Path.home())
    if find_spec("xr") is None:
        return Finding(
            name, State.WARN, "pyopenxr is not installed", "Only for `atomtug vr`: pip install 'atomtug[vr]'."
        )
    if manifest is None:
        return Finding(
            name,
            State.WARN,
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
            State.WARN,
            f"{manifest} can't be used ({error})",
            "Set the OpenXR runtime again in its program.",
        )
    # A bare file name is looked for by the system's loader, a path with folders from the manifest on.
    if "/" in library and not (manifest.parent / library).exists():
        return Finding(
            name,
            State.WARN,
            f"{manifest} names {library}, which is not there",
            "Install that runtime again, or choose another.",
        )
    return Finding(name, State.OK, f"{content['runtime'].get('name', library)}, by {manifest}")


def ports(wanted: Sequence[int] = (DEFAULT_PORT, PAGE_PORT)) -> Finding:
    """Those that a server takes unless told otherwise."""
    taken = [port for port in wanted if not _is_free(port)]
    if not taken:
        return Finding("ports", State.OK, f"{' and '.join(map(str, wanted))} are free")
    return Finding(
        "ports",
        State.WARN,
        f"{' and '.join(map(str, taken))} in use",
        "Another atomtug (or NanoVer) may be running: end it, or choose another port (atomtug serve --help).",
    )


def space(folder: Path = Path("runs")) -> Finding:
    """Room for recordings, where they go unless told otherwise."""
    existing = next(place for place in [folder.absolute(), *folder.absolute().parents] if place.exists())
    try:
        free = shutil.disk_usage(existing).free
    except OSError as error:
        return Finding("disk", State.WARN, f"the free space of {existing} can't be told ({error.strerror})")
    found = f"{free / 2**30:.1f} GB free for recordings in {existing}"
    advice = "Make room, or record to another disk: atomtug serve --recordings FOLDER."
    if free < NO_SPACE:
        return Finding("disk", State.FAIL, found, advice)
    return (
        Finding("disk", State.WARN, found, advice)
        if free < LITTLE_SPACE
        else Finding("disk", State.OK, found)
    )


def models(folder: Path = ROOT / "data" / "models") -> Finding:
    """The trained networks that came along."""
    from atomtug.potential import load_model

    files = sorted(folder.rglob("*.safetensors"))
    if not files:
        return Finding("models", State.WARN, f"none in {folder}", "Train one: atomtug train.")
    for path in files:
        try:
            load_model(path)
        except AtomtugError as error:
            return Finding(
                "models", State.FAIL, str(error), f"Get another copy of {path.name}, or train it anew."
            )
    return Finding("models", State.OK, f"{len(files)} load, in {folder}")


def page(folder: Path = FOLDER) -> Finding:
    """The page for browsers."""
    if (folder / INDEX).is_file():
        return Finding("page", State.OK, f"built, in {folder}")
    return Finding(
        "page",
        State.WARN,
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


def run_probe(probe: str, patience: float = PROBE_PATIENCE) -> tuple[bool, str]:
    """Whether a probe of :mod:`atomtug.cli.probes` succeeded in a process of its own, and what it said."""
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
        return False, f"no answer within {patience:g} s"
    lines = done.stdout.strip().splitlines()
    try:
        return done.returncode == 0, str(json.loads(lines[-1]))
    except (IndexError, ValueError):
        how = f"signal {-done.returncode}" if done.returncode < 0 else f"exit code {done.returncode}"
        return False, f"it ended its process ({how})"


def _probed(name: str, probe: str, otherwise: State, advice: str) -> Finding:
    works, found = run_probe(probe)
    return Finding(name, State.OK, found) if works else Finding(name, otherwise, found, advice)


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

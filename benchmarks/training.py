"""Training with forces beside TorchANI: time per epoch of 15,000 geometries of isopentane + CN.

Both have the same descriptor (the paper's for training set 6: 16 radial and 16 x 16 angular functions, 3.1 A),
the same hidden layers (62, 142), one network an element, batches of 64, float32, all cores. Steps are timed in
turns and the epoch is so many steps as 15,000 geometries make. Ours works the descriptor out once before the first
epoch; what that takes is told beside it. TorchANI comes from the package index into an environment of its own.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from atomtug.core.systems import load_system
from atomtug.potential import initialise
from atomtug.trainer.fit import Prepared, Sample, Settings
from atomtug.trainer.fit.batches import Batches
from atomtug.trainer.fit.settings import TABLE1
from atomtug.trainer.fit.step import begin, make_step

GEOMETRIES = 15_000
DESCRIBED = 256
"""Geometries that the timed steps go round; the memory that all would take is of no matter to a step."""
BATCH = 64
STEPS = 4
"""In a turn."""
PACKAGES = ("torch==2.13.0", "torchani==2.9")
"""One after the other and torch by itself: together they would bring gigabytes for graphics cards."""


def settings() -> Settings:
    return replace(TABLE1, members=1, batch=BATCH, validation=0.0)


def geometries() -> list[Sample]:
    """Isopentane + CN, shaken, with labels that are numbers of the right size."""
    system = load_system("isopentane")
    random = np.random.default_rng(0)
    shape = (DESCRIBED, *system.positions.shape)
    positions = system.positions + random.normal(0.0, 0.08, shape)
    forces = random.normal(0.0, 1.0, shape)
    return [
        Sample("isopentane", str(i), i, system.numbers, positions[i], float(random.normal()), forces[i])
        for i in range(DESCRIBED)
    ]


class Ours:
    """Our steps."""

    def __init__(self, samples: list[Sample]) -> None:
        options = settings()
        began = time.perf_counter()
        prepared = Prepared(samples, options)
        self.prepare_s = (time.perf_counter() - began) * GEOMETRIES / len(samples)
        batches = Batches(prepared.blocks, len(prepared.elements), BATCH)
        self._batches = batches
        parameters = initialise(
            0, prepared.projection.components, options.hidden, len(prepared.elements), options.members
        )
        self._state = begin(parameters, options, 1000)
        self._step = make_step(options, 1000)
        self.steps(1)

    def steps(self, count: int) -> float:
        """Seconds for so many, gathering the batches included."""
        began = time.perf_counter()
        done = 0
        while done < count:
            for batch, _ in self._batches.epoch(np.random.default_rng(done)):
                self._state, loss = self._step(self._state, batch)
                done += 1
                if done == count:
                    break
        loss.block_until_ready()
        return time.perf_counter() - began


class TorchANI:
    """TorchANI's steps, in a process of its own.

    Raises:
        RuntimeError: it can't be installed, or doesn't run
    """

    def __init__(self, samples: list[Sample]) -> None:
        python = torchani_python()
        symmetry = settings().symmetry
        with tempfile.NamedTemporaryFile(suffix=".npz", delete=False) as file:
            np.savez(
                file, n_basis=symmetry.n_basis, r_cut=symmetry.r_cut, eta=symmetry.eta, zeta=symmetry.zeta,
                centres=symmetry.centres, angles=symmetry.angles, hidden=settings().hidden, batch=BATCH,
                species=np.searchsorted([1, 6, 7], samples[0].numbers),
                positions=np.stack([sample.positions for sample in samples]),
                energy=np.array([sample.energy for sample in samples]),
                forces=np.stack([sample.forces for sample in samples if sample.forces is not None]),
            )  # fmt: skip
        environment = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
        environment["TORCHANI_NO_WARN_EXTENSIONS"] = "1"
        self._process = subprocess.Popen(
            [python, str(Path(__file__).with_name("torchani_epoch.py")), file.name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
        )  # fmt: skip
        self._data = Path(file.name)
        self._read()
        self.steps(1)

    def _read(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            assert self._process.stderr is not None
            raise RuntimeError(f"TorchANI doesn't run: {self._process.stderr.read().strip()[-300:]}")
        return json.loads(line)

    def steps(self, count: int) -> float:
        """Seconds for so many."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{count}\n")
        self._process.stdin.flush()
        return float(self._read())

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()
        self._data.unlink(missing_ok=True)


def torchani_python() -> str:
    """The Python of an environment with TorchANI, made on first use."""
    folder = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "atomtug" / "torchani"
    python, ready = folder / "bin" / "python", folder / ".ready"
    if not ready.exists():
        print(f"Installing {' and '.join(PACKAGES)} into {folder} (once).", file=sys.stderr)
        commands = [
            [sys.executable, "-m", "venv", str(folder)],
            *(
                [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *options]
                for options in (["--no-deps", PACKAGES[0]], [*TORCH_NEEDS], ["--no-deps", PACKAGES[1]])
            ),
        ]
        for command in commands:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise RuntimeError(f"TorchANI can't be installed: {done.stderr.strip()[-300:]}")
        ready.touch()
    return str(python)


TORCH_NEEDS = ("filelock", "typing-extensions", "sympy", "networkx", "jinja2", "fsspec", "numpy", "packaging")
"""What torch and torchani import of other packages, said here so that no graphics libraries come along."""


def measure(rounds: int) -> dict[str, Any]:
    """Epoch times in seconds, and their ratio (None without TorchANI)."""
    samples = geometries()
    ours = Ours(samples)
    result: dict[str, Any] = {"epoch_prepare_s": ours.prepare_s, "epoch_ratio_torchani": None}
    scale = GEOMETRIES / BATCH / STEPS
    try:
        theirs = TorchANI(samples)
    except RuntimeError as error:
        print(error, file=sys.stderr)
        result["epoch_s"] = scale * median(ours.steps(STEPS) for _ in range(rounds))
        return result
    try:
        pairs = [(ours.steps(STEPS), theirs.steps(STEPS)) for _ in range(rounds)]
    finally:
        theirs.close()
    result["epoch_s"] = scale * median(our for our, _ in pairs)
    result["epoch_s_torchani"] = scale * median(their for _, their in pairs)
    result["epoch_ratio_torchani"] = median(their / our for our, their in pairs)
    return result

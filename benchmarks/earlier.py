"""The network's step beside an earlier revision's: each with its own model file, in turns, in processes of their own.

The part of network.py that gives "ratio_1" and "ratio_4".

Energy and forces of squalane + CN (94 atoms) by the shipped model `alkanes`: by its first member alone, and by all
four. Both processes run this file with the same interpreter and libraries, on the same geometries. The ratio is the
median over the rounds of our time over the earlier one's; below 1 we are faster. The revision is taken from the git
history, without which there is nothing to compare.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
REVISION = "427b9ec"
"""Before the step was made faster the last time."""
MODEL = Path("data", "models", "alkanes.safetensors")


def compare(numbers: np.ndarray, steps: list[np.ndarray], rounds: int, revision: str) -> dict[str, Any]:
    """Milliseconds and ratios by number of members; all None where the revision is not at hand.

    Args:
        numbers: (N,) atomic numbers
        steps: geometries (N, 3), angstrom
        rounds: of both
        revision: the earlier one
    """
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        geometries = Path(folder) / "geometries.npz"
        np.savez(geometries, numbers=numbers, steps=steps)
        earlier = Path(folder) / "earlier"
        if not _extract(revision, earlier):
            print(
                f"There is no revision {revision} in the git history here: nothing to compare the step with."
            )
            return {
                f"{key}_{members}": None
                for key in ("alkanes_ms", "earlier_ms", "ratio")
                for members in (1, 4)
            }
        both = [stack.enter_context(_timing(tree, geometries)) for tree in (ROOT, earlier)]
        took = [[next(one) for one in both] for _ in range(rounds)]
    result = {}
    for members in took[0][0]:
        ours, theirs = ([row[which][members] for row in took] for which in (0, 1))
        result[f"alkanes_ms_{members}"] = median(ours)
        result[f"earlier_ms_{members}"] = median(theirs)
        result[f"ratio_{members}"] = median(a / b for a, b in zip(ours, theirs, strict=True))
    return result


def _extract(revision: str, folder: Path) -> bool:
    """Put the packages and the model of a revision into a folder; False if there is none."""
    names = ["core", "potential", MODEL.as_posix()]
    archive = subprocess.run(["git", "-C", ROOT, "archive", revision, *names], capture_output=True)
    if archive.returncode:
        return False
    folder.mkdir()
    subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)
    # As pyproject.toml has it: core/root is the package, and every other folder one in it.
    package = folder / "atomtug"
    shutil.copytree(folder / "core" / "root", package)
    for name in ("core", "potential"):
        shutil.move(folder / name, package / name)
    return True


@contextmanager
def _timing(tree: Path, geometries: Path) -> Iterator[Iterator[dict[str, float]]]:
    """A process that times the step of a tree's code and model: milliseconds by number of members, a round each."""
    environment = dict(os.environ) if tree == ROOT else {**os.environ, "PYTHONPATH": str(tree)}
    command = [sys.executable, __file__, str(tree / MODEL), str(geometries)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdin
        assert process.stdout
        ready = json.loads(process.stdout.readline())
        assert Path(ready).is_relative_to(tree), f"{ready} is not of {tree}"

        def rounds() -> Iterator[dict[str, float]]:
            while True:
                print(file=process.stdin, flush=True)
                yield json.loads(process.stdout.readline())

        yield rounds()
        process.stdin.close()


def _time(model_path: str, geometries: str) -> None:
    """The other process: a round for each line that it reads."""
    import atomtug.potential
    from atomtug.potential import Evaluator, load_model, member

    loaded = np.load(geometries)
    numbers, steps = loaded["numbers"], list(loaded["steps"])
    whole = load_model(model_path)
    first = replace(
        whole,
        architecture=replace(whole.architecture, members=1),
        parameters=member(whole.parameters, 0),
    )
    evaluators = {model.architecture.members: Evaluator(model, numbers) for model in (first, whole)}
    for evaluator in evaluators.values():
        for positions in steps:
            evaluator.evaluate(positions)
    print(json.dumps(atomtug.potential.__file__), flush=True)
    for _ in sys.stdin:
        took = {}
        for members, evaluator in evaluators.items():
            began = time.perf_counter()
            for positions in steps:
                evaluator.evaluate(positions)
            took[members] = 1e3 * (time.perf_counter() - began) / len(steps)
        print(json.dumps(took), flush=True)


if __name__ == "__main__":
    _time(*sys.argv[1:])

"""What docstrings describe under ``Args:`` is what there is: the arguments of a function, the fields of a record."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SETUP = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
FOLDERS = sorted({path.split("/")[0] for path in SETUP["package-dir"].values()} - {"data"})
DESCRIBED = re.compile(r"^    \*{0,2}(\w+(?:, \w+)*): ", re.MULTILINE)


def described(docstring: str) -> set[str]:
    section = docstring.partition("Args:\n")[2].partition("\n\n")[0]
    return {name for names in DESCRIBED.findall(section) for name in names.split(", ")}


def arguments(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> set[str]:
    if isinstance(node, ast.ClassDef):
        made = next((each for each in node.body if getattr(each, "name", "") == "__init__"), None)
        if made is None:
            return {each.target.id for each in node.body if isinstance(each, ast.AnnAssign)}
        node = made
    given = node.args
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    return {each.arg for each in every if each is not None and each.arg not in ("self", "cls")}


@pytest.mark.parametrize("folder", FOLDERS)
def test_described_arguments_are_those_that_there_are(folder):
    wrong = {}
    for path in (ROOT / folder).rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if "Args:" in text else ():
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                told, there = described(ast.get_docstring(node) or ""), arguments(node)
                if told and told != {name for name in there if name in told or not name.startswith("_")}:
                    wrong[f"{path.relative_to(ROOT)}: {node.name}"] = told ^ there
    assert wrong == {}

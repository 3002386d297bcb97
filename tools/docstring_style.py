"""The docstrings' style for mkdocstrings: several arguments in one line, and references to other objects.

A griffe extension, named in mkdocs.yml. ``left, right: text`` under ``Args:`` describes each of them, and
``:class:`~atomtug.core.frame.Frame``` becomes a link.
"""

import re
from typing import Any

import griffe

SEVERAL = re.compile(r"^( +)(\w+(?:, \w+)+): (.+)$", re.MULTILINE)
ROLE = re.compile(r":(class|func|meth|mod|data|attr|exc):`(~?)([\w.]+)(?:\(\))?`")
LINKED = ("class", "func", "meth", "mod", "exc")
"""Data without a docstring of their own have no place to link to."""


class DocstringStyle(griffe.Extension):
    """Rewrites docstrings before they are parsed."""

    def on_object(self, *, obj: griffe.Object, **kwargs: Any) -> None:
        """Rewrite one object's docstring."""
        if obj.docstring is not None:
            obj.docstring.value = rewritten(obj.docstring.value)


def rewritten(text: str) -> str:
    """A docstring with one line for each argument, and links in place of roles."""
    return ROLE.sub(_link, SEVERAL.sub(_one_by_one, text))


def _one_by_one(match: re.Match[str]) -> str:
    indent, names, said = match.groups()
    *others, last = names.split(", ")
    return "\n".join(
        [*(f"{indent}{name}: with `{last}`: {said}" for name in others), f"{indent}{last}: {said}"]
    )


def _link(match: re.Match[str]) -> str:
    role, short, name = match.groups()
    shown = name.rsplit(".", 1)[-1] if short else name
    return f"[`{shown}`][{name}]" if role in LINKED and name.startswith("atomtug.") else f"`{shown}`"
